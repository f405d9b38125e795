from pathlib import Path

import torch

from influence_lab.artifacts import read_arrays, write_facts
from influence_lab.attributions.kronfluence_stages import pairwise_scores
from influence_lab.attributions.language_task import LanguageTask
from influence_lab.batch import batch
from influence_lab.evaluations.scoring_profile import per_token_error, profile_of
from influence_lab.models.language_states import dataset_of, load_tail

TEXTS = 8  # texts and queries whose scores are split over tokens

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    params = snakemake.params

    def scoring() -> object:
        """What the rule language_scores does for its first partition, but for writing the result."""
        texts = read_arrays(snakemake.input.texts)
        tail, layers = load_tail(
            snakemake.input.model, params.blocks, params.layers, read_arrays(snakemake.input.weights)
        )
        return pairwise_scores(
            tail,
            LanguageTask(layers),
            dataset_of(read_arrays(snakemake.input.queries), "query"),
            dataset_of(texts, "train"),
            Path(snakemake.input.factors),
            partitions=params.partitions,
        )

    profiled = profile_of(scoring)
    weights, texts = read_arrays(snakemake.input.weights), read_arrays(snakemake.input.texts)
    tail, layers = load_tail(snakemake.input.model, params.blocks, params.layers, weights)
    some = {name: values[:TEXTS] for name, values in texts.items() if name.startswith("train_")}
    asked = {name: values[:TEXTS] for name, values in read_arrays(snakemake.input.queries).items()}
    error = per_token_error(
        tail, layers, dataset_of(asked, "query"), dataset_of(some, "train"), Path(snakemake.input.factors)
    )
    write_facts(snakemake.output[0], profiled | {"per_token_error": error})
