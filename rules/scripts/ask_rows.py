from influence_lab.artifacts import write_table
from influence_lab.batch import batch
from influence_lab.data.ask_table import check_lengths, read_asked
from influence_lab.models.ask_tokenizer import tokenizer_and_context

with batch(snakemake):
    kind = snakemake.wildcards.kind
    table = read_asked(kind, snakemake.input.file)
    check_lengths(kind, table, *tokenizer_and_context(snakemake.params.model, snakemake.params.longest))
    write_table(snakemake.output[0], table)
