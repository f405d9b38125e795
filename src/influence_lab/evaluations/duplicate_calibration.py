"""How good the rule for near-duplicates is: pairs that are ones by construction, and pairs that cannot be."""

import io
from collections.abc import Callable

import numpy as np
import pandas as pd
from PIL import Image

from influence_lab.data.near_duplicates import Pairs, Thresholds, accepted, candidates, coarse, directions, verify

Array = np.ndarray


def shifted(images: Array, down: int, right: int) -> Array:
    """Images moved by some pixels; the rows and columns that come in repeat the edge."""
    reach = max(abs(down), abs(right))
    padded = np.pad(images, ((0, 0), (reach, reach), (reach, reach), (0, 0)), mode="edge")
    high, wide = images.shape[1:3]
    return padded[:, reach - down : reach - down + high, reach - right : reach - right + wide]


def relit(images: Array, contrast: float, brightness: float) -> Array:
    """Images with another contrast about the middle grey and some grey levels added, cut off at 0 and 255."""
    changed = (images.astype(np.float32) - 127.5) * contrast + 127.5 + brightness
    return np.clip(np.rint(changed), 0, 255).astype(np.uint8)


def compressed(images: Array, quality: int = 50) -> Array:
    """Images written as JPEG of this quality and read again."""
    return np.stack([_through_jpeg(image, quality) for image in images])


# What may happen to a picture between two uses of it, by a name for tables.
CHANGES: dict[str, Callable[[Array], Array]] = {
    "moved by 1 pixel": lambda images: shifted(images, 1, -1),
    "moved by 2 pixels": lambda images: shifted(images, -2, 2),
    "mirrored": lambda images: images[:, :, ::-1],
    "brighter by 30 of 255": lambda images: relit(images, 1.0, 30),
    "contrast × 0.6": lambda images: relit(images, 0.6, 0),
    "JPEG of quality 50": compressed,
    "moved by 1, mirrored, contrast × 0.8, brighter by 15, JPEG": lambda images: compressed(
        relit(shifted(images, 1, 1)[:, :, ::-1], 0.8, 15)
    ),
}


def search(
    images: Array, labels: Array, thresholds: Thresholds, copies: int, upside_down: int, seed: int
) -> tuple[dict[str, Array], pd.DataFrame]:
    """Search a set of images for near-duplicates, and measure how far the rule can be trusted.

    Args:
        images: uint8, shape (n, 32, 32, 3).
        labels: shape (n,).
        thresholds: of the rule.
        copies: images of which changed copies are made.
        upside_down: images turned upside down for the chance level.
        seed: draws both.

    Returns:
        Arrays: the fields of all verified `Pairs`, accepted or not; those of the decoys, with `decoy_` before their
        names; `thresholds`; and `comparisons` and `decoy_comparisons`, how many pairs were looked at. And the table of
        `synthetic_recall` with the row of `random_pairs`.
    """
    along = directions(images)
    pairs = verify(images, candidates(images, thresholds.coarse, along))
    chance = decoys(images, along, thresholds.coarse, upside_down, seed)
    n, turned = len(images), min(upside_down, len(images))
    table = synthetic_recall(images, along, thresholds, copies, seed)
    table = pd.concat([table, pd.DataFrame([random_pairs(images, labels, along, thresholds, seed)])], ignore_index=True)
    arrays = pairs._asdict() | {f"decoy_{name}": column for name, column in chance._asdict().items()}
    counts = {"comparisons": np.array(n * (n - 1) // 2), "decoy_comparisons": np.array(turned * (n - 1))}
    return arrays | counts | {"thresholds": np.array(thresholds)}, table


def synthetic_recall(images: Array, along: Array, thresholds: Thresholds, draws: int, seed: int) -> pd.DataFrame:
    """Share of changed copies that the rule recognises beside their originals.

    Args:
        images: uint8, shape (n, 32, 32, 3).
        along: directions of the prefilter.
        thresholds: of the rule.
        draws: images copied; all where there are fewer.
        seed: draws them.

    Returns:
        For each kind of change: `kind`, `pairs`, `filtered` (let through by the prefilter) and `found` (by both steps).
    """
    chosen = np.random.default_rng(seed).choice(len(images), min(draws, len(images)), replace=False)
    originals = images[np.sort(chosen)]
    return pd.DataFrame(
        [_judged(kind, originals, change(originals), along, thresholds) for kind, change in CHANGES.items()]
    )


def random_pairs(images: Array, labels: Array, along: Array, thresholds: Thresholds, seed: int) -> dict:
    """The same row for pairs of one class: every image with one drawn from its class."""
    rng = np.random.default_rng(seed)
    partner = np.arange(len(images))
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        partner[members] = np.roll(members, 1)
    kept = partner != np.arange(len(images))
    return _judged("two images of one class, at random", images[kept], images[partner[kept]], along, thresholds)


def decoys(images: Array, along: Array, threshold: float, draws: int, seed: int) -> Pairs:
    """Pairs of an image upside down with another one, which are no near-duplicates, that come through the prefilter.

    As a picture of something, an image upside down is as good as any; but no photograph is published that way. So
    whatever the rule accepts here, it accepts by chance.

    Args:
        images: uint8, shape (n, 32, 32, 3).
        along: directions of the prefilter.
        threshold: of the prefilter.
        draws: images turned upside down, each compared with all n; all where there are fewer.
        seed: draws them.
    """
    chosen = np.sort(np.random.default_rng(seed).choice(len(images), min(draws, len(images)), replace=False))
    turned = np.ascontiguousarray(images[chosen, ::-1])
    found = candidates(turned, threshold, along, images)
    found = found.at(chosen[found.first] != found.second)  # an image may be like itself upside down
    return verify(turned, found, images)._replace(first=chosen[found.first])


def _judged(kind: str, first: Array, second: Array, along: Array, thresholds: Thresholds) -> dict:
    left, right = coarse(first, along), coarse(second, along)
    mirror = coarse(second[:, :, ::-1], along)
    as_is, turned = np.einsum("ij,ij->i", left, right), np.einsum("ij,ij->i", left, mirror)
    filtered = np.maximum(as_is, turned) > thresholds.coarse
    row, unknown = np.flatnonzero(filtered), np.full(int(filtered.sum()), np.nan)
    verified = verify(first, Pairs(row, row, (turned > as_is)[row], unknown, unknown), second)
    found = accepted(verified, thresholds).sum() / len(first)
    return {"kind": kind, "pairs": len(first), "filtered": filtered.mean(), "found": found}


def _through_jpeg(image: Array, quality: int) -> Array:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="jpeg", quality=quality)
    return np.asarray(Image.open(buffer))
