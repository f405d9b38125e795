import pandas as pd

from influence_lab.artifacts import read_table, write_table
from influence_lab.batch import batch

with batch(snakemake):
    parts = [read_table(path) for path in [*snakemake.input.small, snakemake.input.language]]
    write_table(snakemake.output.choices, pd.concat(parts, ignore_index=True))
    removals = [read_table(path) for path in snakemake.input.removals]
    write_table(snakemake.output.removals, pd.concat(removals, ignore_index=True))
