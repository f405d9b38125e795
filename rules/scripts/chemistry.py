from influence_lab.artifacts import write_table
from influence_lab.batch import batch
from influence_lab.data.chemistry import chemistry_corpus

with batch(snakemake):
    write_table(snakemake.output[0], chemistry_corpus(**snakemake.params))
