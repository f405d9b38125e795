from influence_lab.artifacts import write_table
from influence_lab.batch import batch
from influence_lab.evaluations.head_flips import head_flips
from influence_lab.evaluations.image_head import workable
from influence_lab.models.image_heads import read_heads

with batch(snakemake):
    head = workable(read_heads(snakemake.input.features), snakemake.params.directions).train
    write_table(snakemake.output[0], head_flips(head, **snakemake.params.flips))
