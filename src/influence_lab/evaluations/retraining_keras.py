"""Retraining as a Keras user writes it: `fit` on the data without the point. Imports TensorFlow, so nothing else does.

influenciae, the report's library, needs Keras 2, so that is the one timed.
"""

import os

# Read when TensorFlow is imported. Without the oneDNN option each start prints four lines; layers as small as these
# take as long with it as without.
os.environ |= {"TF_USE_LEGACY_KERAS": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}

import numpy as np
import tensorflow as tf

from influence_lab.models.retraining_work import Training, Work


def compiled_model(training: Training, inputs: int) -> tf.keras.Model:
    """The report's network: ReLU layers, one sigmoid, binary cross-entropy, Adam."""
    layers = [tf.keras.layers.Dense(width, activation=training.activation) for width in training.hidden]
    model = tf.keras.Sequential(
        [tf.keras.layers.InputLayer((inputs,)), *layers, tf.keras.layers.Dense(1, activation="sigmoid")]
    )
    model.compile(optimizer=tf.keras.optimizers.Adam(training.learning_rate), loss="binary_crossentropy")
    return model


def fit_rebuilt(work: Work, training: Training) -> None:
    """Build, compile and fit a new model for each row of weights, on the points of non-zero weight."""
    for weights in work.weights:
        tf.keras.backend.clear_session()
        _fit(compiled_model(training, work.X.shape[1]), work, training, weights)


def fit_reused(work: Work, training: Training) -> None:
    """Compile once; before each fit set model and optimiser back to their start, as a careful user does."""
    tf.keras.backend.clear_session()
    model = compiled_model(training, work.X.shape[1])
    model.optimizer.build(model.trainable_variables)
    start, state = model.get_weights(), [variable.numpy() for variable in model.optimizer.variables]
    for weights in work.weights:
        model.set_weights(start)
        for variable, value in zip(model.optimizer.variables, state, strict=True):
            variable.assign(value)
        _fit(model, work, training, weights)


def _fit(model: tf.keras.Model, work: Work, training: Training, weights: np.ndarray) -> None:
    kept = weights != 0
    model.fit(work.X[kept], work.y[kept], batch_size=training.batch_size, epochs=training.epochs, verbose=0)
