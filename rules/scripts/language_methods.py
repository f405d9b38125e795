from pathlib import Path

import torch

from influence_lab.artifacts import write_arrays
from influence_lab.attributions.language_factors import read_factors
from influence_lab.attributions.language_scores import gradient_methods, gradient_products
from influence_lab.attributions.token_gradients import read_token_gradients
from influence_lab.batch import batch

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    products = gradient_products(
        read_token_gradients(snakemake.input.query),
        read_token_gradients(snakemake.input.train),
        read_factors(Path(snakemake.input.factors)),
    )
    write_arrays(snakemake.output.products, **{name: values.numpy() for name, values in products.items()})
    methods = gradient_methods(products)
    write_arrays(snakemake.output.methods, **{name: values.numpy() for name, values in methods.items()})
