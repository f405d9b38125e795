"""A small network away from any minimum, and its local objectives."""

import numpy as np

from influence_lab.models.layered import Network
from influence_lab.models.local_objective import bregman, proximal, weights_of
from influence_lab.models.logistic_network import LogisticNetwork

_rng = np.random.default_rng(0)
_X = _rng.normal(size=(24, 2))
_network = Network((2, 5, 3, 1), "tanh")
MODEL = LogisticNetwork(_network, _network.initial(3).numpy(), _X, (_X[:, 0] * _X[:, 1] > 0).astype(float))
DAMPING = 0.05
WITHOUT = weights_of(24, 4, -1 / 24)
OBJECTIVES = {"proximal": proximal(MODEL, DAMPING, WITHOUT), "bregman": bregman(MODEL, DAMPING, WITHOUT)}
PLACE = MODEL.theta + 0.3 * _rng.normal(size=MODEL.theta.size)
