"""A small toy network, quickly trained, for tests of attribution methods."""

from functools import cache

from influence_lab.attributions.toy_attributions import toy_settings
from influence_lab.attributions.toy_methods import Options, Setting
from influence_lab.data.toy import toy_data
from influence_lab.models.toy import toy_training
from influence_lab.models.toy_scoreboard import scoreboard_networks

TOY = {"hidden": [6, 4], "epochs": 20, "batch_size": 16, "learning_rate": 0.02}
OPTIONS = Options(
    damping=0.05,
    fitted_damping=0.5,
    tolerance=1e-12,
    depth=2000,
    steps=60,
    rank=60,
    representer_decay=0.01,
    trak_dimension=10,
)
DATA = toy_data(0, [12, 12], [-1.0, 1.0], [0.0, 0.0], [0.5, 0.5], 24, 0.5, 0.05, 10)
TRAINING = toy_training(TOY, precision="float64")


@cache
def settings() -> dict[str, list[Setting]]:
    """Two seeds, two checkpoints, 48 points of which 5 are flipped, 10 test points."""
    networks = scoreboard_networks(DATA, toy_training(TOY, precision="float64", checkpoints=(10, 20)), 0.1, 2)
    return toy_settings(DATA, networks, TRAINING, list(range(10)), OPTIONS)
