import pandas as pd

from influence_lab.artifacts import read_table, write_table
from influence_lab.batch import batch

with batch(snakemake):
    parts = [read_table(path) for path in [*snakemake.input.small, snakemake.input.language]]
    write_table(snakemake.output.choices, pd.concat(parts, ignore_index=True))
    for name in ("removals", "reference"):
        tables = [read_table(path) for path in snakemake.input[name]]
        write_table(snakemake.output[name], pd.concat(tables, ignore_index=True))
