"""Gather the figures of a page into one HTML file that needs nothing else."""

from pathlib import Path

from influence_lab.batch import batch
from influence_lab.site.figures_file import write_figures

with batch(snakemake):
    write_figures(Path(snakemake.input.page), Path(snakemake.output[0]))
