from influence_lab.artifacts import read_arrays, write_table
from influence_lab.batch import batch
from influence_lab.evaluations.toy_scores import toy_scores

with batch(snakemake):
    alphas = snakemake.params.alphas
    held_out = {alpha: read_arrays(path) for alpha, path in zip(alphas, snakemake.input.held_out, strict=True)}
    datamodels = {alpha: read_arrays(path) for alpha, path in zip(alphas, snakemake.input.datamodels, strict=True)}
    others = (read_arrays(snakemake.input[name]) for name in ("influence", "trak", "averaged"))
    write_table(snakemake.output[0], toy_scores(held_out, datamodels, *others))
