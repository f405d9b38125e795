"""Texts, questions and a model that are not the project's own, as a reader might bring them; `python -m` writes them.

The model is a tiny Llama with random weights whose tokenizer takes a word for a token.
"""

import json
import sys
from pathlib import Path

import pandas as pd
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from influence_lab.models.causal_lm import save_causal_lm
from tests.foreign_files import CONTEXT, CORPUS_FILE, MODEL_FOLDER, QUERIES, QUERIES_FILE, TEXTS


def write(folder: Path) -> None:
    """The three of them below a folder: JSON Lines, Parquet, and a model with its tokenizer."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in TEXTS]
    (folder / CORPUS_FILE).write_text("".join(lines), encoding="utf-8")
    pd.DataFrame(QUERIES).to_parquet(folder / QUERIES_FILE)
    tokenizer = _tokenizer()
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=CONTEXT,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
        initializer_range=0.3,
    )
    save_causal_lm(folder / MODEL_FOLDER, LlamaForCausalLM(config), tokenizer)


def _tokenizer() -> PreTrainedTokenizerFast:
    said = " ".join([row["text"] for row in TEXTS] + [row["prompt"] + row["completion"] for row in QUERIES])
    words = ["<pad>", "<s>", "</s>", "<unk>", *dict.fromkeys(said.split())]
    model = Tokenizer(WordLevel({word: place for place, word in enumerate(words)}, unk_token="<unk>"))
    model.pre_tokenizer = Whitespace()
    marks = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_object=model, **marks)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
