from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.batch import batch
from influence_lab.evaluations.convex_removals import convex_removals


with batch(snakemake):
    write_arrays(snakemake.output[0], **convex_removals(read_arrays(snakemake.input.data), snakemake.params.decay))
