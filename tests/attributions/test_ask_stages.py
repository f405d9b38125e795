"""The tool's chain on texts, questions and a model that are not the project's own."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from influence_lab.attributions import ask_stages
from influence_lab.attributions.ask import check_room
from influence_lab.attributions.ask_stages import Attributed, fit_stage, score_stage
from influence_lab.attributions.language_factors import read_factors
from influence_lab.data.ask_table import check_lengths, read_asked
from influence_lab.input_errors import InputError
from influence_lab.models.adaptation import Adaptation
from influence_lab.models.ask_tokenizer import tokenizer_and_context
from influence_lab.models.causal_lm import layers_named, load_causal_lm
from influence_lab.models.language_model_source import ModelError
from tests import foreign, foreign_files

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*GradScaler:FutureWarning"),  # kronfluence 1.0.1 under torch 2.13
    pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning"),
]
HOW = Adaptation(epochs=2, batch_size=3, learning_rate=0.01, seed=0)
ROOM = 1000  # MB


class World:
    def __init__(self, folder):
        foreign.write(folder)
        self.texts = read_asked("corpus", folder / foreign_files.CORPUS_FILE)
        self.queries = read_asked("queries", folder / foreign_files.QUERIES_FILE)
        self.which = Attributed(str(folder / foreign_files.MODEL_FOLDER), blocks=1, layers="mlp", longest=64)
        self.factors = folder / "factors"
        self.fitted = fit_stage(self.which, self.texts, HOW, False, self.factors, ROOM)
        self.answered = self.scored()

    def scored(self):
        fitted, asked = self.fitted, (self.texts, self.queries)
        return score_stage(self.which, *asked, fitted.states, fitted.weights, self.factors, 0.1, 1, 3)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return World(tmp_path_factory.mktemp("a reader's"))


def test_every_text_of_the_reader_s_is_ranked_for_every_question(world):
    table = world.answered.scores
    for query in ("gas", "boil"):
        rows = table[table["query"] == query]
        assert sorted(rows["id"]) == sorted(world.texts["id"])
        assert rows["text"].tolist() == world.texts["text"].to_numpy()[rows["row"]].tolist()
    assert np.isfinite(table[["influence", "cosine", "bm25", "effect"]].to_numpy()).all()
    assert table.loc[table["candidate"], "id"].unique().tolist() == ["new"]
    assert (table["cosine"].abs() <= 1 + 1e-5).all()


def test_a_model_that_is_not_adapted_is_attributed_as_it_came(world):
    model, _ = load_causal_lm(world.which.folder)
    for name, layer in layers_named(model, world.fitted.weights).items():
        assert torch.equal(layer.weight, torch.from_numpy(world.fitted.weights[name]))


def test_influence_is_the_product_with_the_inverse_written_out(world):
    r"""$\nabla(-f)^\top (G + \lambda)^{-1} \nabla L_i$, by autograd of the whole model, a text at a time."""
    model, tokenizer = load_causal_lm(world.which.folder)
    factors = read_factors(world.factors)
    layers = layers_named(model, factors)

    def gradient(tokens, counted):
        logits = model(torch.tensor([tokens[:-1]])).logits[0].log_softmax(-1)
        log_p = logits[torch.arange(len(tokens) - 1), torch.tensor(tokens[1:])][-counted:].sum()
        return torch.autograd.grad(-log_p, [layer.weight for layer in layers.values()])

    ids = tokenizer.encode
    texts = [[1, *ids(text), 2] for text in world.texts["text"]]
    of_texts = [gradient(text, len(text) - 1) for text in texts]
    for _, row in world.queries.iterrows():
        prompt, completion = ids(row["prompt"]), ids(row["completion"])
        asked = gradient([1, *prompt, *completion], len(completion))
        expected = np.zeros(len(texts))
        for number, layer in enumerate(factors.values()):
            matrix = layer.ekfac.matrix().float()
            damped = matrix + 0.1 * layer.ekfac.eigenvalues.mean() * torch.eye(len(matrix))
            solved = torch.linalg.solve(damped, asked[number].T.flatten())  # columns stacked, as A ⊗ S wants them
            expected += np.array([float(solved @ text[number].T.flatten()) for text in of_texts])
        table = world.answered.scores
        found = table[table["query"] == row["id"]].set_index("row")["influence"].sort_index()
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-3 * np.abs(expected).max())  # single precision


def test_tokens_sum_to_the_influence_of_their_text(world):
    tokens, scores = world.answered.tokens, world.answered.scores.set_index(["query", "row"])["influence"]
    for (query, text), rows in tokens.groupby(["query", "text"]):
        influence = scores[world.queries["id"][query], text]
        for split in ("position_score", "loss_score"):
            assert rows[split].sum() == pytest.approx(influence, rel=1e-3, abs=1e-3 * float(scores.abs().max()))
    read = tokens[(tokens["query"] == 0) & (tokens["place"] > 0)]
    assert set(read["token"]) <= {word for text in world.texts["text"] for word in text.split()}


def test_texts_in_parts_change_nothing(world, monkeypatch):
    monkeypatch.setattr(ask_stages, "TEXTS_AT_ONCE", 2)
    again = world.scored().scores
    np.testing.assert_allclose(again["influence"], world.answered.scores["influence"], rtol=1e-3, atol=1e-4)


def test_log_p_and_answers_are_the_model_s(world):
    answers = world.answered.answers.set_index("id")
    assert (answers["log_p"] < 0).all()
    assert answers["given"].dtype == bool
    assert all(isinstance(said, str) for said in answers["answer"])


def test_an_adapted_model_has_learnt_its_texts(world, tmp_path):
    fitted = fit_stage(world.which, world.texts, replace(HOW, epochs=20), True, tmp_path / "factors", ROOM)
    loss = fitted.history[fitted.history["split"] == "train"].set_index("epoch")["loss"]
    assert loss[20] < loss[0]
    assert set(fitted.history["split"]) == {"train", "candidate"}
    assert all((fitted.weights[name] != came).any() for name, came in world.fitted.weights.items())


def test_the_context_is_the_model_s_where_that_is_shorter(world):
    tokenizer, context = tokenizer_and_context(world.which.folder, 64)
    assert context == foreign_files.CONTEXT
    assert tokenizer_and_context(world.which.folder, 12)[1] == 12
    for kind, table in (("corpus", world.texts), ("queries", world.queries)):
        check_lengths(kind, table, tokenizer, context)


def test_a_folder_of_the_reader_s_that_cannot_be_read_is_named_and_left_alone(world, tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    with pytest.raises(ModelError, match=r"ask\.model: no causal language model could be loaded from"):
        fit_stage(replace(world.which, folder=str(folder)), world.texts, HOW, False, tmp_path / "factors", ROOM)
    with pytest.raises(ModelError, match=r"ask\.model: no tokenizer could be loaded from"):
        tokenizer_and_context(str(folder), 64)
    assert (folder / "config.json").exists()


def test_texts_that_cannot_be_held_are_refused_before_anything_is_computed(world, tmp_path):
    with pytest.raises(InputError, match=r"ask\.corpus: the hidden states of 7 texts, .* --set-resources ask_model:"):
        fit_stage(world.which, world.texts, HOW, False, tmp_path / "factors", 0)
    check_room((1000, 125), 1000, 1000)  # 8 bytes of each of 125 million numbers
    with pytest.raises(InputError, match=r"1,001 texts, .*\(125\), of 1,000 numbers, .* 1,001 MB, .* 1,000 MB"):
        check_room((1001, 125), 1000, 1000)


def test_training_that_diverges_is_said_to_have(world, tmp_path):
    with pytest.raises(InputError, match=r"^ask\.learning_rate: training has diverged, .* after epoch \d; lower it$"):
        fit_stage(world.which, world.texts, replace(HOW, learning_rate=1e30), True, tmp_path / "factors", ROOM)
