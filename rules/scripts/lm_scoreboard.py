import pandas as pd

from influence_lab.artifacts import read_arrays, read_table, write_table
from influence_lab.batch import batch
from influence_lab.evaluations.lm_scoreboard import (
    SCOPES,
    Judging,
    language_scores_by_method,
    language_table,
    small_gpt_table,
)

with batch(snakemake):
    given, how = snakemake.input, Judging(**snakemake.params)
    texts = read_table(given.texts)
    small = small_gpt_table(
        read_table(given.corpus),
        {scope: [read_arrays(path) for path in given[scope]] for scope in SCOPES},
        [read_arrays(path) for path in given.subsets],
        [read_arrays(path) for path in given.left_out],
        [read_arrays(path) for path in given.removals],
        read_arrays(given.newton),
        how,
    )
    large = language_table(
        language_scores_by_method(read_arrays(given.methods), read_arrays(given.retrieval)),
        texts[texts["split"] == "train"],
        read_table(given.queries),
        read_table(given.patches),
        read_table(given.costs),
        read_arrays(given.refits[0]) if given.get("refits") else None,
        how,
    )
    write_table(snakemake.output[0], pd.concat([large, small], ignore_index=True))
