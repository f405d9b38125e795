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
# # Which methods earn their cost on language models?
#
# **The question.** The blog asks which training texts made a language model say what it says, and answers with influence functions and EK-FAC. There
# are cheaper answers: a dot product of gradients, or a search for texts that look alike. This page puts ten methods side by side, on two models:
# SmolLM2, adapted to texts of which we know what each states, and a small GPT that is retrained without texts, so that the truth is known.
#
# For a query $f = \log p(\text{completion} \mid \text{prompt})$, with gradients $g_q$ of $-f$ and $g_i$ of a text's loss, the scores are
#
# $$
# \begin{aligned}
# &\underbrace{g_q^\top (G + \lambda I)^{-1} g_i}_{\text{EK-FAC, K-FAC}}, \qquad \underbrace{g_q^\top g_i}_{\text{dot product}}, \qquad
# \frac{g_q^\top g_i}{\lVert g_q\rVert\,\lVert g_i\rVert}, \\
# &\frac{g_q^\top (G + \lambda I)^{-1} g_i}{\sqrt{g_i^\top (G + \lambda I)^{-1} g_i}}, \qquad
# \frac{g_q^\top (G + \lambda I)^{-1} g_i}{\lVert (G + \lambda I)^{-1} g_i\rVert},
# \end{aligned}
# $$ (eq-lmboard-scores)
#
# the last two being ℓ- and θ-RelatIF; TF-IDF (in the form of Grosse et al. 2023) and BM25 count shared words, "embedding" compares mean hidden states,
# and random numbers show what chance gives. A positive score says that the text helped.

# %% tags=["parameters"]
seed = 0
draws = 200
retrieved = 3
tail_rate = 1.0e-4
removal_queries = 8
removal_seeds = 2
dampings = [1.0e-5, 1.0e-4, 1.0e-3, 1.0e-2, 1.0, 10.0]
newton_queries = 4
refit_queries = 0

# %%
import numpy as np
import pandas as pd
from IPython.display import Markdown, display

from influence_lab.artifacts import read_table
from influence_lab.evaluations.bootstrap_scores import FEW
from influence_lab.evaluations.lm_rows import CEILING, REFERENCE
from influence_lab.evaluations.lm_scoreboard import LARGE, METHODS, SCOPES
from influence_lab.figures import lm_scoreboard as figures
from influence_lab.figures.show import show, show_table
from influence_lab.locations import artifact

board = read_table(artifact("evaluations/lm_scoreboard.parquet"))
patches = read_table(artifact("evaluations/language_tail_patch.parquet"))
mlp, whole = SCOPES["mlp"], SCOPES["all"]


def rows_of(metric, model):
    """Rows of one measure on one model, by method; empty where it was not measured."""
    return board[(board["metric"] == metric) & (board["model"] == model)].set_index("method")


def said(row, digits=2):
    """A value with its interval."""
    if np.isnan(row["low"]):
        return f"{row['value']:.{digits}f} (one query: no interval)"
    return f"{row['value']:.{digits}f} ({row['low']:.{digits}f} to {row['high']:.{digits}f})"


def apart(row, digits=2):
    """A difference from EK-FAC with its interval."""
    if np.isnan(row["difference_low"]):
        return f"{row['difference']:+.{digits}f} (one query: no interval)"
    return (
        f"{row['difference']:+.{digits}f} ({row['difference_low']:+.{digits}f} to {row['difference_high']:+.{digits}f})"
    )


def intervals_over(count):
    """How the 95 % intervals of means over queries are made."""
    if count < 2:
        return "one query: no interval"
    return f"95 % intervals over queries ({'Student’s t' if count < FEW else 'bootstrap'})"


def leader(metric, model):
    """The method with the largest value, ceiling aside."""
    return rows_of(metric, model).drop(index=CEILING, errors="ignore").reindex(METHODS)["value"].idxmax()


# %% [markdown]
# ## The small GPT: against real retrainings
#
# The small GPT is trained anew on random halves of its texts, and without single ones, from several random starts. The **linear datamodeling score** (LDS) is
# the rank correlation over halves $S$ of the log-probability after training on them with the sum of a method's scores over the texts in $S$; the **leave-one-out
# correlation** is that of the fall of $\log p$ without text $i$ with its score. Both are computed for each query and averaged; outputs and scores are means over the starts.
# Training noise leaves a **noise ceiling** below 1 (Spearman and Brown), the dotted line. **Removal** is blunter: the first few texts of each method's list
# are left out together, and the model trained again. Texts of equal score, of which TF-IDF and BM25 have many, come in an order drawn once: in the corpus the statements come first.
#
# Gradients are those of the MLP layers, or of all linear layers; all of the model was trained, so that a method that reads the MLP layers alone misses a part of what happens.

