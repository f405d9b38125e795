"""A folder that is not what it says is refused in one line, whatever transformers makes of it."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.testing import assert_close
from transformers import BertConfig, BertForMaskedLM

from influence_lab.models.ask_tokenizer import tokenizer_and_context
from influence_lab.models.causal_lm import ModelError, load_causal_lm, save_causal_lm
from influence_lab.models.causal_lm_checks import looks_back_only
from tests.models.language_cases import CONFIGS, DEPTH, GPT2, MARKED, VOCABULARY, encoded, tiny, words

IDS = torch.from_numpy(encoded().inputs)
EVERY = CONFIGS | {"gpt2": GPT2}


def saved(folder, config=CONFIGS["llama"], tokenizer=MARKED):
    save_causal_lm(folder, tiny(config, dtype=torch.float32), tokenizer)
    return folder


def rewritten(folder, change):
    """The same folder with other keys for its weights."""
    weights = load_file(folder / "model.safetensors")
    save_file(change(weights), folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def reconfigured(folder, **values):
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | values))
    return folder


def refusal(folder) -> str:
    with pytest.raises(ModelError) as caught:
        load_causal_lm(str(folder), "ask.model")
    said = str(caught.value)
    assert said.startswith(f"ask.model: no causal language model could be loaded from '{folder}' (")
    assert "\n" not in said
    return said


@pytest.mark.parametrize("config", EVERY.values(), ids=EVERY)
def test_whole_models_are_loaded_with_tied_weights_and_without(tmp_path, config):
    model, _ = load_causal_lm(str(saved(tmp_path / "model", config)))
    assert_close(model(input_ids=IDS).logits, tiny(config, dtype=torch.float32)(input_ids=IDS).logits, rtol=0, atol=0)
    assert looks_back_only(model)


def test_buffers_of_old_checkpoints_are_no_weights(tmp_path):
    """Pythia's files hold each block's causal mask and rotary frequencies, which are computed today."""
    extra = {
        "gpt_neox.layers.0.attention.bias": torch.ones(1, 1, 4, 4, dtype=torch.bool),
        "gpt_neox.layers.0.attention.masked_bias": torch.tensor(-1e9),
        "gpt_neox.layers.0.attention.rotary_emb.inv_freq": torch.ones(2),
    }
    load_causal_lm(str(rewritten(saved(tmp_path / "model", CONFIGS["gpt_neox"]), lambda weights: weights | extra)))


def test_renamed_weights_are_not_made_up(tmp_path):
    folder = rewritten(
        saved(tmp_path / "model"), lambda weights: {f"other.{key}": value for key, value in weights.items()}
    )
    assert "are not in the files, and would be random: lm_head.weight and" in refusal(folder)


def test_a_weight_too_few_is_named(tmp_path):
    gone = "model.layers.1.mlp.up_proj.weight"
    folder = rewritten(
        saved(tmp_path / "model"), lambda weights: {key: value for key, value in weights.items() if key != gone}
    )
    assert f"would be random: {gone}; config.json and the weights must belong together" in refusal(folder)


def test_fewer_or_more_blocks_than_the_weights_have_are_refused(tmp_path):
    folder = reconfigured(saved(tmp_path / "model"), num_hidden_layers=DEPTH - 1)
    assert f"have no place in the configured model: model.layers.{DEPTH - 1}." in refusal(folder)
    reconfigured(folder, num_hidden_layers=DEPTH + 1)
    assert f"would be random: model.layers.{DEPTH}." in refusal(folder)


def test_weights_of_another_shape_are_refused(tmp_path):
    said = refusal(reconfigured(saved(tmp_path / "model"), intermediate_size=20))
    assert "have other shapes than the configuration: model.layers.0.mlp.down_proj.weight and" in said


def test_a_masked_language_model_is_refused_unless_it_looks_back_only(tmp_path):
    config = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": DEPTH, "num_attention_heads": 2}
    torch.manual_seed(0)
    BertForMaskedLM(BertConfig(vocab_size=VOCABULARY, max_position_embeddings=32, **config)).save_pretrained(tmp_path)
    MARKED.save_pretrained(tmp_path)
    assert "in BertLMHeadModel as configured a token sees later ones; take a model that predicts" in refusal(tmp_path)
    load_causal_lm(str(reconfigured(tmp_path, is_decoder=True)))


def test_a_tokenizer_larger_than_the_embedding_is_refused(tmp_path):
    tokenizer = words(bos_token="<s>", eos_token="</s>", pad_token="<a pad of its own>")
    said = refusal(saved(tmp_path / "model", tokenizer=tokenizer))
    assert f"token ids up to {VOCABULARY}, the model embeddings for {VOCABULARY} tokens (0 to {VOCABULARY - 1})" in said


def test_a_configuration_that_is_no_object_is_refused(tmp_path):
    folder = saved(tmp_path / "model")
    (folder / "config.json").write_text("[]")
    refusal(folder)
    with pytest.raises(ModelError, match=r"^ask\.model: no tokenizer could be loaded from"):
        tokenizer_and_context(str(folder), 8)
