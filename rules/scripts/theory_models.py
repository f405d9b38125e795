from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.batch import batch
from influence_lab.models.theory import train_theory

with batch(snakemake):
    write_arrays(snakemake.output[0], **train_theory(read_arrays(snakemake.input.data), **snakemake.params))
