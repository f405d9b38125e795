"""A GPT of width 8 through pre-training, fine-tuning and preference tuning, each to the last digits."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn.utils import parameters_to_vector

from influence_lab.data.sequences import Sequences
from influence_lab.models.anchored_gpt import compact, log_p
from influence_lab.models.dpo import dpo_losses, preference_margins
from influence_lab.models.small_gpt import Architecture, SmallGPT
from influence_lab.models.staged_training import Stage

Array = np.ndarray


@dataclass(frozen=True)
class StagedGPT:
    r"""A model and its texts, in float64.

    Attributes:
        model: gives the shape only.
        start: random parameters $\theta_0$, shape (p,).
        texts: of pre-training.
        tuning: answered questions.
        preferred: preferred answers.
        refused: refused answers to the same questions.
        queries: f is the log-probability of their completions.
    """

    model: SmallGPT
    start: Tensor
    texts: Sequences
    tuning: Sequences
    preferred: Sequences
    refused: Sequences
    queries: Sequences

    def log_p(self, theta: Tensor, texts: Sequences) -> Tensor:
        """Log p of each text's counted tokens, summed, shape (n,)."""
        tokens = log_p(self.model, theta, texts).gather(-1, torch.from_numpy(texts.targets)[..., None])[..., 0]
        return (tokens * torch.from_numpy(texts.weights)).sum(dim=-1)

    def pretraining(self, decay: float) -> Stage:
        r"""Mean loss of the texts $+ \frac\lambda2\|\theta - \theta_0\|^2$.

        Weight decay pulls to the random start and not to 0: a pull to 0, like the loss, does not see a rotation of the
        activations (the layer norm has no parameters), and along the rotations its Hessian would be singular.
        """
        return Stage(lambda theta, _: -self.log_p(theta, self.texts).mean(), decay)

    def fine_tuning(self, alpha: float) -> Stage:
        """Mean loss of the answered questions, near the pre-trained parameters."""
        return Stage(lambda theta, _: -self.log_p(theta, self.tuning).mean(), alpha)

    def preference(self, alpha: float, beta: float) -> Stage:
        """Mean DPO loss, near the fine-tuned parameters, which are the reference policy as well."""

        def loss(theta: Tensor, reference: Tensor) -> Tensor:
            own, theirs = (
                [self.log_p(values, part) for part in (self.preferred, self.refused)] for values in (theta, reference)
            )
            return dpo_losses(preference_margins(*own, theirs[0] - theirs[1]), beta).mean()

        return Stage(loss, alpha)


def staged_gpt(
    corpus: tuple[pd.DataFrame, Sequences], questions: tuple[pd.DataFrame, dict[str, Sequences]], sizes: dict[str, int]
) -> StagedGPT:
    """Take the texts and questions about a few compounds, and a model of random parameters for their words.

    Args:
        corpus: table of the training texts, and the texts.
        questions: table of the questions, and the texts by split.
        sizes: `taught` and `asked`, numbers of compounds that are answered in fine-tuning and asked about; `stated`,
            texts of pre-training on each; `width` of the model; `seed` of its parameters.
    """
    table, texts = corpus
    asked, parts = questions
    counts = {"tuning": sizes["taught"], "preferred": sizes["taught"], "refused": sizes["taught"]}
    chosen = {split: parts[split][slice(0, counts.get(split, sizes["asked"]))] for split in parts}
    compounds = [
        name
        for split, count in (("tuning", sizes["taught"]), ("query", sizes["asked"]))
        for name in asked.loc[asked["split"] == split, "compound"].iloc[:count]
    ]
    found, vocabulary = compact(texts[rows_about(table, compounds, sizes["stated"])], *chosen.values())
    by_split = dict(zip(["texts", *chosen], found, strict=True))
    architecture = Architecture(vocabulary, texts.inputs.shape[1], sizes["width"], heads=2, layers=1)
    model = SmallGPT(architecture, sizes["seed"]).double()
    start = parameters_to_vector(model.parameters()).detach()
    return StagedGPT(model, start, queries=by_split.pop("query"), **by_split)


def rows_about(table: pd.DataFrame, compounds: Sequence[str], most: int) -> Array:
    """Rows of a corpus on some compounds, the first ones of each, in the order of the compounds."""
    places = table.reset_index(drop=True)
    return np.concatenate([places.index[places["compound"] == name][:most].to_numpy() for name in compounds])
