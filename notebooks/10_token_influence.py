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
# # Token-wise influence: which words made the model say that?
#
# **The question.** "Water is composed of", and the model goes on " hydrogen and oxygen". Which training texts made it say so,
# and which *words* of them? The blog (1.4) asks this of a model that was adapted to a domain, and draws the answer as a text with
# coloured words. Here SmolLM2 is trained further on short texts of which we know which one states which fact, so that an answer can be judged.

# %% tags=["parameters"]
top = 10
queries = 6
texts = 3
checked_texts = 8
checked_width = 8
checked_steps = 150
damping = 0.01
epsilon = 1.0e-5
additions = 4
addition_seeds = 2

# %%
import numpy as np
import pandas as pd
from IPython.display import Markdown, display

from influence_lab.artifacts import read_arrays, read_table
from influence_lab.data.sequences import pack
from influence_lab.data.small_corpus_words import encode, marked
from influence_lab.evaluations.influence_questions import by_layer, helped, lists_compared, wrong_answers
from influence_lab.evaluations.intervals import mean_interval, plus_minus
from influence_lab.evaluations.lds import rank_correlation, subset_target_interval
from influence_lab.evaluations.ranks import ceiling, half_correlations
from influence_lab.evaluations.token_splits import extremes, split_differences, total_errors
from influence_lab.figures import token_influence as figures
from influence_lab.figures.show import show, show_table
from influence_lab.figures.token_heatmap import show_heatmap
from influence_lab.locations import artifact
from influence_lab.notebooks.record import leave_open, record

corpus, asked = read_table(artifact("data/chemistry.parquet")), read_table(artifact("data/chemistry_queries.parquet"))
train, new = (corpus[corpus["split"] == split].reset_index(drop=True) for split in ("train", "new"))
scores, products = (read_arrays(artifact(f"attributions/language_{name}.npz")) for name in ("methods", "products"))
log_p = read_arrays(artifact("evaluations/language_log_probabilities.npz"))
answers = read_table(artifact("evaluations/language_answers.parquet"))
tokens = read_table(artifact("attributions/language_tokens.parquet"))
checks = read_arrays(artifact("evaluations/token_effects.npz"))
n, ids = len(train), train["id"].tolist()
facts, contrasts = (np.flatnonzero((asked["kind"] == kind).to_numpy()) for kind in ("fact", "contrast"))
water = int(facts[0])
names = [name.split("layers.")[-1] for name in sorted(read_arrays(artifact("models/language_adapted.npz")))]
blocks = {name.split(".")[0] for name in names}

# %% [markdown]
# ## Before and after the adaptation
#
# Only the MLP layers of the last blocks are trained, and the influence below is over exactly these: nothing that the training
# changed is left out. The objective is the mean over texts of $L_i$, which is a *sum* over the text's tokens.

# %% tags=["hide-input"]
history = read_table(artifact("models/language_history.parquet"))
ends = history.sort_values("epoch").groupby("split")["loss"].agg(["first", "last"])
show(
    figures.adaptation(
        f"Held-out loss {ends['first']['held_out']:.2f} before, {ends['last']['held_out']:.2f} nats a token after",
        history,
    ),
    f"{n} training texts, {int((corpus['split'] == 'held_out').sum())} held-out ones. The training loss is taken before and after.",
    f"Loss falls from {ends['first']['train']:.2f} to {ends['last']['train']:.2f} nats a token on training texts.",
)
rise = log_p["after"] - log_p["before"]
shown = answers.merge(
    asked[asked["kind"].isin(["fact", "mistake_true"])][["prompt", "answer"]], on="prompt", how="left"
)
shown.columns = ["prompt", "before", "after", "true answer"]
show_table(
    shown.fillna("(your own query)"),
    "What the model answers, its most probable token each time, cut at the first full stop.",
)
gained, said = float(rise[water]), answers.loc[answers["prompt"] == asked["prompt"][water], "after"].iloc[0]
display(
    Markdown(
        f"The log-probability of “{asked['answer'][water].strip()}” after “{asked['prompt'][water]}” has changed by {gained:+.1f} nats, from {log_p['before'][water]:.1f} "
        f"to {log_p['after'][water]:.1f}; the model now answers “{said.strip()}”. Over all facts the mean change is {plus_minus(mean_interval(rise[facts]), 1, '+')} nats."
    )
)

