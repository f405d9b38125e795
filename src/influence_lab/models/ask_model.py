"""The model that the reader asks about: theirs as it is, or trained on their texts first."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from influence_lab.data.sequence_dataset import SequenceDataset
from influence_lab.input_errors import InputError
from influence_lab.locations import artifact
from influence_lab.models.adaptation import Adaptation, adapt, losses
from influence_lab.models.ask_tokenizer import SETTING
from influence_lab.models.causal_lm import Tail, load_causal_lm, read_causal_lm
from influence_lab.models.language_states import sequences_of

Array = np.ndarray


def load_asked(folder: str) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """The model and its tokenizer. An artifact that is damaged is set aside; a folder of the reader's is left alone.

    Raises:
        ModelError: no causal language model can be loaded from the reader's folder.
        MissingArtifactError, DamagedArtifactError: with the command that makes the pipeline's own folder.
    """
    if Path(folder).resolve().is_relative_to(artifact("models").resolve()):
        return read_causal_lm(Path(folder))
    return load_causal_lm(folder, SETTING)


def trained(
    tail: Tail, layers: dict[str, nn.Linear], train: SequenceDataset, others: SequenceDataset, how: Adaptation | None
) -> pd.DataFrame:
    """Train the layers on the training texts, in place; or leave them as they are, where `how` is None.

    Args:
        tail: the blocks that are not frozen.
        layers: that are trained.
        train: the training texts.
        others: the candidates, whose loss is followed; may be none.
        how: epochs, batch size, learning rate and seed.

    Returns:
        Columns epoch (0 is before), split (train, candidate), loss in nats a token.
    """
    followed = {"candidate": others} if len(others) else {}
    if how is not None:
        return adapt(tail, layers, train, followed, how)
    rows = [
        {"epoch": 0, "split": split, "loss": float(losses(tail, texts).sum() / texts.weights.sum())}
        for split, texts in ({"train": train} | followed).items()
    ]
    return pd.DataFrame(rows)


def check_finite(history: pd.DataFrame) -> None:
    """Check the losses that `trained` gives: what is computed from a model that has diverged is nothing.

    Raises:
        InputError: a loss is not finite, before training or after.
    """
    bad = history.loc[~np.isfinite(history["loss"]), "epoch"]
    if len(bad) and bad.min() == 0:
        raise InputError(f"{SETTING}: the loss of the model on your texts is not finite; its weights are damaged")
    if len(bad):
        raise InputError(
            f"ask.learning_rate: training has diverged, the loss is not finite after epoch {bad.min()}; lower it"
        )


def texts_at(states: Mapping[str, Array], chosen: Array) -> SequenceDataset:
    """Some of the texts: the states of the split `text` where `chosen`, shape (n,), is true."""
    return SequenceDataset(torch.from_numpy(states["text_states"][chosen]), sequences_of(states, "text")[chosen])
