from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.batch import batch
from influence_lab.evaluations.repeated_leave_one_out import repeated_leave_one_out


with batch(snakemake):
    data = read_arrays(snakemake.input.data)
    write_arrays(snakemake.output[0], **repeated_leave_one_out(data, snakemake.params.toy, snakemake.threads))
