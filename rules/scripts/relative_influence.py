from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.attributions.relative_worlds import relative_scores
from influence_lab.batch import batch

with batch(snakemake):
    data, models = read_arrays(snakemake.input.data), read_arrays(snakemake.input.models)
    write_arrays(snakemake.output[0], **relative_scores(data, models))
