import torch

from influence_lab.artifacts import write_table
from influence_lab.batch import batch
from influence_lab.data.selection_pool import selection_world
from influence_lab.evaluations.data_selection import Selection
from influence_lab.models.selection_stages import selection_stages

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    values, seed = snakemake.params.values, int(snakemake.wildcards.seed)
    torch.manual_seed(seed)  # kronfluence's eigenvectors
    world = selection_world(seed, values["targets"], values["wrong"])
    selection = Selection(world, selection_stages(snakemake.params.small_gpt, values), seed)
    write_table(snakemake.output.choices, selection.choices(values["budgets"]))
    write_table(snakemake.output.reference, selection.facts())
    write_table(snakemake.output.removals, selection.removals(values["removed"], values["removal_draws"]))
