from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.batch import batch
from influence_lab.models.relative_influence import train_worlds

with batch(snakemake):
    write_arrays(snakemake.output[0], **train_worlds(read_arrays(snakemake.input.data), **snakemake.params))
