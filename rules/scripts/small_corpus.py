from influence_lab.artifacts import write_arrays, write_table
from influence_lab.batch import batch
from influence_lab.data.small_corpus import corpus_arrays, small_corpus

with batch(snakemake):
    table = small_corpus(**snakemake.params)
    write_table(snakemake.output.table, table)
    write_arrays(snakemake.output.sequences, **corpus_arrays(table))
