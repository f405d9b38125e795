from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.batch import batch
from influence_lab.models.small_gpt_experiment import small_gpt_experiment

with batch(snakemake):
    experiment = small_gpt_experiment(read_arrays(snakemake.input.corpus), snakemake.params.small_gpt)
    write_arrays(snakemake.output[0], **experiment.base_model(int(snakemake.wildcards.seed)))
