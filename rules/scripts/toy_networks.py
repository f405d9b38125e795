import numpy as np

from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.batch import batch
from influence_lab.models.toy import regularised_networks, regularised_trainings

with batch(snakemake):
    trainings = regularised_trainings(snakemake.params.toy, snakemake.params.regularisations)
    networks = regularised_networks(read_arrays(snakemake.input.data), trainings, snakemake.params.seeds)
    write_arrays(snakemake.output[0], hidden=np.array(snakemake.params.toy["hidden"]), **networks)
