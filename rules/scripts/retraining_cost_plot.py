from pathlib import Path

from influence_lab.artifacts import read_table
from influence_lab.batch import batch
from influence_lab.figures.retraining_cost import cost_by_points
from influence_lab.site.figures_file import write_file

with batch(snakemake):
    figure = cost_by_points(read_table(snakemake.input.cost)).to_plotly_json()
    caption = "One core, one run of each; the toy network and batches of the configuration."
    write_file("Cost of one retraining", [(figure, caption)], Path(snakemake.output[0]))
