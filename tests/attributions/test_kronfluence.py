import pytest
import torch

from influence_lab.attributions.kronfluence import ClassificationTask, kronfluence_factors
from influence_lab.curvature.ekfac import eigen_factors
from influence_lab.curvature.kfac import kronecker_factors
from influence_lab.curvature.pseudo_gradients import layer_gradients, training_gradients
from tests.curvature.cases import IMAGES, MLP, close


@pytest.mark.filterwarnings("ignore:.*GradScaler:FutureWarning")  # kronfluence 1.0.1 under torch 2.13
def test_kronfluence_fits_our_factors(capfd, tmp_path, monkeypatch):
    """Both in double precision: 1e-10 leaves room for the eigenbases of close eigenvalues."""
    monkeypatch.chdir(tmp_path)
    network, loss, parameters, images, labels = MLP.at
    fitted = kronfluence_factors(network.module(parameters), images, labels)
    own = training_gradients(loss, network.outputs(parameters, images), labels)
    for number, layer in enumerate(layer_gradients(network, parameters, images, own), 1):
        factors = kronecker_factors(layer)
        assert close(torch.as_tensor(fitted[f"activation_{number}"]), factors.activation)
        assert close(torch.as_tensor(fitted[f"gradient_{number}"]), factors.gradient)
        eigenvalues = eigen_factors(layer, factors).eigenvalues
        assert close(torch.as_tensor(fitted[f"eigenvalues_{number}"]), eigenvalues, tolerance=1e-10)
    assert not list(tmp_path.iterdir())  # its own files are gone
    assert capfd.readouterr().out == ""


def test_nothing_is_sampled():
    with pytest.raises(ValueError, match="nothing is sampled"):
        ClassificationTask().compute_train_loss(batch=[IMAGES, MLP.targets], model=torch.nn.Identity(), sample=True)
