"""What small GPTs answer after two real stages of training: pre-trained without some texts, then fine-tuned."""

from pathlib import Path

import numpy as np

from influence_lab.data.sequences import Sequences
from influence_lab.models.small_gpt import SmallGPT
from influence_lab.models.small_gpt_tuning import Tuning
from influence_lab.models.two_stage_retraining import tuned_outputs

Array = np.ndarray


def two_stage_truth(
    model: SmallGPT,
    subsets: dict[str, Array],
    left_out: dict[str, Array],
    tuning: Sequences,
    queries: Sequences,
    how: Tuning,
    folder: Path,
) -> dict[str, Array]:
    """Fine-tune every retrained model near its own parameters, all on the same texts.

    Args:
        model: gives the shape only.
        subsets: of pre-training, as `subset_truth` returns them.
        left_out: likewise, of `leave_one_out_truth`.
        tuning: texts of fine-tuning.
        queries: m answers.
        how: fine-tuning.
        folder: where finished chunks are kept until the caller has stored the result.

    Returns:
        `masks` (k, n) and `subset_outputs` (k, m); `removed` (r,) and `effects`, by how much log p fell without
        each, shape (r, m); `base`, log p with all texts, (m,); `gradient_norms` of fine-tuning's objective,
        (k + r + 1,).
    """
    many = len(subsets["parameters"])
    starts = np.concatenate([subsets["parameters"], left_out["parameters"]])
    found = tuned_outputs(model, starts, tuning, queries, how, folder)
    base, single = found["outputs"][many], found["outputs"][many + 1 :]
    return {
        "masks": subsets["masks"],
        "subset_outputs": found["outputs"][:many],
        "removed": left_out["removed"],
        "effects": base - single,
        "base": base,
        "gradient_norms": found["gradient_norms"],
    }
