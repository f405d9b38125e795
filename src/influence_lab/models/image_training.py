"""Train an image classifier by Adam, so that it can be killed at any moment and goes on as if it had not been.

With a GPU: install `tensorflow[and-cuda]` of the version that the lock pins for `tensorflow-cpu`, in its place. Nothing
here names a device; TensorFlow takes the GPU where it sees one, and its deterministic operations there as well. The
settings of threads concern the processor alone. Bits differ between processor and GPU.
"""

import influence_lab.models.legacy_keras  # noqa: F401 (before TensorFlow)

# isort: split
import hashlib
import time
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy as np
import tensorflow as tf
from scipy.special import logsumexp
from tqdm import tqdm

from influence_lab.imports import imported_files
from influence_lab.models.image_checkpoints import Checkpoints
from influence_lab.models.image_models import image_model, named_weights, outputs, scaled, weight_names
from influence_lab.models.image_schedule import Schedule

Array = np.ndarray
HISTORY = ("running_loss", "running_accuracy", "test_loss", "test_accuracy")
LOSS_IMAGES = 5_000  # first training images, for the loss before and after training


def train_image_model(
    name: str, data: Mapping[str, Array], schedule: Schedule, folder: Path | str, seconds: float = 45.0
) -> dict[str, Array]:
    """Minimise the mean cross-entropy of one architecture, and of the ResNet its weight decay too.

    Args:
        name: of the architecture, see `image_model`.
        data: arrays of `results/data/images.npz`.
        schedule: steps and learning rates; its seed is that of weights, batch order and dropout.
        folder: where checkpoints are kept; remove it once the result is stored.
        seconds: between checkpoints; there is one after each epoch as well.

    Returns:
        w000, w001, … as Keras orders them; running_loss, running_accuracy (over an epoch's batches, with dropout,
        without weight decay), test_loss, test_accuracy after each epoch, shape (epochs,); start_loss and end_loss, the
        mean cross-entropy of the first 5,000 training images before and after training; final_learning_rate.

    Raises:
        OtherTrainingError: the folder holds checkpoints of another training.
    """
    training = _Training(name, data, schedule, Checkpoints(folder, _fingerprint(name, data, schedule)))
    training.run(seconds)
    return (
        named_weights(training.model)
        | {key: np.array(training.history[key]) for key in HISTORY}
        | {"start_loss": np.array(training.start_loss), "end_loss": np.array(training.loss_now())}
        | {"final_learning_rate": np.array(schedule.rate(schedule.steps - 1))}
    )


def cross_entropies(logits: Array, labels: Array) -> Array:
    """Cross-entropy of each row in nats and float64, shape (n,)."""
    logits = logits.astype(float)
    return logsumexp(logits, axis=1) - logits[np.arange(len(labels)), labels]


