from influence_lab.artifacts import read_arrays, write_arrays, write_table
from influence_lab.batch import batch
from influence_lab.data.near_duplicates import Thresholds
from influence_lab.evaluations.duplicate_calibration import search

with batch(snakemake):
    images = read_arrays(snakemake.input.images)
    thresholds = Thresholds(**snakemake.params.thresholds)
    pairs, table = search(images["train_images"], images["train_labels"], thresholds, **snakemake.params.checks)
    write_arrays(snakemake.output.pairs, **pairs)
    write_table(snakemake.output.calibration, table)
