from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.attributions.influenciae_toy import influenciae_toy
from influence_lab.batch import batch
from influence_lab.models.toy import toy_network, toy_training

with batch(snakemake):
    data, params = read_arrays(snakemake.input.data), snakemake.params
    theta = read_arrays(snakemake.input.networks)["theta"][0, -1]
    network = toy_network(data, toy_training(params.toy), theta)
    measured = slice(params.measured)
    options = {name: getattr(params, name) for name in ("damping", "raised", "rate", "decay", "few")}
    arrays = influenciae_toy(network, data["X_test"][measured], data["y_test"][measured], **options)
    write_arrays(
        snakemake.output[0], theta=theta, widths=network.network.widths, measured=params.measured, **options, **arrays
    )
