"""A randomly initialised Llama, texts and queries for it, in double precision: what tests of language code share."""

from functools import cache

import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from influence_lab.attributions.language_factors import LayerFactors
from influence_lab.attributions.token_gradients import token_gradients
from influence_lab.curvature.ekfac import EigenFactors
from influence_lab.data.sequence_dataset import SequenceDataset
from influence_lab.data.sequences import pack
from influence_lab.models.causal_lm import Tail, linear_layers, states_at

TEXTS, QUERIES, CUT = 12, 3, 1


@cache
def tiny_llama(seed=0):
    """The tail after the first of two blocks, its MLP layers, twelve texts and three queries."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=30,
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=16,
        pad_token_id=0,
        initializer_range=0.3,
        attn_implementation="eager",
    )
    model = LlamaForCausalLM(config).double().eval()
    rng = np.random.default_rng(seed)
    texts, queries = (_sequences(rng, count, first) for count, first in ((TEXTS, 1), (QUERIES, 4)))
    data = [_dataset(model, sequences) for sequences in (texts, queries)]
    tail = Tail(model, CUT)
    return tail, linear_layers(tail, CUT, "mlp"), *data


def _sequences(rng, count, first):
    rows = [rng.integers(1, 30, rng.integers(first + 2, 12)).tolist() for _ in range(count)]
    return pack(rows, [first] * count, 16, [str(row) for row in range(count)], 0)


def _dataset(model, sequences):
    return SequenceDataset(states_at(model, CUT, torch.from_numpy(sequences.inputs)), sequences)


def kept_gradients():
    """Token gradients of the texts and the queries, and random factors for the layers."""
    tail, layers, texts, queries = tiny_llama()
    train, asked = (token_gradients(tail, layers, data) for data in (texts, queries))
    generator = torch.Generator().manual_seed(0)

    def factors(layer):
        bases = [
            torch.linalg.qr(torch.randn(size, size, generator=generator, dtype=torch.float64))[0]
            for size in (layer.in_features, layer.out_features)
        ]
        shape = (layer.out_features, layer.in_features)
        return EigenFactors(*bases, 0.01 + torch.rand(shape, generator=generator, dtype=torch.float64))

    fitted = {name: LayerFactors(one := factors(layer), one) for name, layer in layers.items()}
    return train, asked, fitted
