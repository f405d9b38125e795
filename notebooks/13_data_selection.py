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
# # Which data should I fine-tune on?
#
# **The question.** There are more texts than one can train on, and a set of questions that the model should answer. Which texts help? The blog's author
# started from this question (section 1.7), and names influence as the answer. Its rivals cost almost nothing: search for texts that look like the questions.
# Here each strategy chooses, a model is really fine-tuned on each choice, and what counts is the score on questions that the strategy has not seen.
#
# Let $F$ be the mean of $f_q = \log p(\text{answer} \mid \text{question } q)$ over $m$ questions, and $\theta(w)$ the model that fine-tuning with a weight for each of the pool's $n$ texts ends at, the minimum of
# $\frac1n\sum_i w_i L_i(\theta) + \frac{\alpha_1}{2}\|\theta - \theta_0\|^2$. All weights 1 is the whole pool. A choice $S$ of $k$ texts is trained on *its* mean: $w_i = n/k$ in $S$, 0 elsewhere. To first order around the model that has read the whole pool,
#
# $$
# \begin{aligned}
# F(S) &\approx F(\text{pool}) + \frac1n \sum_{i=1}^n (w_i - 1) I_i = F(\text{pool}) + \frac1k \sum_{i \in S} I_i - \frac1n \sum_{i=1}^n I_i, \\
# I_i &= \frac{1}{m}\sum_{q=1}^m \nabla(-f_q)^\top (\hat G + \alpha_1)^{-1} \nabla L_i,
# \end{aligned}
# $$ (eq-selection-sum)
#
# with all gradients at that model and $\hat G$ of EK-FAC. Where texts are removed and the mean stays over $n$, it is $F(\text{pool}) - \frac1n\sum_{i \notin S} I_i$. In this approximation the best $S$ is the $k$ texts of largest influence.
# Three things are wrong with it. A choice is far from the pool: weights go from 1 to 0 and to $n/k$. Effects of many texts do not add up: a second text that says the same helps less. And another stage follows, on answered questions. Then
#
# $$
# I_i = \frac{\alpha_2}{m} \sum_q \nabla(-f_q)(\theta_2)^\top (\hat G_2 + \alpha_2)^{-1} (\hat G_1 + \alpha_1)^{-1} \nabla L_i(\theta_1),
# $$ (eq-selection-two)
#
# with the gradient of the question at the end of stage two, and that of the text at the end of stage one. Only the linear layers (weights and biases) are attributed here; training moves embeddings and positions too.

# %% tags=["parameters"]
seeds = 6
targets = 6
wrong = 2
budgets = [6, 12, 24]
base_weight_decay = 0.005
first_steps = 80
first_alpha = 0.02
second_steps = 50
second_alpha = 1.0
reference_steps = 300
learning_rate = 0.01
removed = 30
removal_draws = 2
language_seeds = 5
language_targets = 2
language_budgets = [3, 6]
language_steps = 3
language_learning_rate = 1.0e-3
recipe_texts = 10000
recipe_cores = 100

# %%
import pandas as pd
from IPython.display import Markdown, display

from influence_lab.artifacts import read_facts, read_table
from influence_lab.data.selection_pool import selection_world
from influence_lab.evaluations.intervals import mean_interval, plus_minus
from influence_lab.evaluations.selection_choices import (
    GRADIENT_GROUPS,
    GROUPS,
    LARGE,
    NOTHING,
    POOL,
    REMOVED,
    SMALL,
    SUMMED,
)
from influence_lab.evaluations.selection_tables import (
    budget_gains,
    chosen_shares,
    curves,
    gain,
    gains,
    mean_score,
    removal_over_random,
)
from influence_lab.figures import data_selection as figures
from influence_lab.figures.descriptions import describe
from influence_lab.figures.show import show, show_table
from influence_lab.locations import artifact
from influence_lab.notebooks.record import record

