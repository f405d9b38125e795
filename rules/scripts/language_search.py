from pathlib import Path

import numpy as np
import torch

from influence_lab.artifacts import read_arrays, read_table, write_arrays, write_table
from influence_lab.attributions.influence_after_search import timed_scores
from influence_lab.attributions.language_factors import read_factors
from influence_lab.attributions.search_engine import search
from influence_lab.attributions.token_gradients import read_token_gradients
from influence_lab.batch import batch
from influence_lab.models.language_states import load_tail

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    params, table, asked = snakemake.params, read_table(snakemake.input.table), read_table(snakemake.input.queries)
    texts = list(table["text"][table["split"] == "train"])
    vectors = read_arrays(snakemake.input.vectors)
    centre = vectors["train"].mean(axis=0)
    found = search(
        texts,
        vectors["train"] - centre,
        list(asked["prompt"] + asked["answer"]),
        vectors["query"] - centre,
        min(params.kept, len(texts)),
    )
    rows = np.flatnonzero(asked["kind"] == "fact")[: params.searched]
    tail, layers = load_tail(snakemake.input.model, params.blocks, params.layers, read_arrays(snakemake.input.weights))
    scores, cost = timed_scores(
        tail,
        layers,
        read_arrays(snakemake.input.texts),
        read_token_gradients(snakemake.input.asked),
        rows,
        found["vector"][rows],
        read_factors(Path(snakemake.input.factors)),
    )
    write_arrays(snakemake.output.scores, rows=rows, scores=scores, **found)
    write_table(snakemake.output.cost, cost)
