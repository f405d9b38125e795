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
# # Scaling to corpora: filters, query batches, and what influence costs
#
# **The question.** Influence needs the gradient of every training text. Qwen3 was trained on 36 trillion tokens; nobody will take that many gradients
# to explain one answer. The blog (section 1.5) names two ways out, both from Grosse et al. (2023): *filter* the texts by a cheap search and
# take the gradients of what is left (1.5.1), or answer *many queries* with one pass over the texts, which needs small query gradients (1.5.2). A comment in its
# source adds a third: find the 50 most similar sentences with a search engine, and ask for influence among these. On a corpus of chemistry texts small enough to take
# every gradient, this page measures what each of them loses, and then what each of them would save.

# %% tags=["parameters"]
seed = 0
top = 10
share = 0.25
kept = 50
searched_queries = 3
queries = 18
ranks = [1, 2, 4, 8, 16, 32, 64, 128]
rank = 32
ranked_queries = 2
batched_queries = 8
batched_texts = 16
cost_texts = [16, 48, 96]
cost_tokens = 32
cost_widths = [64, 128, 256, 384]
cost_depth = 2
cost_queries = 8
cost_repeats = 2

# %%
import numpy as np
import pandas as pd
from IPython.display import Markdown, display

from influence_lab.artifacts import read_arrays, read_facts, read_table
from influence_lab.evaluations.extrapolation import (
    Accelerator,
    in_words,
    projections,
    scoring_flops,
    straight_line,
    training_flops,
)
from influence_lab.evaluations.intervals import mean_interval, plus_minus
from influence_lab.evaluations.prefilters import curve_sizes, kept_share, recall, recall_curves, top_texts
from influence_lab.evaluations.rank_agreement import by_rank, correlations
from influence_lab.evaluations.slopes import log_log_slope
from influence_lab.figures import scaling_to_corpora as figures
from influence_lab.figures.show import show, show_table
from influence_lab.locations import artifact
from influence_lab.notebooks.record import leave_open, readable, record

corpus = read_table(artifact("data/chemistry.parquet"))
texts = corpus[corpus["split"] == "train"].reset_index(drop=True)
asked = read_table(artifact("data/chemistry_queries.parquet"))
influence = read_arrays(artifact("attributions/language_methods.npz"))["ekfac"]
filters = read_arrays(artifact("attributions/language_retrieval.npz"))
variants = read_arrays(artifact("attributions/language_retrieval_variants.npz"))
facts = np.flatnonzero(asked["kind"] == "fact")
n, enough = len(texts), len(facts) >= 2  # an interval needs two queries
size = max(round(share * n), 1)

# %% [markdown]
# ## What is to be found
#
# The [language model](../model_cards.md) has been trained on the texts of the [chemistry corpus](../data_cards.md). A query is a prompt with its completion,
# "Water is composed of" + " hydrogen and oxygen"; $f$ is the log-probability of the completion. The truth that a filter is held against is not chemistry but
# influence itself, $I_i = -\nabla f^\top (\hat G + \lambda)^{-1}\nabla L_i$ of *every* text, by EK-FAC on the layers that were trained
# ([Gauss-Newton](02_gauss_newton.ipynb)). A filter is good if it keeps the texts with the largest $I_i$. Beside it stands how many *carriers* it keeps,
# the texts that state the fact.

# %% tags=["hide-input"]
wanted = top_texts(influence[facts], min(top, n))
carriers = asked["fact"].to_numpy()[facts, None] == texts["carries"].to_numpy()[None, :]
display(
    Markdown(
        f"**{n} texts, {len(facts)} facts asked.** Of the {min(top, n)} most influential texts, {np.mean((wanted & carriers).sum(1)):.1f} on average state the fact "
        f"(there are {np.mean(carriers.sum(1)):.1f} of them); the others have something else to teach about the completion."
    )
)

