"""What to retrain, and how: the engine's inputs, checked."""

from dataclasses import dataclass, fields, replace

import numpy as np

from influence_lab.models.layered import Network

CHOICES = {
    "activation": ("relu", "tanh", "softplus"),
    "optimiser": ("adam", "momentum", "sgd"),
    "objective": ("loss", "bregman"),
    "absent": ("dropped", "masked"),
    "precision": ("float32", "float64"),
}


@dataclass(frozen=True)
class Training:
    r"""How every network is trained: networks for two classes with one logit f, and with the logistic loss.

    For `objective="loss"`, $\frac1n\sum_i w_i L(z_i, \theta) + \frac{\lambda}{2}\|\theta\|^2
    + \gamma\|\theta\|_1 + \frac{\rho}{2}\|\theta - \theta^s\|^2$. For `objective="bregman"`, the proximal Bregman
    objective (Bae et al. 2022), $\frac1n\sum_i D_{L_i}(f(\theta, x_i), f(\theta^s, x_i))
    + \sum_i \varepsilon_i L(z_i, \theta) + \frac{\rho}{2}\|\theta - \theta^s\|^2$ with
    $\varepsilon_i = (w_i - 1)/n$: w = 1 changes nothing, $w_j = 0$ takes point j away.

    Attributes:
        hidden: hidden widths.
        activation: "relu", or "tanh" or "softplus" for a smooth twin.
        epochs: passes over the points.
        batch_size: points in a mini-batch; 0 takes all of them in each step.
        optimiser: "adam", "momentum" (heavy ball) or "sgd". Adam amplifies rounding where the gradient vanishes, so
            solve proximal problems with "momentum", or with `precision="float64"`.
        learning_rate: step size.
        momentum: of the heavy ball.
        decay: λ of the weight decay, biases included.
        l1: γ of the L1 penalty, biases included. Its subgradient at 0 is 0; parameters come near 0 and not to it.
        dropout: probability that a hidden unit is silent for one point in one step. The others are scaled by
            1/(1 − dropout), and after training, all units speak and nothing is scaled (inverted dropout).
        proximity: ρ of the proximal term.
        objective: "loss" or "bregman".
        absent: what a point of weight 0 means. "dropped": the data without it, so the mean runs over the other points
            and batches are filled with them. "masked": batches stay as they are, the mean still divides by n.
        precision: "float32" or "float64".
        checkpoints: epochs after which θ is kept, increasing; 0 keeps the start. Empty keeps the end only.

    Raises:
        ValueError: a value is not allowed, or two do not go together.
    """

    hidden: tuple[int, ...] = (32, 16)
    activation: str = "relu"
    epochs: int = 200
    batch_size: int = 32
    optimiser: str = "adam"
    learning_rate: float = 0.001
    momentum: float = 0.9
    decay: float = 0.0
    l1: float = 0.0
    dropout: float = 0.0
    proximity: float = 0.0
    objective: str = "loss"
    absent: str = "dropped"
    precision: str = "float32"
    checkpoints: tuple[int, ...] = ()

    def __post_init__(self):
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} is {getattr(self, name)!r}; allowed: {', '.join(allowed)}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout is {self.dropout}; allowed: 0 or more, less than 1")
        if self.objective == "bregman":
            if self.absent == "dropped" or self.decay > 0:
                raise ValueError("the Bregman objective needs absent='masked' and decay=0 (a decay adds to proximity)")
            if self.l1 > 0 or self.dropout > 0:
                raise ValueError("the Bregman objective needs l1=0 and dropout=0: with them θ^s is not its minimiser")
        if list(self.kept_epochs) != sorted({*self.kept_epochs}) or not 0 <= self.kept_epochs[-1] <= self.epochs:
            raise ValueError(f"checkpoints {self.checkpoints} must increase, between 0 and epochs = {self.epochs}")

    @property
    def kept_epochs(self) -> tuple[int, ...]:
        """Epochs after which θ is kept."""
        return self.checkpoints or (self.epochs,)

    @property
    def needs_anchors(self) -> bool:
        """Whether the objective contains θ^s."""
        return self.proximity > 0 or self.objective == "bregman"

    def network(self, inputs: int) -> Network:
        """The network for inputs of a given width; its flat θ is what the engine takes and gives."""
        return Network((inputs, *self.hidden, 1), self.activation)


