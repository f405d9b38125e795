# ---
# jupyter:
#   jupytext:
#     notebook_metadata_filter: kernelspec,jupytext,-jupytext.text_representation.jupytext_version
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Can a chat answer be traced through two stages of a real language model?
#
# **The question.** A chat model answers in the form that fine-tuning taught it, but most of what it knows comes from the stage before. The blog (section 1.6) asks how to
# trace the answer to *those* texts. Here SmolLM2 goes through two stages: first the chemistry texts of the pages before, of which we know what each states, then
# questions with their answers on structured facts about elements. It is then asked in the form of stage two for what only stage one has taught: what water is composed of.
#
# Stage two trains the same MLP layers, held near the parameters $\theta_{pt}$ where stage one ended:
#
# $$
# \theta_{ft} = \arg\min_\theta\; \frac1n\sum_j L_j(\theta) + \frac\alpha2\lVert\theta - \theta_{pt}\rVert^2 .
# $$ (eq-lmtwo-objective)
#
# With $f = \log p(\text{answer}\mid\text{question})$ and $\hat G$ the EK-FAC approximation of each stage's curvature, the influence of a text of stage one is
#
# $$
# I_i = -\alpha\,\nabla f(\theta_{ft})^\top (\hat G_{ft} + \alpha I)^{-1} (\hat G_{pt} + \lambda I)^{-1} \nabla L_i(\theta_{pt}) .
# $$ (eq-lmtwo-influence)
#
# Two sets of factors, two eigenbases, applied one after the other: a gradient goes into the basis of stage two and is divided, goes over into that of stage one, and is divided
# again. The factor $-\alpha$, which the blog leaves out, is derived on the page on [influence through several stages](12_multi_stage.ipynb). A positive score says that the text helped.

# %% tags=["parameters"]
seed = 0
pairs = 48
held_out = 21
alpha = 1.0
other_alphas = [1.0e-2]
epochs = 6
batch_size = 16
learning_rate = 3.0e-4
answered = 6
answer_tokens = 8
top = 3
draws = 1000
cost_texts = 8
cost_queries = 3
cost_layers = 1
cost_draws = 4
cost_repeats = 3

# %%
import numpy as np
import pandas as pd
from IPython.display import Markdown, display

from influence_lab.artifacts import read_arrays, read_facts, read_table
from influence_lab.attributions.two_stage_names import VARIANTS
from influence_lab.evaluations.bootstrap_scores import FEW
from influence_lab.evaluations.intervals import mean_interval, plus_minus
from influence_lab.evaluations.two_stage_costs import fitted_line, ratios
from influence_lab.evaluations.two_stage_tracing import FULL, agreement, sizes, stating, tracing_table
from influence_lab.figures import two_stage_lm as figures
from influence_lab.figures.show import show, show_table
from influence_lab.locations import artifact

texts = read_table(artifact("data/chemistry.parquet")).query("split == 'train'").reset_index(drop=True)
questions = read_table(artifact("data/language_questions.parquet"))
asked = questions[questions["split"] == "query"].reset_index(drop=True)
losses = read_arrays(artifact("models/language_tuning_losses.npz"))
earlier = read_arrays(artifact("models/language_losses.npz"))
for split in ("train", "held_out"):
    losses |= {
        f"chemistry_{split}_first": earlier[f"{split}_before"],
        f"chemistry_{split}_pretrained": earlier[f"{split}_after"],
    }
tuning = read_facts(artifact("models/language_tuning.json"))
history = (
    read_table(artifact("models/language_tuning_history.parquet"))
    .query("split == 'held_out'")
    .set_index("epoch")["loss"]
)
answers = read_table(artifact("models/language_tuning_answers.parquet"))
found = read_arrays(artifact("attributions/language_two_stage.npz"))
costs = read_table(artifact("attributions/language_two_stage_cost.parquet"))

relevant = stating(asked["fact"].to_numpy(), texts)
swept = {f"alpha {each:g}": each for each in other_alphas}
names = VARIANTS | {"bm25": "BM25, for comparison"}
scores = {name: found[name].astype(float) for name in [*names, *swept]}
STAGES = {"first": "as it came", "pretrained": "after stage one", "tuned": "after stage two"}


