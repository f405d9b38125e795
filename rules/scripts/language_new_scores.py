from pathlib import Path

import torch

from influence_lab.artifacts import write_arrays
from influence_lab.attributions.language_factors import read_factors
from influence_lab.attributions.language_scores import gradient_products
from influence_lab.attributions.token_gradients import read_token_gradients
from influence_lab.batch import batch

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    products = gradient_products(
        read_token_gradients(snakemake.input.query),
        read_token_gradients(snakemake.input.new),
        read_factors(Path(snakemake.input.factors)),
    )
    write_arrays(snakemake.output[0], **{name: products[name].sum(dim=0).numpy() for name in ("ekfac", "dot")})
