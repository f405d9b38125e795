import torch

from influence_lab.artifacts import read_arrays, read_table, write_table
from influence_lab.batch import batch
from influence_lab.evaluations.language_answers import language_answers
from influence_lab.models.causal_lm import load_causal_lm

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    model, tokenizer = load_causal_lm(snakemake.input.model)
    table = language_answers(
        model,
        tokenizer,
        read_table(snakemake.input.queries),
        read_arrays(snakemake.input.weights),
        snakemake.params.tokens,
    )
    write_table(snakemake.output[0], table)
