from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.batch import batch
from influence_lab.evaluations.relative_influence import relative_removals

with batch(snakemake):
    data, models = read_arrays(snakemake.input.data), read_arrays(snakemake.input.models)
    effects = relative_removals(data, models, snakemake.wildcards.world, **snakemake.params)
    write_arrays(snakemake.output[0], **effects)
