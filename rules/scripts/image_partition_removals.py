from influence_lab.artifacts import read_arrays, write_table
from influence_lab.batch import batch
from influence_lab.evaluations.image_head import workable
from influence_lab.evaluations.partition_removals import removal_table
from influence_lab.models.image_heads import read_heads

with batch(snakemake):
    section = snakemake.params.section
    groups = read_arrays(snakemake.input.partition[0])[f"groups_cosine_{section['groups']}"][0].astype(int)
    heads = workable(read_heads(snakemake.input.features[0]), snakemake.params.directions)
    table = removal_table(heads, groups, section["removed"], section["decay"], section["seed"])
    write_table(snakemake.output[0], table)
