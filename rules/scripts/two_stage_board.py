import pandas as pd

from influence_lab.artifacts import read_arrays, write_facts, write_table
from influence_lab.attributions.two_stage_names import NEWTON
from influence_lab.batch import batch
from influence_lab.evaluations.two_stage_board import board, gain, seed_gains, slopes

with batch(snakemake):
    given, params = snakemake.input, snakemake.params
    scores, truths = ([read_arrays(path) for path in paths] for paths in (given.scores, given.truths))
    table = board(scores, truths, params.draws, params.seed)
    write_facts(snakemake.output.gain, gain(table, NEWTON) | {"by_seed": seed_gains(scores, truths, NEWTON)})
    measured = slopes(scores, truths, params.draws, params.seed)
    write_table(snakemake.output.table, pd.concat([table, measured], ignore_index=True))
