r"""Agreement of influence through fine-tuning with real retraining as α changes, and without an α."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from influence_lab.attributions.two_stage_ablations import Damping, Model, Stages, attributed, gradients, tuning_factors
from influence_lab.attributions.two_stage_ekfac import two_stage_scores
from influence_lab.attributions.two_stage_names import EKFAC, NEWTON
from influence_lab.attributions.two_stage_newton import Curved, first_stage, newton_full
from influence_lab.evaluations.lds import linear_datamodeling_score
from influence_lab.models.small_gpt import SmallGPT
from influence_lab.models.small_gpt_experiment import small_gpt_model
from influence_lab.models.small_gpt_stack import flattened, stack
from influence_lab.models.small_gpt_tuning import Tuning, tuned
from influence_lab.models.two_stage_retraining import tuned_outputs

Array = np.ndarray


@dataclass(frozen=True)
class Sweep:
    """Fine-tunings that are compared.

    Attributes:
        alphas: α of fine-tuning, each with the same α in the formula.
        steps: of Adam in these.
        plain_steps: of fine-tunings without a proximity term.
        formula_alphas: α that the formula is tried with for those.
        learning_rate: of all.
    """

    alphas: list[float]
    steps: int
    plain_steps: list[int]
    formula_alphas: list[float]
    learning_rate: float

    def tunings(self) -> list[tuple[Tuning, list[float]]]:
        """Each fine-tuning, with the formula's values of α."""
        near = [(Tuning(alpha, self.steps, self.learning_rate), [alpha]) for alpha in self.alphas]
        return near + [
            (Tuning(0.0, steps, self.learning_rate), list(self.formula_alphas)) for steps in self.plain_steps
        ]


def swept(
    model: SmallGPT, subsets: dict[str, Array], stages: Stages, sweep: Sweep, damping: Damping, folder: Path
) -> pd.DataFrame:
    """Fine-tune the models of random subsets in each way, and score the texts at the fine-tuned base model.

    Args:
        model: pre-trained on all texts.
        subsets: `masks` (k, n) and `parameters` (k, p) of models pre-trained on parts of them.
        stages: texts of both stages and queries.
        sweep: the ways.
        damping: of EK-FAC's pre-training matrix.
        folder: where finished chunks are kept until the caller has stored the result.

    Returns:
        A row for each fine-tuning, α of the formula and method, with columns `alpha` (of fine-tuning), `steps`,
        `formula_alpha`, `curvature` (ekfac or newton), `query`, `lds`, `slope` (of log p on the predicted change, over
        subsets), `survives` (share of the length of ∇f that α(G_ft + α)⁻¹ leaves, NaN for ekfac), `decided` (the rank
        of G_ft as a share of the parameters, at most), and of the fine-tuning `spread` (standard deviation of log p
        over subsets), `base` (log p with all texts), `gradient_norm` (of the objective, mean over subsets), `distance`
        (of the base model, ‖θ_ft − θ_pt‖).
    """
    before, first = attributed(model, stages), first_stage(Curved(model), stages)
    found: list[pd.DataFrame] = []
    decided = (stages.tuning.weights > 0).sum() * (model.architecture.vocabulary - 1) / first.held.shape[1]
    for number, (how, alphas) in enumerate(sweep.tunings()):
        truth = tuned_outputs(
            model, subsets["parameters"], stages.tuning, stages.queries, how, folder / f"tuning_{number}"
        )
        after, base, distance = _tuned(model, stages, how)
        exact = newton_full(first, after, stages, alphas, damping.decay)
        factored = _ekfac(before, after, stages, alphas, damping)
        for curvature, scores, survives in (
            (EKFAC, factored, np.full((len(alphas), len(base)), np.nan)),
            (NEWTON, exact.scores, exact.survives),
        ):
            for alpha, each, left in zip(alphas, scores, survives, strict=True):
                measured = _measured(truth["outputs"], subsets["masks"].astype(float), each)
                found.append(
                    measured.assign(
                        query=np.arange(len(base)), curvature=curvature, formula_alpha=alpha, alpha=how.alpha,
                        steps=how.steps, survives=left, base=base, gradient_norm=truth["gradient_norms"].mean(),
                        distance=distance, decided=decided,
                    )
                )  # fmt: skip
    return pd.concat(found, ignore_index=True)


def _tuned(model: SmallGPT, stages: Stages, how: Tuning) -> tuple[SmallGPT, Array, float]:
    """The fine-tuned base model, log p of its answers, and how far it went."""
    start = stack([dict(model.named_parameters())])
    end = tuned(model, start, stages.tuning, how).parameters
    (before, _), (after, _) = flattened(start), flattened(end)
    asked = tuned_outputs(model, after.numpy(), stages.tuning, stages.queries, replace(how, steps=0))["outputs"][0]
    reached = small_gpt_model({name: values[0].numpy() for name, values in end.items()}, model.architecture.heads)
    return reached, asked, float((after - before).norm())


def _ekfac(before: Model, after: SmallGPT, stages: Stages, alphas: list[float], damping: Damping) -> list[Array]:
    queries, tuning = gradients(after, stages.queries), tuning_factors(after, stages)
    return [
        two_stage_scores(queries, before.texts, tuning, before.corpus, alpha, damping.share, damping.decay).numpy()
        for alpha in alphas
    ]


def _measured(outputs: Array, masks: Array, scores: Array) -> pd.DataFrame:
    predicted = masks @ scores.T / scores.shape[1]  # (k, m): I/n of every text in a subset
    centred, moved = predicted - predicted.mean(axis=0), outputs - outputs.mean(axis=0)
    return pd.DataFrame(
        {
            "lds": linear_datamodeling_score(outputs, masks, scores),
            "slope": (centred * moved).sum(axis=0) / (centred**2).sum(axis=0),
            "spread": outputs.std(axis=0),
        }
    )