# %%
shown = {
    ("lds", mlp): "LDS, MLP layers",
    ("lds", whole): "LDS, all linear layers",
    ("loo", whole): "leave-one-out, all linear",
}
lds = {name: rows_of("lds", model) for name, model in (("mlp", mlp), ("all", whole))}
ahead = {
    name: -part.loc["dot", ["difference_high", "difference", "difference_low"]].to_numpy(float)
    for name, part in lds.items()
}

# %% tags=["hide-input"]
show(
    figures.panels(
        f"LDS of EK-FAC {lds['all'].loc[REFERENCE, 'value']:.2f}, of the dot product {lds['all'].loc['dot', 'value']:.2f},<br>"
        f"of TF-IDF {lds['all'].loc['tfidf', 'value']:.2f} (all linear layers)",
        board,
        shown,
        METHODS,
    ),
    f"Means over {int(lds['all']['count'].iloc[0])} queries; LDS: 95 % bootstrap intervals over subsets and queries; leave-one-out: "
    f"{intervals_over(lds['all']['count'].iloc[0])}. Dotted: noise ceilings.",
    "LDS with all linear layers: "
    + "; ".join(f"{METHODS[name]} {said(lds['all'].loc[name])}" for name in METHODS)
    + ".",
)
for name, text in (("mlp", "MLP layers"), ("all", "all linear layers")):
    low, middle, high = ahead[name]
    display(
        Markdown(
            f"**EK-FAC less dot product, {text}:** {middle:+.3f}, 95 % interval {low:+.3f} to {high:+.3f} (paired bootstrap over subsets and queries): "
            + (
                "**the difference is above 0**."
                if low > 0
                else "**the interval contains 0 or lies below it**; the next section looks for the reason."
            )
        )
    )

# %%
removal = rows_of("removal", whole)
single = {model: rows_of("lds_single", model) for model in (mlp, whole)}

# %% tags=["hide-input"]
show(
    figures.panels(
        f"Without its top {retrieved} texts, log p falls by {removal.loc[REFERENCE, 'value']:.1f} nats for EK-FAC,<br>"
        f"by {removal.loc['random', 'value']:.1f} for texts drawn at random",
        board,
        {
            ("removal", whole): f"fall of log p without the top {retrieved}, nats",
            ("precision_carriers", whole): "precision, k = carriers",
            ("lds_single", whole): "LDS of one model",
        },
        METHODS,
    ),
    f"All linear layers. Removal: real retraining without each method's top {retrieved} texts, {int(removal['count'].iloc[0])} queries, means over {removal_seeds} start(s), "
    f"{intervals_over(removal['count'].iloc[0])}. Precision: the share of texts that state the fact. Right: each model's scores against its own retrainings, averaged.",
    "Fall of log p by method, nats: "
    + "; ".join(f"{METHODS[name]} {said(removal.loc[name])}" for name in METHODS)
    + ".",
)

# %% [markdown]
# ### What limits EK-FAC
#
# Three things stand between EK-FAC and the truth: the layers that it reads, the damping, and the Kronecker form. The damping is the usual tenth of a layer's mean eigenvalue; the
# figure moves it; for the other figures no λ was chosen on these retrainings. The last step can be taken, too, for a model of this size: the Gauss-Newton matrix of *all* parameters,
# embeddings included, solved by conjugate gradient for a few queries. Its λ is the weight decay of training, which is not a share of a mean eigenvalue: to compare it with EK-FAC
# at the usual damping alone would count a difference in λ as one in structure, so that the table has other dampings as well.

# %%
sweep = board[(board["metric"] == "lds") & board["method"].str.match("ekfac( |$)")]
sweep = sweep.assign(share=[float(name.split()[1]) if " " in name else 0.1 for name in sweep["method"]])
newton = {model: rows_of("lds_newton", model) for model in (mlp, whole)}
exact = newton[whole].loc["gauss_newton"]
swept = sweep[sweep["model"] == whole].sort_values("share").set_index("method")
best_damping = swept.sort_values("value").iloc[-1]
smallest = swept.index[0]  # the method's name with the least λ
if best_damping["share"] == swept["share"].min():
    where = f"still rising at the smallest λ tried, {best_damping['share']:g} of the mean eigenvalue"
