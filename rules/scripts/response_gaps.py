from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.batch import batch
from influence_lab.evaluations.response_gaps import response_gaps


with batch(snakemake):
    data, params = read_arrays(snakemake.input.data), snakemake.params
    arrays = response_gaps(data, params.toy, int(snakemake.wildcards.seed), **params.chosen)
    write_arrays(snakemake.output[0], **arrays)
