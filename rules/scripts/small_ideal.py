import pandas as pd
import torch

from influence_lab.artifacts import write_table
from influence_lab.batch import batch
from influence_lab.evaluations.ideal_derivative import checked_slopes
from influence_lab.evaluations.small_ideal import IdealPlan, ideal
from influence_lab.models.small_gpt_training import Training

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    common, own = snakemake.params.common, dict(snakemake.params.ideal)
    width, proximity, layered = (own.pop(name) for name in ("check_width", "proximity", "layered"))
    base = Training(**common["base"], weight_decay=common["weight_decay"])
    tuning = Training(**common["tuning"], weight_decay=0.0, proximity=proximity)
    sizes = {"width": common["width"], "heads": 4, "layers": 2}
    runs = [ideal(IdealPlan(**own), sizes, base, tuning, seed, seed < layered) for seed in range(common["seeds"])]
    mixtures, slopes = (pd.concat(tables, ignore_index=True) for tables in zip(*runs, strict=True))
    write_table(snakemake.output.mixtures, mixtures)
    write_table(snakemake.output.slopes, slopes)
    write_table(snakemake.output.check, checked_slopes(width))
