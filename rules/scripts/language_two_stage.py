from pathlib import Path

import numpy as np
import torch

from influence_lab.artifacts import read_arrays, read_table, write_arrays
from influence_lab.attributions.language_factors import read_factors
from influence_lab.attributions.retrieval import bm25_scores, words
from influence_lab.attributions.token_gradients import read_token_gradients, token_gradients
from influence_lab.attributions.two_stage_variants import decided_directions, factor_megabytes, two_stage_variants
from influence_lab.batch import batch
from influence_lab.models.language_states import dataset_of, load_tail, set_weights

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    params, given = snakemake.params, snakemake.input
    asked, texts = dataset_of(read_arrays(given.states), "query"), dataset_of(read_arrays(given.texts), "train")
    tail, layers = load_tail(given.model, params.blocks, params.layers, read_arrays(given.adapted))
    before = token_gradients(tail, layers, asked)
    set_weights(layers, read_arrays(given.tuned))
    factors = read_factors(Path(given.tuned_factors))
    scores = two_stage_variants(
        token_gradients(tail, layers, asked),
        before,
        read_token_gradients(given.train),
        token_gradients(tail, layers, texts),
        factors,
        read_factors(Path(given.factors)),
        params.alpha,
        params.others,
    )
    questions, corpus = read_table(given.questions), read_table(given.table)
    written = [
        list(table["text"][table["split"] == split]) for table, split in ((corpus, "train"), (questions, "query"))
    ]
    found = {name: values.numpy() for name, values in scores.items()} | {"bm25": bm25_scores(*map(words, written))}
    alphas = [params.alpha, *params.others]
    found |= {
        "alphas": np.array(alphas),
        "decided": np.array([decided_directions(factors, alpha) for alpha in alphas]),
        "factor_mb": np.array(factor_megabytes(factors)),
        "directions": np.array(sum(layer.ekfac.eigenvalues.numel() for layer in factors.values())),
    }
    write_arrays(snakemake.output[0], **found)
