from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.batch import batch
from influence_lab.models.digit_networks import train_digit_networks

with batch(snakemake):
    digits = read_arrays(snakemake.input.digits)
    write_arrays(snakemake.output[0], **train_digit_networks(digits, snakemake.wildcards.loss, **snakemake.params))
