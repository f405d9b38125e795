import numpy as np
import pytest
import torch

from influence_lab.data.sequence_dataset import SequenceDataset
from influence_lab.data.sequences import Sequences, pack
from influence_lab.models.continued import addition_effects
from influence_lab.models.small_gpt import Architecture, SmallGPT

TRAIN = pack([[1, 5, 6, 2], [1, 6, 7, 2], [1, 3, 2], [1, 4, 5, 3, 2]], [1] * 4, 8, list("abcd"), 0)
NEW = pack([[1, 8, 8, 2], [1, 5, 7, 2]], [1, 1], 8, ["e", "f"], 0)


def dataset(sequences):
    return SequenceDataset(torch.from_numpy(sequences.inputs), sequences)


def effects(new, rate=1e-3):
    model = SmallGPT(Architecture(9, 8, 8, 2, 1))
    layers = {"blocks.0.mlp.up": model.blocks[0].mlp.up, "unembedding": model.unembedding}
    return addition_effects(model, layers, dataset(TRAIN), dataset(new), dataset(NEW), [0, 1], 2, rate, 0)


def test_a_sentence_helps_itself_most():
    found = effects(NEW)
    assert found.shape == (2, 2)
    assert (np.argmax(found, axis=1) == [0, 1]).all()
    assert (found.diagonal() > 0).all()


@pytest.mark.parametrize("rate", [1e-3, 1e-2])
def test_a_sentence_whose_loss_does_not_count_changes_nothing(rate):
    """Both runs are the same computation but for a 0, which shows that they start from the same state."""
    weightless = Sequences(NEW.inputs, NEW.targets, np.where(np.arange(3) == 2, 1e-30, 0.0) * NEW.weights)
    np.testing.assert_allclose(effects(weightless, rate), 0.0, atol=1e-6)
