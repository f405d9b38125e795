import numpy as np

from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.attributions.influenciae_boundary import influenciae_boundary
from influence_lab.batch import batch

with batch(snakemake):
    stored, images = read_arrays(snakemake.input.features), snakemake.params.images
    chosen = np.random.default_rng(snakemake.params.seed).permutation(len(stored["train_labels"]))[:images]
    scores = influenciae_boundary(stored["kernel"], stored["bias"], stored["train_features"][chosen])
    # influenciae's own test: three inputs that are zero, logits 4 and 0 by the biases
    toy = influenciae_boundary(np.zeros((3, 2)), np.array([4.0, 0.0]), np.zeros((1, 3)))
    write_arrays(snakemake.output[0], images=chosen, scores=scores, toy=toy)
