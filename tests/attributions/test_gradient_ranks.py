import torch

from influence_lab.attributions.gradient_ranks import gradient_ranks
from influence_lab.attributions.language_factors import LayerFactors
from influence_lab.attributions.token_gradients import TokenGradients
from influence_lab.curvature.ekfac import EigenFactors

TOKENS, INPUTS, OUTPUTS = 3, 12, 9


def test_undamped_kfac_keeps_the_rank_and_a_division_by_entries_does_not():
    generator = torch.Generator().manual_seed(0)
    a, s = (torch.rand(size, generator=generator) + 0.1 for size in (INPUTS, OUTPUTS))
    bases = [torch.linalg.qr(torch.randn(size, size, generator=generator))[0] for size in (INPUTS, OUTPUTS)]
    fitted = torch.outer(s, a) * (0.5 + torch.rand(OUTPUTS, INPUTS, generator=generator))
    factors = {"layer": LayerFactors(EigenFactors(*bases, fitted), EigenFactors(*bases, torch.outer(s, a)))}
    inputs, outputs = (torch.randn(TOKENS, size, generator=generator) for size in (INPUTS, OUTPUTS))
    queries = TokenGradients({"layer": inputs}, {"layer": outputs}, torch.tensor([0, TOKENS]))
    table = gradient_ranks(queries, factors, [0]).set_index("way")
    assert table["rank"]["raw"] == table["rank"]["kfac_undamped"] == TOKENS
    assert (table["rank"][["kfac", "ekfac", "ekfac_undamped"]] > 2 * TOKENS).all()
    assert (table["rank_90"] <= table["rank"]).all()
    assert set(table["full"]) == {OUTPUTS}
