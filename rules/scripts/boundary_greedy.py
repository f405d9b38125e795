import torch

from influence_lab.artifacts import read_arrays, write_arrays
from influence_lab.batch import batch
from influence_lab.evaluations.boundary_greedy import greedy_groups
from influence_lab.models.image_heads import read_heads
from influence_lab.models.torch_cnn import cnn_weights

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    images, model = read_arrays(snakemake.input.images)["train_images"], read_arrays(snakemake.input.model)
    head, rate = read_heads(snakemake.input.features).train, float(model["final_learning_rate"])
    arrays = greedy_groups(head, cnn_weights(model), images, rate=rate, **snakemake.params.rule)
    write_arrays(snakemake.output[0], **arrays)
