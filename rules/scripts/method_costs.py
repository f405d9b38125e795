from pathlib import Path

import pandas as pd
import torch
from transformers import AutoTokenizer

from influence_lab.artifacts import read_arrays, read_table, read_whole, write_table
from influence_lab.attributions.language_factors import read_factors
from influence_lab.attributions.method_costs import method_costs
from influence_lab.attributions.token_gradients import read_token_gradients
from influence_lab.batch import batch

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    spent = {Path(path).stem: pd.read_csv(path, sep="\t") for path in snakemake.input.spent}
    tokenizer = read_whole(Path(snakemake.input.model), AutoTokenizer.from_pretrained)
    table = method_costs(
        read_token_gradients(snakemake.input.query),
        read_token_gradients(snakemake.input.train),
        read_factors(Path(snakemake.input.factors)),
        read_table(snakemake.input.texts),
        read_table(snakemake.input.queries),
        spent,
        read_arrays(snakemake.input.methods),
        lambda text: tokenizer.encode(text, add_special_tokens=False),
    )
    write_table(snakemake.output[0], table)
