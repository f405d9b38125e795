"""What kronfluence has to know of a language model: its loss, sampled or given, and what is measured."""

from collections.abc import Sequence as Names

import torch
from kronfluence.task import Task
from torch import Tensor, nn

from influence_lab.data.sequence_dataset import Batch
from influence_lab.models.token_losses import sequence_losses


class LanguageTask(Task):
    """Losses summed over tokens and over the batch: kronfluence divides by the number of sequences itself."""

    def __init__(self, layers: Names[str]) -> None:
        """Track the named `nn.Linear` layers."""
        self.layers = list(layers)

    def compute_train_loss(self, batch: Batch, model: nn.Module, sample: bool = False) -> Tensor:
        """Loss of the batch, with its own targets or, for the true Fisher information, with targets sampled."""
        logits = model(batch["inputs"])
        targets = batch["targets"]
        if sample:
            with torch.no_grad():
                probabilities = logits.detach().flatten(0, 1).softmax(dim=-1)
                targets = torch.multinomial(probabilities, num_samples=1).view(targets.shape)
        return sequence_losses(logits, targets, batch["weights"]).sum()

    def compute_measurement(self, batch: Batch, model: nn.Module) -> Tensor:
        r"""$-\log p$ of the completions.

        kronfluence's score is then $\nabla(-\log p)^\top (G + \lambda)^{-1} \nabla L_i$, the influence of text i on
        $\log p$: positive where the text helped.
        """
        return self.compute_train_loss(batch, model)

    def get_influence_tracked_modules(self) -> list[str]:
        """The names given at the start."""
        return self.layers

    def get_attention_mask(self, batch: Batch) -> Tensor:
        """1 up to the last loss that counts, 0 on padding: padded positions are not counted in the covariances.

        A position whose own loss does not count, in a prompt, still has a gradient: what follows attends to it.
        """
        return (batch["weights"].flip(1).cumsum(1).flip(1) > 0).long()
