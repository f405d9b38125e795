import pandas as pd
import torch

from influence_lab.artifacts import write_facts, write_table
from influence_lab.batch import batch
from influence_lab.evaluations.intervals import mean_interval
from influence_lab.evaluations.small_equal import EqualPlan, equal, score_agreement
from influence_lab.models.small_gpt_training import Training

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    common, own = snakemake.params.common, dict(snakemake.params.equal)
    tuning = Training(**common["tuning"], weight_decay=0.0, proximity=own.pop("proximity"))
    base = Training(**common["base"], weight_decay=common["weight_decay"])
    sizes = {"width": common["width"], "heads": 4, "layers": 2}
    runs = [equal(EqualPlan(**own), sizes, base, tuning, seed) for seed in range(common["seeds"])]
    choices, clusters = (pd.concat(tables, ignore_index=True) for tables in zip(*runs, strict=True))
    write_table(snakemake.output.choices, choices)
    write_table(snakemake.output.clusters, clusters)
    facts = {"seeds": common["seeds"]}
    for prefix, first, second in (
        ("", "transport", "influence"),
        ("redrawn_", "redrawn", "influence"),
        ("newton_", "newton", "influence"),
        ("transport_", "transport", "transport_redrawn"),
    ):
        mean, half = mean_interval(score_agreement(clusters, first, second))
        facts |= {f"{prefix}agreement": mean, f"{prefix}low": mean - half, f"{prefix}high": mean + half}
    write_facts(snakemake.output.agreement, facts)
