from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.batch import batch
from influence_lab.models.toy import toy_training
from influence_lab.models.toy_scoreboard import checkpoint_epochs, scoreboard_networks

with batch(snakemake):
    toy, params = snakemake.params.toy, snakemake.params
    training = toy_training(toy, checkpoints=checkpoint_epochs(toy["epochs"], params.checkpoints))
    data = read_arrays(snakemake.input.data)
    write_arrays(snakemake.output[0], **scoreboard_networks(data, training, params.flipped_share, params.seeds))
