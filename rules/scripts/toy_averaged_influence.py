from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.attributions.toy_influence import damping_scores, influence_by_models
from influence_lab.batch import batch
from influence_lab.models.toy import toy_network, toy_training

with batch(snakemake):
    data, subsets = read_arrays(snakemake.input.data), read_arrays(snakemake.input.subsets)
    targets = read_arrays(snakemake.input.influence)["targets"]
    training = toy_training(snakemake.params.toy)
    networks = [toy_network(data, training, theta) for theta in subsets["theta"]]
    X, y, dampings = data["X_test"][targets], data["y_test"][targets], snakemake.params.dampings
    arrays = influence_by_models(networks, X, y, dampings)
    # of each number of models, by the subsets that these models were trained on
    own = [
        damping_scores(arrays["scores"][:, [place]], subsets["masks"][:count], subsets["test_margins"][:count, targets])
        for place, count in enumerate(arrays["models"])
    ]
    write_arrays(snakemake.output[0], **arrays, dampings=dampings, own=[one[:, 0] for one in own])
