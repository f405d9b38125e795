from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.batch import batch
from influence_lab.models.removal import toy_removals
from influence_lab.models.toy import toy_training

with batch(snakemake):
    params, networks = snakemake.params, read_arrays(snakemake.input.networks)
    data = read_arrays(snakemake.input.data)
    arrays = toy_removals(data, networks["theta"][:, -1], toy_training(params.toy), params.removed, params.damping)
    write_arrays(snakemake.output[0], **arrays)
