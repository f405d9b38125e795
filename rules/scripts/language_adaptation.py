import torch

from influence_lab.artifacts import read_arrays, write_arrays, write_table
from influence_lab.batch import batch
from influence_lab.models.adaptation import Adaptation, adapt, losses
from influence_lab.models.language_states import dataset_of, load_tail

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    states = read_arrays(snakemake.input.states)
    tail, layers = load_tail(snakemake.input.model, snakemake.params.blocks, snakemake.params.layers)
    splits = [name.removesuffix("_states") for name in states if name.endswith("_states")]
    found = {f"{split}_before": losses(tail, dataset_of(states, split)).numpy() for split in splits}
    how = Adaptation(**snakemake.params.training)
    followed = {"held_out": dataset_of(states, "held_out")}
    history = adapt(tail, layers, dataset_of(states, "train"), followed, how)
    write_arrays(snakemake.output.weights, **{name: layer.weight.detach().numpy() for name, layer in layers.items()})
    write_table(snakemake.output.history, history)
    found |= {f"{split}_after": losses(tail, dataset_of(states, split)).numpy() for split in splits}
    write_arrays(snakemake.output.losses, **found)
