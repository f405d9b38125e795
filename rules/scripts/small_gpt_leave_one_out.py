from pathlib import Path
from shutil import rmtree

from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.batch import batch
from influence_lab.evaluations.small_gpt_truths import leave_one_out_truth
from influence_lab.models.small_gpt_experiment import small_gpt_experiment

with batch(snakemake):
    chunks, params = Path(snakemake.params.chunks), snakemake.params
    experiment = small_gpt_experiment(read_arrays(snakemake.input.corpus), params.small_gpt)
    write_arrays(
        snakemake.output[0], **leave_one_out_truth(experiment, int(snakemake.wildcards.seed), params.left_out, chunks)
    )
    rmtree(chunks)