elif best_damping["share"] == swept["share"].max():
    where = f"still rising at the largest λ tried, {best_damping['share']:g} of the mean eigenvalue"
else:
    where = f"largest at λ = {best_damping['share']:g} of the mean eigenvalue"

# %% tags=["hide-input"]
show(
    figures.dampings(
        f"LDS of EK-FAC by damping, all linear layers: {best_damping['value']:.2f},<br>{where}",
        sweep,
        {mlp: "MLP layers", whole: "all linear layers"},
        {METHODS[name]: float(lds["all"].loc[name, "value"]) for name in ("dot", "tfidf")},
    ),
    "95 % intervals over subsets and queries. The default is 0.1; no λ was chosen on these retrainings for the other figures. As λ grows, EK-FAC turns into a dot product with its layers weighted anew.",
    "LDS by damping: " + "; ".join(f"{row.model}, {row.share:g}: {row.value:.2f}" for row in sweep.itertuples()) + ".",
)
compared = {  # (model, method): once, where the best λ is the smallest or the usual one
    (model, name): (label, model, name, damping)
    for label, model, name, damping in (
        ("dot product, all linear layers", whole, "dot", ""),
        ("EK-FAC, MLP layers", mlp, "ekfac", "0.1"),
        ("EK-FAC, MLP layers, smallest λ", mlp, smallest, f"{swept.loc[smallest, 'share']:g}"),
        ("EK-FAC, all linear layers", whole, "ekfac", "0.1"),
        ("EK-FAC, all linear layers, smallest λ", whole, smallest, f"{swept.loc[smallest, 'share']:g}"),
        ("EK-FAC, all linear layers, λ of the largest LDS", whole, best_damping.name, f"{best_damping['share']:g}"),
        ("Gauss-Newton matrix, all parameters", whole, "gauss_newton", "the weight decay"),
    )
}
show_table(
    pd.DataFrame(
        [
            {
                "method": label,
                "λ": damping,
                "LDS, one model": said(newton[model].loc[name]),
                "less EK-FAC of its layers, 0.1": "" if name == REFERENCE else apart(newton[model].loc[name]),
            }
            for label, model, name, damping in compared.values()
        ]
    ),
    f"On {int(exact['count'])} queries and one start; {intervals_over(exact['count'])}. λ: shares of each layer's mean eigenvalue, or as it is. The share with the largest LDS above was "
    f"found on these very retrainings. Seconds for all queries: EK-FAC {newton[whole].loc['ekfac', 'seconds']:.1f}, the Gauss-Newton matrix itself {exact['seconds']:.0f}, extrapolated from {int(exact['count'])} queries.",
)

# %% [markdown]
# ## SmolLM2: tracing facts
#
# For SmolLM2 there are no retrainings here, but a table of which text states which fact. **Precision at k** is the share of texts that state the query's fact among the first k
# (k = 3, or as many as there are); the **reciprocal rank** is 1 over the place of the first. Where scores are equal, the texts that state the fact come last.
#
# Mind what this measures. A text that states a fact mostly *shares its words* with the query, so that a search for words does well by construction. The corpus has distractors, texts
# about the same compound or the same elements that do not state the fact, to make this harder; still, tracing is not influence: a text may state the fact and have taught the model
# nothing, or teach it without stating it. The planted mistakes are the same test for a false answer.

# %%
traced, mistakes = rows_of("precision_carriers", LARGE), rows_of("mistake_precision_carriers", LARGE)

# %% tags=["hide-input"]
columns = {
    ("precision_k", LARGE): f"precision at {retrieved}",
    ("precision_carriers", LARGE): "precision, k = carriers",
    ("reciprocal_rank", LARGE): "reciprocal rank",
}
if len(mistakes):
    columns[("mistake_precision_carriers", LARGE)] = "planted mistakes, precision"