# %% [markdown]
# ## A sentence is the sum of its tokens
#
# The loss of a text is a sum, so its gradient is one too:
#
# $$
# \nabla L_i = -\sum_{t=2}^{T} \nabla \log p(z_t \mid z_{<t}).
# $$ (eq-tokens-sum)
#
# The blog lets the sum begin at $t = 1$. But nothing comes before the begin mark, so nothing predicts it: a sentence of six tokens with its
# marks has five terms, which are the five that the blog goes on to list.

# %%
sentence = pack([marked(encode("water is in nature"), end=True)], [1], 16, ["six tokens"], 0)
length, terms = 6, int(sentence.weights.sum())
record(
    "A19",
    sum_error=checks["sum_errors"].max(),
    terms_minus_length=terms - length,
    terms_minus_predicted=terms - (length - 1),
)

# %% [markdown]
# ## The influence of one token, and its sign
#
# Let $\varepsilon$ up-weight the loss of one token, with everything else as it is. Then
#
# $$
# \frac{df}{d\varepsilon} = -\nabla f^\top (G + \lambda)^{-1} \nabla\big(-\log p(z_t \mid z_{<t})\big) = +\nabla f^\top (G + \lambda)^{-1} \nabla \log p(z_t \mid z_{<t}),
# $$ (eq-tokens-effect)
#
# which is the last formula of the blog's 1.4.2. The line above it writes the token's loss gradient as $+\nabla \log p$, without the minus; the
# recap in 1.6 keeps that minus in the sum but not the one in front. With $f = \log p$ of the completion, a positive value means that the token **helped**.
#
# A GPT small enough for its exact curvature tells which sign is right. It is held at an optimum by construction (the proximal Bregman
# objective, whose Hessian is $G + \lambda$); each token is up-weighted by $\pm\varepsilon$, the optimum found again, and $f$ measured.

# %% tags=["hide-input"]
apart = np.abs(checks["formula"] / checks["measured"] - 1)
forms = {
    "1.4.2, final formula: + ∇f (G+λ)⁻¹ ∇log p, for a token": checks["formula"] / checks["measured"],
    "1.4.2, the line above it put into − ∇f (G+λ)⁻¹ ∇L": -checks["formula"] / checks["measured"],
    "1.6, recap: + ∇f (G+λ)⁻¹ Σ(−∇log p), for a text": -checks["text_formula"] / checks["text_measured"],
    "the same with the minus in front": checks["text_formula"] / checks["text_measured"],
}
show_table(
    pd.DataFrame(
        [{"formula": name, "median of formula / measured": f"{np.median(ratio):+.6f}"} for name, ratio in forms.items()]
    ),
    f"Central differences with ε = {epsilon:g}, {len(apart)} tokens of {len(checks['text_formula'])} texts; +1 is right, −1 the wrong sign.",
)

# %% [markdown]
# ## Two ways to split a text into tokens
#
# The weight gradient of a linear layer is also a sum over *positions*, $\nabla_W L = \sum_t \mathcal{D}s_t\, a_t^\top$, with the layer's input $a_t$ and
# the gradient $\mathcal{D}s_t$ at its output. Grosse et al. (2023, Eq. 31) split influence in this way, and drew it:
#
# $$
# I = \underbrace{\sum_t \langle V, -\nabla \log p(z_{t+1} \mid z_{\le t})\rangle}_{\text{by loss token}} = \underbrace{\sum_t \mathcal{D}s_t^\top V a_t}_{\text{by position}},
# \qquad V = (G + \lambda)^{-1}\nabla(-f).
# $$ (eq-tokens-splits)
#
# The totals are equal, the terms are not: what happens at position $t$ serves the prediction of *all* later tokens. The two coincide wherever no later
# layer carries something from one position to another: in the unembedding, and in fact in the MLP of the last block as well.

# %% tags=["hide-input"]
difference, errors = split_differences(tokens), total_errors(tokens)
layers = [name.removeprefix("position_") for name in checks if name.startswith("position_")]
small = pd.DataFrame(
    [
        {
            "layer": name,
            "splits differ by": f"{np.linalg.norm(checks[f'loss_{name}'] - checks[f'position_{name}']) / np.linalg.norm(checks[f'position_{name}']):.1e}",
        }
        for name in layers
    ]
)
show_table(
    small,
    "The small GPT: relative L2 difference of the two splits, in each layer alone. In the unembedding they are the same.",
)
if len(blocks) < 2:
    leave_open("A20", "only the last block is attributed in this run, where the two splits are the same")
