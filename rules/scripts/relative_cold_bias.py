from influence_lab.artifacts import read_arrays, write_table
from influence_lab.batch import batch
from influence_lab.evaluations.cold_bias import cold_bias

with batch(snakemake):
    data, retrained = read_arrays(snakemake.input.data), read_arrays(snakemake.input.retrained)
    write_table(snakemake.output[0], cold_bias(data, retrained, snakemake.params.toy, snakemake.params.damping))