# %% [markdown]
# ## A filter that is BM25, and a constant that does nothing
#
# The blog calls the first filter TF-IDF. Grosse et al. (2023, section 3.2) score a text D for a query Q, prompt and completion together, by
#
# $$
# s(Q, D) = \sum_{t \in Q} \mathrm{idf}(t)\,\frac{(k_1 + 1)\,\mathbb{1}[t \in D]}{k_1 + \mathbb{1}[t \in D]},
# \qquad \mathrm{idf}(t) = \log\left(\frac{C - c(t) + \tfrac12}{c(t) + \tfrac12} + 1\right),
# $$ (eq-scaling-tfidf)
#
# with C texts, c(t) of which have the token t. That is the formula of BM25, where the number of times that t occurs stands in place of
# $\mathbb{1}[t \in D]$, and the length of D in the denominator. Here the fraction is $(k_1 + 1)/(k_1 + 1) = 1$ or 0, so that $k_1$, set to 1.5 in
# the paper, does nothing:
#
# $$
# s(Q, D) = \sum_{t \in Q \cap D} \mathrm{idf}(t) .
# $$ (eq-scaling-sum)
#
# No term frequency is left in this TF-IDF. It was run for real, by the library bm25s on sets of tokens without length normalisation, with three values of $k_1$.

# %%
k1_effect = max(np.abs(variants[name] - filters["tfidf"]).max() for name in ("k1_0.5", "k1_3"))
sum_error = np.abs(variants["sum"] - filters["tfidf"]).max()

# %% tags=["hide-input"]
display(
    Markdown(
        f"Over {filters['tfidf'].size:,} pairs of a query and a text, scores change by at most {readable(k1_effect, 2)} when $k_1$ goes from 1.5 to 0.5 or to 3; the library and the sum "
        f"{{eq}}`eq-scaling-sum` differ by at most {readable(sum_error, 2)}."
    )
)

# %% [markdown]
# ## What the filters keep
#
# Four filters: that sum over the model's own tokens; BM25 as it comes, over lower-case words; the cosine of embeddings (the mean over tokens of the hidden states that enter the
# first trained block of the same model, without the begin mark, the corpus mean taken off); and a random order. Ties are broken at random, on average. Intervals are over queries.

# %%
NAMES = {"tfidf": "TF-IDF (Grosse)", "bm25": "BM25, words", "embedding": "embedding", "random": "random"}
if enough:
    found = {name: mean_interval(recall(filters[name][facts], wanted, size)) for name in NAMES}
    of_carriers = {name: mean_interval(recall(filters[name][facts], carriers, size)) for name in NAMES}
    curves = recall_curves({name: filters[name][facts] for name in NAMES}, wanted, curve_sizes(n, 40))
    weight = np.where(wanted, influence[facts].clip(min=0), 0)
    weight = weight / weight.sum(axis=1, keepdims=True)  # of the wanted texts, by their influence
    over_random = mean_interval(recall(filters["tfidf"][facts], wanted, size) - size / n)

# %% tags=["hide-input"]
if enough:
    needed = {
        name: curves["share"][(curves["filter"] == name) & (curves["mean"] >= 0.9)].min()
        for name in ("tfidf", "bm25", "embedding")
    }
    show(
        figures.recall_curves(
            f"{share:.0%} of the corpus holds {found['tfidf'][0]:.0%} of the top {min(top, n)} by TF-IDF,<br>"
            f"{found['bm25'][0]:.0%} by BM25, {found['embedding'][0]:.0%} by embeddings",
            curves,
            NAMES,
            share,
        ),
        f"Recall of the {min(top, n)} most influential of {n} texts, mean over {len(facts)} queries with 95 % intervals; dotted: {share:.0%} of the corpus, and chance.",
        "Rising curves. "
        + "; ".join(
            f"{NAMES[name]} reaches 90 % with {value:.0%} of the corpus"
            for name, value in needed.items()
            if value == value
        )
        + ".",
    )
    rows = []
    for key, label, scores in (
        ("tfidf", "TF-IDF, the model's tokens", filters["tfidf"]),
        ("words", "TF-IDF, lower-case words", variants["words"]),
        ("bm25", "BM25, lower-case words", filters["bm25"]),
        ("embedding", "embedding", filters["embedding"]),
        ("random", "random", filters["random"]),
    ):
        alone = variants.get(f"prompt_{key}")
        rows.append(
            {
                "filter": label,
                f"recall of the top {min(top, n)}": plus_minus(mean_interval(recall(scores[facts], wanted, size))),
                "of their influence": plus_minus(mean_interval((kept_share(scores[facts], size) * weight).sum(axis=1))),
                "of the carriers": plus_minus(mean_interval(recall(scores[facts], carriers, size))),
                "top, prompt alone": ""
                if alone is None
                else plus_minus(mean_interval(recall(alone[facts], wanted, size))),
            }
        )
    show_table(
        pd.DataFrame(rows),
        f"What {size} of {n} texts hold, by filter. Third column: each of the most influential texts counts by its influence. Last column: the filter sees the prompt without the completion.",
    )