def said(row, part=""):
    """A value with its interval; `part` is "" or "difference"."""
    value, low, high = (
        row[part or "value"],
        row[f"{part}_low" if part else "low"],
        row[f"{part}_high" if part else "high"],
    )
    sign = "+" if part else ""
    if np.isnan(low):
        return f"{value:{sign}.2f} (one query)"
    low, high = np.clip((low, high), -1.0 if part else 0.0, 1.0)  # where precisions and their differences lie
    return f"{value:{sign}.2f} ({low:{sign}.2f} to {high:{sign}.2f})"


# %% [markdown]
# ## Stage two
#
# The pairs are made from the facts in `mendeleev`'s database, seven kinds in turn, about elements drawn at random; the loss is that of the answer alone. No pair says what a compound
# is composed of. α trades two things against each other: a weak pull lets fine-tuning forget stage one, a strong one does not let it learn the form.
# The default α = 1 comes from two trials, on 60 pairs. With bare answers in place of sentences, and 10 epochs, the texts of stage one lost 8.7, 8.0 and 4.5 nats with α = 0.01, 0.1 and 1.
# With sentences and 6 epochs, as here, other questions were left with a loss of 16.5 nats with α = 10, and of 12.7 with 1.

# %% tags=["hide-input"]
SETS = {
    "tuning": "answers of the pairs",
    "held_out": "answers to other questions of that form",
    "query": "answers that only stage one taught",
    "chemistry_train": "texts of stage one",
    "chemistry_held_out": "texts kept apart in stage one",
}
means = {split: {stage: float(losses[f"{split}_{stage}"].mean()) for stage in STAGES} for split in SETS}
show_table(
    pd.DataFrame(
        [
            {"loss, nats a text": label} | {STAGES[stage]: means[split][stage] for stage in STAGES}
            for split, label in SETS.items()
        ]
    ),
    f"Mean losses with the weights of each stage: {pairs} pairs, {epochs} epochs, α = {alpha:g}.",
)
learned = means["held_out"]["pretrained"] - means["held_out"]["tuned"]
forgot = means["chemistry_train"]["tuned"] - means["chemistry_train"]["pretrained"]
gained = means["chemistry_train"]["first"] - means["chemistry_train"]["pretrained"]
kept = means["query"]["pretrained"] - means["query"]["tuned"]
display(
    Markdown(
        f"Other questions of the form are answered {abs(learned):.2f} nats {'better' if learned > 0 else 'worse'} after stage two. Of the {gained:.1f} nats that stage one had taken off its texts' losses, "
        + (
            f"{forgot:.1f} ({forgot / gained:.0%}) are lost again"
            if forgot > 0
            else f"nothing is lost (a further {-forgot:.1f} nats are gained)"
        )
        + f"; the answers that only stage one taught are {abs(kept):.2f} nats {'more' if kept > 0 else 'less'} probable than before stage two. "
        f"The loss of the other questions was lowest after epoch {history.idxmin()} of {history.index.max()}. The parameters have moved by ‖θ_ft − θ_pt‖ = {tuning['moved']:.2g}. The gradient of the objective has a norm of {tuning['gradient_after']:.2g}, from {tuning['gradient_before']:.2g} at the start: "
        "the formula takes it to be 0, and "
        + (
            "it is not small: stage two has **not reached its minimum**."
            if tuning["gradient_after"] > 0.1 * tuning["gradient_before"]
            else "it has fallen to less than a tenth."
        )
    )
)
shown = answers.rename(columns={"prompt": "asked"} | STAGES).drop(columns="id")
show_table(
    shown.assign(taught=asked["answer"].iloc[: len(answers)].to_numpy()),
    f"Most probable continuation, up to {answer_tokens} tokens, of the question and the beginning of its answer; beside it what stage one taught.",
)

# %% [markdown]
# ## Tracing the answers
#
# For each question the texts of stage one are ranked by the formula {eq}`eq-lmtwo-influence` and by what is left when a part is taken away:
#
# - **without stage two's inverse**: the query's gradient at $\theta_{ft}$ goes straight to stage one's curvature;
# - **without stage one's inverse**: what the public benchmark of the paper computes;
# - **without either**: a dot product of gradients from two different models;
# - **single stage, gradients at $\theta_{ft}$**: the fine-tuned model is taken for one that was trained on the texts last; their gradients are computed there too. The factors stay those of $\theta_{pt}$, as a fit of their own
#   would double the cost; on the page on [two-stage retraining](12_two_stage_retraining.ipynb) "all at $\theta_{ft}$" has factors of $\theta_{ft}$;
# - **single stage at $\theta_{pt}$**: the model before fine-tuning is asked, in the new form.
#
# **Precision** is the share of texts that state the answer among the first few, as on the page [Which methods earn their cost](11_lm_scoreboard.ipynb); for planted mistakes, those that state the mistake. A text may state a
# fact and have taught nothing: tracing is not the truth about influence. That, with real retraining in two stages, is on the page on [two-stage retraining](12_two_stage_retraining.ipynb).

