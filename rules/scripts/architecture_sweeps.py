from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.batch import batch
from influence_lab.evaluations.architecture_sweeps import architecture_sweeps


with batch(snakemake):
    data, params = read_arrays(snakemake.input.data), snakemake.params
    write_arrays(snakemake.output[0], **architecture_sweeps(data, params.toy, **params.chosen))
