from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.attributions.toy_attributions import toy_attributions, toy_settings
from influence_lab.attributions.toy_influence import chosen_points
from influence_lab.attributions.toy_methods import Options
from influence_lab.batch import batch
from influence_lab.models.toy import toy_training

with batch(snakemake):
    options = Options(**snakemake.params.scoreboard)
    data, networks = read_arrays(snakemake.input.data), read_arrays(snakemake.input.networks)
    targets = chosen_points(data, snakemake.params.targets, embedded=0)["targets"]
    settings = toy_settings(data, networks, toy_training(snakemake.params.toy), targets, options)
    write_arrays(snakemake.output[0], targets=targets, **toy_attributions(settings))