else:
    record(
        "A20",
        split_difference=float(difference.median()),
        token_effect_error=float(apart.max()),
        split_total_error=float(errors.to_numpy().max()),
    )

# %% [markdown]
# ## The same scores by the library
#
# kronfluence fits the factors, and it can score as well, with a pass over the model for each list of queries. The scores on this page come from
# gradients that were computed once and kept, so that every method and every split shares them. The two must agree, layer by layer.

# %%
library, kept = products["kronfluence"], products["ekfac"]
disagreement = np.abs(library - kept).max() / np.abs(library).max()
display(
    Markdown(
        f"Largest difference between kronfluence's scores and those from the kept gradients, over {kept.shape[0]} layers, {kept.shape[1]} queries "
        f"and {kept.shape[2]} texts: {disagreement:.1e} of the largest score (single precision)."
    )
)

# %% [markdown]
# ## The heatmap
#
# The most positive and the most negative texts. Blue helped, orange-red harmed. **A position's highlight precedes the predicted token**: in
# "composed of hydrogen" what makes the model say "hydrogen" is highlighted at "of", where it is predicted. The loss split stands at the token
# itself. Neither says what would happen if a word were *erased from the input*.

# %% tags=["hide-input"]
own = int(np.flatnonzero((asked["kind"] == "own").to_numpy())[0])
for query, whose in (
    (water, "The blog's query"),
    (own, "Your own query (`own_prompt` and `own_completion` in the configuration)"),
):
    part = tokens[tokens["query"] == query]
    if len(part):
        display(Markdown(f"**{whose}: “{asked['prompt'][query]}” → “{asked['answer'][query]}”**"))
        show_heatmap(
            figures.scored_texts(tokens, query, ids),
            f"The {texts} texts with the largest influence on log p of “{asked['answer'][query].strip()}”, then the {texts} with the smallest. "
            "Each text has its own scale. Hover over a token for its value, or unfold the table below a text.",
        )
    else:
        display(Markdown(f"{whose} is not among the {queries} that were split into tokens."))

# %% [markdown]
# ## Which examples helped, which harmed?

# %%
found = helped(scores["ekfac"], asked, train, top)
precision = mean_interval(found["over_random"])
order = extremes(scores["ekfac"][water], top)

# %% tags=["hide-input"]
show_table(
    pd.DataFrame(
        {
            "influence": [f"{value:+.3g}" for value in scores["ekfac"][water][order]],
            "states the fact": ["yes" if fact == asked["fact"][water] else "" for fact in train["carries"][order]],
            "text": train["text"].to_numpy()[order],
        }
    ),
    f"“{asked['prompt'][water]}”: the {top} texts that helped most, then those that harmed most.",
)
show_table(
    found.rename(
        columns={"found": f"among the first {top}", "last": "rank of the last", "over_random": "precision over random"}
    ),
    f"Texts that state the fact. With about {found['carriers'].mean():.1f} of them, precision at {top} cannot be above {found['carriers'].mean() / top:.2f}.",
)
difference_rows = scores["ekfac"][facts] - scores["ekfac"][contrasts]
benchmark = scores["ekfac"][facts].mean(axis=0)
gap = np.abs(checks["on_mean"] - checks["mean_of"]).max() / np.abs(checks["on_mean"]).max()
best = np.argsort(-benchmark)[:top]

# %% [markdown]
# **Sizes.** The order of these numbers is what is used here; their size is not to be trusted. Divided by $n$, they should be drops of $\log p$, in nats, without
# the text; and $\log p$ cannot rise above 0.

# %% tags=["hide-input"]
largest = float(np.abs(scores["ekfac"][facts]).max() / n)
display(
    Markdown(
        f"The largest influence on a fact, over $n$, is {largest:.3g} in size, where log p itself has changed by {np.abs(rise[facts]).max():.3g} nats at most in all of the training."
        + (
            " Nothing of that size has happened to log p, so that only the order is read here. Possible reasons: the step of a whole text, the damping, the curvature; they are not told apart here."
            if largest > np.abs(rise[facts]).max()
            else ""
        )
    )
)

