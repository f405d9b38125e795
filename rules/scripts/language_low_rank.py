from pathlib import Path

import numpy as np
import torch

from influence_lab.artifacts import read_table, write_arrays, write_table
from influence_lab.attributions.gradient_ranks import gradient_ranks
from influence_lab.attributions.language_factors import read_factors
from influence_lab.attributions.low_rank import scores_by_rank
from influence_lab.attributions.token_gradients import read_token_gradients
from influence_lab.batch import batch

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    queries = read_token_gradients(snakemake.input.query)
    factors = read_factors(Path(snakemake.input.factors))
    facts = np.flatnonzero(read_table(snakemake.input.queries)["kind"] == "fact")
    rows = facts[: snakemake.params.queries].tolist()
    write_table(snakemake.output.ranks, gradient_ranks(queries, factors, rows[: snakemake.params.ranked]))
    train = read_token_gradients(snakemake.input.train)
    found = scores_by_rank(queries, train, factors, rows, snakemake.params.ranks)
    write_arrays(
        snakemake.output.scores,
        rows=np.array(rows),
        ranks=np.array(snakemake.params.ranks),
        numbers_by_layer=np.array([layer.ekfac.eigenvalues.shape for layer in factors.values()]),
        **{name: values.numpy() for name, values in found.items()},
    )
