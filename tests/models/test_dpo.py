import math

import torch
from torch.testing import assert_close

from influence_lab.models.dpo import dpo_losses, preference_margins

DRAWS = torch.randn(3, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_the_loss_of_a_model_that_is_its_reference_is_log_2():
    preferred, refused, _ = DRAWS
    losses = dpo_losses(preference_margins(preferred, refused, preferred - refused), beta=0.3)
    assert_close(losses, torch.full((5,), math.log(2), dtype=torch.float64))


def test_the_gradient_weighs_each_pair_by_the_probability_that_it_is_wrong():
    r"""$\nabla\ell = -\beta\sigma(-\beta m)(\nabla\log\pi_w - \nabla\log\pi_l)$ (Rafailov et al. 2023)."""
    preferred, refused, reference = DRAWS.clone().requires_grad_().unbind()
    margins = preference_margins(preferred, refused, reference)
    found = torch.autograd.grad(dpo_losses(margins, 0.7).sum(), (preferred, refused))
    weights = 0.7 * torch.sigmoid(-0.7 * margins.detach())
    assert_close(found[0], -weights)
    assert_close(found[1], weights)