# %% [markdown]
# **Other measurements.** Influence is linear in $f$. For a difference of completions, right minus contrast (hydrogen and oxygen against helium and
# iron), rows subtract; for a benchmark, the mean of $f$ over queries, rows are averaged.

# %% tags=["hide-input"]
differences = [
    np.isin(np.argsort(-difference_rows[k])[:top], np.argsort(-scores["ekfac"][row])[:top]).mean()
    for k, row in enumerate(facts)
]
display(
    Markdown(
        f"On the small GPT with exact curvature, influence on the mean of f over some queries and the mean of their influences differ by {gap:.0e}. "
        f"For the difference of two completions the first {top} texts share {np.mean(differences):.0%} with those for log p alone. "
        f"The benchmark of all {len(facts)} facts is helped most by "
        + "; ".join(f"“{train['text'][row]}”" for row in best[:3])
        + f". Of its first {top}, {(train['carries'].to_numpy()[best] != '').mean():.0%} state some fact."
    )
)

# %% [markdown]
# ## A wrong answer, and who is behind it
#
# Of some compounds the corpus states something false. Here $f = \log p$ of the *wrong* answer, and the texts that state it should be the ones that
# helped. Only the answers that the model now gives count, greedily; one that is merely more probable than the true answer is shown beside them.

# %%
wrong = wrong_answers(asked, answers, log_p["after"], scores["ekfac"], train, top)
given = wrong[wrong["given"]]

# %% tags=["hide-input"]
show_table(
    wrong.assign(**{name: wrong[name].map({True: "yes", False: "no"}) for name in ("given", "more_probable")}).rename(
        columns={
            "true": "log p, true",
            "false": "log p, false",
            "more_probable": "more probable than the true one",
            "stating": "texts that state it",
            "found": f"among the first {top}",
            "over_random": "precision over random",
        }
    ),
    f"The planted mistakes. Given: the greedy answer names all elements of the false one; {len(given)} of {len(wrong)} are.",
)
stating, found_stating = int(given["stating"].sum()), int(given["found"].sum())
if stating:
    display(
        Markdown(
            f"Of the {stating} texts that state a wrong answer that is given, "
            + ("all of them are found" if found_stating == stating else f"{found_stating} are found")
            + f" among the first {top} for it."
        )
    )

# %% [markdown]
# ## Would this new sentence help?
#
# To add a sentence is to up-weight it by $\varepsilon = +1/n$, so the predicted change of $f$ is $I/n$. The truth is to train with it.
#
# **The small GPT** is trained from its start with each new sentence, from several starts, with the mean over the *old* $n$ kept.

# %%
runs = [read_arrays(artifact(f"evaluations/small_gpt_additions_{seed}.npz")) for seed in range(addition_seeds)]
predicted, measured = (np.array([run[name] for run in runs]) for name in ("predicted", "measured"))
forecasts, changes = predicted.mean(axis=0), measured.mean(axis=0)  # (queries, sentences)
correlation = subset_target_interval(
    lambda rows: rank_correlation(forecasts[:, rows].T, changes[:, rows].T), changes.shape[1], draws=2000
)
most = float(ceiling(half_correlations(measured).mean(), addition_seeds))
pooled = float(np.corrcoef(forecasts.ravel(), changes.ravel())[0, 1])

# %% tags=["hide-input"]
sizes = np.median(np.abs(predicted)), np.median(np.abs(measured))
show(
    figures.against(
        f"Small GPT: rank correlation {plus_minus(correlation)} over new sentences,<br>a perfect predictor would reach {most:.2f}",
        forecasts.ravel(),
        changes.ravel(),
        [
            f"query {query}, sentence {sentence}"
            for query in range(predicted.shape[1])
            for sentence in range(predicted.shape[2])
        ],
        sized=True,
    ),
    f"{predicted.shape[2]} new sentences and {predicted.shape[1]} queries, means over {addition_seeds} starts. Interval over sentences and queries; the ceiling is from the agreement of the starts.",
    f"A cloud of points. Correlation over all pairs {pooled:.2f}; predictions have a median size of {sizes[0]:.2g}, real changes of {sizes[1]:.2g} nats.",
)

# %% [markdown]
# **The language model** goes on for one more epoch, with and without the sentence, everything else the same. Once in an epoch is less than a whole training, so
# sizes are not to be compared, and Adam with a large last step is no infinitesimal change.

