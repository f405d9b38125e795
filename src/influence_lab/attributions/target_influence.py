r"""Influence of texts and of their tokens on the mean log-probability of a target set, by EK-FAC, on a small GPT."""

from dataclasses import dataclass

import numpy as np
from torch import nn

from influence_lab.attributions.loss_token_scores import loss_token_scores
from influence_lab.attributions.small_gpt_scores import attributed_layers, fit_factors
from influence_lab.attributions.token_gradients import token_gradients
from influence_lab.attributions.two_stage_ekfac import Direction, pretrained_solve, text_scores
from influence_lab.data.sequence_dataset import token_dataset
from influence_lab.data.sequences import Sequences
from influence_lab.models.small_gpt import SmallGPT

Array = np.ndarray


@dataclass(frozen=True)
class TargetInfluence:
    r"""Influence on $f = \frac1m \sum_q \log p(q)$: positive where a text, or a token's loss, helped.

    Attributes:
        model: trained.
        layers: all of its linear layers.
        direction: $V = (\hat G + \lambda)^{-1} \nabla(-f)$ by layer.
    """

    model: SmallGPT
    layers: dict[str, nn.Linear]
    direction: Direction

    def of_texts(self, texts: Sequences) -> Array:
        r"""$\langle V, \nabla L_i \rangle$ of each text, shape (n,)."""
        return text_scores(self.direction, token_gradients(self.model, self.layers, token_dataset(texts))).numpy()

    def of_loss_tokens(self, texts: Sequences) -> Array:
        """Each text's influence split over the losses of its tokens, shape (n, T): what masking one takes away."""
        return loss_token_scores(self.model, self.direction, token_dataset(texts)).numpy()


def target_influences(
    model: SmallGPT,
    texts: Sequences,
    targets: dict[str, Sequences],
    seed: int,
    decay: float,
    volumes: Array | None = None,
) -> dict[str, TargetInfluence]:
    r"""One fit of EK-FAC's factors and one solve a target set.

    Args:
        model: trained on the texts.
        texts: those of the curvature, n.
        targets: sets of texts by name; f is the mean of their log p over the losses that count.
        seed: of the labels that are sampled for the curvature.
        decay: weight decay of training, part of λ beside a tenth of each layer's mean eigenvalue.
        volumes: $\beta_i$ of each text in the objective $\frac1n \sum_i \beta_i L_i$, shape (n,); 1 if not given.
            Token losses weighted by $\sqrt{\beta_i}$ give pseudo-gradients whose squares carry $\beta_i$.
    """
    layers = attributed_layers(model, "")
    scale = np.ones(len(texts)) if volumes is None else np.sqrt(volumes)
    weighted = Sequences(texts.inputs, texts.targets, texts.weights * scale[:, None])
    factors, _ = fit_factors(model, layers, token_dataset(weighted), seed)
    found = {}
    for name, target in targets.items():
        asked = token_gradients(model, layers, token_dataset(target))
        mean = {layer: asked.outputs[layer].T @ asked.inputs[layer] / len(asked) for layer in layers}
        found[name] = TargetInfluence(model, layers, pretrained_solve(mean, factors, damping=decay))
    return found
