import numpy as np
import torch

from influence_lab.artifacts import read_arrays, read_table, write_arrays
from influence_lab.batch import batch
from influence_lab.data.small_corpus import split_of
from influence_lab.data.small_questions import SPLITS, questions_of
from influence_lab.evaluations.staged_influence import staged_influence
from influence_lab.models.staged_gpt import staged_gpt

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    given = snakemake.input
    table, arrays = read_table(given.corpus_table), read_arrays(given.questions)
    corpus = table[table["split"] == "train"], split_of(read_arrays(given.corpus), "train")
    questions = read_table(given.questions_table), {split: questions_of(arrays, split) for split in SPLITS}
    params = snakemake.params
    found = [
        staged_influence(staged_gpt(corpus, questions, params.sizes | {"seed": seed}), **params.stages)
        for seed in range(params.seeds)
    ]
    write_arrays(snakemake.output[0], **{name: np.stack([one[name] for one in found]) for name in found[0]})
