"""TensorFlow's settings for influenciae. Read when TensorFlow is loaded, so import this module before it."""

import os

# Keras 2 is what influenciae needs; one thread, so that its times compare; no notices on standard error.
os.environ |= {
    "TF_USE_LEGACY_KERAS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
