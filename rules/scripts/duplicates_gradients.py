import numpy as np
import torch

from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.attributions.cnn_trak import all_layers
from influence_lab.batch import batch
from influence_lab.data.near_duplicates import read_pairs
from influence_lab.evaluations.duplicate_retrieval import draw_queries
from influence_lab.models.cnn_gradients import SmallCNN, check_features

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    images, network = read_arrays(snakemake.input.images), SmallCNN(read_arrays(snakemake.input.model))
    x, y = images["train_images"], images["train_labels"]
    check_features(network, x, read_arrays(snakemake.input.features)["train_features"])
    queries = draw_queries(read_pairs(snakemake.input.pairs)[0], len(x), **snakemake.params.queries)
    found = all_layers(network, x, y, queries.images, snakemake.params.dimension, seed=int(snakemake.wildcards.seed))
    write_arrays(snakemake.output[0], **{name: np.asarray(value) for name, value in found._asdict().items()})
