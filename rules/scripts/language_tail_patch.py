import numpy as np
import torch

from influence_lab.artifacts import read_arrays, read_table, write_table
from influence_lab.attributions.token_gradients import read_token_gradients
from influence_lab.batch import batch
from influence_lab.evaluations.lm_scoreboard import language_scores_by_method
from influence_lab.evaluations.tail_patch import tail_patch
from influence_lab.models.language_states import dataset_of, load_tail

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    params, weights = snakemake.params, read_arrays(snakemake.input.weights)
    tail, layers = load_tail(snakemake.input.model, params.blocks, params.layers, weights)
    asked = read_table(snakemake.input.queries)
    table = tail_patch(
        tail,
        layers,
        dataset_of(read_arrays(snakemake.input.states), "query"),
        read_token_gradients(snakemake.input.train),
        language_scores_by_method(read_arrays(snakemake.input.methods), read_arrays(snakemake.input.retrieval)),
        np.flatnonzero(asked["kind"] == "fact").tolist(),
        params.retrieved,
        params.rate,
        params.seed,
    )
    write_table(snakemake.output[0], table)