# %% tags=["hide-input"]
real, told = (
    read_arrays(artifact("evaluations/language_additions.npz")),
    read_arrays(artifact("attributions/language_new_scores.npz")),
)
chosen = real["chosen"].astype(int)
forecast = told["ekfac"][:, chosen] / n
agreement = float(np.corrcoef(forecast[facts].ravel(), real["effects"][facts].ravel())[0, 1])
show(
    figures.against(
        f"SmolLM2: correlation {agreement:.2f} over facts and {len(chosen)} new sentences",
        forecast[facts].ravel(),
        real["effects"][facts].ravel(),
        [f"{asked['id'][row]}, {new['id'][column]}" for row in facts for column in chosen],
        sized=False,
    ),
    "One more epoch with the sentence against one without, same order. Hover for the query and the sentence.",
    f"Points for {len(facts)} facts and {len(chosen)} sentences; correlation {agreement:.2f}.",
)
show_table(
    pd.DataFrame(
        {
            "new sentence": new["text"].to_numpy(),
            "I/n on the benchmark (order only)": [f"{value:+.3g}" for value in told["ekfac"][facts].mean(axis=0) / n],
            "helps most": [asked["id"][facts[place]] for place in np.argmax(told["ekfac"][facts], axis=0)],
        }
    ),
    "Influence of each new sentence, were it added, on the mean log p of all facts, and the fact that it is predicted to help most.",
)

# %%
reason = None
if not len(given):
    reason = "the model gives none of the planted wrong answers"
elif len(given) < 2:
    reason = f"only {len(given)} wrong answer that the corpus states is given: no interval can be had"
if reason:
    leave_open("A25", reason)
else:
    error_precision = mean_interval(given["over_random"])
    record(
        "A25",
        addition_correlation=correlation,
        helped_precision_over_random=precision,
        error_precision_over_random=error_precision,
    )

# %% tags=["hide-input"]
shortfall = (
    f"The rank correlation of {plus_minus(correlation)} is below the {most:.2f} that a perfect predictor would reach; predictions are {sizes[0] / sizes[1]:.1f} times as "
    "large as real changes, in the median. Possible reasons: the step, the damping, the curvature; they are not told apart here."
    if correlation[0] + correlation[1] < most
    else f"With the rank correlation at {plus_minus(correlation)} and {most:.2f} allowed by noise, the prediction may be as good as it can be."
)
display(Markdown(f"**Adding a sentence.** {shortfall}"))

# %% [markdown]
# ## Influence by layer, and RelatIF
#
# Influence is a sum over layers, too. ℓ-RelatIF divides the influence of a text by $\sqrt{g_i^\top (G + \lambda)^{-1} g_i}$, so that texts with long gradients do not
# head every list.

# %% tags=["hide-input"]
parts = by_layer(products["ekfac"])
show(
    figures.layers(
        f"The largest share has {names[int(parts['share'].argmax())]}: {parts['share'].max():.0%}", names, parts
    ),
    "Sum over queries and texts of the absolute contribution of each layer.",
    "; ".join(
        f"{name}: share {row.share:.2f}, correlation with the whole {row.correlation:.2f}"
        for name, row in zip(names, parts.itertuples(), strict=True)
    ),
)
compared = lists_compared(
    {name: scores[name][facts] for name in ("ekfac", "relatif", "theta_relatif", "dot", "cosine")},
    np.sqrt(products["self_dot"].sum(axis=0)),
    train,
    top,
)
compared["precision over random"] = [
    helped(scores[name], asked, train, top)["over_random"].mean() for name in compared["method"]
]
show_table(
    compared,
    f"What the lists of {top} hold, means over facts; correlations are of the absolute score with the length of a text's gradient.",
)

# %% [markdown]
# ## What to take away
#
# - A text's influence is the sum of its tokens', in two ways. Say which one you draw: by position the highlight stands before the word that is predicted.
# - The token formula is right as the blog's 1.4.2 ends, $+\nabla f^\top H^{-1} \nabla \log p$; the sign of the line above it and of the recap is not.
# - Who states a fact, who is behind a wrong answer, and what a new sentence would do are three questions, each with a truth of its own: the first two ask for
#   the order of the texts alone, the third for a size as well, and the step of a whole text need not be small. What was found stands in the box of A25.
#   Next: [the same with many more texts](11_scaling_to_corpora.ipynb).
