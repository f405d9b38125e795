import pandas as pd
import torch

from influence_lab.artifacts import read_arrays, write_table
from influence_lab.batch import batch
from influence_lab.evaluations.boundary_draws import chosen_groups, judged_classes
from influence_lab.evaluations.boundary_groups import network_table
from influence_lab.models.image_heads import read_heads
from influence_lab.models.torch_cnn import cnn_weights

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    data, model = read_arrays(snakemake.input.images), read_arrays(snakemake.input.model)
    head, params = read_heads(snakemake.input.features).train, snakemake.params
    names, limits = data["classes"].tolist(), (float(model["final_learning_rate"]), params.steps, params.norm)
    groups = chosen_groups(head, names, **params.groups)
    small = min(params.groups["sizes"])
    beside = [group for group in groups if group[0] in judged_classes(names) and len(group[3]) == small]
    tables = [
        network_table(head, cnn_weights(model), data["train_images"], chosen, method, *limits)
        for method, chosen in (("network", groups), ("network_predicted", beside))
    ]
    write_table(snakemake.output[0], pd.concat(tables, ignore_index=True))
