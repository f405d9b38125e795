import pandas as pd
import torch

from influence_lab.artifacts import read_arrays, write_table
from influence_lab.attributions.head_influence import influence_features, whitening
from influence_lab.batch import batch
from influence_lab.evaluations.boundary_flips import flip_table, groups_around, network_flips, seed_images
from influence_lab.models.image_heads import read_heads
from influence_lab.models.torch_cnn import cnn_weights

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    images, model = read_arrays(snakemake.input.images)["train_images"], read_arrays(snakemake.input.model)
    head, params = read_heads(snakemake.input.features).train, snakemake.params
    seeds = seed_images(head.labels, head.classes, params.seeds, params.groups["seed"])
    phi = influence_features(head, whitening(head.hessian(), params.cutoff))
    groups = groups_around(head, phi, seeds, **params.groups)
    limits = float(model["final_learning_rate"]), params.steps, params.norm
    tables = [
        flip_table(head, phi, seeds, groups, *limits),
        network_flips(head, cnn_weights(model), images, seeds, groups, *limits),
    ]
    write_table(snakemake.output[0], pd.concat(tables, ignore_index=True))
