"""TensorFlow with Keras 2, for influenciae and the image models. Import this module before any other use of it."""

import os

# Keras 2 is what influenciae needs; one thread, so that times compare and trainings side by side do not contend;
# oneDNN takes a third off a training.
os.environ |= {
    "TF_USE_LEGACY_KERAS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_ENABLE_ONEDNN_OPTS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}

# While it loads, TensorFlow writes notices to file descriptor 2 that no setting turns off.
_standard_error, _nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
os.dup2(_nowhere, 2)
try:
    import tensorflow  # noqa: F401
finally:
    os.dup2(_standard_error, 2)
    os.close(_standard_error)
    os.close(_nowhere)
