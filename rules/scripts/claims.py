"""Merge the claims that the pages recorded into one ledger."""

from pathlib import Path

from influence_lab.artifacts import write_facts
from influence_lab.batch import batch
from influence_lab.notebooks.claims import load_claims
from influence_lab.notebooks.ledger import merge

with batch(snakemake):
    executed = {Path(page).stem: Path(page) for page in snakemake.input.pages}
    write_facts(snakemake.output[0], merge(load_claims(Path(snakemake.input.ledger)), executed))
