from pathlib import Path

import numpy as np
import torch

from influence_lab.artifacts import read_arrays, read_table, write_arrays, write_facts
from influence_lab.attributions.influence_after_search import chosen
from influence_lab.attributions.query_batching import watched_scores
from influence_lab.batch import batch
from influence_lab.models.language_states import load_tail

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    torch.manual_seed(snakemake.params.seed)  # kronfluence's singular value decomposition is randomised
    params = snakemake.params
    tail, layers = load_tail(snakemake.input.model, params.blocks, params.layers, read_arrays(snakemake.input.weights))
    kinds = read_table(snakemake.input.queries)["kind"].to_numpy()
    rows = np.argsort(kinds != "fact", kind="stable")[: params.queries]  # facts first
    facts, scores = watched_scores(
        tail,
        list(layers),
        chosen(read_arrays(snakemake.input.asked), "query", rows),
        chosen(read_arrays(snakemake.input.texts), "train", np.arange(params.texts)),
        Path(snakemake.input.factors),
        params.rank,
    )
    write_facts(snakemake.output.facts, facts)
    write_arrays(snakemake.output.scores, rows=rows, scores=scores.numpy())