# %% tags=["hide-input"]
if enough:
    gain = mean_interval(
        recall(filters["tfidf"][facts], wanted, size) - recall(variants["prompt_tfidf"][facts], wanted, size)
    )
    belongs = (
        "**The completion belongs into the query**, as Grosse et al. have it"
        if gain[0] - gain[1] > 0
        else "**That the completion belongs into the query**, as Grosse et al. have it, is not shown by this run"
    )
    display(
        Markdown(
            f"{belongs}: adding it changes TF-IDF's recall of the top by {plus_minus(gain, 2, '+')}. What moves $\\log p$ of a completion "
            "may be a text that never names what the prompt asks about. And no filter by tokens sees influence without shared tokens; here are influential texts that TF-IDF throws away, the lowest first."
        )
    )

# %% tags=["hide-input"]
if enough:
    tail = np.sort(influence[facts], axis=1)[:, ::-1]
    by_influence = (kept_share(filters["tfidf"][facts], size) * weight).sum(axis=1).mean()
    display(
        Markdown(
            f"**Influence has a heavy tail.** The first text has {np.median(tail[:, 0] / tail[:, min(top, n) - 1]):.0f} times (median) the influence of text {min(top, n)}. The recall above, in which all of the top count alike, is a severe measure: "
            f"of the influence that the top {min(top, n)} have, TF-IDF keeps {by_influence:.0%}."
        )
    )

# %% tags=["hide-input"]
lost = np.argwhere(wanted & (np.argsort(np.argsort(-filters["tfidf"][facts], axis=1), axis=1) >= size))
place = (-influence[facts]).argsort(axis=1).argsort(axis=1) + 1
behind = (-filters["tfidf"][facts]).argsort(axis=1, kind="stable").argsort(axis=1) + 1
lost = sorted(lost.tolist(), key=lambda pair: -behind[*pair])[:6]
if lost:
    show_table(
        pd.DataFrame(
            {
                "query": [asked["prompt"][facts[q]] + asked["answer"][facts[q]] for q, _ in lost],
                "text": [texts["text"][t] for _, t in lost],
                "place by influence": [place[q, t] for q, t in lost],
                "place by TF-IDF": [behind[q, t] for q, t in lost],
            }
        ),
        f"Texts among the {min(top, n)} most influential that the filter throws away.",
    )

# %%
if not enough:
    leave_open("A21", "an interval needs two facts or more")
elif share != 0.25 or min(top, n) != 10:
    leave_open("A21", f"it is about the top 10 in a quarter of the corpus, not the top {min(top, n)} in {share:.0%}")
else:
    record("A21", top_recall=found["tfidf"], recall_over_random=over_random, k1_effect=k1_effect)

# %% [markdown]
# The corpus is small and dense: a share of it is not 10,000 of billions. Two things would differ there. A real corpus is mostly about something else, which makes it easier to keep a given *share* and
# harder to keep a given *number*; and influence is spread over more texts. What carries over is the kind of the loss: a filter decides by tokens what influence is allowed to find.
# Grosse et al. say themselves that it biases the results.
#
# ## Search first, then influence
#
# The blog's commented-out idea is a two-stage system: a search engine finds the 50 sentences most like prompt and answer, and influence ranks these. Here the engine is
# [lancedb](https://lancedb.github.io/lancedb/), which runs inside the process, on a folder, without a server or a connection. It finds the nearest vectors (the embeddings above) and the
# best matches of words. Then gradients are taken of the texts found, *and of no others*.

