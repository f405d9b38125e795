from influence_lab.artifacts import write_arrays
from influence_lab.batch import batch
from influence_lab.data.toy import toy_data

with batch(snakemake):
    write_arrays(snakemake.output[0], **toy_data(**snakemake.params))
