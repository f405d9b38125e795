import pandas as pd

from influence_lab.artifacts import read_table, write_table
from influence_lab.batch import batch

with batch(snakemake):
    for paths, models, output in (
        (snakemake.input.groups, snakemake.params.groups, snakemake.output.groups),
        (snakemake.input.flips, snakemake.params.flips, snakemake.output.flips),
    ):
        tables = [
            read_table(path).assign(model=model, seed=seed) for path, (model, seed) in zip(paths, models, strict=True)
        ]
        write_table(output, pd.concat(tables, ignore_index=True))