# %%
search = read_arrays(artifact("attributions/language_search.npz"))
price = read_table(artifact("attributions/language_search_cost.parquet"))
hits = {
    way: np.array(
        [np.isin(np.flatnonzero(row), search[way][query]).mean() for query, row in zip(facts, wanted, strict=True)]
    )
    for way in ("vector", "words")
}
handed = search["vector"].shape[1]
same = [
    np.abs(scores - influence[query, search["vector"][query]]).max() / np.abs(scores).max()
    for query, scores in zip(search["rows"], search["scores"], strict=True)
]
per_query = price[price["what"] == "found"]["seconds"].mean()
whole = price[price["what"] == "all"].iloc[0]

# %% tags=["hide-input"]
show_table(
    pd.DataFrame(
        {
            "search": ["nearest vectors", "matching words"],
            f"recall of the top {min(top, n)}": [
                plus_minus(mean_interval(hits[way])) if enough else f"{hits[way].mean():.2f}"
                for way in ("vector", "words")
            ],
        }
    ),
    f"What the {handed} texts that the engine finds hold of the {min(top, n)} most influential of {n}.",
)
display(
    Markdown(
        f"**Exact for what it finds.** The scores of the texts found equal those from the pass over all texts to {readable(max(same), 2)} of the largest: the curvature was fitted to the whole corpus, "
        f"and a text's gradient doesn't depend on what else is scored. Filtering loses texts, it doesn't change scores. (The RelatIF-like division by the squared norm of the loss that the blog mentions would not change that; see [relative influence](04_relative_influence.ipynb).)\n\n"
        f"**What it saves.** Gradients and scores of {handed} texts took {per_query:.1f} s of processor time for each query, those of all {n} texts {whole['seconds']:.1f} s: {per_query / whole['seconds']:.0%}, for {handed / n:.0%} of the texts. "
        f"But each query has texts of its own, and pays again: from about {int(np.ceil(whole['seconds'] / per_query))} queries on, the gradients of all texts, shared by all queries, cost less and lose nothing. With billions of texts that is no longer so (below). "
        "The engine needs an embedding of every text, too: one forward pass over the corpus, where gradients take a backward pass as well, and once for all queries."
    )
)

# %% [markdown]
# ## Query batching: what is stored, and what is not
#
# The blog writes that the gradients of all training examples are stored at rank 32, so that a new query needs its own gradient only. It is the other way round. Influence is the inner product of
#
# $$
# \underbrace{(\hat G + \lambda)^{-1}\nabla f}_{\text{one for each query: kept, at low rank}} \quad\text{and}\quad \underbrace{\nabla L_i}_{\text{one for each text: computed, used, forgotten}} ,
# $$ (eq-scaling-batching)
#
# and what fills memory is many queries at once while the training texts stream past. A new query then needs a new pass. kronfluence was watched while it scored a batch of queries at rank 32: what its layers
# hold, and how often each training text goes backward through the model.

# %%
watched = read_facts(artifact("attributions/language_query_batching.json"))
batched, single = watched["batches"]
theirs = read_arrays(artifact("attributions/language_query_batching.npz"))
low = read_arrays(artifact("attributions/language_low_rank.npz"))
full = influence[low["rows"]]
at_rank = low["scores"][list(low["ranks"]).index(rank)]
if enough:
    agreement = by_rank(low["ranks"], low["scores"], full)
    rank_correlation = mean_interval(correlations(at_rank, full)[0])
stored = batched["held_after"] / watched["texts"]

# %% tags=["hide-input"]
show_table(
    pd.DataFrame(
        {
            "queries at once": [batch["queries_at_once"] for batch in watched["batches"]],
            "query gradients held during the pass": [batch["held"] for batch in watched["batches"]],
            "training gradients held after it": [batch["held_after"] for batch in watched["batches"]],
            "backward passes of each text": [
                " to ".join(str(count) for count in sorted(set(batch["passes"]))) for batch in watched["batches"]
            ],
        }
    ),
    f"kronfluence scoring {watched['queries']} queries on {watched['texts']} texts at rank {watched['rank']}.",
)

