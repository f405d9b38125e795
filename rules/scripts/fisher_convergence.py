import pandas as pd

from influence_lab.artifacts import read_arrays, write_table
from influence_lab.batch import batch
from influence_lab.evaluations.fisher_convergence import fisher_convergence
from influence_lab.models.digit_networks import load_digit_networks

with batch(snakemake):
    digits, trained = read_arrays(snakemake.input.digits), read_arrays(snakemake.input.networks)
    network, loss, steps, checkpoints, (inputs, _), _ = load_digit_networks(digits, trained, "cross_entropy")
    doublings, seeds = snakemake.params.doublings, range(snakemake.params.seeds)
    tables = [
        fisher_convergence(network, loss, checkpoints[0, index], inputs, doublings, seeds).assign(step=steps[index])
        for index in (len(steps) // 2, len(steps) - 1)
    ]
    write_table(snakemake.output[0], pd.concat(tables))