# %%
board = tracing_table(scores, relevant, top, draws, seed)
board[["low", "high"]] = board[["low", "high"]].clip(0.0, 1.0)  # Student's t does not know where precisions end
carriers = board[board["metric"] == "precision_carriers"].set_index("variant")
chance = float(relevant.mean())
ahead = [name for name in VARIANTS if name != FULL and carriers.loc[name, "difference_high"] < 0]
better = [name for name in VARIANTS if name != FULL and carriers.loc[name, "difference_low"] > 0]

# %% tags=["hide-input"]
over = "Student’s t" if len(asked) < FEW else "bootstrap"
show(
    figures.precision(
        f"Precision through two stages {carriers.loc[FULL, 'value']:.2f}; at θ_pt alone {carriers.loc['single', 'value']:.2f},<br>"
        f"without stage one's inverse {carriers.loc['without_pretrained', 'value']:.2f}",
        board,
        {
            "precision_k": f"precision at {top}",
            "precision_carriers": "precision, k = carriers",
            "reciprocal_rank": "reciprocal rank",
        },
        names,
        chance,
    ),
    f"{len(asked)} questions, {len(texts)} texts; means with 95 % intervals over questions ({over}). Dotted: texts drawn at random.",
    "Precision, k = carriers: "
    + "; ".join(f"{label} {said(carriers.loc[name])}" for name, label in names.items())
    + ".",
)
show_table(
    pd.DataFrame(
        [
            {
                "variant": label,
                "precision, k = carriers": said(carriers.loc[name]),
                "less the full formula": "" if name == FULL else said(carriers.loc[name], "difference"),
            }
            for name, label in names.items()
        ]
    ),
    "Differences from the full formula, paired over questions.",
)


def listed(chosen):
    """Variants by their readers' names."""
    return ", ".join(f"“{VARIANTS[name]}”" for name in chosen)


level = [name for name in VARIANTS if name not in [FULL, *ahead, *better]]
sentences = [
    f"The full formula finds more of the stating texts than {listed(ahead)}." if ahead else "",
    f"It finds **fewer** than {listed(better)}." if better else "",
    f"From {listed(level)} it cannot be told apart on these questions." if level else "",
]
display(
    Markdown("**Verdict on tracing** (paired 95 % intervals that do not hold 0): " + " ".join(filter(None, sentences)))
)

# %% [markdown]
# ### Do the variants rank alike?

# %%
alike = agreement({name: scores[name] for name in names})

# %% tags=["hide-input"]
show(
    figures.agreements(
        f"Rank agreement of the full formula with the single stage at θ_pt {alike.loc[FULL, 'single']:.2f},<br>"
        f"with the formula without stage one's inverse {alike.loc[FULL, 'without_pretrained']:.2f}",
        alike,
        names,
    ),
    "Spearman's correlation over all texts, the mean over questions.",
    "Rank correlation with the full formula: "
    + "; ".join(f"{label} {alike.loc[FULL, name]:.2f}" for name, label in names.items() if name != FULL)
    + ".",
)

# %% [markdown]
# ### What α does in the formula
#
# The model stays the one that was fine-tuned with the default α; only the α in the formula changes, which costs a division. Directions in which $\hat G_{ft}$ is larger than α are taken out,
# because fine-tuning has decided there and has forgotten where it came from; $\sum \Lambda/(\Lambda + \alpha)$ counts them. α → ∞ is the formula without stage two's inverse.

# %% tags=["hide-input"]
strengths = dict(sorted({FULL: alpha, **swept}.items(), key=lambda entry: entry[1]))
decided = dict(zip(found["alphas"].tolist(), found["decided"].tolist(), strict=True))
show_table(
    pd.DataFrame(
        [
            {
                "α": f"{value:g}",
                "directions decided by stage two": f"{decided[value]:,.0f} of {int(found['directions']):,}",
                "precision, k = carriers": said(carriers.loc[name]),
                "rank agreement with α → ∞": f"{agreement({'a': scores[name], 'b': scores['without_tuned']}).loc['a', 'b']:.3f}",
                "median size of a score": f"{np.median(np.abs(scores[name])):.3g}",
            }
            for name, value in strengths.items()
        ]
    ),
    f"Fine-tuned with α = {alpha:g}.",
)

