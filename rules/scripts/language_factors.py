from pathlib import Path

from influence_lab.attributions.kronfluence_stages import aggregate_lambda
from influence_lab.attributions.language_task import LanguageTask
from influence_lab.batch import batch
from influence_lab.models.language_states import load_tail

with batch(snakemake):
    tail, layers = load_tail(snakemake.input.model, snakemake.params.blocks, snakemake.params.layers)
    parts = [Path(part) for part in snakemake.input.lambdas]
    aggregate_lambda(tail, LanguageTask(layers), Path(snakemake.input.eigen), parts, Path(snakemake.output[0]))
