"""Scores of pre-training texts for fine-tuned answers of the small GPT: EK-FAC, the matrices, and search."""

import numpy as np

from influence_lab.attributions.retrieval import retrieval_scores
from influence_lab.attributions.small_gpt_scores import embeddings
from influence_lab.attributions.two_stage_ablations import Damping, Stages, ablations, attributed, tuning_factors
from influence_lab.attributions.two_stage_names import EKFAC, NEWTON
from influence_lab.attributions.two_stage_newton import newton_ablations
from influence_lab.data.small_corpus_words import encode
from influence_lab.models.small_gpt import SmallGPT

Array = np.ndarray


def two_stage_methods(
    pretrained: SmallGPT,
    tuned: SmallGPT,
    stages: Stages,
    texts: list[str],
    asked: list[str],
    alpha: float,
    damping: Damping,
    strong: float,
) -> dict[str, Array]:
    """Scores by all methods.

    Args:
        pretrained: before fine-tuning.
        tuned: after it.
        stages: texts of both stages and queries.
        texts: those of pre-training in words.
        asked: the queries in words.
        alpha: α.
        damping: of EK-FAC's pre-training matrix; the Gauss-Newton matrix takes the weight decay alone.
        strong: λ of a further single-stage score with the Gauss-Newton matrix.

    Returns:
        `ekfac.NAME` and `newton.NAME` for each ablation, and the retrieval methods, all of shape (m, n).
    """
    before, after = (attributed(model, stages) for model in (pretrained, tuned))
    factored = ablations(before, after, tuning_factors(tuned, stages), alpha, damping)
    exact = newton_ablations(pretrained, tuned, stages, alpha, damping.decay, strong)
    found = {f"{EKFAC}.{name}": each.numpy() for name, each in factored.items()}
    found |= {f"{NEWTON}.{name}": each for name, each in exact.items()}
    vectors = (embeddings(tuned, texts), embeddings(tuned, asked))
    return found | retrieval_scores(texts, asked, encode, *vectors, stages.seed)
