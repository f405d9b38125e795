from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.attributions.kronfluence import kronfluence_factors
from influence_lab.batch import batch
from influence_lab.models.digit_networks import load_digit_networks

with batch(snakemake):
    digits, trained = read_arrays(snakemake.input.digits), read_arrays(snakemake.input.networks)
    networks = load_digit_networks(digits, trained, "cross_entropy")
    module = networks.network.module(networks.checkpoints[0, -1])
    write_arrays(snakemake.output[0], **kronfluence_factors(module, *networks.train))
