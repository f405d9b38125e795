from functools import partial

import numpy as np

from influence_lab.artifacts import read_arrays, write_facts, write_table
from influence_lab.batch import batch
from influence_lab.evaluations.retraining_bench import (
    ENGINE,
    Contender,
    cost_by_size,
    largest_difference,
    retraining_ratios,
    timings,
)
from influence_lab.evaluations.retraining_keras import fit_rebuilt, fit_reused
from influence_lab.evaluations.retraining_torch import retrain_one_by_one
from influence_lab.models.retraining import retrain
from influence_lab.models.retraining_weights import leave_one_out
from influence_lab.models.retraining_work import Training, make_work

with batch(snakemake):
    config, data = snakemake.params.toy, read_arrays(snakemake.input.data)
    training = Training(
        hidden=tuple(config["hidden"]),
        epochs=config["epochs"],
        batch_size=config["batch_size"],
        learning_rate=config["learning_rate"],
    )
    models, loops = config["bench_engine_models"], config["bench_loop_models"]
    points = len(data["X_train"])
    weights = leave_one_out(points)[np.arange(models) % points]
    work = make_work(data["X_train"], data["y_train"], weights, np.arange(models))
    contenders = {
        ENGINE: Contender(partial(retrain, threads=snakemake.threads), models),
        "engine, one core": Contender(retrain, max(models // 4, 1)),
        "torch loop": Contender(retrain_one_by_one, loops, target=8),
        "Keras fit, model rebuilt": Contender(fit_rebuilt, config["bench_keras_models"], target=50),
        "Keras fit, one compiled model": Contender(fit_reused, config["bench_keras_models"]),
    }
    table = timings(work, training, contenders, config["bench_repeats"])
    agreement = largest_difference(work.models(np.arange(min(loops, 3))), training)
    cost = cost_by_size(work, training, config["bench_points"], config["bench_widths"], min(models, 32), 1)
    write_table(snakemake.output.cost, cost)
    write_facts(
        snakemake.output.ratios,
        {
            "points": points,
            "hidden": config["hidden"],
            "epochs": config["epochs"],
            "batch_size": config["batch_size"],
            "cores": snakemake.threads,
            "ratios": retraining_ratios(table, contenders),
            "largest_difference_float64": agreement,
            "timings": table.to_dict("records"),
        },
    )
