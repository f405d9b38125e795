import torch

from influence_lab.artifacts import read_arrays, read_table, write_arrays
from influence_lab.attributions.two_stage_ablations import Damping, Stages
from influence_lab.attributions.two_stage_scores import two_stage_methods
from influence_lab.batch import batch
from influence_lab.data.small_corpus import split_of
from influence_lab.data.small_questions import questions_of
from influence_lab.models.small_gpt_experiment import small_gpt_model

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    given, params, seed = snakemake.input, snakemake.params, int(snakemake.wildcards.seed)
    questions, corpus, asked = read_arrays(given.questions), read_table(given.corpus), read_table(given.asked)
    stages = Stages(
        split_of(read_arrays(given.tokens), "train"),
        questions_of(questions, "query"),
        questions_of(questions, "tuning"),
        params.corpus_draws,
        params.tuning_draws,
        params.sketch,
        params.seed + seed,
    )
    scores = two_stage_methods(
        small_gpt_model(read_arrays(given.model), params.heads),
        small_gpt_model(read_arrays(given.tuned), params.heads),
        stages,
        list(corpus.loc[corpus["split"] == "train", "text"]),
        list(asked.loc[asked["split"] == "query", "text"]),
        params.alpha,
        Damping(params.decay, params.share),
        params.strong_damping,
    )
    write_arrays(snakemake.output[0], **scores)
