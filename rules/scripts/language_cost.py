import torch

from influence_lab.artifacts import write_table
from influence_lab.batch import batch
from influence_lab.evaluations.language_cost import CostPlan, growth_cost, rank_cost

SMOLLM2 = (1536, 576)  # a layer of SmolLM2's MLP

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    cost = {name.removeprefix("cost_"): value for name, value in snakemake.params.cost.items()}
    plan = CostPlan(**cost)
    write_table(snakemake.output.growth, growth_cost(plan))
    write_table(snakemake.output.ranks, rank_cost(snakemake.params.ranks, SMOLLM2, 16, plan.tokens, plan.seed))
