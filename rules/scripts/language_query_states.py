from pathlib import Path

import torch

from influence_lab.artifacts import read_table, write_arrays
from influence_lab.batch import batch
from influence_lab.data.encoding import encode_queries
from influence_lab.models.causal_lm import context_of, read_causal_lm
from influence_lab.models.language_states import language_states

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    queries = read_table(snakemake.input.queries)
    model, tokenizer = read_causal_lm(Path(snakemake.input.model))
    context = context_of(model, snakemake.params.context)
    columns = (list(queries[name]) for name in ("prompt", "answer", "id"))
    encoded = encode_queries(tokenizer, *columns, context)
    write_arrays(snakemake.output[0], **language_states(model, snakemake.params.blocks, {"query": encoded}))
