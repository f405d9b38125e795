from influence_lab.artifacts import read_arrays, write_table
from influence_lab.batch import batch
from influence_lab.evaluations.approximations import approximation_table
from influence_lab.models.digit_networks import load_digit_networks

with batch(snakemake):
    digits, trained = read_arrays(snakemake.input.digits), read_arrays(snakemake.input.networks)
    networks = load_digit_networks(digits, trained, "cross_entropy")
    network, loss, _, checkpoints, train, test = networks
    write_table(snakemake.output[0], approximation_table(network, loss, checkpoints, train, test))
