from pathlib import Path

import torch

from influence_lab.artifacts import read_arrays, read_table, whole, write_table
from influence_lab.attributions.ask_stages import Attributed, score_stage
from influence_lab.batch import batch

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    params, inputs, output = snakemake.params, snakemake.input, snakemake.output
    found = score_stage(
        Attributed(**params.which),
        read_table(inputs.texts),
        read_table(inputs.queries),
        read_arrays(inputs.states),
        read_arrays(inputs.weights),
        Path(inputs.factors),
        params.damping,
        params.heatmaps,
        params.answer_tokens,
    )
    write_table(output.scores, found.scores)
    write_table(output.tokens, found.tokens)
    write_table(output.answers, found.answers)
    with whole(output.csv) as partial:
        found.scores.drop(columns="row").to_csv(partial, index=False)
