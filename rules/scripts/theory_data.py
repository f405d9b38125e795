from influence_lab.artifacts import write_arrays
from influence_lab.batch import batch
from influence_lab.data.theory import theory_data

with batch(snakemake):
    write_arrays(snakemake.output[0], **theory_data(**snakemake.params))
