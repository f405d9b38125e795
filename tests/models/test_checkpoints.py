import torch

from influence_lab.models.checkpoints import train
from influence_lab.models.digit_networks import load_digit_networks, train_digit_networks
from tests.curvature.cases import DIGITS, IMAGES, MLP


def test_seeds_trained_together_do_not_see_each_other():
    """Same batch or not: only the order of rounded sums may differ."""
    network, loss, _, images, targets = MLP.at
    together = train(network, loss, images, targets, [0, 1], [0, 20], 0.01)
    alone = train(network, loss, images, targets, [1], [0, 20], 0.01)
    assert torch.allclose(together[1], alone[0], rtol=0, atol=1e-9)


def test_first_checkpoint_is_the_start_and_training_lowers_the_loss():
    network, loss, _, images, targets = MLP.at
    start, end = train(network, loss, images, targets, [4], [0, 100], 0.01)[0]
    assert torch.equal(start, network.initial(4))
    losses = [float(loss.value(network.outputs(theta, images), targets).mean()) for theta in (start, end)]
    assert losses[1] < 0.5 * losses[0]


def test_artifacts_hold_what_was_trained():
    stored = train_digit_networks(
        DIGITS._asdict(), "squared_error", hidden=[3], seeds=2, checkpoints=[0, 5], learning_rate=0.01
    )
    loaded = load_digit_networks(DIGITS._asdict(), stored, "squared_error")
    assert loaded.network.widths == (16, 3, 10)
    assert loaded.checkpoints.shape == (2, 2, loaded.network.size)
    assert loaded.train[1].shape == (len(IMAGES), 10)  # one-hot
