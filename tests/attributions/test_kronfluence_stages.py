import pytest
import torch
from safetensors.torch import load_file
from torch.testing import assert_close

from influence_lab.artifacts import DamagedArtifactError, MissingArtifactError
from influence_lab.attributions.kronfluence_stages import (
    aggregate_lambda,
    eigendecompose,
    fit_covariance,
    fit_lambda,
    pairwise_scores,
)
from influence_lab.attributions.language_factors import read_factors
from influence_lab.attributions.language_scores import gradient_methods, gradient_products
from influence_lab.attributions.language_task import LanguageTask
from influence_lab.attributions.token_gradients import token_gradients
from influence_lab.input_errors import InputError
from tests.attributions.language_cases import GivenLabels, fitted
from tests.models.language_cases import CONFIGS, cut_model

pytestmark = pytest.mark.filterwarnings("ignore:.*GradScaler:FutureWarning")  # kronfluence 1.0.1 under torch 2.13
EXACT = {"rtol": 1e-10, "atol": 1e-12}


@pytest.fixture(scope="module")
def world():
    tail, layers, data = cut_model(CONFIGS["gpt_neox"])  # whose layers have biases, kept apart
    return tail, layers, data, token_gradients(tail, layers, data)


@pytest.fixture(scope="module")
def stages(world, tmp_path_factory):
    folder = tmp_path_factory.mktemp("one")
    fitted(folder, *world[:3])
    return folder


def stored(folder, name):
    (file,) = folder.glob(f"{name}*.safetensors")
    return load_file(file)


def test_covariances_are_sums_over_all_tokens(world, stages):
    _, layers, data, tokens = world
    a, s = (stored(stages / "covariance_0", f"{side}_covariance") for side in ("activation", "gradient"))
    counted = stored(stages / "factors", "num_gradient_covariance_processed")
    for layer in layers:
        assert_close(a[layer], tokens.inputs[layer].T @ tokens.inputs[layer], **EXACT)
        assert_close(s[layer], tokens.outputs[layer].T @ tokens.outputs[layer], **EXACT)
        assert int(counted[layer]) == int(data.weights.sum())


def test_eigenvalues_are_mean_squares_of_summed_gradients(world, stages):
    """And λ is a tenth of their mean."""
    _, _, data, tokens = world
    for layer, factors in read_factors(stages / "factors").items():
        gradients = torch.stack([tokens.gradient(layer, text) for text in range(len(data))])
        turned = factors.ekfac.s_basis.T @ gradients @ factors.ekfac.a_basis
        assert_close(factors.ekfac.eigenvalues, turned.square().mean(dim=0), **EXACT)
        assert factors.ekfac.damping == pytest.approx(0.1 * float(gradients.square().mean()), rel=1e-10)


def test_two_partitions_give_what_one_gives(world, stages, tmp_path):
    """Bases may differ in signs, so the approximations themselves are compared."""
    whole = read_factors(stages / "factors")
    for layer, factors in read_factors(fitted(tmp_path, *world[:3], partitions=2)).items():
        for approximation in ("ekfac", "kfac"):
            one, two = (getattr(found, approximation).matrix() for found in (whole[layer], factors))
            assert_close(two, one, rtol=1e-8, atol=1e-10 * float(one.abs().max()))


@pytest.mark.parametrize("partitions", [1, 2])
def test_kronfluence_scores_are_those_of_the_kept_gradients(world, stages, partitions):
    """By layer, in double precision, each text as a query too; two ways that share the factors and nothing else."""
    tail, layers, data, tokens = world
    parts = [
        pairwise_scores(tail, GivenLabels(layers), data, data, stages / "factors", part, partitions, batch_size=2)
        for part in range(partitions)
    ]
    factors = read_factors(stages / "factors")
    products = gradient_products(tokens, tokens, factors)
    for number, layer in enumerate(factors):
        assert_close(torch.cat([part[layer] for part in parts], dim=1), products["ekfac"][number], **EXACT)
    total = sum(torch.cat([part[layer] for part in parts], dim=1) for layer in layers)
    assert_close(total, gradient_methods(products)["ekfac"], **EXACT)


def test_labels_are_drawn_by_the_seed_and_the_partition(world, tmp_path):
    tail, layers, data, _ = world
    drawn = {}
    for name, seed, partition in (("first", 0, 0), ("again", 0, 0), ("other", 5, 0)):
        fit_covariance(tail, LanguageTask(layers), data, tmp_path / name, partition, 2, batch_size=2, seed=seed)
        drawn[name] = stored(tmp_path / name, "gradient_covariance")
    for layer in layers:
        assert torch.equal(drawn["first"][layer], drawn["again"][layer])
        assert not torch.allclose(drawn["first"][layer], drawn["other"][layer])


def test_the_model_is_left_as_it_was(world, tmp_path):
    tail, layers, data, _ = world
    before = {name: values.clone() for name, values in tail.state_dict().items()}
    fit_covariance(tail, GivenLabels(layers), data, tmp_path / "covariance")
    assert all(torch.equal(values, before[name]) for name, values in tail.state_dict().items())


def test_more_partitions_than_texts_are_refused(world, tmp_path):
    tail, layers, data, _ = world
    with pytest.raises(InputError, match=r"language_model\.partitions: got 6; allowed: at most 5"):
        fit_covariance(tail, GivenLabels(layers), data, tmp_path / "covariance", 0, 6)


@pytest.mark.parametrize("damage", ["truncated", "emptied"])
def test_a_damaged_partition_is_set_aside_and_named(world, tmp_path, damage):
    tail, layers, data, _ = world
    part, task = tmp_path / "language_covariance_0", GivenLabels(layers)
    fit_covariance(tail, task, data, part)
    for file in part.glob("*.*" if damage == "emptied" else "activation_covariance*"):
        content = file.read_bytes()
        file.unlink() if damage == "emptied" else file.write_bytes(content[: len(content) // 2])
    with pytest.raises(DamagedArtifactError, match=r"language_covariance_0 is damaged .* anew with: snakemake"):
        eigendecompose(tail, task, [part], tmp_path / "eigen", torch.float64)
    with pytest.raises(MissingArtifactError):
        eigendecompose(tail, task, [part], tmp_path / "eigen", torch.float64)
    assert [path.name for path in tmp_path.iterdir()] == ["language_covariance_0.damaged"]


def test_damaged_factors_are_named(stages, world, tmp_path):
    tail, layers, _, _ = world
    folder = tmp_path / "factors"
    aggregate_lambda(tail, GivenLabels(layers), stages / "eigen", [stages / "lambda_0"], folder)
    (folder / "lambda_matrix.safetensors").unlink()
    with pytest.raises(DamagedArtifactError, match="factors is damaged"):
        read_factors(folder)


class BreaksOff(GivenLabels):
    def compute_train_loss(self, batch, model, sample=False):
        raise KeyboardInterrupt


def test_a_stage_that_is_stopped_leaves_nothing(world, stages, tmp_path):
    tail, layers, data, _ = world
    with pytest.raises(KeyboardInterrupt):
        fit_covariance(tail, BreaksOff(layers), data, tmp_path / "covariance")
    with pytest.raises(KeyboardInterrupt):
        fit_lambda(tail, BreaksOff(layers), data, stages / "eigen", tmp_path / "lambda")
    assert not list(tmp_path.iterdir())
