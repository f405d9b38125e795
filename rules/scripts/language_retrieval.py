import torch

from influence_lab.artifacts import read_arrays, read_table, write_arrays
from influence_lab.attributions.retrieval import mean_states, retrieval_scores, tfidf_variants
from influence_lab.batch import batch
from influence_lab.data.encoding import encode_texts
from influence_lab.models.causal_lm import load_causal_lm
from influence_lab.models.language_states import language_states

with batch(snakemake):
    torch.set_num_threads(snakemake.threads)
    table, asked = read_table(snakemake.input.texts), read_table(snakemake.input.queries)
    texts, prompts = list(table["text"][table["split"] == "train"]), list(asked["prompt"])
    written = {"query": list(asked["prompt"] + asked["answer"]), "prompt": prompts}
    states = read_arrays(snakemake.input.states)
    model, tokenizer = load_causal_lm(snakemake.input.model)
    encoded = {
        which: encode_texts(tokenizer, lines, list(asked["id"]), snakemake.params.context)
        for which, lines in written.items()
    }
    states |= language_states(model, snakemake.params.blocks, encoded)
    vectors = {
        which: mean_states(states[f"{which}_states"], states[f"{which}_weights"]) for which in ("train", *written)
    }

    def tokens(text: str) -> list[int]:
        return tokenizer.encode(text, add_special_tokens=False)

    scores = {
        which: retrieval_scores(texts, lines, tokens, vectors["train"], vectors[which], snakemake.params.seed)
        for which, lines in written.items()
    }
    write_arrays(snakemake.output.scores, **scores["query"])
    write_arrays(
        snakemake.output.variants,
        **{f"prompt_{name}": values for name, values in scores["prompt"].items()},
        **tfidf_variants(texts, written["query"], tokens),
    )
