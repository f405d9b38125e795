"""TensorFlow's settings, for influenciae and for the image models. Import this module before TensorFlow reads them."""

import os

# Keras 2 is what influenciae needs; one thread, so that times compare and trainings side by side do not contend;
# oneDNN takes a third off a training; no notices on standard error.
os.environ |= {
    "TF_USE_LEGACY_KERAS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_ENABLE_ONEDNN_OPTS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
