from influence_lab.artifacts import read_arrays, write_table
from influence_lab.batch import batch
from influence_lab.evaluations.constrained import constrained_maxima
from influence_lab.models.relative_influence import load_world

with batch(snakemake):
    data, models = read_arrays(snakemake.input.data), read_arrays(snakemake.input.models)
    cancer = load_world(data, models, "cancer")[0]
    maxima = constrained_maxima(
        cancer.problem,
        cancer.theta,
        range(cancer.problem.n),
        lambda theta: cancer.problem.losses(theta, cancer.X_test, cancer.y_test),
        **snakemake.params,
    )
    write_table(snakemake.output[0], maxima)
