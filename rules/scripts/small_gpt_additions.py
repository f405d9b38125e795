import shutil

import torch

from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.batch import batch
from influence_lab.data.small_corpus import split_of
from influence_lab.evaluations.small_gpt_additions import measured_effects, predicted_effects
from influence_lab.models.small_gpt_experiment import small_gpt_experiment, small_gpt_model

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    params, corpus = snakemake.params, read_arrays(snakemake.input.corpus)
    seed = int(snakemake.wildcards.seed)
    experiment, new = small_gpt_experiment(corpus, params.small_gpt), split_of(corpus, "new")
    model = small_gpt_model(read_arrays(snakemake.input.model), params.small_gpt["heads"])
    write_arrays(
        snakemake.output[0],
        predicted=predicted_effects(model, experiment.texts, new, experiment.queries, seed),
        measured=measured_effects(experiment, new, seed, params.chunks),
    )
    shutil.rmtree(params.chunks, ignore_errors=True)