# %% [markdown]
# ## How low the rank may be
#
# The gradient of a query is $\sum_t \mathcal{D}s_t a_t^\top$ in each layer: of rank at most T, the number of its tokens, without any approximation. Undamped K-FAC multiplies it from both sides, $S^{-1}\nabla f A^{-1}$, and keeps its rank.
# EK-FAC divides entry by entry by $\Lambda + \lambda$ in the eigenbasis, and so does K-FAC with damping: no product, and the rank is lost. It has to be *cut*, by singular values.

# %%
counted = read_table(artifact("attributions/language_ranks.parquet"))
WAYS = {
    "raw": "∇f",
    "kfac_undamped": "K-FAC, undamped",
    "kfac": "K-FAC, damped",
    "ekfac_undamped": "EK-FAC, undamped",
    "ekfac": "EK-FAC, damped",
}
tokens_asked = counted["tokens"].max()

# %% tags=["hide-input"]
grouped = counted.groupby("way").agg(
    low=("rank", "min"), high=("rank", "max"), energy=("rank_90", "max"), full=("full", "max")
)
show_table(
    pd.DataFrame(
        {
            "gradient": list(WAYS.values()),
            "rank": [f"{grouped['low'][way]} to {grouped['high'][way]}" for way in WAYS],
            "pairs that hold 90 % of its square, at most": [grouped["energy"][way] for way in WAYS],
            "largest possible": [grouped["full"][way] for way in WAYS],
        }
    ),
    f"Rank of the query gradients of {counted['query'].nunique()} queries with up to {tokens_asked} tokens, over all layers; singular values above 1e-6 of the largest count, and undamped, eigenvalues below 1e-6 of the largest are left out.",
)
if enough:
    show(
        figures.rank_agreement(
            f"Rank {rank}: correlation with full rank {readable(rank_correlation[0], 6)}", agreement
        ),
        f"EK-FAC scores of all {n} texts with each layer's query gradient cut to a rank, against full rank: one minus the correlation over texts, mean over {len(low['rows'])} queries with 95 % intervals.",
        "Falling curves. "
        + "; ".join(
            f"rank {row.rank}: Pearson {row.pearson:.5f}, Spearman {row.spearman:.5f}" for row in agreement.itertuples()
        )
        + ".",
    )
    overlap = [row for row, query in enumerate(theirs["rows"]) if query in low["rows"]]
    ours = at_rank[[list(low["rows"]).index(theirs["rows"][row]) for row in overlap]][:, : theirs["scores"].shape[1]]
    both = correlations(theirs["scores"][overlap], ours)[0] if overlap else np.array([])
    if len(both):
        display(
            Markdown(
                f"kronfluence's own cut to rank {watched['rank']} gives the same scores for {len(both)} queries and {watched['texts']} texts, with a correlation of at least {both.min():.4f}: its singular value decomposition is randomised, ours is not. "
                "With its full one the two agree to single precision (a test on a small model)."
            )
        )

# %%
if watched["queries"] >= 8 and enough:
    record(
        "A22",
        stored_training_share=stored,
        training_gradients_per_text=max(batched["passes"]),
        rank_32_correlation=rank_correlation,
    )
else:
    leave_open("A22", "fewer than eight queries, or fewer than two facts, in this run")

# %% [markdown]
# Pearson's correlation is led by the few texts with large influence, and a single pair of vectors may get these right; Spearman's, which asks for the order of all texts, needs more.
#
# The paper's figure, 0.995 at rank 32, is of one query to a model with 52 billion parameters and layers far wider than these. A short query to a narrow model may be kinder to a low rank: the number here says that the idea works, not that 32 is enough everywhere.
#
# ## What a rank costs and saves