table = read_table(artifact("evaluations/data_selection.parquet"))
removals = read_table(artifact("evaluations/selection_removals.parquet"))
reference = read_table(artifact("evaluations/selection_reference.parquet"))
agreement = read_facts(artifact("evaluations/equal_score_agreement.json"))
NAMES = {
    "random": "random",
    "tfidf": "TF-IDF",
    "bm25": "BM25",
    "embedding": "embedding",
    "cosine": "gradient cosine",
    "ekfac_base": "EK-FAC, base model",
    "ekfac": "EK-FAC",
    "two_stage": "EK-FAC, two stages",
    "oracle": "oracle",
}
RANDOM = ("random", "turns")
world = selection_world(0, targets, wrong)
over_seeds = "95 % intervals over seeds (Student’s t)"
at_once = "each column’s intervals so wide that all of them hold at once with 95 % (Bonferroni, Student’s t)"


def finding(pair):
    """Whether a difference is above 0, below it, or its interval contains 0."""
    mean, half = pair
    return "ahead" if mean - half > 0 else "behind" if mean + half < 0 else "undecided"


def among(model):
    """The strategies that a model was fine-tuned with, in the order of the names."""
    tried = set(table.loc[(table["model"] == model) & (table["rule"] == "turns"), "strategy"])
    return [name for name in NAMES if name in tried]


def curve_text(model, what):
    """The text alternative of a figure of curves."""
    part = curves(table, model)
    part = part[part["rule"] == "turns"]
    return describe(
        {NAMES[name]: part.loc[part["strategy"] == name, ["budget", "mean"]] for name in among(model)}, what
    )


def gains_over(model, other):
    """The gain of every other strategy over one, both by turns; all these intervals hold together."""
    names = [name for name in among(model) if name not in ("random", other)]
    return {name: gain(table, model, (name, "turns"), (other, "turns"), len(names)) for name in names}


def compared(model):
    """A table of gains over random and over BM25, paired over seeds."""
    rows, over = [], {other: gains_over(model, other) for other in ("random", "bm25")}
    for name in among(model):
        shown = {
            f"over {NAMES[other]}": plus_minus(found[name], sign="+") if name in found else ""
            for other, found in over.items()
        }
        score, accuracy = (mean_score(table, model, name, value) for value in ("score", "accuracy"))
        rows.append({"strategy": NAMES[name], "log p": score, "answered": accuracy} | shown)
    return pd.DataFrame(rows)


# %% [markdown]
# ## A small world
#
# The base model is a small GPT that has read what half of 24 compounds are composed of. The pool holds texts on the other half, of each of which the base model has read one property and nothing
# of its composition. Its true statements come in two kinds, those that name the compound first and those that name the elements first. A model that reads from left to right is asked for the elements after the
# compound in the first kind alone; to a search for words the two are the same. Wrong statements have one right element. Repeated statements are on compounds that the base model knows.

# %% tags=["hide-input"]
kinds = world.pool.assign(role=world.pool["role"].replace("", "none")).groupby(["role", "kind"])["text"]
show_table(
    pd.DataFrame(
        [
            {"compound": role, "kind": kind, "texts": len(texts), "example": texts.iloc[0]}
            for (role, kind), texts in kinds
        ]
    ),
    f"The pool of seed 0, {len(world.pool)} texts. Compounds: {targets} that are asked about (target), other unknown ones, and ones that the base model knows.",
)
display(
    Markdown(
        f"**The stages.** Stage one fine-tunes on the $k$ chosen texts: {first_steps} steps of Adam on their mean loss with a proximity term, $\\alpha_1 = {first_alpha:g}$. Stage two is the same for all: {second_steps} steps on "
        f"{len(world.lessons)} answered questions about known compounds, such as “{world.lessons[0]}”, with $\\alpha_2 = {second_alpha:g}$.\n\n"
        f"**What generalises.** The strategies are given questions *with answers* in one wording, “{world.given[0]}”. The score is that of another wording, “{world.scored[0]}”: the mean log-probability of the answer after stage two. "
        "Neither question is a text of the pool, though texts on elements share words with the second (“chemists found … in nature”). The lessons of stage two hold both wordings, on other compounds: of the strategies only “two stages” looks at lessons, "
        "so it alone has seen how the score asks; for the others the chosen texts have to teach a fact that can be asked for in a way that the selection did not know. The facts themselves are the same. Each seed draws its own world: compounds, wrong statements, random start.\n\n"
        f"**Settled after pilot runs, not before:** the figures’ rule that questions take turns (below; the claim is measured with sums), the budgets (a larger one was left out for its time), and the base model’s weight decay of {base_weight_decay:g}. With the small GPT’s usual one, neither the oracle’s choice nor the whole pool taught "
        "answers to the new wording in some worlds, so that there was little to choose for; it was picked by these two scores alone."
    )
)

