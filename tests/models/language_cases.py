"""Tiny language models with random weights, a tokenizer of whole words, and texts for them."""

from copy import deepcopy

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import (
    AutoModelForCausalLM,
    GemmaConfig,
    GPT2Config,
    GPTNeoXConfig,
    LlamaConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen2Config,
)

from influence_lab.data.encoding import encode_texts
from influence_lab.data.sequence_dataset import SequenceDataset
from influence_lab.data.sequences import Sequences
from influence_lab.models.causal_lm import Tail, linear_layers, states_at, without_biases

DEPTH, VOCABULARY = 3, 40
WORDS = ["<pad>", "<s>", "</s>", "<unk>"] + [f"w{number}" for number in range(VOCABULARY - 4)]
SHARED = {
    "vocab_size": VOCABULARY,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": DEPTH,
    "num_attention_heads": 2,
    "max_position_embeddings": 32,
}
CONFIGS = {
    "llama": LlamaConfig(**SHARED, num_key_value_heads=1, tie_word_embeddings=True),
    "qwen2": Qwen2Config(**SHARED, num_key_value_heads=2),
    "gpt_neox": GPTNeoXConfig(**SHARED),
    "gemma": GemmaConfig(**SHARED, num_key_value_heads=1, head_dim=8),
}
GPT2 = GPT2Config(
    vocab_size=VOCABULARY, n_embd=16, n_layer=DEPTH, n_head=2, n_positions=32, bos_token_id=1, eos_token_id=2
)
TEXTS = ["w1 w2 w3", "w4", "w5 w6 w7 w8 w9 w10", "w2 w2", "w11 w3 w1 w12 w30"]
NAMES = [f"text {number}" for number in range(len(TEXTS))]


def tiny(config, seed: int = 0, dtype: torch.dtype = torch.float64) -> PreTrainedModel:
    """A model with weights large enough for every non-linearity to matter."""
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(deepcopy(config), attn_implementation="eager")  # tests change what it has
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return model.to(dtype).eval()


def words(**marks: str) -> PreTrainedTokenizerFast:
    """A tokenizer that takes one word for one token, with these marks (`bos_token` and so on)."""
    model = Tokenizer(WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="<unk>"))
    model.pre_tokenizer = Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=model, unk_token="<unk>", **marks)


MARKED = words(bos_token="<s>", eos_token="</s>", pad_token="<pad>")


def encoded(texts=TEXTS) -> Sequences:
    return encode_texts(MARKED, texts, NAMES[: len(texts)], 32)


def cut_model(config=CONFIGS["llama"], cut: int = 1, sequences: Sequences | None = None, seed: int = 0):
    """The tail of a tiny model from a block on, its MLP layers without biases, and the states that enter it."""
    model, sequences = tiny(config, seed), sequences or encoded()
    data = SequenceDataset(states_at(model, cut, torch.from_numpy(sequences.inputs)), sequences)
    tail = Tail(model, cut)
    return tail, without_biases(linear_layers(tail, cut, "mlp")), data
