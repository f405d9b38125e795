"""The second stage of many retrainings: each retrained small GPT is fine-tuned near its own parameters and asked."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from influence_lab.data.sequences import Sequences
from influence_lab.models.retraining import one_thread
from influence_lab.models.retraining_store import Store, hash_of, hash_of_code
from influence_lab.models.small_gpt import SmallGPT
from influence_lab.models.small_gpt_stack import flattened, stack, text_log_probabilities
from influence_lab.models.small_gpt_tuning import Tuning, tuned

Array = np.ndarray
CHUNK = 48  # models side by side: of so few texts that more than in pre-training pay


def tuned_outputs(
    model: SmallGPT,
    starts: Array,
    tuning: Sequences,
    queries: Sequences,
    how: Tuning,
    folder: Path | str | None = None,
) -> dict[str, Array]:
    """Fine-tune each of M pre-trained models and ask the queries.

    With a folder, each finished chunk of models is kept there, and a run that was killed goes on with what is
    missing; remove the folder once the result is stored elsewhere.

    Args:
        model: gives the shape only.
        starts: flat pre-trained parameters, shape (M, p): each is where fine-tuning starts, and what α ties it to.
        tuning: texts of fine-tuning, the same for all models.
        queries: m answers, whose log-probabilities are measured.
        how: strength of the proximity, steps and learning rate.
        folder: where finished chunks are kept, or None.

    Returns:
        `outputs`, log p of the answers, shape (M, m); `gradient_norms` of fine-tuning's objective at the end, (M,).

    Raises:
        OtherWorkError: the folder holds chunks of other work.
    """
    store = None if folder is None else Store(folder, _facts(starts, tuning, queries, how))
    by_name = flattened(stack([dict(model.named_parameters())]))[1]
    done = []
    for number, first in enumerate(tqdm(range(0, len(starts), CHUNK), unit="chunk", disable=None)):
        arrays = None if store is None else store.read(number)
        if arrays is None:
            found = tuned(model, by_name(torch.tensor(starts[first : first + CHUNK])), tuning, how)
            with torch.no_grad(), one_thread():
                outputs = text_log_probabilities(model, found.parameters, queries).numpy()
            arrays = {"outputs": outputs, "gradient_norms": found.gradient_norms}
            if store is not None:
                store.write(number, arrays)
        done.append(arrays)
    return {name: np.concatenate([arrays[name] for arrays in done]) for name in ("outputs", "gradient_norms")}


def _facts(starts: Array, tuning: Sequences, queries: Sequences, how: Tuning) -> dict[str, object]:
    """What the outputs depend on."""
    texts = {"tuning": tuning, "queries": queries}
    hashes = {name: hash_of(tuple(vars(part).values())) for name, part in texts.items()}
    code = hash_of_code(Path(__file__))
    return hashes | asdict(how) | {"starts": hash_of((starts,)), "chunk": CHUNK, "code": code}