# %% [markdown]
# **The strategies.** Each gives every text a score for every question given. TF-IDF, BM25 and "embedding" (cosine of mean hidden states of the base model) look at texts alone. Gradient cosine and EK-FAC use
# a *reference model* that is trained on the whole pool, longer than the fine-tunings, as equation {eq}`eq-selection-sum` is about a minimum: somebody has to pay for that training, and the costs below count it. "Two stages" also needs stage two from there.
# "EK-FAC, base model" needs no training, and is not this derivative: it is a damped Gauss–Newton step from $\theta_0$, $F(S) \approx F(\varnothing) + \frac1k\sum_{i \in S} I_i$ with all gradients and $\hat G$ at the base model.
# The damping is the proximity $\alpha_1$ of the training itself; none was chosen on results. The oracle knows which texts state the answers with the compound first; nobody has it in practice.
#
# **From scores to a choice.** Equation {eq}`eq-selection-sum` says: the largest sums over questions. In the figures the questions name their best remaining text in turn, which forgets no question and is what search engines do; sums are looked at below.

# %% tags=["hide-input"]
norms = {name: reference[name].mean() for name in ("tuned_norm", "first_norm", "second_norm")}
fading = {group: [reference[f"{where}_{group}"].mean() for where in ("base", "read")] for group in GRADIENT_GROUPS}
steps = {
    "“EK-FAC, base model”, stage one": ("predicted_ekfac_base", "real_one"),
    "EK-FAC, stage one": ("predicted_ekfac", "real_one"),
    "EK-FAC, two stages": ("predicted_two_stage", "real_two"),
}
pool_step = pd.DataFrame(
    [
        {
            "of": name,
            "predicted": plus_minus(mean_interval(reference[said].tolist()), sign="+"),
            "real": plus_minus(mean_interval(reference[real].tolist()), sign="+"),
        }
        for name, (said, real) in steps.items()
    ]
)
show_table(
    pool_step,
    f"What the whole pool changes, nats a question given: $\\frac1n\\sum_i I_i$, which is what the expansion says of F(pool) − F(nothing), and what it really is. {seeds} seeds, {over_seeds}.",
)
display(
    Markdown(
        f"**Where the derivative is taken.** After {reference_steps} steps the norm of the objective’s gradient is {norms['first_norm']:.2g} in stage one and {norms['second_norm']:.2g} in stage two (means of {seeds} seeds); after the {first_steps} steps of a fine-tuning on the pool it is {norms['tuned_norm']:.2g}. "
        "At the minimum the texts’ mean gradient is $-\\alpha_1(\\theta - \\theta_0)$, so that the sum of all influences is that of $\\alpha_1(\\hat G + \\alpha_1)^{-1}(\\theta - \\theta_0)$: little where curvature is large, however large single influences are. The table shows what a first-order expansion is worth over so long a way as from nothing to the pool. A choice needs the order of texts alone, so it may still be of use: that is what the fine-tunings below measure."
    )
)

