r"""Direct preference optimisation (Rafailov et al. 2023): training on pairs of a preferred and a refused answer."""

from torch import Tensor
from torch.nn.functional import logsigmoid


def preference_margins(preferred: Tensor, refused: Tensor, reference_margins: Tensor) -> Tensor:
    r"""How much more a model favours the preferred answer than its reference does, in nats.

    $$m = \log\frac{\pi_\theta(y_w)}{\pi_\theta(y_l)} - \log\frac{\pi_{ref}(y_w)}{\pi_{ref}(y_l)}$$

    Args:
        preferred: $\log \pi_\theta(y_w)$ of the preferred answers, summed over tokens, shape (..., pairs).
        refused: $\log \pi_\theta(y_l)$ of the refused ones, same shape.
        reference_margins: the same difference under the reference policy, same shape.
    """
    return preferred - refused - reference_margins


def dpo_losses(margins: Tensor, beta: float) -> Tensor:
    r"""$-\log \sigma(\beta m)$ of each pair, in nats, shape of the margins; $\log 2$ where the model is its reference.

    Its gradient is $-\beta\,\sigma(-\beta m)\,\nabla m$ (Rafailov et al. 2023, section 4): pairs that the model has
    yet to learn pull most.

    Args:
        margins: as `preference_margins` gives them.
        beta: β; large values hold the policy near its reference.
    """
    return -logsigmoid(beta * margins)
