from influence_lab.artifacts import read_arrays, write_table
from influence_lab.batch import batch
from influence_lab.evaluations.boundary_groups import head_table
from influence_lab.models.image_heads import read_heads

with batch(snakemake):
    head, model = read_heads(snakemake.input.features).train, read_arrays(snakemake.input.model)
    table = head_table(head, rate=float(model["final_learning_rate"]), **snakemake.params.rule)
    write_table(snakemake.output[0], table)
