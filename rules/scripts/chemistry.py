from influence_lab.artifacts import write_table
from influence_lab.batch import batch
from influence_lab.data.chemistry import chemistry_corpus, chemistry_queries

with batch(snakemake):
    asked = snakemake.params
    write_table(snakemake.output.corpus, chemistry_corpus(**asked.corpus))
    queries = chemistry_queries(asked.corpus["compounds"], asked.corpus["mistakes"], **asked.own)
    write_table(snakemake.output.queries, queries)
