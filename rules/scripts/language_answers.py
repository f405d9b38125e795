from pathlib import Path

import torch

from influence_lab.artifacts import read_arrays, read_table, write_arrays, write_table
from influence_lab.batch import batch
from influence_lab.evaluations.language_answers import language_answers
from influence_lab.models.adaptation import losses
from influence_lab.models.causal_lm import read_causal_lm
from influence_lab.models.language_states import dataset_of, load_tail

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    weights = read_arrays(snakemake.input.weights)
    model, tokenizer = read_causal_lm(Path(snakemake.input.model))
    table = language_answers(
        model,
        tokenizer,
        read_table(snakemake.input.queries),
        weights,
        snakemake.params.tokens,
    )
    write_table(snakemake.output.answers, table)
    queries, found = dataset_of(read_arrays(snakemake.input.states), "query"), {}
    for when, adapted in {"before": None, "after": weights}.items():
        tail, _ = load_tail(snakemake.input.model, snakemake.params.blocks, snakemake.params.layers, adapted)
        found[when] = -losses(tail, queries).numpy()
    write_arrays(snakemake.output.log_probabilities, **found)
