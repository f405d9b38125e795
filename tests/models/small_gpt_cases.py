"""A small corpus and a smaller GPT, in double precision where sums are compared."""

from dataclasses import replace

import numpy as np
import torch

from influence_lab.data.sequences import Sequences
from influence_lab.data.small_corpus import corpus_arrays, small_corpus, split_of
from influence_lab.data.small_questions import SPLITS, question_arrays, questions_of, small_questions
from influence_lab.models.small_gpt import SmallGPT
from influence_lab.models.small_gpt_experiment import Experiment, small_gpt_experiment
from influence_lab.models.small_gpt_stack import Parameters, stack
from influence_lab.models.staged_gpt import StagedGPT, staged_gpt

VALUES = {"width": 8, "heads": 2, "layers": 2, "steps": 12, "learning_rate": 0.02, "weight_decay": 0.02}
TABLE = small_corpus(seed=0, compounds=5, statements=2, misled=1, properties=2, elements=2, new=3)
ARRAYS = corpus_arrays(TABLE)


def small_experiment(**training) -> Experiment:
    experiment = small_gpt_experiment(ARRAYS, VALUES)
    return replace(experiment, training=replace(experiment.training, **training))


def starts(experiment: Experiment, seeds: list[int], dtype: torch.dtype = torch.float64) -> Parameters:
    models = [SmallGPT(experiment.architecture, seed).to(dtype) for seed in seeds]
    return stack([dict(model.named_parameters()) for model in models])


def some_weights(models: int, texts: int) -> np.ndarray:
    """About a third of the texts left out, the others with weights other than 1 too."""
    rng = np.random.default_rng(0)
    return rng.uniform(0.5, 2, (models, texts)) * (rng.random((models, texts)) < 0.7)


def rows(texts: Sequences, kept: np.ndarray) -> Sequences:
    return texts[np.flatnonzero(kept)]


def staged_case() -> StagedGPT:
    """Two compounds taught, one asked about, two texts on each; width 4."""
    questions = small_questions(TABLE, 0, taught=2, preferences=2)
    arrays = question_arrays(questions)
    return staged_gpt(
        (TABLE[TABLE["split"] == "train"], split_of(ARRAYS, "train")),
        (questions, {split: questions_of(arrays, split) for split in SPLITS}),
        {"taught": 2, "asked": 1, "stated": 2, "width": 4, "seed": 0},
    )
