import numpy as np

from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.attributions.trak import features, kernel, projection
from influence_lab.attributions.traker import traker_scores
from influence_lab.batch import batch
from influence_lab.models.toy import toy_network, toy_training

with batch(snakemake):
    data, subsets = read_arrays(snakemake.input.data), read_arrays(snakemake.input.subsets)
    targets = read_arrays(snakemake.input.influence)["targets"]
    X, y = data["X_test"][targets], data["y_test"][targets]
    training = toy_training(snakemake.params.toy)
    networks = [toy_network(data, training, theta) for theta in subsets["theta"][: snakemake.params.models]]
    found = []
    for dimension in snakemake.params.dimensions:
        matrices = [projection(len(one.theta), dimension, seed) for seed, one in enumerate(networks)]
        models = [features(one, X, y, matrix) for one, matrix in zip(networks, matrices, strict=True)]
        # what traker divides each model's inverse by, with its features over the root of p
        scales = [np.abs(np.linalg.pinv(model.train.T @ model.train, hermitian=True)).mean() for model in models]
        arrays = [*traker_scores(networks, X, y, matrices), np.stack([kernel(model) for model in models]), scales]
        found.append(arrays)
    wrong = np.stack([model.wrong for model in models])  # the same in every dimension
    names = ("traker_alone", "traker_together", "kernels", "scales")
    stacked = {name: np.stack(parts) for name, parts in zip(names, zip(*found, strict=True), strict=True)}
    write_arrays(snakemake.output[0], **stacked, wrong=wrong, dimensions=snakemake.params.dimensions)
