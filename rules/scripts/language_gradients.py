import torch

from influence_lab.artifacts import read_arrays
from influence_lab.attributions.token_gradients import token_gradients, write_token_gradients
from influence_lab.batch import batch
from influence_lab.models.language_states import dataset_of, load_tail

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    params, states = snakemake.params, read_arrays(snakemake.input.states)
    tail, layers = load_tail(snakemake.input.model, params.blocks, params.layers, read_arrays(snakemake.input.weights))
    tokens = token_gradients(tail, layers, dataset_of(states, snakemake.wildcards.split))
    write_token_gradients(snakemake.output[0], tokens)
