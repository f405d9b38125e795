from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.attributions.toy_ensembles import toy_ensembles
from influence_lab.batch import batch
from influence_lab.models.toy import toy_training

with batch(snakemake):
    data, subsets, trak, influence = (
        read_arrays(snakemake.input[name]) for name in ("data", "subsets", "trak", "influence")
    )
    training, dimension = toy_training(snakemake.params.toy), snakemake.params.dimension
    arrays = toy_ensembles(data, subsets, trak, training, influence["targets"], dimension)
    write_arrays(snakemake.output[0], **arrays)
