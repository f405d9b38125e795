from influence_lab.artifacts import write_arrays
from influence_lab.batch import batch
from influence_lab.evaluations.image_head import image_head
from influence_lab.models.image_heads import read_heads

with batch(snakemake):
    write_arrays(snakemake.output[0], **image_head(read_heads(snakemake.input.features), **snakemake.params.head))
