from pathlib import Path

import torch

from influence_lab.artifacts import read_table, write_arrays, write_table
from influence_lab.attributions.ask_stages import Attributed, fit_stage
from influence_lab.batch import batch
from influence_lab.models.adaptation import Adaptation

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    params, output = snakemake.params, snakemake.output
    how, texts = Adaptation(**params.training), read_table(snakemake.input.texts)
    fitted = fit_stage(
        Attributed(**params.which),
        texts,
        how,
        params.adapted,
        Path(output.factors),
        snakemake.resources.mem_mb,
    )
    write_arrays(output.states, **fitted.states)
    write_arrays(output.weights, **fitted.weights)
    write_table(output.history, fitted.history)