# %%
rank_price = read_table(artifact("evaluations/language_rank_cost.parquet")).set_index("rank")
shapes = low["numbers_by_layer"]
full_numbers = int(shapes.prod(axis=1).sum())
prices = pd.DataFrame(
    {
        "rank": low["ranks"],
        "memory": [np.minimum(r, shapes.min(axis=1)) @ shapes.sum(axis=1) / full_numbers for r in low["ranks"]],
        "time": [rank_price["microseconds"][r] / rank_price["microseconds"][0] for r in low["ranks"]],
    }
)
break_even = float(np.min(shapes.prod(axis=1) / shapes.sum(axis=1)))
cheap = prices[prices["rank"] == rank].iloc[0]

# %% tags=["hide-input"]
show(
    figures.rank_price(
        f"Rank {rank} takes {cheap['memory']:.1%} of the memory and {cheap['time']:.0%} of the time", prices
    ),
    f"Shares of what the full preconditioned gradient takes; memory over all {len(shapes)} layers, processor time of the inner products of one query with tokens in a layer of 1536 × 576.",
    "Rising curves: "
    + "; ".join(f"rank {row.rank:.0f}: memory {row.memory:.3f}, time {row.time:.3f}" for row in prices.itertuples())
    + ".",
)
display(
    Markdown(
        f"In full, one query takes {full_numbers * 4 / 1e6:.1f} MB in single precision, as much as the attributed weights; at rank {rank}, {full_numbers * 4 * cheap['memory'] / 1e6:.2f} MB. Above rank {break_even:.0f} a cut would take more than the whole."
    )
)

# %% [markdown]
# ## What influence costs as corpus and model grow
#
# kronfluence's stages were timed on Llamas with random weights, in SmolLM2's proportions, all their MLP layers attributed; and beside them, as "gradients", our own pass forward and backward that keeps token gradients, which has nothing to set up. In the corpus everything but the eigenvectors should be linear: texts are taken one after another. In the model, forward and backward passes grow with the number P of weights, but the eigenvectors of a
# layer d wide take $d^3$ operations, and rotating the gradient of *each text* into them for $\Lambda$ takes $d^3$ again, $P^{3/2}$ in the number of weights.

# %%
growth = read_table(artifact("evaluations/language_cost.parquet"))
STAGES = ("covariance", "eigen", "lambda", "scores", "gradients")
by_corpus, by_model = growth[growth["width"] == cost_widths[1]], growth[growth["texts"] == cost_texts[0]]
lines = {
    stage: straight_line(
        *(by_corpus[by_corpus["stage"] == stage][name].to_numpy(float) for name in ("tokens", "seconds"))
    )
    for stage in STAGES
}
slopes = {}
for stage in STAGES:
    rows = by_model[by_model["stage"] == stage]
    wide = rows[rows["weights"] > rows["weights"].min()]
    slopes[stage] = log_log_slope(wide["weights"].to_numpy(float), wide["seconds"].to_numpy())
corpus_slopes = {}
for stage in STAGES:
    rows = by_corpus[by_corpus["stage"] == stage]
    corpus_slopes[stage] = log_log_slope(rows["tokens"].to_numpy(float), rows["seconds"].to_numpy())

