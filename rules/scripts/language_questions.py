from influence_lab.artifacts import read_table, write_table
from influence_lab.batch import batch
from influence_lab.data.elements import elements_database
from influence_lab.data.language_questions import language_questions

with batch(snakemake):
    queries = read_table(snakemake.input.queries)
    write_table(snakemake.output[0], language_questions(elements_database(), queries, **snakemake.params.questions))
