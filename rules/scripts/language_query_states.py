import torch

from influence_lab.artifacts import read_table, write_arrays
from influence_lab.batch import batch
from influence_lab.data.encoding import encode_queries
from influence_lab.models.causal_lm import load_causal_lm
from influence_lab.models.language_states import language_states

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    queries = read_table(snakemake.input.queries)
    model, tokenizer = load_causal_lm(snakemake.input.model)
    encoded = encode_queries(
        tokenizer, list(queries["prompt"]), list(queries["answer"]), list(queries["id"]), snakemake.params.context
    )
    write_arrays(snakemake.output[0], **language_states(model, snakemake.params.blocks, {"query": encoded}))