near, other = (alike.loc[FULL, name] for name in ("without_tuned", "without_pretrained"))
drawn = costs[costs["part"] == "second factors"].groupby("way")[["trace", "decided"]].mean()
more = drawn.loc["draws"] / drawn.loc["two"]
weakest = min(swept, key=swept.get)  # as eigenvalues that are larger by so much, with the α of fine-tuning
larger, kept_order = (
    alpha / swept[weakest],
    agreement({"a": scores[weakest], "b": scores["without_tuned"]}).loc["a", "b"],
)
sure = larger > more["trace"] and kept_order > 0.95
display(
    Markdown(
        f"With the α of fine-tuning, stage two decides in {decided[alpha] / int(found['directions']):.2g} of all directions. Leaving its inverse out gives a rank agreement of {near:.3f} with the full formula, leaving out stage one's one of {other:.2f}. "
        + (
            "So few pairs say so little about so many weights that the inverse, times α, is nearly the identity: "
            + ("**" if sure else "")
            + "it is stage one's inverse that the order of texts depends on"
            + ("**." if sure else ", if the eigenvalues can be trusted.")
            if near > 0.99 and other < 0.5
            else "That does not say that the order of the texts depends on one inverse alone."
        )
        + "\n\n"
        "**Can the eigenvalues of stage two be trusted?** Each label is drawn once from the model itself, and a model sure of its answers draws the same ones; on the page on [two-stage retraining](12_two_stage_retraining.ipynb) "
        f"one draw made them much too small. Here, for {cost_texts} pairs in the last {cost_layers} attributed layer(s), {cost_draws} draws of each label give eigenvalues whose sum is {more['trace']:.2f} times that of one draw, and decide in {more['decided']:.2f} times as many directions. "
        + (
            f"Eigenvalues {larger:.3g} times as large would change the formula as α = {swept[weakest]:g} does in the table: the rank agreement with α → ∞ is then {kept_order:.3f}, so that "
            + ("such a bias would not touch the conclusion." if sure else "such a bias would matter.")
            if larger > 1
            else "What a larger bias would do is not tried here: it takes a smaller α in the formula."
        )
    )
)

# %% [markdown]
# ### Sizes
#
# Divided by the number of texts, the scores of the texts that state an answer add up to the predicted drop of $\log p$ without them. It can be held against something real: by how much $\log p$ has risen in both
# stages together.

# %% tags=["hide-input"]
drop = sizes(scores[FULL], relevant, len(texts))
single_drop = sizes(scores["single"], relevant, len(texts))
rise = losses["query_first"] - losses["query_tuned"]
credible = np.median(np.abs(drop)) <= np.median(np.abs(rise))
display(
    Markdown(
        f"Without the texts that state it, an answer is predicted to lose {np.median(drop):.3g} nats (median over questions; largest {np.max(drop):.3g}); the single stage at θ_pt predicts {np.median(single_drop):.3g}. "
        f"Both stages together have raised log p by {np.median(rise):.3g} nats (median). "
        + (
            "The prediction is not larger than what happened; whether it is right cannot be told without retraining."
            if credible
            else "**Nothing of that size has happened to log p: the sizes are not to be trusted**, and only the order is read here. The same was seen on the page on [token influence](10_token_influence.ipynb), with one stage."
        )
    )
)

# %% [markdown]
# ### The texts behind an answer

# %% tags=["hide-input"]
for row in sorted({0, len(asked) - 1}):
    order = np.argsort(-scores[FULL][row])[: top + 2]
    show_table(
        pd.DataFrame(
            {
                "influence": [f"{value:+.3g}" for value in scores[FULL][row][order]],
                "states the answer": ["yes" if relevant[row, text] else "" for text in order],
                "rank, single stage at θ_pt": [
                    int((scores["single"][row] > scores["single"][row][text]).sum()) + 1 for text in order
                ],
                "text": texts["text"].to_numpy()[order],
            }
        ),
        f"“{asked['question'][row]}” “{asked['answer'][row]}”: the texts of stage one that helped most, through both stages.",
    )

# %% [markdown]
# ## What does the second stage cost?
#
# Single stage: factors of stage one, gradients of texts and queries, scores. Two stages: the same, with a second set of factors, fitted at $\theta_{ft}$ to the pairs, and a second solve. Both are done from the
# trained model on, in turn, each in a process of its own, on as many pairs as texts.

