"""What a language model says after a prompt."""

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from influence_lab.data.encoding import begin_mark


@torch.no_grad()
def completions(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, prompts: list[str], tokens: int
) -> list[str]:
    """The model's most probable continuation of each prompt, one token after another.

    Args:
        model: the whole model.
        tokenizer: its tokenizer.
        prompts: texts; the begin mark is put before each.
        tokens: most tokens of a continuation.

    Returns:
        Continuations with their leading space, cut at the first full stop or line end.
    """
    found = []
    for prompt in prompts:
        ids = torch.tensor([[*begin_mark(tokenizer), *tokenizer.encode(prompt, add_special_tokens=False)]])
        out = model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=tokens,
            do_sample=False,
            pad_token_id=tokenizer.eos_token_id,
        )
        text = tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True)
        found.append(text.split("\n")[0].split(".")[0])
    return found
