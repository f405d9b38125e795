from pathlib import Path

import torch

from influence_lab.artifacts import read_arrays, read_table, write_arrays, write_facts, write_table
from influence_lab.batch import batch
from influence_lab.models.adaptation import Adaptation
from influence_lab.models.causal_lm import context_of, read_causal_lm
from influence_lab.models.language_states import dataset_of, language_states, load_tail
from influence_lab.models.language_tuning import question_sequences, stage_answers, stage_losses, tune, weights_of

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    params, questions = snakemake.params, read_table(snakemake.input.questions)
    texts, adapted = read_arrays(snakemake.input.texts), read_arrays(snakemake.input.weights)
    model, tokenizer = read_causal_lm(Path(snakemake.input.model))
    encoded = question_sequences(tokenizer, questions, context_of(model, params.context))
    states = language_states(model, params.blocks, encoded)
    write_arrays(snakemake.output.states, **states)

    tail, layers = load_tail(snakemake.input.model, params.blocks, params.layers)
    stages = {"first": weights_of(layers), "pretrained": adapted}
    data = {split: dataset_of(states, split) for split in encoded}
    losses = stage_losses(tail, layers, data, stages)  # leaves the weights of stage one in the layers
    tuned = tune(tail, layers, data, Adaptation(**params.training, proximity=params.alpha))
    stages["tuned"] = tuned.weights
    data |= {f"chemistry_{split}": dataset_of(texts, split) for split in ("train", "held_out")}
    losses |= stage_losses(tail, layers, data, {"tuned": tuned.weights})
    write_arrays(snakemake.output.weights, **tuned.weights)
    write_table(snakemake.output.history, tuned.history)
    write_facts(snakemake.output.facts, tuned.facts)
    write_arrays(snakemake.output.losses, **losses)
    shown = questions[questions["split"] == "query"].iloc[: params.answered]
    answers = stage_answers(model, tokenizer, list(shown["prompt"]), stages, params.tokens)
    write_table(snakemake.output.answers, answers.assign(id=shown["id"].to_numpy()))