class _Training:
    """A training at some step: model, Adam's moments, the sums of the epoch that is under way, past epochs."""

    def __init__(self, name: str, data: Mapping[str, Array], schedule: Schedule, checkpoints: Checkpoints) -> None:
        self.data, self.schedule, self.checkpoints = data, schedule, checkpoints
        self.model = image_model(name, schedule.seed)
        self.optimiser = tf.keras.optimizers.Adam(jit_compile=False)
        self.optimiser.build(self.model.trainable_variables)
        self.advance = _step_function(self.model, self.optimiser, schedule.seed)
        stored = checkpoints.newest()
        if stored is None:
            self.step, self.sums = 0, np.zeros(2)
            self.history = {key: [] for key in HISTORY}
            self.start_loss = self.loss_now()
        else:
            self.take(stored)

    def run(self, seconds: float) -> None:
        """All steps that are left."""
        per_epoch, steps = self.schedule.steps_per_epoch, self.schedule.steps
        last = time.monotonic()
        # disable=None: a bar on a terminal, silence elsewhere
        with tqdm(total=steps, initial=self.step, unit="batch", disable=None) as bar:
            while True:
                if self.step // per_epoch > len(self.history["test_loss"]):
                    self.end_epoch()
                    bar.set_postfix(test_accuracy=self.history["test_accuracy"][-1])
                if self.step == steps:
                    return
                self.batch(self.schedule.rows(self.step))
                bar.update()
                if self.step % per_epoch == 0 or time.monotonic() - last > seconds:
                    self.keep()
                    last = time.monotonic()

    def batch(self, rows: Array) -> None:
        """One step of Adam."""
        self.optimiser.learning_rate = self.schedule.rate(self.step)
        images, labels = scaled(self.data["train_images"][rows]), self.data["train_labels"][rows]
        self.sums += [float(value) for value in self.advance(images, labels, tf.constant(self.step))]
        self.step += 1

    def end_epoch(self) -> None:
        """Loss and accuracy over the epoch's batches and on the test images."""
        labels = self.data["test_labels"]
        logits = outputs(self.model, self.data["test_images"])
        test = (cross_entropies(logits, labels).mean(), np.mean(logits.argmax(axis=1) == labels))
        for key, value in zip(HISTORY, (*self.sums / self.schedule.images, *test), strict=True):
            self.history[key].append(float(value))
        self.sums = np.zeros(2)

    def loss_now(self) -> float:
        """Mean cross-entropy of the first training images."""
        images, labels = (self.data[f"train_{part}"][:LOSS_IMAGES] for part in ("images", "labels"))
        return float(cross_entropies(outputs(self.model, images), labels).mean())

    def keep(self) -> None:
        """Write a checkpoint: all that later steps depend on. Batches, rates and dropout are functions of the step."""
        moments = {f"adam_{key}": variable.numpy() for key, variable in self._moments().items()}
        facts = {"step": self.step, "sums": self.sums, "start_loss": self.start_loss} | self.history
        arrays = {key: np.array(value) for key, value in facts.items()}
        self.checkpoints.write(self.step, named_weights(self.model) | moments | arrays)

    def take(self, stored: Mapping[str, Array]) -> None:
        """Go on from a checkpoint."""
        self.model.set_weights([stored[key] for key in weight_names(len(self.model.weights))])
        for key, variable in self._moments().items():
            variable.assign(stored[f"adam_{key}"])
        self.step, self.sums, self.start_loss = int(stored["step"]), stored["sums"], float(stored["start_loss"])
        self.history = {key: stored[key].tolist() for key in HISTORY}
        print(f"goes on from the checkpoint at step {self.step} of {self.schedule.steps}", flush=True)

    def _moments(self) -> dict[str, tf.Variable]:
        variables = self.optimiser.variables
        return dict(zip(weight_names(len(variables)), variables, strict=True))


def _step_function(
    model: tf.keras.Model, optimiser: tf.keras.optimizers.Optimizer, seed: int
) -> tf.types.experimental.PolymorphicFunction:
    """One step of Adam on a batch; gives the batch's summed cross-entropy and its number of right predictions."""

    def training_logits(images: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
        found = images
        for layer in model.layers:
            if isinstance(layer, tf.keras.layers.Dropout):
                # Keras's own masks come from a generator whose state no checkpoint could hold
                found = tf.nn.experimental.stateless_dropout(found, layer.rate, seed=[seed, step], rng_alg="philox")
            elif isinstance(layer, tf.keras.Model):  # the ResNet's trunk, with its batch normalisation
                found = layer(found, training=True)
            else:
                found = layer(found)
        return found

    @tf.function(
        input_signature=[
            tf.TensorSpec((None, *model.input_shape[1:]), tf.float32),
            tf.TensorSpec((None,), tf.int64),
            tf.TensorSpec((), tf.int32),
        ]
    )
    def advance(images: tf.Tensor, labels: tf.Tensor, step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            logits = training_logits(images, step)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            objective = tf.reduce_mean(losses) + tf.add_n(model.losses or [0.0])
        variables = model.trainable_variables
        optimiser.apply_gradients(zip(tape.gradient(objective, variables), variables, strict=True))
        right = tf.equal(tf.argmax(logits, axis=1), labels)
        return tf.reduce_sum(losses), tf.math.count_nonzero(right)

    return advance


def _fingerprint(name: str, data: Mapping[str, Array], schedule: Schedule) -> dict[str, object]:
    hashes = {key: _hash(array) for key, array in data.items() if key.endswith(("_images", "_labels"))}
    return {"model": name} | asdict(schedule) | hashes | {"code": _code(), "tensorflow": tf.__version__}


def _hash(array: Array) -> str:
    total = hashlib.sha256(repr((array.dtype.str, array.shape)).encode())
    total.update(np.ascontiguousarray(array).data)
    return total.hexdigest()


@cache
def _code() -> str:
    trainer = Path(__file__)
    return hashlib.sha256(b"".join(path.read_bytes() for path in [trainer, *imported_files(trainer)])).hexdigest()
