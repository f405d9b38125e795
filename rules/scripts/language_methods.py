from pathlib import Path

import numpy as np
import torch

from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.attributions.language_factors import read_factors
from influence_lab.attributions.language_scores import gradient_methods, gradient_products
from influence_lab.attributions.token_gradients import read_token_gradients
from influence_lab.batch import batch

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    factors = read_factors(Path(snakemake.input.factors))
    products = gradient_products(
        read_token_gradients(snakemake.input.query), read_token_gradients(snakemake.input.train), factors
    )
    methods = gradient_methods(products)
    write_arrays(snakemake.output.methods, **{name: values.numpy() for name, values in methods.items()})
    parts = [read_arrays(path) for path in snakemake.input.kronfluence]
    library = np.stack([np.concatenate([part[layer] for part in parts], axis=1) for layer in factors])
    own = {name: values.numpy() for name, values in products.items()}
    write_arrays(snakemake.output.products, kronfluence=library, **own)
