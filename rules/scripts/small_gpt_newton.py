import numpy as np
import torch

from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.attributions.small_gpt_newton import gauss_newton_scores
from influence_lab.batch import batch
from influence_lab.data.small_corpus import split_of
from influence_lab.evaluations.top_removals import spread_over
from influence_lab.models.small_gpt_experiment import small_gpt_model

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    params, corpus = snakemake.params, read_arrays(snakemake.input.corpus)
    model, asked = small_gpt_model(read_arrays(snakemake.input.model), params.heads), split_of(corpus, "query")
    queries = np.array(spread_over(len(asked), params.queries))
    texts = split_of(corpus, "train")
    scored = gauss_newton_scores(model, texts, asked[queries], params.decay)
    cost = scored.cost(len(asked))
    write_arrays(
        snakemake.output[0],
        queries=queries,
        scores=scored.scores,
        seconds=np.array(cost.seconds),
        peak_mb=np.array(cost.peak_mb),
    )
