from influence_lab.artifacts import read_arrays, write_table
from influence_lab.batch import batch
from influence_lab.evaluations.toy_groups import agreement_table
from influence_lab.models.toy import toy_training

with batch(snakemake):
    data, retrained = read_arrays(snakemake.input.data), read_arrays(snakemake.input.retrained)
    table = agreement_table(data, toy_training(snakemake.params.toy), retrained, snakemake.params.dampings)
    write_table(snakemake.output[0], table)
