from pathlib import Path
from shutil import rmtree

from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.batch import batch
from influence_lab.evaluations.toy_groups import group_retrainings
from influence_lab.models.toy import toy_training

with batch(snakemake):
    params, chunks = snakemake.params, Path(snakemake.params.chunks)
    arrays = group_retrainings(
        read_arrays(snakemake.input.data),
        toy_training(params.toy),
        params.seeds,
        params.shares,
        params.draws,
        snakemake.threads,
        chunks,
    )
    write_arrays(snakemake.output[0], **arrays)
    rmtree(chunks)
