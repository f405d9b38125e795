"""Summarise the timings as ratios."""

from influence_lab.artifacts import read_table, write_facts
from influence_lab.batch import batch
from influence_lab.evaluations.bench import speed_ratios

with batch(snakemake):
    write_facts(snakemake.output[0], speed_ratios(read_table(snakemake.input.costs)))
