from pathlib import Path
from shutil import rmtree

import numpy as np

from influence_lab.artifacts import read_arrays, read_table, write_arrays
from influence_lab.attributions.small_gpt_scores import METHODS
from influence_lab.batch import batch
from influence_lab.evaluations.lm_scoreboard import mean_scores, removal_queries
from influence_lab.evaluations.small_gpt_truths import leave_out_truth
from influence_lab.evaluations.top_removals import distinct, top_removals
from influence_lab.models.small_gpt_experiment import small_gpt_experiment

with batch(snakemake):
    params, chunks = snakemake.params, Path(snakemake.params.chunks)
    queries = removal_queries(read_table(snakemake.input.table), params.queries)
    scores = mean_scores([read_arrays(path) for path in snakemake.input.scores], METHODS)
    removals = top_removals(scores, queries, params.retrieved, params.seed)
    experiment = small_gpt_experiment(read_arrays(snakemake.input.corpus), params.small_gpt)
    truth = leave_out_truth(experiment, int(snakemake.wildcards.seed), distinct(removals), chunks)
    truth.pop("parameters")  # nothing is done with them
    write_arrays(snakemake.output[0], queries=np.array(queries), **truth)
    rmtree(chunks)
