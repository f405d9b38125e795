from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.attributions.influenciae import influenciae_scores
from influence_lab.batch import batch
from influence_lab.models.relative_influence import load_world

with batch(snakemake):
    data, models = read_arrays(snakemake.input.data), read_arrays(snakemake.input.models)
    toy = load_world(data, models, "toy")[0]
    scores = influenciae_scores(toy.problem, toy.theta, toy.X_test, toy.y_test, toy.hessian)
    write_arrays(snakemake.output[0], **scores)
