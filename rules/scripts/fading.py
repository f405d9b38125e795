from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.batch import batch
from influence_lab.evaluations.fading import fading


with batch(snakemake):
    data, trained = read_arrays(snakemake.input.data), read_arrays(snakemake.input.trained)
    write_arrays(snakemake.output[0], **fading(data, trained, snakemake.params.toy, **snakemake.params.chosen))
