from influence_lab.artifacts import write_table
from influence_lab.batch import batch
from influence_lab.data.chemistry import chemistry_queries

with batch(snakemake):
    write_table(snakemake.output[0], chemistry_queries(**snakemake.params))