show(
    figures.panels(
        f"Precision of fact tracing: EK-FAC {traced.loc[REFERENCE, 'value']:.2f}, dot product {traced.loc['dot', 'value']:.2f},<br>"
        f"TF-IDF {traced.loc['tfidf', 'value']:.2f}, embedding {traced.loc['embedding', 'value']:.2f}",
        board,
        columns,
        METHODS,
    ),
    f"SmolLM2: means over {int(traced['count'].iloc[0])} queries for facts"
    + (f" and {int(mistakes['count'].iloc[0])} for planted mistakes" if len(mistakes) else "")
    + f"; {intervals_over(traced['count'].iloc[0])}"
    + (f", for planted mistakes {intervals_over(mistakes['count'].iloc[0])}." if len(mistakes) else "."),
    "Precision, k = carriers: " + "; ".join(f"{METHODS[name]} {said(traced.loc[name])}" for name in METHODS) + ".",
)
show_table(
    pd.DataFrame(
        [
            {
                "method": METHODS[name],
                "precision, k = carriers": said(traced.loc[name]),
                "less EK-FAC": apart(traced.loc[name]),
            }
            for name in METHODS
            if name != REFERENCE
        ]
    ),
    "Differences from EK-FAC, paired over queries.",
)

# %% [markdown]
# ### One step is a dot product
#
# A popular check, the tail-patch, takes one gradient step on a method's top texts and looks whether the answer becomes more probable. It is shown here for what it is. With
# $\theta' = \theta - \eta\sum_i g_i$,
#
# $$
# \log p_{\theta'} - \log p_{\theta} = \eta \sum_i g_q^\top g_i + O(\eta^2):
# $$ (eq-lmboard-tail)
#
# to first order the step *is* the dot product. So the dot product wins by construction, whatever the truth, and the check **cannot rank the methods**.

# %%
agreement = float(np.corrcoef(patches["first_order"], patches["change"])[0, 1])
stepped = rows_of("tail_patch_change", LARGE)

# %% tags=["hide-input"]
show(
    figures.patches(
        f"One step on a method's top {retrieved} texts does what the dot product says: correlation {agreement:.3f}",
        patches,
        METHODS,
    ),
    f"SmolLM2, {patches['query'].nunique()} queries, each method; step size {tail_rate:g}, the adapted layers. Dotted: equality.",
    f"Dots along the diagonal; correlation {agreement:.3f}. Mean change by method, nats: "
    + "; ".join(f"{METHODS[name]} {stepped.loc[name, 'value']:.2g}" for name in METHODS)
    + ".",
)

# %% tags=["hide-input"]
refits = rows_of("removal", LARGE)
if len(refits):
    show(
        figures.panels(
            f"SmolLM2 adapted without the top {retrieved} texts: log p falls by {refits.loc[REFERENCE, 'value']:.2f} nats for EK-FAC",
            board,
            {("removal", LARGE): "fall of log p, nats"},
            METHODS,
        ),
        f"{int(refits['count'].iloc[0])} queries; {intervals_over(refits['count'].iloc[0])}.",
        "Fall by method: " + "; ".join(f"{METHODS[name]} {said(refits.loc[name])}" for name in METHODS) + ".",
    )
else:
    display(
        Markdown(
            "**Removal on SmolLM2.** Adapting it again without each method's top texts takes about a minute for each set of texts, so that it is left to the full configuration "
            "(`refit_queries`); the small GPT stands in for it above."
        )
    )

# %% [markdown]
# ## Score and cost

# %%
top = lds["all"].loc[CEILING, "value"] if CEILING in lds["all"].index else None

# %% tags=["hide-input"]
show(
    figures.costs(
        f"Small GPT: EK-FAC takes {lds['all'].loc['ekfac', 'seconds']:.2g} s, the dot product {lds['all'].loc['dot', 'seconds']:.2g} s, TF-IDF {lds['all'].loc['tfidf', 'seconds']:.1g} s",
        board[(board["metric"] == "lds") & (board["model"] == whole)],
        METHODS,
        "LDS",
        top,
    ),
    "All linear layers. Seconds of the processor for all queries and one trained model: passes, factors and scores.",
    "LDS and seconds: "
    + "; ".join(
        f"{METHODS[name]} {lds['all'].loc[name, 'value']:.2f}, {lds['all'].loc[name, 'seconds']:.2g} s"
        for name in METHODS
    )
    + ".",
)
show(
    figures.costs(
        f"SmolLM2: EK-FAC takes {traced.loc['ekfac', 'seconds']:.3g} s, the dot product {traced.loc['dot', 'seconds']:.3g} s,<br>TF-IDF {traced.loc['tfidf', 'seconds']:.1g} s",
        board[(board["metric"] == "precision_carriers") & (board["model"] == LARGE)],
        METHODS,
        "precision of fact tracing, k = carriers",
        None,
    ),
    "Seconds of the processor for all queries and texts: the rules that a method needs, with their start and the loading of the model, and its own scoring.",
    "Precision and seconds: "
    + "; ".join(
        f"{METHODS[name]} {traced.loc[name, 'value']:.2f}, {traced.loc[name, 'seconds']:.2g} s" for name in METHODS
    )
    + ".",
)
show_table(
    pd.DataFrame(
        [
            {
                "method": METHODS[name],
                "small GPT: s": lds["all"].loc[name, "seconds"],
                "MB": lds["all"].loc[name, "peak_mb"],
                "SmolLM2: s": traced.loc[name, "seconds"],
                "MB ": traced.loc[name, "peak_mb"],
            }
            for name in METHODS
        ]
    ),
    "Processor seconds and the largest memory of the process, Python and its libraries (about 500 MB) included.",
)

