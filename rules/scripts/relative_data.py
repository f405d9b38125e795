from influence_lab.artifacts import write_arrays
from influence_lab.batch import batch
from influence_lab.data.relative_influence import relative_data

with batch(snakemake):
    write_arrays(snakemake.output[0], **relative_data(**snakemake.params))
