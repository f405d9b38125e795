r"""The derivative of a target's loss with respect to domain weights, against central differences of refits."""

import numpy as np
import pandas as pd
import torch
from torch.func import grad, jacrev

from influence_lab.attributions.mixture_influence import volume_slopes
from influence_lab.data.sequences import Sequences
from influence_lab.data.small_domains import domain_sequences, small_domains
from influence_lab.models.anchored_gpt import Anchored, anchored, compact, trained
from influence_lab.models.held_newton import solve

Array = np.ndarray
STEPS, DAMPING, CHANGE = 60, 0.05, 1e-4  # of Adam; λ; of the central differences in β
TEXTS = 2  # of each domain: the largest part of the time is the curvature, with the square of the vocabulary


def derivative_check(held: Anchored, domains: Array, target: Sequences, change: float) -> tuple[Array, Array]:
    r"""$\partial L_{target}/\partial\beta_d$ by the formula with G + λ, and by refits; both of shape (D,).

    The refits minimise the proximal Bregman objective with $\frac{\pm h}{n} \sum_{i \in d} L_i$ added, which is what
    $\beta_d = 1 \pm h$ adds. Its Hessian at the trained parameters is G + λ exactly, so that the formula is off by no
    more than h².

    Args:
        held: model and its n texts.
        domains: of each text, 0 to D − 1, shape (n,).
        target: its loss is the mean over texts.
        change: h.

    Raises:
        NotConvergedError: h is too large.
    """
    count, factor = int(domains.max()) + 1, held.factor()
    gradients = jacrev(lambda theta: held.losses(theta, held.texts).sum(dim=1))(held.theta)  # (n, p)

    def loss(theta: torch.Tensor) -> torch.Tensor:
        return held.losses(theta, target).sum() / len(target)

    def refitted(domain: int, sign: int) -> float:
        texts = held.texts[domains == domain]
        extra = held.moved(lambda theta: held.losses(theta, texts).sum() / len(held.texts), sign * change, factor)
        return float(loss(extra))

    scores = gradients @ solve(factor, grad(loss)(held.theta))
    refits = [(refitted(domain, 1) - refitted(domain, -1)) / (2 * change) for domain in range(count)]
    return volume_slopes(scores.numpy(), domains, count), np.array(refits)


def checked_slopes(width: int) -> pd.DataFrame:
    """`derivative_check` on a few texts of each domain: columns `domain`, `formula` and `refits`."""
    table = small_domains(0, statements=1, others=4, wrong=4, asked=1)
    chosen, asked = (table[table["split"] == split] for split in ("train", "target"))
    chosen = chosen.groupby("domain", sort=False).head(TEXTS)
    (texts, target), vocabulary = compact(domain_sequences(chosen), domain_sequences(asked.head(2)))
    domains, names = pd.factorize(chosen["domain"])
    held = anchored(trained(texts, vocabulary, width, STEPS), texts, DAMPING)
    formula, refits = derivative_check(held, domains, target, CHANGE)
    return pd.DataFrame({"domain": names, "formula": formula, "refits": refits})
