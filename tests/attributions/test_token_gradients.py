import pytest
import torch
from torch.testing import assert_close

from influence_lab.artifacts import DamagedArtifactError, MissingArtifactError
from influence_lab.attributions.token_gradients import read_token_gradients, token_gradients, write_token_gradients
from influence_lab.data.encoding import encode_queries
from influence_lab.models.token_losses import sequence_losses
from tests.models.language_cases import CONFIGS, MARKED, cut_model, encoded

QUERIES = encode_queries(MARKED, ["w1 w2 w3", "w4"], [" w5", " w6 w7 w8"], ["a", "b"], context=32)


@pytest.mark.parametrize("sequences", [encoded(), QUERIES], ids=["texts", "queries"])
@pytest.mark.parametrize("name", ["llama", "gpt_neox"])
def test_pairs_of_vectors_give_the_gradient_of_every_text(name, sequences):
    """Against autograd on each text alone; batches of two have padding."""
    tail, layers, data = cut_model(CONFIGS[name], sequences=sequences)
    tokens = token_gradients(tail, layers, data, batch_size=2)
    assert len(tokens) == len(data)
    assert tokens.starts.diff().tolist() == sequences.lengths.tolist()
    for row, length in enumerate(sequences.lengths):
        loss = sequence_losses(
            tail(data.inputs[row : row + 1, :length]), data.targets[[row], :length], data.weights[[row], :length]
        )
        by_hand = torch.autograd.grad(loss.sum(), [layer.weight for layer in layers.values()])
        for layer, gradient in zip(layers, by_hand, strict=True):
            assert_close(tokens.gradient(layer, row), gradient, rtol=1e-10, atol=1e-12)


def test_no_hook_stays_behind():
    tail, layers, data = cut_model()
    token_gradients(tail, layers, data)
    assert not any(layer._forward_hooks for layer in layers.values())


def test_what_is_written_is_read_back_and_damage_is_named(tmp_path):
    tail, layers, data = cut_model()
    tokens, path = token_gradients(tail, layers, data), tmp_path / "gradients.safetensors"
    write_token_gradients(path, tokens)
    again = read_token_gradients(path)
    assert torch.equal(again.starts, tokens.starts)
    for layer in layers:
        assert torch.equal(again.inputs[layer], tokens.inputs[layer])
        assert torch.equal(again.outputs[layer], tokens.outputs[layer])
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DamagedArtifactError, match=r"gradients\.safetensors is damaged .* make it anew"):
        read_token_gradients(path)
    with pytest.raises(MissingArtifactError):
        read_token_gradients(path)
