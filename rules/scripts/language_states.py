import torch

from influence_lab.artifacts import read_table, write_arrays
from influence_lab.batch import batch
from influence_lab.data.encoding import encode_queries, encode_texts
from influence_lab.models.causal_lm import load_causal_lm
from influence_lab.models.language_states import language_states

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    texts, queries = read_table(snakemake.input.texts), read_table(snakemake.input.queries)
    model, tokenizer = load_causal_lm(snakemake.input.model)
    context = snakemake.params.context
    splits = {
        split: encode_texts(tokenizer, list(rows["text"]), list(rows["id"]), context)
        for split, rows in texts.groupby("split", sort=False)
    }
    splits["query"] = encode_queries(
        tokenizer, list(queries["prompt"]), list(queries["answer"]), list(queries["id"]), context
    )
    write_arrays(snakemake.output[0], **language_states(model, snakemake.params.blocks, splits))
