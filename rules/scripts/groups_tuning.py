from influence_lab.artifacts import write_table
from influence_lab.batch import batch
from influence_lab.evaluations.group_tuning import tuning
from influence_lab.models.toy import toy_training

with batch(snakemake):
    write_table(snakemake.output[0], tuning(toy_training(snakemake.params.toy), **snakemake.params.rule))
