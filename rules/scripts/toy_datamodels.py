from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.attributions.toy_datamodels import fit_toy_datamodels
from influence_lab.batch import batch

with batch(snakemake):
    subsets, influence = read_arrays(snakemake.input.subsets), read_arrays(snakemake.input.influence)
    write_arrays(snakemake.output[0], **fit_toy_datamodels(subsets, influence, snakemake.params.sizes))