# %% [markdown]
# ## Score against budget

# %%
small_curves = curves(table, SMALL)
references = {name: mean_score(table, SMALL, name) for name in (NOTHING, POOL)}
over_random, over_bm25 = (gains_over(SMALL, other) for other in ("random", "bm25"))
two_over_one, unread = (
    gain(table, SMALL, (name, "turns"), ("ekfac", "turns"), together=2) for name in ("two_stage", "ekfac_base")
)

# %% tags=["hide-input"]
show(
    figures.budgets(
        f"EK-FAC over random: {plus_minus(over_random['ekfac'], sign='+')} nats; over BM25: {plus_minus(over_bm25['ekfac'], sign='+')} nats",
        small_curves[small_curves["rule"] == "turns"],
        NAMES,
        references,
        "mean log p of the answers (nats)",
    ),
    f"Small GPT, after both stages; means of {seeds} seeds, {over_seeds}. Dotted: with nothing chosen, and with the whole pool. Points are moved sideways to show their intervals.",
    curve_text(SMALL, "Mean log p of the answers by budget"),
)
show_table(
    compared(SMALL),
    f"Averages over budgets of {', '.join(map(str, budgets))} texts. Differences in nats a question, paired over {seeds} seeds, {at_once}. Answered: share of questions whose answer is word by word the most probable.",
)

# %% tags=["hide-input"]
influence = [name for name in ("ekfac_base", "ekfac", "two_stage") if name in over_bm25]
display(
    Markdown(
        "**Against random,** "
        + "; ".join(f"{NAMES[name]} is {finding(over_random[name])}" for name in over_random)
        + ". **Against BM25,** "
        + "; ".join(f"{NAMES[name]} is {finding(over_bm25[name])}" for name in over_bm25)
        + f". (“Undecided”: the interval contains 0.) Two stages over one: {plus_minus(two_over_one, sign='+')} nats, {finding(two_over_one)}; the base model’s EK-FAC over the reference model’s: "
        f"{plus_minus(unread, sign='+')} nats, {finding(unread)} (both at once)."
    )
)

# %% [markdown]
# ### What was chosen
#
# The labels of the pool say what each strategy took. Words find the right compound, and cannot tell one order of words from the other. Influence at the reference model is measured where the pool has been read: a text that is
# fitted by then has less gradient left, however much it once taught, than one that contradicts the others.

