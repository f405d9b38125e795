import pytest
import torch
from torch import nn
from torch.nn.functional import log_softmax
from torch.testing import assert_close

from influence_lab.attributions.language_task import LanguageTask
from influence_lab.data.sequence_dataset import SequenceDataset, collate
from influence_lab.data.sequences import pack
from influence_lab.models.token_losses import sequence_losses
from tests.models.language_cases import cut_model

LOGITS = torch.tensor([0.0, 1.0, -1.0, 2.0], dtype=torch.float64)


def test_a_loss_is_the_weighted_sum_of_the_tokens():
    torch.manual_seed(0)
    logits, weights = torch.randn(2, 3, 4, dtype=torch.float64), torch.tensor([[1.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
    targets = torch.tensor([[0, 1, 2], [3, 0, 1]])
    p = log_softmax(logits, dim=-1)
    by_hand = torch.stack([-p[0, 0, 0] - p[0, 2, 2], -p[1, 0, 3] - p[1, 1, 0]])
    assert_close(sequence_losses(logits, targets, weights), by_hand, rtol=1e-13, atol=0)


def test_sampled_labels_follow_the_model():
    """The gradient at a position's logits is p - e_y: its labels are read off and counted.

    Chi-square with three degrees of freedom; 16.3 is exceeded once in a thousand, and the draw is seeded.
    """
    draws = 4000
    logits = LOGITS.repeat(1, draws, 1).requires_grad_()
    batch = {"inputs": logits, "targets": torch.zeros(1, draws, dtype=torch.int64), "weights": torch.ones(1, draws)}
    torch.manual_seed(0)
    loss = LanguageTask([]).compute_train_loss(batch, nn.Identity(), sample=True)
    labels = (LOGITS.softmax(-1) - torch.autograd.grad(loss, logits)[0][0]).argmax(dim=-1)
    counted, expected = labels.bincount(minlength=4), draws * LOGITS.softmax(-1)
    assert float(((counted - expected).square() / expected).sum()) < 16.3


def test_given_labels_are_used_where_nothing_is_sampled():
    batch = {"inputs": LOGITS.repeat(1, 2, 1), "targets": torch.tensor([[3, 1]]), "weights": torch.ones(1, 2)}
    expected = -LOGITS.log_softmax(-1)[[3, 1]].sum()
    task = LanguageTask(["a"])
    assert_close(task.compute_train_loss(batch, nn.Identity()), expected)
    assert_close(task.compute_measurement(batch, nn.Identity()), expected)
    assert task.get_influence_tracked_modules() == ["a"]


@pytest.mark.parametrize("sample", [False, True])
def test_padding_has_no_gradient_and_is_not_counted(sample):
    tail, _, data = cut_model()
    batch = collate([data[row] for row in range(len(data))])
    states = batch["inputs"].clone().requires_grad_()
    loss = LanguageTask([]).compute_train_loss(batch | {"inputs": states}, tail, sample=sample)
    (gradient,) = torch.autograd.grad(loss, states)
    mask = LanguageTask([]).get_attention_mask(batch)
    assert mask.sum(dim=1).tolist() == data.lengths.tolist()
    assert not gradient[mask == 0].any()
    assert gradient[mask == 1].abs().sum(dim=-1).gt(0).all()


def test_a_prompt_has_a_gradient_and_is_counted():
    queries = pack([[1, 4, 5, 6], [1, 4, 5]], [3, 2], 8, ["a", "b"], pad=0)
    tail, _, data = cut_model(sequences=queries)
    batch = collate([data[0], data[1]])
    assert LanguageTask([]).get_attention_mask(batch).tolist() == [[1, 1, 1], [1, 1, 0]]
    states = batch["inputs"].clone().requires_grad_()
    (gradient,) = torch.autograd.grad(LanguageTask([]).compute_train_loss(batch | {"inputs": states}, tail), states)
    assert gradient[0, 0].abs().sum() > 0


def test_a_batch_is_as_long_as_its_longest_row():
    _, _, data = cut_model()
    short = [row for row in range(len(data)) if data.lengths[row] <= 3]
    batch = collate([data[row] for row in short])
    assert {values.shape[1] for values in batch.values()} == {int(data.lengths[short].max())}


def test_weights_have_the_type_of_the_states():
    queries = pack([[1, 4, 5]], [1], 8, ["a"], pad=0)
    assert SequenceDataset(torch.zeros(1, 2, 3, dtype=torch.float64), queries).weights.dtype == torch.float64
    assert SequenceDataset(torch.from_numpy(queries.inputs), queries).weights.dtype == torch.float32
