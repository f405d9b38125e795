"""The sheets of pictures of page 07_image_partition: similar images, ends of components, and groups to browse."""

from collections.abc import Mapping, Sequence

import numpy as np

from influence_lab.evaluations.similar_images import WAYS
from influence_lab.figures.picture_sheets import Sheet
from influence_lab.figures.pictures import hover_texts

Array = np.ndarray


def query_sheets(images: Array, arrays: Mapping[str, Array], classes: Sequence[str], count: int) -> list[Sheet]:
    """One sheet a query: in each row the query and its nearest images in one way, in the order of `WAYS`."""
    sheets = []
    for place, query in enumerate(arrays["queries"][:count]):
        rows = [np.append(query, arrays[f"similar_{way}"][place]) for way in WAYS]
        chosen = np.concatenate(rows)
        heading = f"Query: {classes[arrays['labels'][query]]}, predicted {classes[arrays['predictions'][query]]}"
        texts = hover_texts(chosen, classes, arrays)
        sheets.append(Sheet(f"{place + 1}", heading, images[chosen], texts))
    return sheets


def component_sheets(images: Array, arrays: Mapping[str, Array], classes: Sequence[str]) -> list[Sheet]:
    """One sheet a component, cosine influence first: the most positive images, and below them the most negative."""
    sheets = []
    for kind, name in (("cosine", "cosine influence"), ("raw", "influence")):
        moments = arrays[f"moments_{kind}"]
        for place, (positive, negative) in enumerate(arrays[f"extremes_{kind}"].transpose(1, 0, 2)):
            chosen = np.concatenate([positive, negative])
            heading = f"Component {place + 1} of {name}: {moments[place] / moments.sum():.1%} of ΣK(x, x)"
            texts = hover_texts(chosen, classes, arrays)
            sheets.append(Sheet(f"{name} {place + 1}", heading, images[chosen], texts))
    return sheets


def group_sheets(images: Array, arrays: Mapping[str, Array], classes: Sequence[str], count: int) -> list[Sheet]:
    """One sheet a group of cosine influence, the largest first: its most central images, its labels and predictions.

    Args:
        images: all training images.
        arrays: `results/evaluations/image_partition.npz`.
        classes: names.
        count: k.
    """
    groups = arrays[f"groups_cosine_{count}"][0].astype(int)
    sizes = np.bincount(groups, minlength=count)
    sheets = []
    for place, number in enumerate(np.argsort(-sizes, kind="stable")):
        members = np.flatnonzero(groups == number)
        central = arrays["central_cosine"][number]
        central = central[central >= 0]
        typical = arrays["typical_cosine"][number]
        texts = hover_texts(central, classes, arrays)
        texts = [
            f"{text}<br>mean cosine influence with the group {value:.2g}"
            for text, value in zip(texts, typical, strict=False)
        ]
        labels, predictions = arrays["labels"][members], arrays["predictions"][members]
        bars = {
            "label": np.bincount(labels, minlength=len(classes)).tolist(),
            "prediction": np.bincount(predictions, minlength=len(classes)).tolist(),
        }
        heading = (
            f"{len(members)} images, {np.mean(labels == predictions):.0%} predicted rightly<br>mean loss "
            f"{arrays['losses'][members].mean():.2f} nats<br>K(G, G)/#G {arrays['cohesion_cosine'][number]:.3g}, "
            f"mean K(x, x) {arrays['self_influence'][members].mean():.3g}"
        )
        sheets.append(Sheet(f"{place + 1}", heading, images[central], texts, bars))
    return sheets
