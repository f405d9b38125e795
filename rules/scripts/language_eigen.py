from pathlib import Path

import torch

from influence_lab.attributions.kronfluence_stages import eigendecompose
from influence_lab.attributions.language_task import LanguageTask
from influence_lab.batch import batch
from influence_lab.models.language_states import load_tail

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    tail, layers = load_tail(snakemake.input.model, snakemake.params.blocks, snakemake.params.layers)
    parts = [Path(part) for part in snakemake.input.covariances]
    eigendecompose(tail, LanguageTask(layers), parts, Path(snakemake.output[0]), torch.float32)
