from pathlib import Path
from shutil import rmtree

import numpy as np
import pandas as pd
import torch

from influence_lab.artifacts import read_arrays, read_table, write_table
from influence_lab.batch import batch
from influence_lab.data.encoding import encode_queries
from influence_lab.data.sequence_dataset import SequenceDataset
from influence_lab.evaluations.language_selection import (
    SCORED,
    choices,
    rows,
    seconds_with_training,
    tuned_answers,
)
from influence_lab.evaluations.lm_scoreboard import language_scores_by_method
from influence_lab.models.adaptation import Adaptation, adapt
from influence_lab.models.causal_lm import context_of, read_causal_lm
from influence_lab.models.completions import answers
from influence_lab.models.language_states import dataset_of, language_states, load_tail, sequences_of, set_weights
from influence_lab.models.retraining_store import hash_of

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    params = snakemake.params
    table, asked = read_table(snakemake.input.table), read_table(snakemake.input.asked)
    table = table[table["split"] == "train"].reset_index(drop=True)
    facts = np.flatnonzero(asked["kind"] == "fact")
    scores = language_scores_by_method(read_arrays(snakemake.input.methods), read_arrays(snakemake.input.retrieval))
    chosen = choices({name: each[facts] for name, each in scores.items()}, params.seeds, params.targets, params.budgets)
    model, tokenizer = read_causal_lm(Path(snakemake.input.model))
    compounds = asked["compound"].iloc[facts].tolist()
    prompts = [SCORED.format(name.replace("_", " ")) for name in compounds]
    encoded = encode_queries(
        tokenizer, prompts, list(asked["answer"].iloc[facts]), compounds, context_of(model, params.context)
    )
    states = language_states(model, params.blocks, {"query": encoded})
    scored, asked_tokens = dataset_of(states, "query"), sequences_of(states, "query")
    del model
    tail, layers = load_tail(snakemake.input.model, params.blocks, params.layers)
    before = {name: layer.weight.detach().clone() for name, layer in layers.items()}
    texts = read_arrays(snakemake.input.texts)
    candidates, inputs = sequences_of(texts, "train"), torch.from_numpy(texts["train_states"])

    def ask(which):
        log_p, right = answers(tail, SequenceDataset(scored.inputs[which], asked_tokens[which]))
        return {"scored": log_p, "right": right}

    def tune(choice):
        kept = list(choice.texts)
        set_weights(layers, before)
        # All chosen texts in every step: budgets differ in their texts alone, not in the number of steps.
        how = Adaptation(params.steps, len(kept), params.learning_rate, choice.seed)
        adapt(tail, layers, SequenceDataset(inputs[kept], candidates[kept]), {}, how)
        return ask(list(choice.targets))

    work = {name: getattr(params, name) for name in ("steps", "learning_rate", "blocks", "layers")} | {
        "states": hash_of((texts["train_states"], states["query_states"])),
        "scored": SCORED,
    }
    every = list(range(len(facts)))
    untouched, folder = ask(every), Path(params.chunks)
    found = tuned_answers(chosen, tune, folder, work)
    set_weights(layers, read_arrays(snakemake.input.weights))
    training = float(pd.read_csv(snakemake.input.training, sep="\t")["cpu_time"].iloc[0])
    spent = seconds_with_training(read_table(snakemake.input.costs), training)
    write_table(snakemake.output[0], rows(chosen, found, untouched, ask(every), table, compounds, spent))
    rmtree(folder)
