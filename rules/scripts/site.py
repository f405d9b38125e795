"""Build the site."""

from pathlib import Path

from influence_lab.batch import batch
from influence_lab.site.build import build_site

with batch(snakemake):
    build_site(
        pages={Path(page).stem: Path(page) for page in snakemake.input.pages},
        ledger=Path(snakemake.input.ledger),
        config=snakemake.params.config,
        benchmarks=Path("results/benchmarks"),
        output=Path(snakemake.output[0]).parent,
    )
