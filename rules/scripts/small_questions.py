from influence_lab.artifacts import read_table, write_arrays, write_table
from influence_lab.batch import batch
from influence_lab.data.small_questions import question_arrays, small_questions

with batch(snakemake):
    table = small_questions(read_table(snakemake.input.corpus), **snakemake.params.questions)
    write_table(snakemake.output.table, table)
    write_arrays(snakemake.output.sequences, **question_arrays(table))
