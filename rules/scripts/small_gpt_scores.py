import torch

from influence_lab.artifacts import read_arrays, read_table, write_arrays
from influence_lab.attributions.small_gpt_scores import small_gpt_scores
from influence_lab.batch import batch
from influence_lab.models.small_gpt_experiment import small_gpt_model

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    params = snakemake.params
    scored = small_gpt_scores(
        small_gpt_model(read_arrays(snakemake.input.model), params.heads),
        read_arrays(snakemake.input.corpus),
        read_table(snakemake.input.table),
        params.pattern,
        params.dampings,
        params.seed + int(snakemake.wildcards.seed),
    )
    write_arrays(snakemake.output[0], **scored.arrays())
