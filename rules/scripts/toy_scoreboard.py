from influence_lab.artifacts import read_arrays, write_table
from influence_lab.batch import batch
from influence_lab.evaluations.toy_scoreboard import scoreboard
from influence_lab.evaluations.toy_truths import toy_truths
from influence_lab.models.toy import toy_training

with batch(snakemake):
    names = ("data", "networks", "leave_one_out", "removals", "held_out", "scores")
    arrays = {name: read_arrays(snakemake.input[name]) for name in names}
    scores = arrays.pop("scores")
    ensembles = read_arrays(snakemake.input.ensembles)
    truths = toy_truths(**arrays, training=toy_training(snakemake.params.toy), targets=scores["targets"])
    checkpoints = arrays["networks"]["theta"].shape[1]
    write_table(snakemake.output[0], scoreboard(scores, ensembles, truths, checkpoints))
