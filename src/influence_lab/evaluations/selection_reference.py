"""The reference model of a selection: the small GPT trained on the whole pool until gradients vanish, in two stages."""

from typing import NamedTuple

import numpy as np

from influence_lab.attributions.metering import metered
from influence_lab.attributions.selection_scores import Reference, text_gradient_norms
from influence_lab.data.sequences import Sequences
from influence_lab.evaluations.selection_choices import GRADIENT_GROUPS
from influence_lab.models.selection_stages import SelectionStages
from influence_lab.models.small_gpt_stack import Parameters
from influence_lab.models.small_gpt_training import Trained

Array = np.ndarray


class ReferenceStages(NamedTuple):
    """The models that strategies look at, and their training."""

    models: Reference
    first: Trained
    second: Trained


def reference_stages(stages: SelectionStages, base: Parameters, pool: Sequences, lessons: Sequences) -> ReferenceStages:
    """Train on the whole pool, then on the lessons, each with `reference_steps`."""
    long, n = stages.longer(), len(pool)
    first, on_pool = metered(lambda: long.on_texts(base, pool, np.ones((1, n)), n))
    second, on_lessons = metered(lambda: long.on_lessons(first.parameters, lessons))
    models = (stages.model(each) for each in (base, first.parameters, second.parameters))
    found = Reference(*models, stages.first.proximity, stages.second.alpha, (on_pool, on_lessons))
    return ReferenceStages(found, first, second)


def gradient_facts(found: ReferenceStages, tuned: Trained, pool: Sequences, groups: Array) -> dict[str, float]:
    r"""How near to a stationary point the reference is, and how large texts' gradients are before and after it.

    Args:
        found: the reference model.
        tuned: stage one on the pool with the steps of a fine-tuning.
        pool: the texts.
        groups: of each text, shape (n,).

    Returns:
        Norms of the objectives' gradients `first_norm`, `second_norm` and `tuned_norm`, and by group the median norm
        of a text's gradient at the base model, `base_GROUP`, and at the reference model, `read_GROUP`.
    """
    facts = {
        "first_norm": float(found.first.gradient_norms[0]),
        "second_norm": float(found.second.gradient_norms[0]),
        "tuned_norm": float(tuned.gradient_norms[0]),
    }
    for name, model in (("base", found.models.base), ("read", found.models.first)):
        norms = text_gradient_norms(model, pool)
        facts |= {f"{name}_{group}": float(np.median(norms[groups == group])) for group in GRADIENT_GROUPS}
    return facts


def pool_changes(scores: dict[str, Array], answers: dict[str, float]) -> dict[str, float]:
    r"""What the whole pool really changes, and what the sum of influences over n says.

    Args:
        scores: of `ekfac_base`, `ekfac` and `two_stage`, each (questions given, texts).
        answers: mean log p of the given questions by model: base, first, second and untaught (stage two from the base).

    Returns:
        `real_one` (after stage one) and `real_two` (after both), and `predicted_STRATEGY`, $\frac1n\sum_i I_i$; nats.
    """
    return {
        "real_one": answers["first"] - answers["base"],
        "real_two": answers["second"] - answers["untaught"],
    } | {f"predicted_{name}": float(scores[name].mean()) for name in ("ekfac_base", "ekfac", "two_stage")}
