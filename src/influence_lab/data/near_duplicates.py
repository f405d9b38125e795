r"""Near-duplicates in a set of images: pairs of the same picture, perhaps shifted, mirrored, brighter or flatter.

Two steps. A prefilter compares every image with every other one and its mirror image, averaged to 8 × 8 cells, as one
product of matrices. What it lets through is verified at full size: the normalised cross-correlation of the edges (the
gradients of the grey values), the largest over shifts of up to two pixels, and then that of the colours at this shift,
both above their thresholds. Correlations do not change with brightness and contrast.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from influence_lab.artifacts import read_arrays

Array = np.ndarray

CELLS = 8  # along each side, of the prefilter
GREY = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # luma of red, green and blue


class Thresholds(NamedTuple):
    """What a pair must reach.

    Attributes:
        coarse: correlation of the 8 × 8 cells, to be verified at all.
        edges: correlation of the gradients of the grey values at the best shift.
        pixels: correlation of the colours at that shift.
    """

    coarse: float
    edges: float
    pixels: float


class Pairs(NamedTuple):
    """Pairs of images, one an entry, with their correlations.

    Attributes:
        first: index of an image.
        second: index of the other one; larger than `first` within one set.
        mirrored: whether the second is compared as its mirror image.
        edges: correlation of the gradients at the best shift; 1 for equal images.
        pixels: correlation of the colours at that shift.
    """

    first: Array
    second: Array
    mirrored: Array
    edges: Array
    pixels: Array

    def at(self, chosen: Array) -> "Pairs":
        """Some of the pairs, by a mask or by indices."""
        return Pairs(*(column[chosen] for column in self))


def cells(images: Array, share: float = 0.75) -> Array:
    """8 × 8 averages less a share of those around them, each image with mean 0 and length 1: (n, 192), float32.

    Slow changes of brightness across an image, which many landscapes share, would else make most of the length.

    Args:
        images: uint8, shape (n, 32, 32, 3).
        share: of the 3 × 3 mean that is taken off.
    """
    n, high, wide, channels = images.shape
    down, right = high // CELLS, wide // CELLS
    blocks = images.reshape(n, CELLS, down, wide, channels)
    rows = sum(blocks[:, :, k].astype(np.uint16) for k in range(down))  # whole numbers: exact, and four times as fast
    blocks = rows.reshape(n, CELLS, CELLS, right, channels)
    averages = sum(blocks[:, :, :, k] for k in range(right)).astype(np.float32) / (down * right)  # (n, 8, 8, 3)
    around = np.pad(averages, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    mean = sum(around[:, y : y + CELLS, x : x + CELLS] for y in range(3) for x in range(3)) / 9
    return _standard((averages - share * mean).reshape(n, -1))


def directions(images: Array, kept: int = 64) -> Array:
    """The leading principal directions of the cells of a set of images, shape (192, kept), float32.

    Products of 64 numbers instead of 192 cost a third, and keep the correlations to about 0.02.
    """
    rows = cells(images)
    return np.linalg.eigh(rows.T @ rows)[1][:, ::-1][:, :kept]


def coarse(images: Array, along: Array) -> Array:
    """The cells of images along these directions, each of length 1: their products are what the prefilter compares."""
    return _standard(cells(images) @ along, centre=False)


def candidates(images: Array, threshold: float, along: Array, others: Array | None = None, chunk: int = 1000) -> Pairs:
    """Pairs whose 8 × 8 cells correlate above a threshold, the better of as they are and mirrored.

    Args:
        images: uint8, shape (n, 32, 32, 3).
        threshold: least correlation.
        along: directions of the whole set, so that parts of it are compared alike.
        others: compare with these; with the images among themselves, each pair once, where None.
        chunk: images compared with all others at a time; memory is 4 bytes × chunk × others.

    Returns:
        The pairs by their first and second image; `edges` and `pixels` are NaN: not verified.
    """
    against = coarse(images if others is None else others, along)
    found = []
    for mirrored in (False, True):
        rows = coarse(images[:, :, ::-1] if mirrored else images, along)
        for start in range(0, len(rows), chunk):
            later = start if others is None else 0  # only j > i of one set
            scores = (rows[start : start + chunk] @ against[later:].T).ravel()
            above = np.flatnonzero(scores > threshold)  # of a flat array: three times as fast as of a matrix
            i, j = np.divmod(above, len(against) - later)
            found.append((i + start, j + later, np.full(len(i), mirrored), scores[above]))
    first, second, flip, score = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.lexsort((-score, second, first))
    if others is None:
        order = order[second[order] > first[order]]
    first, second, flip = first[order], second[order], flip[order]
    better = np.ones(len(first), dtype=bool)  # of a pair that is there both ways, the first
    better[1:] = (np.diff(first) != 0) | (np.diff(second) != 0)
    unknown = np.full(int(better.sum()), np.nan, dtype=np.float32)
    return Pairs(first[better], second[better], flip[better], unknown, unknown)


def verify(images: Array, pairs: Pairs, others: Array | None = None, shift: int = 2, chunk: int = 128) -> Pairs:
    r"""The correlations of pairs at full size, at the shift at which their edges agree best.

    The middle of the first image is compared with every window of the second that lies within `shift` pixels of the
    middle, $\max_{|s| \le 2} \mathrm{corr}(\nabla a, \nabla b_s)$ with 25 shifts, all pixels and both components in
    one correlation, and then the colours at the best shift, each channel about the mean of all.

    Args:
        images: uint8, shape (n, 32, 32, 3).
        pairs: which to compare.
        others: where the second images are, if not among the first.
        shift: largest shift in pixels, in each direction.
        chunk: pairs at a time.
    """
    others = images if others is None else others
    edges, pixels = np.zeros(len(pairs.first), np.float32), np.zeros(len(pairs.first), np.float32)
    for start in range(0, len(pairs.first), chunk):
        part = slice(start, start + chunk)
        a = images[pairs.first[part]].astype(np.float32)
        b = others[pairs.second[part]].astype(np.float32)
        mirrored = pairs.mirrored[part]
        b[mirrored] = b[mirrored][:, :, ::-1]
        middle = (slice(None), slice(shift, -shift), slice(shift, -shift))
        slopes_a, slopes_b = _slopes(a @ GREY), _slopes(b @ GREY)
        reference = _standard(slopes_a[middle].reshape(len(a), -1), centre=False)
        best, best_pixels = np.full(len(a), -2, np.float32), np.zeros(len(a), np.float32)
        for window in _windows(a.shape[1], shift):
            moved = slopes_b[(slice(None), *(slice(s.start, s.stop - 1) for s in window))]
            moved = moved.reshape(len(a), -1)
            length = np.sqrt(np.einsum("ij,ij->i", moved, moved))
            score = np.einsum("ij,ij->i", reference, moved) / np.maximum(length, 1e-6)
            better = np.flatnonzero(score > best)
            best[better] = score[better]
            if len(better):
                left = _standard(a[middle][better].reshape(len(better), -1))
                right = _standard(b[(better, *window)].reshape(len(better), -1))
                best_pixels[better] = np.einsum("ij,ij->i", left, right)
        edges[part], pixels[part] = best, best_pixels
    return pairs._replace(edges=edges, pixels=pixels)


def accepted(pairs: Pairs, thresholds: Thresholds) -> Array:
    """Which verified pairs are near-duplicates, bool."""
    return (pairs.edges >= thresholds.edges) & (pairs.pixels >= thresholds.pixels)


def same(images: Array, pairs: Pairs) -> Array:
    """Which pairs are equal in every pixel as they are stored, bool."""
    return np.array(
        [np.array_equal(images[i], images[j]) for i, j in zip(pairs.first, pairs.second, strict=True)], bool
    )


def clusters(pairs: Pairs, n: int) -> Array:
    """Connected components: the number of the cluster of each of n images, shape (n,); most are alone in theirs."""
    links = coo_array((np.ones(len(pairs.first)), (pairs.first, pairs.second)), shape=(n, n))
    return connected_components(links, directed=False)[1]


def read_pairs(path: Path | str) -> tuple[Pairs, dict[str, Array]]:
    """The near-duplicates of a set and all that the artifact holds.

    Args:
        path: `results/data/near_duplicates.npz`.

    Returns:
        The accepted pairs, and all arrays by name, those of `evaluations.duplicate_calibration.search`.
    """
    stored = read_arrays(path)
    verified = Pairs(*(stored[name] for name in Pairs._fields))
    return verified.at(accepted(verified, Thresholds(*stored["thresholds"].tolist()))), stored


def _slopes(grey: Array) -> Array:
    """Edges of grey values: differences to the pixels on the right and below, shape (m, 31, 31, 2).

    What a whole row has in common is taken off, so that a horizon is no likeness, and lengths are replaced by their
    roots, so that a few hard edges do not decide alone.
    """
    slopes = np.stack([np.diff(grey, axis=2)[:, :-1], np.diff(grey, axis=1)[:, :, :-1]], axis=-1)
    slopes -= slopes.mean(axis=2, keepdims=True)
    return slopes / np.maximum(np.einsum("nyxc,nyxc->nyx", slopes, slopes)[..., None] ** 0.25, 1e-3)


def _windows(side: int, shift: int) -> Iterator[tuple[slice, slice]]:
    """Windows of side − 2 shift pixels, each a pair of slices, rows first."""
    width = side - 2 * shift
    for top in range(2 * shift + 1):
        for left in range(2 * shift + 1):
            yield slice(top, top + width), slice(left, left + width)


def _standard(rows: Array, centre: bool = True) -> Array:
    """Rows with mean 0, if asked for, and length 1; rows without any contrast are zero."""
    if centre:
        rows = rows - rows.mean(axis=1, keepdims=True)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
