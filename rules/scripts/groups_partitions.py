from influence_lab.artifacts import write_arrays
from influence_lab.batch import batch
from influence_lab.evaluations.group_drawings import drawn_partitions
from influence_lab.models.toy import toy_training

with batch(snakemake):
    write_arrays(snakemake.output[0], **drawn_partitions(toy_training(snakemake.params.toy), **snakemake.params.rule))
