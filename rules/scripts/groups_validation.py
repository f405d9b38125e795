from influence_lab.artifacts import write_table
from influence_lab.batch import batch
from influence_lab.evaluations.group_validation import validation
from influence_lab.models.toy import toy_training

with batch(snakemake):
    training = toy_training(snakemake.params.toy)
    write_table(snakemake.output[0], validation(training, **snakemake.params.rule, threads=snakemake.threads))
