import numpy as np

from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.attributions.toy_influence import chosen_points, damping_scores, margin_influences
from influence_lab.batch import batch
from influence_lab.models.toy import toy_network, toy_training

with batch(snakemake):
    data, subsets = read_arrays(snakemake.input.data), read_arrays(snakemake.input.subsets)
    points = chosen_points(data, snakemake.params.targets, snakemake.params.embedded)
    training, dampings = toy_training(snakemake.params.toy), snakemake.params.dampings
    networks = [toy_network(data, training, theta) for theta in read_arrays(snakemake.input.networks)["theta"]]
    X, y = (
        np.concatenate([data[f"{kind}_test"][points["targets"]], data[f"{kind}_train"][points["embedded"]]])
        for kind in "Xy"
    )
    weights = margin_influences(networks, X, y, dampings)
    few = slice(0, snakemake.params.judging)
    fitted = damping_scores(
        weights[:, :, : len(points["targets"])],
        subsets["masks"][few],
        subsets["test_margins"][few][:, points["targets"]],
    )
    write_arrays(snakemake.output[0], **points, weights=weights, dampings=np.array(dampings), damping_scores=fitted)
