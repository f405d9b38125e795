from pathlib import Path
from shutil import rmtree

import pandas as pd
import torch

from influence_lab.artifacts import read_arrays, write_table
from influence_lab.attributions.two_stage_ablations import Damping, Stages
from influence_lab.batch import batch
from influence_lab.data.small_corpus import split_of
from influence_lab.data.small_questions import questions_of
from influence_lab.evaluations.two_stage_sweep import Sweep, swept
from influence_lab.models.small_gpt_experiment import small_gpt_model

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    given, params, chunks = snakemake.input, snakemake.params, Path(snakemake.params.chunks)
    questions = read_arrays(given.questions)
    stages = Stages(
        split_of(read_arrays(given.tokens), "train"),
        questions_of(questions, "query"),
        questions_of(questions, "tuning"),
        params.corpus_draws,
        params.tuning_draws,
        params.sketch,
        params.seed,
    )
    found = []
    for start, (model, subsets) in enumerate(zip(given.models, given.subsets, strict=True)):
        arrays = read_arrays(subsets)
        table = swept(
            small_gpt_model(read_arrays(model), params.heads),
            {name: arrays[name][: params.subsets] for name in ("masks", "parameters")},
            stages,
            Sweep(**params.sweep),
            Damping(params.decay, params.share),
            chunks / f"start_{start}",
        )
        found.append(table.assign(start=start))
    write_table(snakemake.output[0], pd.concat(found, ignore_index=True))
    rmtree(chunks)
