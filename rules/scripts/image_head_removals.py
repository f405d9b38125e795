from influence_lab.artifacts import read_arrays, write_table
from influence_lab.batch import batch
from influence_lab.evaluations.head_removals import head_removals
from influence_lab.evaluations.image_head import Heads, workable
from influence_lab.models.image_heads import read_heads

with batch(snakemake):
    heads = workable(read_heads(snakemake.input.features), snakemake.params.directions)
    measured = Heads(heads.train, heads.test.rows(slice(snakemake.params.tests)))
    theta = read_arrays(snakemake.input.head)["theta"]
    removals, agreement = head_removals(measured, theta, **snakemake.params.removals)
    write_table(snakemake.output.removals, removals)
    write_table(snakemake.output.agreement, agreement)
