from pathlib import Path
from shutil import rmtree

import numpy as np
import torch

from influence_lab.artifacts import read_arrays, read_table, write_arrays
from influence_lab.batch import batch
from influence_lab.evaluations.language_removals import refit_without
from influence_lab.evaluations.lm_scoreboard import language_scores_by_method
from influence_lab.evaluations.top_removals import spread_over, top_removals
from influence_lab.models.adaptation import Adaptation, adapt, losses
from influence_lab.models.language_states import dataset_of, load_tail, set_weights
from influence_lab.models.retraining_store import hash_of

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    params, chunks, texts = snakemake.params, Path(snakemake.params.chunks), read_arrays(snakemake.input.texts)
    states, asked = read_arrays(snakemake.input.states), read_table(snakemake.input.queries)
    tail, layers = load_tail(snakemake.input.model, params.blocks, params.layers)
    train = dataset_of(texts, "train")
    before = {name: layer.weight.detach().clone() for name, layer in layers.items()}

    def refit(rows: np.ndarray) -> np.ndarray:
        set_weights(layers, before)
        adapt(tail, layers, train.counting(rows), {}, Adaptation(**params.training))
        return -losses(tail, dataset_of(states, "query")).numpy()

    facts = np.flatnonzero(asked["kind"] == "fact")
    queries = facts[spread_over(len(facts), params.queries)].tolist()
    scores = language_scores_by_method(read_arrays(snakemake.input.methods), read_arrays(snakemake.input.retrieval))
    removals = top_removals(scores, queries, params.retrieved, params.seed)
    identity = f"{sorted(params.training.items())} {hash_of((texts['train_states'], states['query_states']))}"
    found = refit_without(removals, len(texts["train_inputs"]), refit, chunks, identity)
    write_arrays(snakemake.output[0], queries=np.array(queries), **found)
    rmtree(chunks)