# %% tags=["hide-input"]
show(
    figures.corpus_growth(
        f"Each token more takes {1e6 * lines['gradients'].rate:.3g} ± {1e6 * lines['gradients'].half_width:.2g} µs of gradients",
        by_corpus,
        lines,
    ),
    f"Processor time of kronfluence's stages and of token gradients, {cost_repeats} runs each, {by_corpus['weights'].iloc[0]:,} attributed weights, {cost_queries} queries; lines: least squares.",
    "Points about rising lines. "
    + "; ".join(
        f"{stage}: {line.start:.2f} s to start and {1e6 * line.rate:.3g} µs a token" for stage, line in lines.items()
    )
    + ".",
)
show(
    figures.model_growth(
        f"In the weights, Λ grows with the power {plus_minus((slopes['lambda'].slope, slopes['lambda'].half_width))}, gradients with {plus_minus((slopes['gradients'].slope, slopes['gradients'].half_width))}",
        by_model,
        slopes,
    ),
    f"The same for {by_model['width'].nunique()} widths and {by_model['texts'].iloc[0]} texts of {cost_tokens} tokens; lines: power laws, without the narrowest model, where starting decides.",
    "Points about rising lines on two logarithmic axes. "
    + "; ".join(f"{stage}: power {slope.slope:.2f}" for stage, slope in slopes.items())
    + ".",
)
show_table(
    pd.DataFrame(
        {
            "stage": STAGES,
            "seconds to start": [lines[stage].start for stage in STAGES],
            "µs a token": [plus_minus((1e6 * lines[stage].rate, 1e6 * lines[stage].half_width), 1) for stage in STAGES],
            "power of the corpus": [
                plus_minus((corpus_slopes[stage].slope, corpus_slopes[stage].half_width)) for stage in STAGES
            ],
            "power of the model": [plus_minus((slopes[stage].slope, slopes[stage].half_width)) for stage in STAGES],
        }
    ),
    "Fits with 95 % intervals. The powers are of all the time, starting included: what a call of kronfluence takes to start still decides its powers at this size, and the time of a token, with its interval, says more.",
)
factor_copies = float((shapes**2).sum() / shapes.prod(axis=1).sum()) + 1
peaks = [table["peak_mb"].max() for table in (by_corpus[by_corpus["texts"] == cost_texts[0]], by_corpus, by_model)]
display(
    Markdown(
        f"**Memory.** While the corpus grew {by_corpus['texts'].max() / by_corpus['texts'].min():.0f}-fold, the process's peak rose from {peaks[0]:.0f} to {peaks[1]:.0f} MB; while the model grew "
        f"{by_model['weights'].max() / by_model['weights'].min():.0f}-fold, to {peaks[2]:.0f} MB. The bases and Λ of SmolLM2's layers take {factor_copies:.1f} times as much as the weights, whatever the corpus."
    )
)

# %% [markdown]
# ## To 36 trillion tokens
#
# Small matrices leave a processor waiting, so the measured powers of the model are no law for large ones; what is extrapolated is the number of operations. The assumptions: time is linear in tokens; 4 operations for each parameter and token (forward, and backward to the activations); no weight gradient is formed, and $\mathcal{D}s^\top V a$ takes 2 for each attributed weight, token and query, or $2r$ (inputs + outputs) for each layer at rank $r$; an accelerator with a peak of $10^{15}$ operations a second, of which 40 % are
# reached; one batch of queries; the MLP weights of all blocks attributed; disk and network cost nothing; the curvature was fitted before, on a sample.

# %%
device = Accelerator(peak=1e15, utilisation=0.4)
PAGE_MODELS = {"SmolLM2, 135 million": (1.35e8, 8e7), "8 billion": (8.2e9, 5.4e9)}
corpora = {"this corpus": float(whole["tokens"]), "10,000 texts of 512 tokens": 5.12e6, "36 trillion tokens": 3.6e13}
projected = projections(corpora, PAGE_MODELS, cost_queries, device)
rate_here = whole["seconds"] / whole["tokens"]
parameters, attributed = PAGE_MODELS["8 billion"]
low_share = min(rank * (4096 + 12288) / (4096 * 12288), 1)  # of a layer's numbers: its MLP layers are 4096 by 12288
epochs = {
    name: scoring_flops(parameters, numbers, count) / training_flops(parameters)
    for name, numbers, count in (
        ("one", attributed, 1),
        ("batch", attributed, cost_queries),
        ("low", attributed * low_share, cost_queries),
    )
}

