import pandas as pd
import torch

from influence_lab.artifacts import write_table
from influence_lab.batch import batch
from influence_lab.evaluations.small_infra import InfraPlan, infra
from influence_lab.models.small_gpt_training import Training

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    common, own = snakemake.params.common, dict(snakemake.params.infra)
    training = Training(own.pop("steps"), common["base"]["learning_rate"], common["weight_decay"])
    levels = {level: own.pop(level) for level in ("easy", "hard")}
    counts = {f"{subject} {level}": count for subject in ("math", "code") for level, count in levels.items()}
    sizes = {"width": common["width"], "heads": 4, "layers": 2}
    runs = [infra(InfraPlan(counts, **own), sizes, training, seed) for seed in range(common["seeds"])]
    for name, tables in zip(("actions", "texts", "tokens"), zip(*runs, strict=True), strict=True):
        write_table(snakemake.output[name], pd.concat(tables, ignore_index=True))
