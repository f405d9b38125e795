"""The trained last layer of an image model and the minimum of its loss: curvature, gradient, influence of images."""

from typing import NamedTuple

import numpy as np

from influence_lab.attributions.head_influence import Whitening, self_influence, whitening
from influence_lab.models.head_refit import parameters_of, refit
from influence_lab.models.image_heads import ImageHeads
from influence_lab.models.softmax_head import SoftmaxHead, reduced

Array = np.ndarray
STEP = 1e-5  # of the finite differences
ROUNDING = 1e-14  # eigenvalues below this share of the largest are zero up to rounding
RARE = 10  # a unit that fewer images light up is called rare


class Heads(NamedTuple):
    """A last layer on its training and test images, on principal directions of its features where it is large."""

    train: SoftmaxHead
    test: SoftmaxHead


def workable(heads: ImageHeads, directions: int) -> Heads:
    """The heads as they are, or on `directions` principal directions where they have more than 5,000 parameters."""
    return Heads(*reduced(directions, heads.train, heads.test))


def image_head(heads: ImageHeads, directions: int, cutoff: float, ridge: float, seed: int) -> dict[str, Array]:
    """What there is to know of one trained last layer, and of the minimum nearby.

    Args:
        heads: of one model.
        directions: principal directions of heads with more than 5,000 parameters.
        cutoff: eigenvalues below this share of the largest count as zero.
        ridge: ρ of the refit.
        seed: draws the directions of the finite differences.

    Returns:
        Of the whole head `size`, `width` and `live` (rank of the features and the 1); `used` parameters, fewer on
        principal directions, `bound` on the rank of their Hessian, `nonzero` eigenvalues up to rounding and `rank`
        above the cut-off; `rare_units`, features that fewer than ten images have (not zero); `outside`, the share of
        each test gradient's length that no training gradient reaches (m,); `hessian_error` against central
        differences. Pairs at the trained head and at the minimum: `eigenvalues` (2, p), and (2,) `gradient_norm`,
        `train_loss`, `test_loss`, `train_accuracy`, `test_accuracy`. `single_norm`, mean norm of one image's gradient;
        Of every training image at the trained head (n,) `self_influence`, `self_influence_whole` with all nonzero
        eigenvalues, `losses`, `margins`, `predictions`; of every test image (m,) `shift` of its loss from the trained
        head to the minimum, and `summed_influence`, what the mean of all influences predicts for it. `theta`, the
        minimum.
    """
    train, test = workable(heads, directions)
    hessian = train.hessian()
    found = refit(train, ridge, hessian)
    lowest = train.at(found.theta), test.at(found.theta)
    white = whitening(hessian, cutoff)
    mean_gradient = train.gradient_of(np.full((train.n, 1), 1 / train.n))[0]
    nonzero = int((white.eigenvalues > ROUNDING * white.eigenvalues[0]).sum())
    lit = np.count_nonzero(heads.train.features[:, :-1], axis=0)
    own = self_influence(train, white)
    live = int(np.linalg.matrix_rank(heads.train.features))
    used_live = live if train is heads.train else int(np.linalg.matrix_rank(train.features))
    norms = np.linalg.norm(train.residuals, axis=1) * np.linalg.norm(train.features, axis=1)
    pairs = ((train, test), lowest)
    return {
        "size": np.array(heads.train.size),
        "width": np.array(heads.train.features.shape[1] - 1),
        "live": np.array(live),
        "used": np.array(train.size),
        "bound": np.array((train.classes - 1) * used_live),
        "rank": np.array(white.rank),
        "nonzero": np.array(nonzero),
        "rare_units": np.array(((lit > 0) & (lit < RARE)).sum()),
        "outside": outside_range(test, white),
        "hessian_error": np.array(hessian_error(train, hessian, seed)),
        "eigenvalues": np.stack([white.eigenvalues, np.linalg.eigvalsh(lowest[0].hessian())[::-1]]),
        "gradient_norm": np.array([np.linalg.norm(mean_gradient), found.gradient_norm]),
        "train_loss": np.array([pair[0].losses.mean() for pair in pairs]),
        "test_loss": np.array([pair[1].losses.mean() for pair in pairs]),
        "train_accuracy": np.array([pair[0].accuracy for pair in pairs]),
        "test_accuracy": np.array([pair[1].accuracy for pair in pairs]),
        "single_norm": np.array(norms.mean()),
        "self_influence": own,
        "self_influence_whole": own if nonzero == white.rank else self_influence(train, whitening(hessian, ROUNDING)),
        "losses": train.losses,
        "margins": train.margins,
        "predictions": train.predictions,
        "shift": lowest[1].losses - test.losses,
        "summed_influence": -test.products(white.solve(mean_gradient[None]))[:, 0],
        "theta": found.theta,
    }


def outside_range(head: SoftmaxHead, white: Whitening) -> Array:
    """Share of the length of each gradient outside the range of another head's Hessian, shape (n,).

    That of images which light up a unit that no training image does; the pseudo-inverse ignores it.
    """
    basis = white.factor / np.linalg.norm(white.factor, axis=0)
    gradients = head.gradients()
    beyond = np.linalg.norm(gradients - (gradients @ basis) @ basis.T, axis=1)
    return beyond / np.maximum(np.linalg.norm(gradients, axis=1), np.finfo(float).tiny)


def hessian_error(head: SoftmaxHead, hessian: Array, seed: int, directions: int = 3) -> float:
    """The largest relative error of H v against central differences of the gradient, over random directions v."""
    theta, rng = parameters_of(head), np.random.default_rng(seed)
    there = head.at(theta)
    if not np.allclose(there.logits, head.logits, rtol=1e-9, atol=1e-9):  # on some directions θ misses the logits
        hessian = there.hessian()
    mean = np.full((head.n, 1), 1 / head.n)
    errors = []
    for _ in range(directions):
        v = rng.standard_normal(head.size) / np.sqrt(head.size)
        ahead, behind = (head.at(theta + sign * STEP * v).gradient_of(mean)[0] for sign in (1, -1))
        exact = hessian @ v
        errors.append(np.linalg.norm((ahead - behind) / (2 * STEP) - exact) / np.linalg.norm(exact))
    return float(max(errors))
