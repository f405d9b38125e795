from pathlib import Path

import pandas as pd
import torch

from influence_lab.artifacts import read_arrays, read_table, write_table
from influence_lab.attributions.language_costs import language_costs
from influence_lab.attributions.language_factors import read_factors
from influence_lab.attributions.token_gradients import read_token_gradients
from influence_lab.batch import batch

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    spent = {Path(path).stem: pd.read_csv(path, sep="\t") for path in snakemake.input.spent}
    table = language_costs(
        read_token_gradients(snakemake.input.query),
        read_token_gradients(snakemake.input.train),
        read_factors(Path(snakemake.input.factors)),
        read_table(snakemake.input.texts),
        read_table(snakemake.input.queries),
        spent,
        read_arrays(snakemake.input.methods),
    )
    write_table(snakemake.output[0], table)
