from pathlib import Path
from shutil import rmtree

from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.batch import batch
from influence_lab.models.toy import toy_training
from influence_lab.models.toy_subsets import subset_retrainings

with batch(snakemake):
    chunks, data = Path(snakemake.params.chunks), read_arrays(snakemake.input.data)
    alpha, training = float(snakemake.wildcards.alpha), toy_training(snakemake.params.toy)
    arrays = subset_retrainings(
        data, training, alpha, snakemake.params.subsets, snakemake.params.kept, snakemake.threads, chunks
    )
    write_arrays(snakemake.output[0], **arrays)
    rmtree(chunks)