# %% tags=["hide-input"]
show_table(
    projected.assign(time=[in_words(years * 365.25 * 86400) for years in projected["device years"]])
    .drop(columns="device years")
    .rename(columns={"time": "on one accelerator"}),
    f"Scoring for a batch of {cost_queries} queries in full rank. The middle corpus is what the filter of the paper leaves for one query.",
)
operations = scoring_flops(parameters, attributed, cost_queries)
filtered = scoring_flops(parameters, attributed, 1) * corpora["10,000 texts of 512 tokens"]
shared = 2 * attributed * corpora["36 trillion tokens"]  # what each query adds to a pass over everything
display(
    Markdown(
        f"**On this machine** the pass over the last blocks of SmolLM2 took {1e3 * rate_here:.2f} ms of processor time for each token: {in_words(rate_here * 3.6e13)} for 36 trillion tokens, for a model that is small and of which only these blocks were run.\n\n"
        f"**On an accelerator** a token of the model with 8 billion parameters takes {readable(operations, 2)} operations for {cost_queries} queries in full rank, and the whole corpus {in_words(device.seconds(operations * 3.6e13))}. Training on it once takes 6 operations for each parameter, 2 of them for weight gradients; "
        f"of that, a pass for one query takes {epochs['one']:.2f}, for {cost_queries} queries {epochs['batch']:.2f} in full rank and {epochs['low']:.2f} at rank {rank}. It takes more than an epoch where more than {parameters / attributed:.1f} queries are scored in full rank. "
        f"Sharing the pass helps up to a point. However many queries share it, each adds its own inner products with every token, {in_words(device.seconds(shared))} in full; rank {rank} divides that by {1 / low_share:.0f}, and no more. "
        f"A filter divides by the size of the corpus: what it leaves takes {in_words(device.seconds(filtered))} for a query. So at this size filters cost less for any number of queries, after an index of everything has been made; what a full pass buys is that nothing is decided beforehand."
    )
)

# %% [markdown]
# ## Partitions are jobs
#
# kronfluence can cut the corpus into partitions, and adds up what each has found: sums are all that EK-FAC needs. So each partition is a file of Snakemake's, and a job that a cluster (`profiles/slurm`) can run anywhere; after a kill only unfinished ones run again. On the command line
# `language_model.partitions` says how many there are.

# %% tags=["hide-input"]
timed = by_model[by_model["weights"] == by_model["weights"].max()].groupby("stage")["seconds"].mean()
show_table(
    pd.DataFrame(
        {
            "rule": [
                "language_covariance_{p}",
                "language_eigen",
                "language_lambda_{p}",
                "language_factors",
                "language_scores_{p}",
            ],
            "jobs": ["one for each partition", "1", "one for each partition", "1", "one for each partition"],
            "waits for": ["texts", "all covariances", "eigenvectors", "all Λ", "factors"],
            "what it adds up": [
                "A and S over its tokens",
                "A and S of all; their eigenvectors",
                "Λ over its texts",
                "Λ of all",
                "nothing: its columns of the scores",
            ],
            "seconds, unpartitioned": [
                f"{timed[stage]:.1f}" if stage else "with Λ"
                for stage in ("covariance", "eigen", "lambda", "", "scores")
            ],
        }
    ),
    f"The chain, with the processor time of each stage for the widest random model above ({by_model['weights'].max():,} weights, {by_model['texts'].iloc[0]} texts).",
)

# %% [markdown]
# Two barriers cannot be cut: eigenvectors need all covariances, scores need all of Λ. Everything else scales out with the number of jobs, and the eigenvectors by layer. That two partitions give the factors and scores of one is tested on a small model with given labels; where labels are *sampled*, each
# partition draws its own, and the factors are another draw of the same estimate.
#
# ## What to take away

# %% tags=["hide-input"]
if enough and over_random[0] - over_random[1] > 0:
    against_chance = f"It finds influential texts better than chance: of the top {min(top, n)}, {size} texts of {n} hold {found['tfidf'][0]:.0%}, {plus_minus(over_random, 2, '+')} against a random choice."
else:
    against_chance = "That it finds influential texts better than chance is not shown by this run."
display(
    Markdown(
        f"- The filter called TF-IDF counts shared rare tokens; its $k_1$ does nothing. {against_chance} What shares no token stays invisible to it, so say which filter an attribution went through.\n"
        "- Query batching keeps *query* gradients at low rank and forgets training gradients; one pass serves a batch, and a new batch needs a new pass.\n"
        f"- In operations, a pass for influence over the model with 8 billion parameters takes {epochs['one']:.1f} times an epoch of training for one query, and for {cost_queries} queries {epochs['batch']:.1f} times in full rank, {epochs['low']:.1f} times at rank {rank}. "
        "Batches share it, partitions spread it, and only filters shrink it with the corpus: at the price of what they cannot see."
    )
)
