from pathlib import Path

import torch

from influence_lab.artifacts import read_arrays
from influence_lab.attributions.kronfluence_fit import fit_ekfac
from influence_lab.batch import batch
from influence_lab.models.language_states import dataset_of, load_tail

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    params, pairs = snakemake.params, dataset_of(read_arrays(snakemake.input.states), "tuning")
    tail, layers = load_tail(snakemake.input.model, params.blocks, params.layers, read_arrays(snakemake.input.weights))
    fit_ekfac(tail, layers, pairs, Path(snakemake.output[0]), seed=params.seed)
