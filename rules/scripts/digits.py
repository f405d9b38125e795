from influence_lab.artifacts import write_arrays
from influence_lab.batch import batch
from influence_lab.data.digits import small_digits

with batch(snakemake):
    write_arrays(snakemake.output[0], **small_digits(**snakemake.params)._asdict())
