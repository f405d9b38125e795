import pytest
from torch.testing import assert_close

from influence_lab.attributions.kronfluence_fit import fit_ekfac
from influence_lab.attributions.language_factors import read_factors
from influence_lab.attributions.small_gpt_scores import fit_factors
from tests.attributions.tiny_llama import tiny_llama

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*GradScaler:FutureWarning"),  # kronfluence 1.0.1 under torch 2.13
    pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning"),
]


def test_the_measured_fit_is_the_fit(tmp_path):
    tail, layers, texts, _ = tiny_llama()
    fit_ekfac(tail, layers, texts, tmp_path / "factors", batch_size=len(texts), seed=3)
    whole = read_factors(tmp_path / "factors")
    measured, costs = fit_factors(tail, layers, texts, seed=3)
    assert set(whole) == set(measured) == set(layers)
    for name, factors in whole.items():
        assert_close(measured[name].ekfac.matrix(), factors.ekfac.matrix(), rtol=1e-9, atol=1e-12)
    assert costs["ekfac"].seconds >= costs["kfac"].seconds > 0
