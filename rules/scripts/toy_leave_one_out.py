from pathlib import Path
from shutil import rmtree

from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.batch import batch
from influence_lab.models.toy import leave_one_out_retrainings, toy_training

with batch(snakemake):
    training, chunks = toy_training(snakemake.params.toy), Path(snakemake.params.chunks)
    data = read_arrays(snakemake.input.data)
    arrays = leave_one_out_retrainings(data, training, snakemake.params.seeds, snakemake.threads, chunks)
    write_arrays(snakemake.output[0], **arrays)
    rmtree(chunks)
