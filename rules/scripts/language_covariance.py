from pathlib import Path

import torch

from influence_lab.artifacts import read_arrays
from influence_lab.attributions.kronfluence_stages import fit_covariance
from influence_lab.attributions.language_task import LanguageTask
from influence_lab.batch import batch
from influence_lab.models.language_states import dataset_of, load_tail

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    params, texts = snakemake.params, read_arrays(snakemake.input.texts)
    tail, layers = load_tail(snakemake.input.model, params.blocks, params.layers, read_arrays(snakemake.input.weights))
    fit_covariance(
        tail,
        LanguageTask(layers),
        dataset_of(texts, "train"),
        Path(snakemake.output[0]),
        partition=int(snakemake.wildcards.partition),
        partitions=params.partitions,
        seed=params.seed,
    )
