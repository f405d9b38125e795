from pathlib import Path
from shutil import rmtree

from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.batch import batch
from influence_lab.models.toy import toy_training
from influence_lab.models.toy_subsets import held_out_retrainings

with batch(snakemake):
    chunks, data = Path(snakemake.params.chunks), read_arrays(snakemake.input.data)
    training, sizes = toy_training(snakemake.params.toy), (snakemake.params.subsets, snakemake.params.repeats)
    arrays = held_out_retrainings(data, training, snakemake.params.alpha, *sizes, snakemake.threads, chunks)
    write_arrays(snakemake.output[0], **arrays)
    rmtree(chunks)