@dataclass(frozen=True)
class Work:
    """The points, and for each of M models its weights, seeds and starting parameters.

    Attributes:
        X: inputs, shape (n, d).
        y: labels 0 or 1 (or probabilities between), shape (n,).
        weights: w, shape (M, n).
        start_seeds: of the random starts, shape (M,); not used where `starts` are given.
        order_seeds: of the batch orders and of dropout, shape (M,).
        starts: parameters to start from, shape (M, p), or None for random starts.
        anchors: θ^s of the proximal and Bregman terms, shape (M, p), or None for the starts.
    """

    X: np.ndarray
    y: np.ndarray
    weights: np.ndarray
    start_seeds: np.ndarray
    order_seeds: np.ndarray
    starts: np.ndarray | None = None
    anchors: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.weights)

    def models(self, rows: np.ndarray) -> "Work":
        """The work of some of the models."""
        arrays = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in ("X", "y")}
        return replace(self, **{name: array[rows] for name, array in arrays.items() if array is not None})

    def check(self, training: Training) -> None:
        """Compare the shapes with each other and with the network.

        Raises:
            ValueError: there are no models, a shape does not fit, no point has weight, or θ^s is needed and not there.
        """
        if not len(self):
            raise ValueError("weights has no rows: there is no model to train")
        n, size = len(self.X), training.network(self.X.shape[1]).size
        wanted = {"y": (n,), "weights": (len(self), n), "start_seeds": (len(self),), "order_seeds": (len(self),)}
        wanted |= {"starts": (len(self), size), "anchors": (len(self), size)}
        for name, shape in wanted.items():
            array = getattr(self, name)
            if array is not None and array.shape != shape:
                raise ValueError(f"{name} has shape {array.shape}, wanted {shape}")
        if training.absent == "dropped" and not self.weights.any(axis=1).all():
            raise ValueError(f"model {int(np.argmin(self.weights.any(axis=1)))} has no point of non-zero weight")
        if training.needs_anchors and self.starts is None and self.anchors is None:
            raise ValueError("a proximal or Bregman objective needs starts or anchors (θ^s)")


def make_work(
    X: np.ndarray,
    y: np.ndarray,
    weights: np.ndarray,
    seeds: int | np.ndarray = 0,
    starts: np.ndarray | None = None,
    anchors: np.ndarray | None = None,
) -> Work:
    """The work with one seed a model for start and batch order, and one start or anchor (p,) for all if so given.

    Args:
        X: inputs, shape (n, d).
        y: labels, shape (n,).
        weights: shape (M, n).
        seeds: one for all models, or shape (M,).
        starts: shape (p,) or (M, p), or None.
        anchors: shape (p,) or (M, p), or None.
    """
    models = len(weights)
    each = np.array(np.broadcast_to(seeds, models), dtype=np.int64)
    starts, anchors = (
        None if given is None else np.broadcast_to(given, (models, np.shape(given)[-1])) for given in (starts, anchors)
    )
    return Work(X, y, weights, each, each, starts, anchors)


def random_start(network: Network, seed: int) -> np.ndarray:
    r"""Glorot's uniform start, the default of Keras: weights in $\pm\sqrt{6/(in + out)}$, biases 0. Shape (p,)."""
    rng = np.random.default_rng([seed, 0])
    parts = []
    for rows, columns in network.shapes:
        layer = np.zeros((columns, rows))
        bound = np.sqrt(6 / (rows + columns - 1))
        layer[:-1] = rng.uniform(-bound, bound, (columns - 1, rows))
        parts.append(layer.ravel())
    return np.concatenate(parts)
