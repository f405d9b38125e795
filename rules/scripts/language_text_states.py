from pathlib import Path

import torch

from influence_lab.artifacts import read_table, write_arrays
from influence_lab.batch import batch
from influence_lab.data.encoding import encode_texts
from influence_lab.models.causal_lm import context_of, read_causal_lm
from influence_lab.models.language_states import language_states

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    texts = read_table(snakemake.input.texts)
    model, tokenizer = read_causal_lm(Path(snakemake.input.model))
    context = context_of(model, snakemake.params.context)
    splits = {
        split: encode_texts(tokenizer, list(rows["text"]), list(rows["id"]), context)
        for split, rows in texts.groupby("split", sort=False)
    }
    write_arrays(snakemake.output[0], **language_states(model, snakemake.params.blocks, splits))