# %%
middle = budgets[len(budgets) // 2]
shares = chosen_shares(table, SMALL, middle, GROUPS)
shares = shares.set_index("strategy").loc[among(SMALL)].reset_index()
LABELS = {
    "carriers": "states it, compound first",
    "backward": "states it, elements first",
    "wrong": "states it wrongly",
    "about": "something else on a target",
    "off": "not on a target",
}
by_name = shares.set_index("strategy")

# %% tags=["hide-input"]
show(
    figures.composition(
        f"Of {middle} texts, EK-FAC takes {by_name.loc['ekfac', 'carriers']:.0%} that state a target’s fact with the compound first,<br>"
        f"at the base model {by_name.loc['ekfac_base', 'carriers']:.0%}, BM25 {by_name.loc['bm25', 'carriers']:.0%}",
        shares,
        LABELS,
        NAMES,
    ),
    f"Small GPT, choices of {middle} texts, means of {seeds} seeds. {5 * targets} texts of the pool are of the first kind.",
    "Shares of texts that state a target's fact with the compound first: "
    + "; ".join(f"{NAMES[row.strategy]} {row.carriers:.0%}" for row in shares.itertuples())
    + ".",
)
display(
    Markdown(
        "The median norm of a text’s gradient, from the base model to the reference model: "
        + "; ".join(
            f"{label} {fading[group][0]:.2g} → {fading[group][1]:.2g}"
            for group, label in LABELS.items()
            if group in fading
        )
        + f" (texts on targets; means of {seeds} seeds)."
    )
)

# %% [markdown]
# ### Sums and turns
#
# If influences added up, the sum would be the best choice. But it can give the whole budget to few questions, and takes more of what it already has. The share of the targets that a choice names at all says whether it does.

# %% tags=["hide-input"]
by_sums = {name: gain(table, SMALL, (name, "sum"), RANDOM, len(SUMMED)) for name in SUMMED}
turning = {name: gain(table, SMALL, (name, "turns"), (name, "sum"), len(SUMMED)) for name in SUMMED}
reach = table[table["model"] == SMALL].groupby(["strategy", "rule"])["covered"].mean()
show_table(
    pd.DataFrame(
        [
            {
                "strategy": NAMES[name],
                "sums over random": plus_minus(by_sums[name], sign="+"),
                "turns over sums": plus_minus(turning[name], sign="+"),
                "turns are": finding(turning[name]),
                "targets named by sums": f"{reach[name, 'sum']:.0%}",
                "by turns": f"{reach[name, 'turns']:.0%}",
            }
            for name in SUMMED
        ]
    ),
    f"The same scores, two ways to choose; nats a question, averages over budgets, paired over {seeds} seeds, {at_once}.",
)
display(
    Markdown(
        f"Sums against a random choice: {'; '.join(f'{NAMES[name]} is {finding(by_sums[name])}' for name in SUMMED)}. A choice that corrects itself after each text (greedy, with the gain of the next text "
        "computed anew) would need a training or a solve a text, and was not tried."
    )
)

# %% [markdown]
# ## Removal
#
# Choosing from a pool asks influence for more than it is: a derivative at the model trained on all of it. Closer to its definition is to *remove* the texts with the largest sums and to train again on the rest, with
# the mean still over all $n$ texts ($\varepsilon = -1/n$ each).

# %%
fallen = {name: removal_over_random(removals, name, together=len(REMOVED)) for name in REMOVED}
mean_falls = removals.groupby("strategy")[["fall", "given", "predicted_ekfac", "predicted_two_stage"]].mean()

# %% tags=["hide-input"]
show_table(
    pd.DataFrame(
        [
            {
                "removed": NAMES[name],
                "fall of log p": mean_falls.loc[name, "fall"],
                "more than random": plus_minus(fallen[name], sign="+") if name in fallen else "",
                "fall, questions given": mean_falls.loc[name, "given"],
                "EK-FAC says": mean_falls.loc[name, "predicted_ekfac"],
                "two stages say": mean_falls.loc[name, "predicted_two_stage"],
            }
            for name in (*REMOVED, "random")
        ]
    ),
    f"Without {removed} of {len(world.pool)} texts; nats a question; random: mean of {removal_draws} draw(s) a seed. Paired over {seeds} seeds, {at_once}. The last three columns: the fall for the questions that influence is about, and what the expansion says of it.",
)

# %% [markdown]
# ## SmolLM2
#
# The same on a real model and real sentences: the candidates are the texts on chemistry of the earlier pages, among them some that state a compound's composition in other words ("Each H2O molecule binds two hydrogen
# atoms to a single oxygen atom"). The questions given are of the form "Water is composed of", those of the score "The chemical elements in water are". There is one stage: the same layers that were adapted there, from the
# model as it comes, with no proximity term, as people do. All chosen texts are in every step, so that budgets differ in their texts and not in the number of steps or passes. The scores of gradient cosine and EK-FAC are those of the earlier pages and come from the model that was adapted to *all* candidates.

# %%
large_curves = curves(table, LARGE)
large_references = {name: mean_score(table, LARGE, name) for name in (NOTHING, POOL)}
large_over_random, large_over_bm25 = (gains_over(LARGE, other) for other in ("random", "bm25"))
by_budget = budget_gains(table, LARGE, ("ekfac", "turns"), ("bm25", "turns"))

# %% tags=["hide-input"]
show(
    figures.budgets(
        f"SmolLM2: EK-FAC over random {plus_minus(large_over_random['ekfac'], sign='+')} nats,<br>over BM25 {plus_minus(large_over_bm25['ekfac'], sign='+')} nats",
        large_curves[large_curves["rule"] == "turns"],
        NAMES,
        large_references,
        "mean log p of the answers (nats)",
    ),
    f"SmolLM2, {language_steps} step(s) on the chosen texts; {language_seeds} draws of {language_targets} fact(s) each, {over_seeds}. Dotted: the model as it comes, and adapted to all texts for longer.",
    curve_text(LARGE, "Mean log p of the answers by budget"),
)
show_table(
    compared(LARGE),
    f"Averages over budgets of {', '.join(map(str, language_budgets))} texts. Differences in nats a question, paired over {language_seeds} draws, {at_once}.",
)
show_table(
    pd.DataFrame(
        [
            {
                "budget": row.budget,
                "identical choices": f"{row.identical:.0%}",
                "texts in both": f"{row.shared:.0%}",
                "EK-FAC − BM25": plus_minus((row.mean, row.half), sign="+"),
            }
            for row in by_budget.itertuples(index=False)
        ]
    ),
    f"EK-FAC against BM25, budget by budget, nats a question, {at_once}. Where both choose the same texts, the difference is exactly 0 and says nothing of either: share of the {language_seeds} draws in which they do, and mean share of texts that both choose.",
)
large_shares = chosen_shares(table, LARGE, language_budgets[-1], GROUPS).set_index("strategy")["carriers"]
display(
    Markdown(
        f"Of {language_budgets[-1]} chosen texts, this share states a fact that is asked for: "
        + "; ".join(f"{NAMES[name]} {large_shares[name]:.0%}" for name in among(LARGE))
        + ". Against BM25, "
        + "; ".join(f"{NAMES[name]} is {finding(large_over_bm25[name])}" for name in large_over_bm25)
        + f". The model that was adapted to all texts, for longer, reaches {large_references[POOL]:.1f} nats on the same questions, the model fine-tuned on EK-FAC’s choices {mean_score(table, LARGE, 'ekfac'):.1f}."
    )
)

# %% [markdown]
# ## What each strategy costs

# %%
costs = {
    model: gains(table, model, [(name, "turns") for name in over if name != "oracle"], RANDOM, len(over))
    for model, over in ((SMALL, over_random), (LARGE, large_over_random))
}
seconds = {model: part.set_index("strategy")["seconds"] for model, part in costs.items()}

# %% tags=["hide-input"]
show(
    figures.gain_by_seconds(
        f"BM25 gains {costs[SMALL].set_index('strategy').loc['bm25', 'mean']:.1f} nats in {seconds[SMALL]['bm25']:.2g} s, "
        f"EK-FAC {costs[SMALL].set_index('strategy').loc['ekfac', 'mean']:.1f} in {seconds[SMALL]['ekfac']:.2g} s (small GPT);<br>SmolLM2: "
        f"{costs[LARGE].set_index('strategy').loc['bm25', 'mean']:.1f} in {seconds[LARGE]['bm25']:.2g} s, {costs[LARGE].set_index('strategy').loc['ekfac', 'mean']:.1f} in {seconds[LARGE]['ekfac']:.3g} s",
        costs,
        NAMES,
    ),
    "Average gain over random in all budgets, with the intervals of the tables above, against the processor seconds that a strategy takes from the base model on: training of the reference model, passes, factors, scores. "
    "Small GPT: measured in this run, for the questions given. SmolLM2: for all 43 queries of the earlier pages, whose rules are counted with their start.",
    "Gain and seconds: "
    + "; ".join(
        f"{model}, {NAMES[row.strategy]} {row.mean:+.2f} nats, {row.seconds:.2g} s"
        for model, part in costs.items()
        for row in part.itertuples(index=False)
    )
    + ".",
)
show_table(
    pd.DataFrame(
        [
            {
                "model": model,
                "strategy": NAMES[row["strategy"]],
                "gain over random": plus_minus((row["mean"], row["half"]), sign="+"),
                "s": row["seconds"],
                "nats a second": row["mean"] / row["seconds"],
            }
            for model, part in costs.items()
            for _, row in part.iterrows()
        ]
    ),
    "Gain a second. Where scoring is nearly free the ratio says little: what counts is whether the dearer strategy gains more at all.",
)

# %% [markdown]
# ## The claim
#
# Measured is the plain reading of its wording, the same in both checks: the small GPT, one-stage EK-FAC at the reference model, and the texts with the largest sums over the questions given. Each number has an interval of its own (95 %).

# %%
half = max(agreement["agreement"] - agreement["low"], agreement["high"] - agreement["agreement"])
record(
    "A24",
    influence_over_random=gain(table, SMALL, ("ekfac", "sum"), RANDOM),
    equal_score_agreement=(agreement["agreement"], half),
    removal_over_random=removal_over_random(removals, "ekfac"),
)

# %% tags=["hide-input"]
readings = {
    f"{NAMES[name]}, {rule}": gain(table, SMALL, (name, rule), RANDOM)
    for name in influence
    for rule in ("sum", "turns")
    if (name, rule) != ("ekfac", "sum")
} | {"SmolLM2, EK-FAC, turns": gain(table, LARGE, ("ekfac", "turns"), RANDOM)}
display(
    Markdown(
        "**Other readings** of the first check, chosen texts against random ones in nats, each with an interval of its own: "
        + "; ".join(f"{name} {plus_minus(pair, sign='+')} ({finding(pair)})" for name, pair in readings.items())
        + f". Of the third: the texts of two stages {plus_minus(removal_over_random(removals, 'two_stage'), sign='+')}. "
        "Which of these is largest is seen afterwards, and the verdict does not rest on it. All of it compares with a random choice, as papers on data selection do; the tables above say what that is worth against a search for words. The second number is made on the page on the systems that the blog names."
    )
)

# %% [markdown]
# ## A recipe: 10,000 texts and one GPU-day
#
# The seconds of SmolLM2 above, divided by the number of candidates, give seconds a text; what follows is reckoned, not measured. Assumptions: costs grow in proportion to the texts, also those of starts and eigendecompositions,
# which is too much; texts as long, and the same model and layers as here; and a GPU is worth a fixed number of cores. A search for words needs no GPU, and is left out.

# %%
candidates = int(table.loc[(table["model"] == LARGE) & (table["strategy"] == POOL), "budget"].iloc[0])
hours = seconds[LARGE][["embedding", "cosine", "ekfac"]] / candidates * recipe_texts / 3600
on_gpu = hours / recipe_cores

# %% tags=["hide-input"]
show_table(
    pd.DataFrame(
        [
            {
                "strategy": NAMES[name],
                "hours, one core": f"{hours[name]:.2g}",
                "minutes, GPU": f"{60 * on_gpu[name]:.2g}",
                "room to grow": f"{24 / on_gpu[name]:.2g} ×",
            }
            for name in hours.index
        ]
    ),
    f"{recipe_texts} texts, a GPU taken to be worth {recipe_cores:g} cores of this machine. Room to grow: how many times the product of text length and trained parameters may be larger before scoring alone fills a GPU-day.",
)
best = max(influence, key=lambda name: over_random[name][0])
ahead_of_search = finding(over_bm25[best])
turns_say = {name: finding(turning[name]) for name in influence}
helped = [NAMES[name] for name, verdict in turns_say.items() if verdict == "ahead"]
display(
    Markdown(
        f"1. **Write questions with answers, in two wordings,** and keep one wording apart for the score. Nothing below can be judged without.\n"
        f"2. **Choose by BM25 first.** It was tried on both models, and takes seconds: {plus_minus(over_random['bm25'], sign='+')} nats over random on the small GPT ({finding(over_random['bm25'])}), {plus_minus(large_over_random['bm25'], sign='+')} on SmolLM2 ({finding(large_over_random['bm25'])}).\n"
        f"3. **Try influence next, and on trial.** EK-FAC, tried on both, against BM25: {plus_minus(over_bm25['ekfac'], sign='+')} nats ({finding(over_bm25['ekfac'])}) and {plus_minus(large_over_bm25['ekfac'], sign='+')} ({finding(large_over_bm25['ekfac'])}). "
        f"The best of its forms on the small GPT, in hindsight, was “{NAMES[best]}”: {plus_minus(over_bm25[best], sign='+')} nats over BM25 ({ahead_of_search}), found by comparing {len(influence)} forms on the very score{'' if best in among(LARGE) else ', and not tried on SmolLM2'}. "
        f"For {recipe_texts} texts as short as these EK-FAC takes about {60 * on_gpu['ekfac']:.2g} GPU-minutes under the assumptions above, for passes, factors and a reference training on all candidates; EK-FAC at the base model saves that training.\n"
        + (
            f"4. **Let questions take turns** with {', '.join(helped)}: there it was ahead of sums. Look at how many of your targets a choice names.\n"
            if helped
            else "4. **Turns or sums?** Undecided here for every form of influence. Look at how many of your targets a choice names, and let questions take turns if sums leave some out.\n"
        )
        + "5. **Spend the rest of the day on real fine-tunings:** each candidate choice, several seeds, the score of step 1, and a random choice of the same size beside them. The intervals on this page show how far "
        "seeds lie apart: one run of each would leave much to chance."
    )
)

# %% [markdown]
# ## What to take away

# %% tags=["hide-input"]
said_of_pool, done_by_pool = reference["predicted_ekfac"].mean(), reference["real_one"].mean()
clear = [NAMES[name] for name in influence if finding(over_random[name]) == "ahead"]
display(
    Markdown(
        f"- Against chance: EK-FAC by turns {plus_minus(over_random['ekfac'], sign='+')} nats a question on the small GPT ({finding(over_random['ekfac'])}), by sums {plus_minus(by_sums['ekfac'], sign='+')} ({finding(by_sums['ekfac'])}), by turns {plus_minus(large_over_random['ekfac'], sign='+')} on SmolLM2 ({finding(large_over_random['ekfac'])}). "
        f"Forms of influence that are clearly ahead of random on the small GPT, by turns: {', '.join(clear) or 'none'}. Computed at the base model over computed after reading the pool: {plus_minus(unread, sign='+')} nats ({finding(unread)}).\n"
        f"- The rival to beat is a search for words: EK-FAC over BM25 {plus_minus(over_bm25['ekfac'], sign='+')} and {plus_minus(large_over_bm25['ekfac'], sign='+')} nats ({finding(over_bm25['ekfac'])} and {finding(large_over_bm25['ekfac'])}), at {seconds[SMALL]['ekfac'] / seconds[SMALL]['bm25']:.0f} times the cost on the small GPT. "
        f"On SmolLM2 {by_budget['shared'].mean():.0%} of the texts of both are the same.\n"
        f"- The expansion says {pool_step.loc[1, 'predicted']} nats of what the whole pool changes, and {pool_step.loc[1, 'real']} is what it does; of the removal of its own top texts it says {mean_falls.loc['ekfac', 'predicted_ekfac']:.3g}, and {mean_falls.loc['ekfac', 'given']:.2g} is what that does"
        + (
            ": at these distances its sizes are no forecast.\n"
            if abs(said_of_pool - done_by_pool) > abs(done_by_pool) / 2
            else ".\n"
        )
        + f"- From scores to a choice, turns over sums: {'; '.join(f'{NAMES[name]} {plus_minus(turning[name], sign=chr(43))} nats ({turns_say[name]})' for name in influence)}."
    )
)
