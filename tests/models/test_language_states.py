import numpy as np
import pytest
import torch
from torch.testing import assert_close

from influence_lab.artifacts import MissingArtifactError, write_arrays
from influence_lab.data.encoding import encode_queries
from influence_lab.models.causal_lm import blocks, save_causal_lm
from influence_lab.models.language_states import (
    dataset_of,
    first_adapted,
    language_states,
    load_tail,
    sequences_of,
    set_weights,
)
from tests.models.language_cases import CONFIGS, DEPTH, MARKED, encoded, tiny

TEXTS = encoded()
QUERIES = encode_queries(MARKED, ["w1 w2 w3", "w4"], [" w5", " w6 w7 w8"], ["a", "b"], context=32)


@pytest.mark.parametrize("adapted", [1, 2, DEPTH, DEPTH + 4])
def test_states_are_what_enters_the_first_adapted_block(adapted):
    """Each text alone, without padding, seen by a hook of the test's own; more blocks than there are means all."""
    model = tiny(CONFIGS["llama"])
    found = language_states(model, adapted, {"text": TEXTS, "query": QUERIES})
    seen = []
    block = blocks(model)[max(DEPTH - adapted, 0)]
    block.register_forward_pre_hook(lambda module, args: seen.append(args[0]))
    for split, sequences in {"text": TEXTS, "query": QUERIES}.items():
        for row, length in enumerate(sequences.lengths):
            model(input_ids=torch.from_numpy(sequences.inputs[row : row + 1, :length]))
            states = torch.from_numpy(found[f"{split}_states"][row])
            assert_close(states[:length], seen.pop()[0].detach(), rtol=1e-12, atol=1e-12)


def test_the_first_adapted_block():
    model = tiny(CONFIGS["llama"])
    assert [first_adapted(model, adapted) for adapted in (1, 2, 3, 9)] == [2, 1, 0, 0]


def test_a_split_comes_back_from_its_arrays(tmp_path):
    found = language_states(tiny(CONFIGS["llama"]), 1, {"train": TEXTS})
    write_arrays(tmp_path / "states.npz", **found)
    sequences, data = sequences_of(found, "train"), dataset_of(found, "train")
    for part in ("inputs", "targets", "weights"):
        assert np.array_equal(getattr(sequences, part), getattr(TEXTS, part))
    assert len(data) == len(TEXTS)
    assert data.weights.dtype == data.inputs.dtype == torch.float64
    assert data.lengths.tolist() == TEXTS.lengths.tolist()


@pytest.mark.parametrize("name", ["llama", "gpt_neox"])
def test_a_tail_is_loaded_with_the_weights_that_are_given(name, tmp_path):
    model = tiny(CONFIGS[name], dtype=torch.float32)
    save_causal_lm(tmp_path / "model", model, MARKED)
    tail, layers = load_tail(tmp_path / "model", 2, "mlp")
    other = {layer: np.full(module.weight.shape, 0.25, np.float32) for layer, module in layers.items()}
    changed, changed_layers = load_tail(tmp_path / "model", 2, "mlp", other)
    assert all(bool((layer.weight == 0.25).all()) for layer in changed_layers.values())
    data = dataset_of(language_states(model, 2, {"train": TEXTS}), "train")
    whole = model(input_ids=torch.from_numpy(TEXTS.inputs)).logits
    counts = data.weights > 0
    assert_close(tail(data.inputs)[counts], whole[counts])
    set_weights(layers, other)
    assert_close(tail(data.inputs), changed(data.inputs), rtol=0, atol=0)


def test_a_model_that_is_not_there_yet_is_named(tmp_path):
    with pytest.raises(MissingArtifactError, match="make it with: snakemake"):
        load_tail(tmp_path / "model", 2, "mlp")