# %% [markdown]
# ## Which methods earn their cost
#
# EK-FAC earns its cost on a measure if it is ahead of every method that is cheaper by a tenth or more, each with a 95 % interval of the paired difference above 0. It does not
# if one of them is ahead of it in the same sense. Otherwise it is not shown: "level" means that the interval of the difference contains 0, not that the two are equal.

# %%
measures = {
    ("lds", whole): "LDS on the small GPT",
    ("removal", whole): "removal on the small GPT",
    ("precision_carriers", LARGE): "fact tracing on SmolLM2",
}


def verdict(metric, model):
    """What the rows of a measure say about EK-FAC and its cheaper rivals."""
    part = rows_of(metric, model).reindex(METHODS)
    if part["count"].iloc[0] < 2:
        return f"**{measures[metric, model]}:** one query: no interval, and no verdict."
    cheaper = part[part["seconds"] < 0.9 * part.loc[REFERENCE, "seconds"]].drop(index=REFERENCE, errors="ignore")
    beaten = [METHODS[name] for name, row in cheaper.iterrows() if row["difference_high"] < 0]
    ahead_of = [METHODS[name] for name, row in cheaper.iterrows() if row["difference_low"] > 0]
    level = [METHODS[name] for name, row in cheaper.iterrows() if row["difference_low"] <= 0 <= row["difference_high"]]
    finding = "does not earn its cost" if ahead_of else "is not shown to earn its cost" if level else "earns its cost"
    return (
        f"**{measures[metric, model]}:** EK-FAC {finding}. "
        f"It is ahead of {', '.join(beaten) or 'no cheaper method'}"
        + (f"; level with {', '.join(level)}" if level else "")
        + (f"; **behind {', '.join(ahead_of)}**" if ahead_of else "")
        + f". Largest value: {METHODS[leader(metric, model)]}."
    )


# %% tags=["hide-input"]
display(Markdown("\n".join(f"- {verdict(*key)}" for key in measures)))

# %% [markdown]
# ## What to take away

# %% tags=["hide-input"]
lead = [name for name, (low, _, _) in ahead.items() if low > 0]
display(
    Markdown(
        f"- The same gradients, with and without curvature: under the LDS EK-FAC is {'clearly ahead of the dot product' if len(lead) == 2 else 'not clearly ahead of the dot product for every choice of layers'}. "
        f"The tail-patch (correlation {agreement:.3f} with the dot product) cannot see such a difference.\n"
        f"- A search for words takes next to nothing, and reaches {lds['all'].loc['tfidf', 'value']:.2f} of LDS where EK-FAC reaches {lds['all'].loc['ekfac', 'value']:.2f}. On texts that state facts in the query's "
        "own words it is the rival to compare with first.\n"
        f"- How far EK-FAC is from the Gauss-Newton matrix can be measured on a small model, here on {int(exact['count'])} queries and one start: LDS {newton[mlp].loc['ekfac', 'value']:.2f} with the MLP "
        f"layers and {newton[whole].loc['ekfac', 'value']:.2f} with all linear layers at the usual damping, {newton[whole].loc[best_damping.name, 'value']:.2f} with the share of λ that did best on these retrainings, "
        f"{exact['value']:.2f} with the Gauss-Newton matrix of all parameters and the weight decay as λ. Layers, λ and the Kronecker form all differ between EK-FAC and the last: what the form alone costs is not "
        "measured here."
    )
)
