import torch

from influence_lab.artifacts import read_arrays, write_table
from influence_lab.batch import batch
from influence_lab.evaluations.boundary_draws import chosen_groups
from influence_lab.evaluations.boundary_groups import network_table
from influence_lab.models.image_heads import read_heads
from influence_lab.models.torch_cnn import cnn_weights

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    data, model = read_arrays(snakemake.input.images), read_arrays(snakemake.input.model)
    head, params = read_heads(snakemake.input.features).train, snakemake.params
    groups = chosen_groups(head, data["classes"].tolist(), **params.groups)
    rate = float(model["final_learning_rate"])
    table = network_table(head, cnn_weights(model), data["train_images"], groups, rate, params.steps, params.norm)
    write_table(snakemake.output[0], table)
