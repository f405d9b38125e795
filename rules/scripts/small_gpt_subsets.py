from pathlib import Path
from shutil import rmtree

from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.batch import batch
from influence_lab.evaluations.small_gpt_truths import subset_truth
from influence_lab.models.small_gpt_experiment import small_gpt_experiment

with batch(snakemake):
    chunks, params = Path(snakemake.params.chunks), snakemake.params
    experiment = small_gpt_experiment(read_arrays(snakemake.input.corpus), params.small_gpt)
    seed = int(snakemake.wildcards.seed)
    write_arrays(snakemake.output[0], **subset_truth(experiment, seed, params.alpha, params.subsets, chunks))
    rmtree(chunks)
