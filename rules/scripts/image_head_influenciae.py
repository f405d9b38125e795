from influence_lab.artifacts import write_arrays
from influence_lab.batch import batch
from influence_lab.evaluations.influenciae_head import influenciae_head
from influence_lab.models.image_heads import read_heads

with batch(snakemake):
    compared = influenciae_head(read_heads(snakemake.input.features), **snakemake.params.sample)
    write_arrays(snakemake.output[0], **compared)
