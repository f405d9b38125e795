"""Influence, its normalisers and the training losses in every world of the page on relative influence."""

import numpy as np

from influence_lab.attributions.influence import influence
from influence_lab.attributions.relative import SCORES, blog_normaliser, normalisers, self_influences
from influence_lab.data.relative_influence import WORLDS
from influence_lab.models.relative_influence import load_world

Array = np.ndarray


def relative_scores(data: dict[str, Array], models: dict[str, Array]) -> dict[str, Array]:
    """Influence of every training point on every test loss, what it can be divided by, and self-influence.

    Args:
        data: arrays of `relative_data`.
        models: arrays of `train_worlds`.

    Returns:
        With the true labels `{world}_influence` (seeds, m, n), `{world}_losses` (seeds, n),
        `{world}_{theta|ell|gradient}` (seeds, n) and `{world}_blog` (seeds, m). With some labels wrong
        `{world}_self_{score}` for each of `SCORES` and for the loss, and `{world}_wrong`, all (seeds, n).

    Raises:
        NotPositiveDefiniteError: a model is not at a minimum with an invertible Hessian.
    """
    arrays: dict[str, Array] = {}
    for world in WORLDS:
        seeds = []
        for trained in load_world(data, models, world):
            tests, gradients, hessian = trained.test_gradients, trained.gradients, trained.hessian
            seeds.append(
                {
                    "influence": influence(tests, gradients, hessian),
                    "losses": trained.losses,
                    "blog": blog_normaliser(tests, hessian),
                    **normalisers(gradients, hessian)._asdict(),
                }
            )
        arrays |= {f"{world}_{name}": np.stack([seed[name] for seed in seeds]) for name in seeds[0]}
        flipped = load_world(data, models, world, "flipped")
        selves = [self_influences(trained.gradients, trained.hessian) for trained in flipped]
        arrays |= {f"{world}_self_{score}": np.stack([one[score] for one in selves]) for score in SCORES}
        arrays[f"{world}_self_loss"] = np.stack([trained.losses for trained in flipped])
        arrays[f"{world}_wrong"] = data[f"{world}_y_flipped"] != data[f"{world}_y_train"]
    return arrays


def scores_of(arrays: dict[str, Array], world: str, seed: int) -> dict[str, Array]:
    """Every score of one world and seed, shape (m, n): those of `SCORES`, and `blog`, over the blog's denominator."""
    raw = arrays[f"{world}_influence"][seed]
    divided = {name: raw / arrays[f"{world}_{name}"][seed] for name in SCORES if name != "raw"}
    return {"raw": raw} | divided | {"blog": raw / arrays[f"{world}_blog"][seed][:, None]}
