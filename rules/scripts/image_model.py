from pathlib import Path
from shutil import rmtree

from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.batch import batch
from influence_lab.models.image_schedule import Schedule
from influence_lab.models.image_training import train_image_model

with batch(snakemake):
    data, chunks = read_arrays(snakemake.input.data), Path(snakemake.params.chunks)
    schedule = Schedule(len(data["train_images"]), int(snakemake.wildcards.seed), **snakemake.params.training)
    write_arrays(snakemake.output[0], **train_image_model(snakemake.wildcards.model, data, schedule, chunks))
    rmtree(chunks)
