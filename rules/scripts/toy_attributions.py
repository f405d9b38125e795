from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.attributions.toy_attributions import toy_attributions, toy_settings
from influence_lab.attributions.toy_datamodels import chosen_damping
from influence_lab.attributions.toy_methods import Options
from influence_lab.batch import batch
from influence_lab.models.toy import toy_training

with batch(snakemake):
    data, networks, influence = (read_arrays(snakemake.input[name]) for name in ("data", "networks", "influence"))
    targets = influence["targets"]
    options = Options(**snakemake.params.scoreboard, fitted_damping=chosen_damping(influence))
    settings = toy_settings(data, networks, toy_training(snakemake.params.toy), targets, options)
    write_arrays(snakemake.output[0], targets=targets, **toy_attributions(settings))