# %%
WAYS = {"single": "one stage", "two": "two stages"}
PARTS = {
    "factors": "factors of stage one",
    "second factors": "factors of stage two",
    "gradients": "gradients of the texts",
    "query gradients": "gradients of the queries",
    "scores": "solves and scores",
}
compared = ratios(costs)
ratio = {
    name: mean_interval(compared[name]) if len(compared) > 1 else (compared[name].iloc[0], np.nan)
    for name in ("seconds", "peak_mb", "beyond_mb")
}
by_part = costs[costs["way"].isin(WAYS)].groupby(["way", "part"], as_index=False)["seconds"].mean()
line = fitted_line(costs, cost_texts, cost_draws)
BOUND = 2.2


def times(name):
    """A ratio with its interval; of one repetition, the ratio alone."""
    return f"{ratio[name][0]:.2f}" if np.isnan(ratio[name][1]) else plus_minus(ratio[name])


def against(pair):
    """Whether a ratio with its interval is under the bound."""
    mean, half = pair
    if np.isnan(half):
        return "with one repetition not held against"
    return "under" if mean + half <= BOUND else "over" if mean - half > BOUND else "undecided against"


# %% tags=["hide-input"]
show(
    figures.cost_bars(
        f"Two stages take {times('seconds')} times the seconds<br>and {times('peak_mb')} times the peak memory of one",
        by_part,
        WAYS,
        PARTS,
    ),
    f"{cost_texts} texts and {cost_texts} pairs, {cost_queries} queries, the last {cost_layers} attributed layer(s); means of {cost_repeats} repetitions.",
    "Seconds by part: "
    + "; ".join(f"{WAYS[row.way]}, {PARTS[row.part]}: {row.seconds:.2f}" for row in by_part.itertuples())
    + ".",
)
spent = by_part.set_index(["way", "part"])["seconds"]
single_total, second = spent["single"].sum(), spent[("two", "second factors")]
extra_scores = spent["two"].sum() - single_total - second
a_text = line.each + spent[("single", "gradients")] / cost_texts
display(
    Markdown(
        f"**Ratio of seconds {times('seconds')}, {against(ratio['seconds'])} the bound of {BOUND}; of peak memory {times('peak_mb')}, {against(ratio['peak_mb'])} it** "
        f"({'95 %, Student’s t over ' if cost_repeats > 1 else ''}{cost_repeats} repetition(s)). Without the model itself, which both hold, memory is in a ratio of {times('beyond_mb')}: a pass over texts takes more than the factors that wait meanwhile. Here {cost_layers} layer(s) are attributed; for all that are elsewhere on this page, one more set of bases and eigenvalues holds {float(found['factor_mb']):.3g} MB. "
        + (
            f"The second fit takes {second:.1f} of {spent['two'].sum():.1f} seconds. Fitted to {cost_draws} times as many pairs as well, it has a fixed part of {line.fixed:.1f} s, for eigendecompositions, and {line.each:.2f} s a pair. "
            f"So with hardly any pairs the ratio is still {1 + (line.fixed + extra_scores) / single_total:.2f} for these {cost_texts} texts, and near 1 only where texts are so many that eigendecompositions do not count; "
            f"there the bound of {BOUND} is passed with more than {(BOUND - 1) * a_text / line.each:.1f} times as many pairs as texts."
            if min(line) > 0
            else f"The second fit takes {second:.1f} of {spent['two'].sum():.1f} seconds; what of it grows with the pairs cannot be told at this size."
        )
    )
)

# %% [markdown]
# **Another model.** Nothing here knows SmolLM2: `language_model.source` names another folder or hub name, and both stages, the factors and the scores are those of its `nn.Linear` layers. The form
# “Question: … Answer:” is plain text and no chat template, so that a model without one is asked alike. What would change is how much of the answers stage one has to teach.
#
# ## What to take away

# %% tags=["hide-input"]
display(
    Markdown(
        f"- The same code serves both stages of a language model: precision {said(carriers.loc[FULL])} on answers that fine-tuning did not teach, against {chance:.2f} by chance and {said(carriers.loc['bm25'])} by a word search.\n"
        f"- What a part of the formula is worth for the order of texts: the single stage at θ_pt differs by {said(carriers.loc['single'], 'difference')} in precision, leaving out stage one's inverse by {said(carriers.loc['without_pretrained'], 'difference')}.\n"
        f"- A second stage costs a second fit of factors: {times('seconds')} times the seconds with as many pairs as texts, {times('peak_mb')} times the memory."
    )
)
