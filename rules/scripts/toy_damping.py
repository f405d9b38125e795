from influence_lab.artifacts import read_arrays, write_table
from influence_lab.batch import batch
from influence_lab.evaluations.influence_maps import damping_table
from influence_lab.models.toy import REGULARISATIONS, toy_network, toy_training

with batch(snakemake):
    data, thetas = read_arrays(snakemake.input.data), read_arrays(snakemake.input.networks)
    training = toy_training(snakemake.params.toy)
    networks = {name: [toy_network(data, training, theta) for theta in thetas[name]] for name in REGULARISATIONS}
    table = damping_table(
        networks,
        data["cluster_train"],
        data["centres"][0],
        snakemake.params.dampings,
        snakemake.params.top_points,
    )
    write_table(snakemake.output[0], table)
