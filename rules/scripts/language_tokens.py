from pathlib import Path

import torch

from influence_lab.artifacts import read_arrays, read_table, write_table
from influence_lab.attributions.language_factors import read_factors
from influence_lab.attributions.language_scores import query_direction
from influence_lab.attributions.token_gradients import read_token_gradients
from influence_lab.attributions.token_table import token_names, token_table
from influence_lab.batch import batch
from influence_lab.evaluations.token_splits import extremes, queries_first
from influence_lab.models.language_states import load_tail, sequences_of

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    params, inputs = snakemake.params, snakemake.input
    states, factors = read_arrays(inputs.states), read_factors(Path(inputs.factors))
    kept, scores = read_token_gradients(inputs.query), read_arrays(inputs.methods)["ekfac"]
    tail, layers = load_tail(inputs.model, params.blocks, params.layers, read_arrays(inputs.weights))
    asked = queries_first(read_table(inputs.queries), params.queries)
    table = token_table(
        tail,
        layers,
        {query: query_direction(kept, query, factors) for query in asked},
        torch.from_numpy(states["train_states"]),
        sequences_of(states, "train"),
        {query: extremes(scores[query], params.texts) for query in asked},
    )
    write_table(snakemake.output[0], token_names(table, sequences_of(states, "train"), inputs.model))
