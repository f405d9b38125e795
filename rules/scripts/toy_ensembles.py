from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.attributions.toy_ensembles import toy_ensembles
from influence_lab.batch import batch
from influence_lab.models.toy import toy_training

with batch(snakemake):
    names = ("data", "subsets", "trak", "averaged")
    arrays = {name: read_arrays(snakemake.input[name]) for name in names}
    targets = read_arrays(snakemake.input.influence)["targets"]
    arrays = toy_ensembles(**arrays, training=toy_training(snakemake.params.toy), targets=targets)
    write_arrays(snakemake.output[0], **arrays)
