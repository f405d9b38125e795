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
    matrices = [projection(len(one.theta), snakemake.params.dimension, seed) for seed, one in enumerate(networks)]
    models = [features(one, X, y, matrix) for one, matrix in zip(networks, matrices, strict=True)]
    alone, together = traker_scores(networks, X, y, matrices)
    write_arrays(
        snakemake.output[0],
        traker_alone=alone,
        traker_together=together,
        kernels=np.stack([kernel(model) for model in models]),
        wrong=np.stack([model.wrong for model in models]),
        # what traker divides each model's inverse by, with its features over the root of p
        scales=np.array(
            [np.abs(np.linalg.pinv(model.train.T @ model.train, hermitian=True)).mean() for model in models]
        ),
    )
