import numpy as np
import torch

from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.batch import batch
from influence_lab.models.continued import addition_effects
from influence_lab.models.language_states import dataset_of, load_tail

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    params, states = snakemake.params, read_arrays(snakemake.input.states)
    tail, layers = load_tail(snakemake.input.model, params.blocks, params.layers, read_arrays(snakemake.input.weights))
    new = dataset_of(states, "new")
    chosen = np.unique(np.linspace(0, len(new) - 1, params.additions).round().astype(int))
    effects = addition_effects(
        tail,
        layers,
        dataset_of(states, "train"),
        new,
        dataset_of(read_arrays(snakemake.input.queries), "query"),
        chosen,
        **params.training,
    )
    write_arrays(snakemake.output[0], chosen=chosen, effects=effects)
