from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.attributions.toy_trak import own_scores, trak_by_models
from influence_lab.batch import batch
from influence_lab.models.toy import toy_network, toy_training

with batch(snakemake):
    data, subsets = read_arrays(snakemake.input.data), read_arrays(snakemake.input.subsets)
    targets = read_arrays(snakemake.input.influence)["targets"]
    training = toy_training(snakemake.params.toy)
    networks = [toy_network(data, training, theta) for theta in subsets["theta"]]
    arrays = trak_by_models(networks, data["X_test"][targets], data["y_test"][targets], snakemake.params.dimensions)
    own = {
        f"own_{kind}": own_scores(arrays[kind], arrays["models"], subsets["masks"], subsets["test_margins"][:, targets])
        for kind in ("scores", "newton")
    }
    write_arrays(snakemake.output[0], **arrays, **own)
