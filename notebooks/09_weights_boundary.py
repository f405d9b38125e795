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
# # Weights boundary: how far must a model move to change its mind?
#
# **The question.** Influence asks what training on an image does. Near the end of its work the report tries another
# question (4.2.3): by how much must the *weights* change until the model gives an image another class? The shorter the
# way, the more doubtful the image, and images that change class together might belong together. The report used a method of the
# library influenciae, met "optimisation issues way too often and too randomly", wrote a simpler one, and left three things open: why the
# first failed on groups, the "universal" way for groups, and whether images that flip together form a functioning group.
# For the last layer of a classifier every one of these has an exact answer.
#
# **The definition.** With $w$ the trained weights and $c(x; w)$ the class that the model predicts for image $x$,
#
# $$
# \rho(x) = \min_{\Delta w} \|\Delta w\| \quad\text{subject to}\quad c(x;\, w + \Delta w) \ne c(x;\, w) .
# $$ (eq-weights-boundary)
#
# influenciae's score is $-\rho$, found by DeepFool's steps; the report minimises $\rho$ over groups.

# %% tags=["parameters"]
seed = 0
sample = 2000
library_images = 40
sizes = [1, 5, 10, 25]
groups = 20
network_sizes = [5, 10]
network_groups = 4
judged_groups = 20
steps = 100
largest_norm = 1.0
passes = 1000
candidates = 200
greedy_seeds = 3
greedy_size = 25
greedy_network_size = 5
flip_seeds = 60
flip_group = 25
class_draws = 100
matches = 5

# %%
import numpy as np
import pandas as pd
from IPython.display import Markdown, display

from influence_lab.artifacts import read_arrays, read_table
from influence_lab.attributions.simple_boundary import FAILED, score
from influence_lab.attributions.weights_boundary import TIE, closed_form
from influence_lab.evaluations.boundary_flips import GROUPS, flip_law
from influence_lab.evaluations.boundary_draws import KINDS, judged_classes
from influence_lab.evaluations.boundary_reports import (
    METHODS,
    caught_table,
    classes_table,
    failure_texts,
    flips_table,
    greedy_table,
    in_order,
    methods_table,
    readings_table,
)
from influence_lab.evaluations.boundary_summaries import (
    class_difference,
    explained_difference,
    failures_by_limit,
    flip_gain,
    flip_shares,
    over_seeds,
    paired_failures,
    success,
)
from influence_lab.evaluations.image_support import why_open
from influence_lab.evaluations.intervals import mean_interval, plus_minus
from influence_lab.evaluations.shares import share_interval
from influence_lab.figures import boundary_images
from influence_lab.figures import weights_boundary as figures
from influence_lab.figures.descriptions import describe
from influence_lab.figures.pictures import banner
from influence_lab.figures.show import show, show_table
from influence_lab.locations import artifact
from influence_lab.models.image_heads import named, read_heads
from influence_lab.notebooks.claims import find_check
from influence_lab.notebooks.record import leave_open, record

data = read_arrays(artifact("data/images.npz"))
banner(str(data["source"]))

# %%
names, pictures = data["classes"].tolist(), data["train_images"]
table, flips = (read_table(artifact(f"evaluations/weights_boundary{part}.parquet")) for part in ("", "_flips"))
greedy = read_arrays(artifact("evaluations/weights_boundary_greedy.npz"))
library = read_arrays(artifact("evaluations/weights_boundary_library.npz"))
models = list(table[["model", "seed"]].drop_duplicates().itertuples(index=False, name=None))
label = {key: named(key) for key in models}
heads = {key: read_heads(artifact("attributions/image_features_{}_{}.npz".format(*key))) for key in models}
trained = {key: read_arrays(artifact("models/images_{}_{}.npz".format(*key))) for key in models}
singles = {key: read_arrays(artifact("evaluations/weights_boundary_singles_{}_{}.npz".format(*key))) for key in models}
cnns = [key for key in models if key[0] == "cnn"]
reason = why_open(str(data["source"]), {label[key]: heads[key].test.accuracy for key in cnns})
head = heads[cnns[0]].train
rate = float(trained[cnns[0]]["final_learning_rate"])
cnn_size = sum(array.size for name, array in trained[cnns[0]].items() if name[0] == "w" and name[1:].isdigit())

# %% tags=["hide-input"]
show_table(
    pd.DataFrame(
        {
            "model": label[key],
            "weights of the last layer": heads[key].train.size,
            "training images": heads[key].train.n,
            "training accuracy": heads[key].train.accuracy,
            "test accuracy": heads[key].test.accuracy,
            "mean ‖h‖": np.linalg.norm(heads[key].train.features, axis=1).mean(),
            "median ρ": np.median(closed_form(heads[key].train.features, heads[key].train.logits).norm),
        }
        for key in models
    ),
    f"The models. Where this page says “last layer”, only those weights move; “all layers” means all {cnn_size:,} weights of the CNN.",
)

# %% [markdown]
# ## One image: a closed form
#
# In the last layer the logits are $f_k = w_k^\top h$, with $h = (x, 1)$ the image's $d$ features and a 1 for the bias. Class $k$ draws
# level with the predicted class $c$ when $(\Delta w_k - \Delta w_c)^\top h = f_c - f_k$. The shortest such change moves the two
# rows by the same amount, in opposite directions along $h$ (Cauchy–Schwarz), so
#
# $$
# \rho(x) = \min_{k \ne c} \frac{f_c - f_k}{\sqrt{2}\,\|h\|} = \min_{k\ne c} \frac{f_c - f_k}{\sqrt{2\,(\|x\|^2 + 1)}} .
# $$ (eq-linear-boundary)
#
# DeepFool does not know this. It repeats: take the derivatives of all logits, go to the nearest boundary of the linear model that they
# describe, until the class changes or the two largest logits are within $10^{-6}$. Here are its steps, in double precision, and influenciae's own
# `WeightsBoundaryCalculator` on a Keras layer with the same weights, in single precision.

# %%
error = {key: np.abs(one["deepfool"] / one["closed"] - 1) for key, one in singles.items()}
oracle_error = max(values.max() for values in error.values())
chosen = library["images"]
oracle = closed_form(head.features[chosen], head.logits[chosen]).norm
library_error = np.abs(-library["scores"] / oracle - 1)
oracle_rule = find_check("B24", "linear_oracle_error")
most_steps = max(one["deepfool_steps"].max() for one in singles.values())

# %% tags=["hide-input"]
show(
    figures.oracle_errors(
        f"The method reaches the closed form to {oracle_error:.0e},<br>influenciae to {library_error.max():.0e} in single precision",
        {label[key]: (one["closed"], error[key]) for key, one in singles.items()}
        | {"influenciae, CNN, seed 0": (oracle, library_error)},
        oracle_rule.expected + oracle_rule.tolerance,
    ),
    f"Last layer, {len(singles[cnns[0]]['images']):,} random training images a model, {len(chosen)} for influenciae. Errors of exactly zero are drawn at 1e-17. "
    f"DeepFool needed at most {most_steps} step{'s' if most_steps > 1 else ''}. Dotted: what claim B24 tolerates.",
    f"Dots with errors of at most {oracle_error:.0e} for our runs and {library_error.max():.0e} for influenciae; the dotted line is at {oracle_rule.expected + oracle_rule.tolerance:.0e}.",
)

# %% tags=["hide-input"]
toy = float(library["toy"][0])
display(
    Markdown(
        f"On the example of influenciae's own test, an input of zeros with logits 4 and 0, the library gives {toy:.6f}: that is $-2\\sqrt2$, as "
        f"{{eq}}`eq-linear-boundary` says (off by {abs(toy + np.sqrt(8)):.0e})."
    )
)

# %% [markdown]
# ```{admonition} What the library says and what it does
# :class: note
# - Its documentation defines the score as minus the *squared* norm, $-\|w - w_{adv}\|^2$. Its code and its own test use $-\|w - w_{adv}\|$.
# - It changes the *predicted* class; the label is not used. It stops on the boundary, without overshoot, so the image ends in a tie.
# - With `norm_type` other than 2 the step uses the dual of the norm that is then reported. All numbers here are with 2.
# ```
#
# ```{admonition} Where the source is wrong
# :class: warning
# The report says of its simple version: "we maximized the cross entropy loss we were maximizing when training". Training *minimises* the cross-entropy.
# ```
#
# ### Which images are closest to the boundary?

# %%
nearest = closed_form(head.features, head.logits)
order = np.argsort(nearest.norm)


def hover(images):
    """What a reader wants to know of each image."""
    return [
        f"{names[head.labels[i]]}, predicted {names[head.predictions[i]]}<br>next: {names[nearest.target[i]]}"
        f"<br>ρ = {nearest.norm[i]:.2g}, loss {head.losses[i]:.2g}"
        for i in images
    ]


# %% tags=["hide-input"]
ends = {"smallest ρ": order[:24], "largest ρ": order[::-1][:24]}
wrong = {name: np.mean(head.predictions[images] != head.labels[images]) for name, images in ends.items()}
show(
    boundary_images.sheets(
        "Smallest ρ: {:.0%} predicted wrong. Largest: {:.0%}".format(*wrong.values()),
        {name: (pictures[images], hover(images)) for name, images in ends.items()},
        12,
    ),
    f"{label[cnns[0]]}, last layer: of {head.n:,} training images the 24 nearest to a boundary and the 24 farthest. Hover for label, prediction and the class behind the "
    f"boundary. Of all images {1 - head.accuracy:.0%} are predicted wrong.",
    "Two sheets of small images. "
    + "; ".join(
        f"{name}: mostly predicted {pd.Series([names[k] for k in head.predictions[images]]).mode()[0]}"
        for name, images in ends.items()
    ),
)

# %% tags=["hide-input"]
SCORES = {
    "self_influence": "self-influence",
    "margin": "margin",
    "loss": "loss",
    "simple": "simple score",
}
agreement = {
    name: {
        label[key]: pd.Series(one["closed"]).corr(pd.Series(one[name]), method="spearman")
        for key, one in singles.items()
    }
    for name in SCORES
}
first = singles[cnns[0]]
show(
    boundary_images.scores_together(
        "ρ against self-influence: Spearman {:+.2f}".format(agreement["self_influence"][label[cnns[0]]]),
        first["closed"],
        {text: first[name] for name, text in SCORES.items()},
        "ρ by the closed form",
    ),
    f"{label[cnns[0]]}, last layer, {len(first['images']):,} images; the slider chooses the other score, hover shows its value. ρ asks how sure the model is, right or wrong; "
    "margin, loss and self-influence ask how right. They part where a prediction is wrong.",
    "Clouds of dots, one a score, against the distance to the boundary. Spearman correlations: "
    + "; ".join(f"{SCORES[name]} {values[label[cnns[0]]]:+.2f}" for name, values in agreement.items()),
)
show_table(
    pd.DataFrame([{"ρ against": SCORES[name]} | values for name, values in agreement.items()]),
    "Spearman correlations over the sampled images (last layer). Self-influence: gᵀH⁺g; margin: the label's logit minus the largest other; simple score: the report's boundary, below.",
    digits=2,
)

# %% [markdown]
# ## The simple boundary, and what its two limits mean
#
# The report's simple version trains on with the opposite aim: Adam, at the learning rate $\eta$ that training ended with, *ascends* the
# cross-entropy of the labels until every prediction has changed. It gives up when $\|\Delta w\| > 1$ or after 100 steps, and then scores 1. Adam
# moves a weight by about $\eta$ a step whatever the gradient's size, so with $p$ weights and $T$ steps
#
# $$
# \|\Delta w\| \lesssim \eta\, T \sqrt{p} .
# $$ (eq-adam-reach)

# %% tags=["hide-input"]
reach = {"last layer": rate * steps * np.sqrt(head.size), "all layers": rate * steps * np.sqrt(cnn_size)}
simple_longest = table[(table["method"] == "simple") & (table["model"] == "cnn")]["norm"].max()
late = table[(table["method"] == "network") & ~table["succeeded"]]
stopped = np.mean(late["norm"] > largest_norm) if len(late) else 0.0
found = {key: np.mean(one["succeeded"]) for key, one in singles.items()}
display(
    Markdown(
        f"So the limits mean different things for different layers. With η = {rate:g} the last layer ({head.size} weights) can get no farther than about {reach['last layer']:.2f} "
        f"in {steps} steps (longest measured: {simple_longest:.2f}): the limit on the norm {'never binds' if simple_longest < largest_norm else 'can bind'}, the steps do, and "
        + ", ".join(f"{share:.0%} ({label[key]})" for key, share in found.items())
        + f" of single images flip in time. All layers together ({cnn_size:,} weights) reach a norm of 1 after about {int(np.ceil(1 / (rate * np.sqrt(cnn_size))))} steps or more: of the groups further down that failed to flip in all layers, {stopped:.0%} had "
        "reached the limit on the norm. An image that is predicted *wrong* is a special case: ascending the loss of its label has no reason to change a prediction that is another class already."
    )
)

# %% [markdown]
# ## Groups: as a batch, or one after the other
#
# **As a batch.** influenciae's step averages the gaps $f_k - f_c$ and their derivatives over the batch, and moves to where a *mean* gap is zero:
#
# $$
# \frac1m\sum_{i=1}^m \bigl(f_k(x_i) - f_{c_i}(x_i)\bigr) = 0 .
# $$ (eq-mean-gap)
#
# ($k$ counts each member's other classes in their order, so it need not be the same class for all.) With a linear head one step gets there, and there it stays: the nearest boundary of the mean is now at distance zero, so every further step has length zero. Members with a
# small enough gap have flipped, the others have not, and never will. Where that happens it is the method's construction, not an optimisation issue. (Called on a batch, the library's step raises an error, as its test for the
# end takes one image only. Ours ends when all have flipped; everything else in the step is tested to be the library's.)
#
# **One after the other**, the "universal" way (Moosavi-Dezfooli et al. 2017): take each member to its boundary in turn, *without resetting the weights*, and pass through the
# group again until all have flipped. Each step is a projection onto the nearest of the half-spaces where another class wins.
#
# **The least change** for given target classes $k_i$ is a quadratic programme:
#
# $$
# \min_{\Delta W} \|\Delta W\| \quad\text{subject to}\quad (e_{k_i} - e_{c_i})^\top (W + \Delta W)\, h_i \ge 0 \quad (i = 1 \dots m) ,
# $$ (eq-least-change)
#
# and no way of flipping the group to these classes can be shorter. So $\max_i \rho(x_i) \le$ least change $\le$ sequential.

# %%
cnn = table[table["model"] == "cnn"]
grouped = cnn[(cnn["size"] > 1) & cnn["method"].isin([*METHODS, "least"])]
batch_excess = paired_failures(grouped, "batch", "sequential")
sequential = grouped[grouped["method"] == "sequential"]
sequential_failures = share_interval(1 - over_seeds(sequential, "succeeded").to_numpy())
failures = success(
    cnn[cnn["method"].isin(METHODS)].assign(failed=lambda rows: ~rows["succeeded"]), ["method", "size"], "failed"
)

# %% tags=["hide-input"]
show(
    figures.by_size(
        f"Batch fails on {batch_excess[0]:.0%} of groups more than the sequence,<br>which fails on {sequential_failures[0]:.1%}",
        failures,
        METHODS,
        "share of groups with a member not flipped",
    ),
    f"CNN, last layer: {len(names)} classes × {groups} random groups and {groups} embedding clusters of each size, "
    f"{len(cnns)} training seeds averaged; 95 % Wilson intervals over the draws of images ({groups} a class: a draw's sizes share members, and its cluster lies around an image of its random group). A tie within {TIE:.0e} counts as flipped. "
    f"Limits: {steps} steps, {passes} passes.",
    describe(
        {text: failures[failures["method"] == name][["size", "mean"]] for name, text in METHODS.items()},
        "Failure rate by group size",
    ),
)

# %% tags=["hide-input"]
held, compared = in_order(grouped)
show_table(
    methods_table(grouped),
    f"CNN, last layer, groups of {', '.join(str(size) for size in sizes if size > 1)}. The least change is the quadratic programme's for the targets that the sequence ended at, or for each "
    f"member's own nearest class, whichever is shorter. Ratios: groups that flipped. Hardest member ≤ least change ≤ sequential in {held:,} of {compared:,} groups "
    "that the sequence flipped (to 0.1 %: it stops within a tie of the boundary).",
)

# %% [markdown]
# **How long is the sequence allowed to run?** The report names no limit for it, nor does the claim; the algorithm that it cites is a loop without one, until enough has flipped. Each of our steps ends
# exactly on a boundary, so that members whose changes oppose each other approach theirs only geometrically. So we run it to its end, with a limit for the sake of time, and what is not
# done by then counts as a failure. That limit was set after a first measurement with 100 passes. What another would give:

# %% tags=["hide-input"]
rule = find_check("B25", "sequential_failures")
tolerated = rule.expected + rule.tolerance
allowed = [limit for limit in (1, 3, 10, 30, 100, 200, 300, 500, 700, 1000, 3000) if limit < passes]
late = failures_by_limit(sequential, [*allowed, passes])
enough = late[late["mean"] <= tolerated]["limit"]
at = late.set_index("limit")["mean"]
few = at.index[at.index <= steps][-1]
compared = table[(table["size"] > 1) & table["method"].isin(["batch", "sequential"])]
show(
    figures.failures_by_limit(
        f"With {few} passes {at[few]:.1%} of the groups fail, with {passes} {at[passes]:.1%}", late, tolerated
    ),
    "CNN, last layer, 95 % Wilson intervals over draws of images. Dotted: what claim B25 tolerates. Every model by itself, batch and sequence to the limit: "
    + failure_texts(compared, label)
    + ".",
    "Failures against passes: " + "; ".join(f"{limit}: {share:.3f}" for limit, share in at.items()),
)
display(
    Markdown(
        f"**The verdict hangs on this limit**: of the limits in the figure, {f'those from {enough.iloc[0]} passes on' if len(enough) else 'none'} would meet the claim's {tolerated:.0%}. "
        f"With {few} passes, where the report gave its simple version {steps} steps, the share of failures is {'within' if at[few] <= tolerated else 'above'} it. "
        "The batch needs no such choice: where its step has length zero it stays, however long it runs."
    )
)

# %% [markdown]
# ## Does it depend on the class?
#
# The report "retrained the model with the opposite objective as the one it was trained on": so *all* layers move, and the cross-entropy of the *labels* ascends. It found trucks easier than airplanes (its figure 15), two classes of ten and without a count. Here is the share of groups that flip within both
# limits: random images of the class (by label), and embedding clusters: a random image of the class and the images nearest to it, of whatever class. Every member's prediction must
# change. This reading decides claim B24, because its words are the report's; the others stand in a table below.

# %%
network = cnn[cnn["method"] == "network"]
low, high = judged_classes(names)
truck_over_airplane = class_difference(network, high, low)
by_class = success(network[network["size"] == min(network_sizes)], ["class", "kind"])
explained = explained_difference(network, high, low)
accuracy = {
    k: np.mean([np.mean(heads[key].train.predictions[heads[key].train.labels == k] == k) for key in cnns])
    for k in range(len(names))
}
ranked = sorted(range(len(names)), key=accuracy.get)

# %% tags=["hide-input"]
show(
    figures.by_category(
        f"{names[high]} minus {names[low]}: {plus_minus(truck_over_airplane, 2, '+')}<br>of the groups flip",
        by_class,
        {k: f"{names[k]}<br>{accuracy[k]:.0%}" for k in ranked},
        {"random": "random images of the class", "cluster": "embedding clusters"},
        ("class", "kind"),
        "share of groups that flip",
    ),
    f"Simple boundary, all layers of the CNN. Drawn: groups of {min(network_sizes)}, mean over {len(cnns)} training seeds, 95 % Wilson intervals over draws ({judged_groups} "
    f"of each kind for {names[low]} and {names[high]}, {network_groups} for the others). In the title: sizes {' and '.join(map(str, network_sizes))}, both kinds, 95 % interval over draws. Classes are in the order of their training accuracy, below the names.",
    "Share of groups that flip, random and cluster: "
    + "; ".join(
        f"{names[k]} " + " and ".join(f"{share:.2f}" for share in by_class[by_class["class"] == k]["mean"])
        for k in ranked
    ),
)
strips = {
    f"{names[k]},<br>{kind}": score(part["norm"], part["succeeded"])
    for kind in KINDS
    for k in (high, low)
    for part in [network[(network["class"] == k) & (network["kind"] == kind)]]
}
show(
    figures.score_strips(
        "Scores of groups, as in the report's figure 15: medians "
        + ", ".join(f"{np.median(values):.2f}" for values in strips.values()),
        strips,
        FAILED,
    ),
    f"The report's score of every group, all sizes and training seeds, sorted: ‖Δw‖ in all layers of the CNN, and 1 (dotted) where the method failed. {names[high]} in blue, {names[low]} in "
    "vermillion.",
    "Four strips of dots up to a dotted line at 1, where failures lie: "
    + "; ".join(
        f"{name.replace('<br>', ' ')} {np.mean(values >= FAILED):.0%} failed" for name, values in strips.items()
    ),
)

# %% [markdown]
# **Is it the class, or its images?** A class that the model knows better may have larger gaps but fewer wrong predictions, and a wrong one has no reason to flip when its label's loss ascends. So
# predict success from what can be measured of a group before anything moves: the share of right predictions, the hardest and the mean $\rho$, $\|h\|$ and the kind, by logistic regression
# on the *other* classes. What the regression does not explain is left for a difference between the classes that these properties do not show.

# %% tags=["hide-input"]
show_table(
    classes_table(network[network["size"] == min(network_sizes)], names, ranked),
    f"Every class, in the order of its training accuracy: random groups and embedding clusters of {min(network_sizes)}, all layers, labels' cross-entropy. Share that flips with its 95 % Wilson interval over draws; the median of the "
    f"report's score, {FAILED:g} for a failure; processor time. Then what the groups are like before anything moves (ρ: last layer).",
)
readings = cnn[cnn["method"].isin(["network", "network_predicted"]) | cnn["size"].isin(network_sizes)]
show_table(
    readings_table(readings, names, high, low),
    "Other readings of the same question; the rows of all layers and labels, pooled, decide. To ascend the predicted classes' cross-entropy pushes wrong predictions away too, which the report did not do; "
    "the last layer alone is not what it retrained. 95 % intervals over draws of images for these trained networks, not over trainings.",
)
if explained:
    clear = abs(explained["left"][0]) > explained["left"][1]
    display(
        Markdown(
            f"Groups of {min(network_sizes)}: observed difference {plus_minus(explained['observed'], 2, '+')}; expected from the members alone {plus_minus(explained['expected'], 2, '+')}; not explained "
            f"{plus_minus(explained['left'], 2, '+')}, which is {'more' if clear else 'not more'} than its interval (the regression taken as given). Each training seed by itself: "
            + ", ".join(
                f"{label[key]} {class_difference(network[network['seed'] == key[1]], high, low)[0]:+.2f}"
                for key in cnns
            )
            + "."
        )
    )

# %%
losses = {key: [float(trained[key][name]) for name in ("start_loss", "end_loss")] for key in cnns}
rise = float(np.mean([end - start for start, end in losses.values()]))
display(
    Markdown(
        "**And training?** The cross-entropy went from "
        + ", ".join("{:.2f} to {:.2f} nats ({})".format(*pair, label[key]) for key, pair in losses.items())
        + "."
    )
)
if reason:
    leave_open("B24", reason)
else:
    record(
        "B24",
        training_loss_rise=rise,
        linear_oracle_error=oracle_error,
        truck_over_airplane=truck_over_airplane,
    )

# %% [markdown]
# ## Growing a group by the boundary's score
#
# The report's greedy search (figure 14) adds, step after step, the image whose group is easiest to flip. "In some cases [the chosen sample] has a score of 1, meaning at this step
# the optimization process hasn't worked for any sample and that our algorithm chose a picture randomly." Here it runs on the same candidates with the last layer and with all layers, beside
# cosine influence and nearest features.
#
# **What a tie does.** Every failure has the score 1, however near it came to success. So where the groups with every candidate fail, the candidates tie, and the search sees no difference between them: it draws one. That
# image stays, and all later groups hold it, whether or not it belongs to the others. The search goes on, and the next candidate may make a group that flips again: the ascent of a mean loss depends on all members.

# %%
WAYS = {
    "head": "simple boundary, last layer",
    "network": "simple boundary, all layers",
    "cosine": "cosine influence",
    "feature": "nearest features",
}
grown = {way: np.atleast_2d(greedy[f"{way}_members"]) for way in WAYS}
all_tied, network_tied = greedy["head_score"] == FAILED, greedy["network_score"] == FAILED
other_ties = int(
    sum(np.sum((greedy[f"{way}_ties"] > 1) & (greedy[f"{way}_score"] < FAILED)) for way in ("head", "network"))
)
draws, recovered = int(all_tied[:, :-1].sum()), int(np.sum(all_tied[:, :-1] & ~all_tied[:, 1:]))
chance = np.mean([np.mean(head.labels[greedy["candidates"]] == head.labels[one[0]]) for one in grown["head"]])

# %% tags=["hide-input"]
show(
    boundary_images.sheets(
        f"Last layer: in {all_tied.mean():.0%} of the steps every candidate fails<br>and the choice is random; all layers: in {network_tied.mean():.0%}",
        {text: (pictures[grown[way][0]], hover(grown[way][0])) for way, text in WAYS.items()},
        13,
    ),
    f"{label[cnns[0]]}: groups grown from the first image of each sheet ({names[head.labels[grown['head'][0, 0]]]}) among {len(greedy['candidates'])} candidates, evenly over the classes. "
    "All layers cost seconds a step, so that this group is smaller. Hover for label and prediction.",
    "Four sheets of small images. Images of the seed's class: "
    + "; ".join(
        f"{text} {np.mean(head.labels[grown[way][0, 1:]] == head.labels[grown[way][0, 0]]):.0%}"
        for way, text in WAYS.items()
    ),
)
starts = grown["head"][:, 0]
tied = [
    f"{names[head.labels[one]]} predicted {names[head.predictions[one]]}{'' if asked else ' (no candidate of the class as wanted)'}: "
    f"{int(steps_tied.sum())} of {len(steps_tied)}"
    for one, asked, steps_tied in zip(starts, greedy["as_asked"], all_tied, strict=True)
]
show_table(
    greedy_table(head, grown, WAYS, nearest.norm),
    f"Steps with the last layer at which every candidate failed, so that all tied at 1 and one was drawn at random, by seed image{' (the last was to be predicted wrong, the others right)' if len(starts) > 1 else ''}: {'; '.join(tied)}. "
    + (f"After {recovered} of {draws} such draws, the next step found a group that flips. " if draws else "")
    + f"Ties among candidates that succeed: {other_ties}. "
    f"Purity of the groups without their seed images. Of the candidates {chance:.0%} have the seed's class, and their mean ρ is {nearest.norm[greedy['candidates']].mean():.3g}. A mean ρ below "
    "that of the candidates says that a search picks what flips easily.",
    digits=2,
)

# %% [markdown]
# ## Do images that flip together belong together?
#
# "Our intuition […] is that moving the decision boundary to change predictions for a sample may also change […] predictions for samples that are in the same functioning group, more
# than unrelated samples." For the last layer this can be derived. The shortest change that takes seed $i$ to its boundary adds $\pm\tfrac{f_c(x_i) - f_k(x_i)}{2\|h_i\|^2}\,h_i$ to the two rows. So for image
# $j$ of the same prediction the gap to $k$ shrinks by the gap of $i$ times $h_i^\top h_j / \|h_i\|^2$, where $h_i^\top h_j = x_i^\top x_j + 1$, and $k$ overtakes $c$ exactly if
#
# $$
# f_c(x_j) - f_k(x_j) \;<\; \bigl(f_c(x_i) - f_k(x_i)\bigr)\,\frac{x_i^\top x_j + 1}{\|x_i\|^2 + 1} .
# $$ (eq-flip-law)
#
# (A third class may be the one that wins.) Two numbers of image $j$ decide: its gap to $k$, and its inner product with the seed. The residual $p - e_y$, the other factor of the gradients that influence compares, does not enter.

# %%
cosine = flips.query("boundary == 'minimal' and group == 'cosine'")
middle = int(cosine.iloc[(cosine["seed_gap"] - cosine["seed_gap"].median()).abs().argsort().iloc[0]]["image"])
law = flip_law(head, middle)

# %% tags=["hide-input"]
drawn = slice(None, None, max(1, len(law.images) // 1500))
show(
    boundary_images.flip_law(
        f"The law and the recomputed predictions disagree<br>on {law.errors} of {len(law.images):,} images",
        law.pull[drawn],
        np.maximum(law.gap[drawn], 1e-3),
        law.flipped[drawn],
    ),
    f"{label[cnns[0]]}, last layer: one seed image of a middling gap ({names[head.labels[middle]]}, predicted {names[head.predictions[middle]]}), taken to its boundary with {names[nearest.target[middle]]}; up to 1,500 images of "
    "the same prediction. Dots below the dotted line must flip; above it only a third class can win. Colours: the predictions recomputed with the changed weights.",
    f"Dots in the plane of inner product and gap: {int(law.flipped[drawn].sum())} flipped, {int((~law.flipped[drawn]).sum())} not, divided by the dotted diagonal.",
)

# %% [markdown]
# **Measured.** Every seed image is taken to its boundary, and we count the flipped predictions in its cosine-influence group and in others. Claim B25 is judged by the exact shortest change of the last layer, the
# layer whose gradients cosine influence compares. Beside it the simple boundary of the last layer and of all layers. Controls: the images nearest to the same boundary, whatever their group, and images outside the group with
# the predictions and the gaps of its members. The random images of the class are neither the seed image nor in its group.

# %%
BOUNDARIES = {
    "minimal": "shortest change, last layer",
    "simple": "simple boundary, last layer",
    "network": "simple boundary, all layers",
}
shares = flip_shares(flips)
gain = flip_gain(flips, "minimal", "cosine", "class")
matched_gain = flip_gain(flips, "minimal", "cosine", "matched")

# %% tags=["hide-input"]
WRAPPED = {
    "cosine": "cosine<br>influence",
    "raw": "raw<br>influence",
    "embedding": "nearest<br>features",
    "boundary": "same<br>boundary",
    "matched": "matched<br>gaps",
    "class": "random<br>of class",
}
show(
    figures.by_category(
        f"Cosine group minus random of the class: {plus_minus(gain, 3, '+')};<br>minus images of matched gaps: {plus_minus(matched_gain, 3, '+')}",
        shares,
        WRAPPED,
        BOUNDARIES,
        ("group", "boundary"),
        "share that flips with the seed image",
    ),
    f"CNN, {flips['image'].nunique()} seed images, {len(cnns)} training seeds averaged, means with 95 % intervals over seed images. Groups: "
    + "; ".join(f"{WRAPPED[name].replace('<br>', ' ')}: {text}" for name, text in GROUPS.items())
    + ". Where the simple boundary did not flip its seed image, the weights where it stopped.",
    "Share that flips with the seed image under its shortest change: "
    + "; ".join(f"{GROUPS[row.group]} {row.mean:.2f}" for row in shares[shares["boundary"] == "minimal"].itertuples()),
)
show_table(
    flips_table(flips, GROUPS, BOUNDARIES),
    "Means over members and seed images. What decides, by the law: inner product with the seed (over its squared length) and gap to the class behind the seed's boundary. Last three columns: the cosine group's share minus this group's, paired over seed "
    "images, by boundary.",
)

# %% [markdown]
# **And what are the images that flip?** The other way round: take all images with the seed image's prediction. How much cosine influence do those that flip share with it, compared with those that do not, and
# how many of them lie in a group around it?

# %% tags=["hide-input"]
minimal = flips[flips["boundary"] == "minimal"]
of_cosine = minimal[minimal["group"] == "cosine"]
known = of_cosine.dropna(subset=["kinship"])
kinship = mean_interval(over_seeds(known, "kinship", ["image"]))
show_table(
    caught_table(flips, {name: GROUPS[name] for name in ("cosine", "raw", "embedding", "class")}),
    f"Shortest change, among the images with the seed image's prediction; the median change flips {known['flipped'].median():,.0f} of them. Their mean cosine influence with the seed image, minus that of the images that do "
    f"not flip: {plus_minus(kinship, 3, '+')}. In the table, the share of the flipped images that lies in a group around the seed image, and the share of all images with its prediction that does. Means with 95 % "
    f"intervals over {known['image'].nunique()} seed images, training seeds averaged; {len(of_cosine) - len(known)} of {len(of_cosine)} changes, which flip none of these images or all, are left out.",
)

# %% tags=["hide-input"]
per_seed = {key: flip_gain(flips[flips["seed"] == key[1]], "minimal", "cosine", "class") for key in cnns}
right = flips["image"].map(lambda image: bool(head.predictions[image] == head.labels[image]))
split = {
    name: flip_gain(flips[part], "minimal", "cosine", "class")
    for name, part in (("right", right), ("wrong", ~right))
    if flips[part]["image"].nunique() > 1
}
display(
    Markdown(
        "Each training seed by itself: "
        + ", ".join(f"{label[key]} {plus_minus(pair, 3, '+')}" for key, pair in per_seed.items())
        + f". Seed images that {label[cnns[0]]} predicts "
        + ", ".join(f"{name}: {plus_minus(pair, 3, '+')}" for name, pair in split.items())
        + f". The simple boundary flipped {flips[flips['boundary'] == 'simple']['succeeded'].mean():.0%} of the seed images by the last layer and "
        f"{flips[flips['boundary'] == 'network']['succeeded'].mean():.0%} by all layers."
    )
)

# %%
if reason:
    leave_open("B25", reason)
else:
    record(
        "B25",
        batch_excess_failures=batch_excess,
        sequential_failures=sequential_failures,
        flip_together_gain=gain,
    )

# %% [markdown]
# ## What to take away

# %% tags=["hide-input"]
verb = "flip more" if gain[0] > gain[1] else "flip less" if gain[0] < -gain[1] else "flip neither clearly more nor less"
best_group = shares[shares["boundary"] == "minimal"].sort_values("mean")["group"].iloc[-1]
display(
    Markdown(
        f"- In the last layer the weights boundary is a gap over a length, {{eq}}`eq-linear-boundary`, which DeepFool reaches to {oracle_error:.0e}. "
        f"On groups the batch stands still where a mean gap is zero, and leaves a member behind in {batch_excess[0] + sequential_failures[0]:.1%}; the sequence, given {passes} passes, in {sequential_failures[0]:.1%}.\n"
        f"- The simple version's limits depend on how many weights move. Groups that flip in all layers, {names[high]} minus {names[low]}: {plus_minus(truck_over_airplane, 2, '+')}.\n"
        f"- Members of a cosine-influence group {verb} with their seed image than random images of its class ({plus_minus(gain, 3, '+')}). Flips are most frequent in the group "
        f"“{GROUPS[best_group]}”: a gap and an inner product decide."
    )
)

# %% [markdown]
# This is the last page on images. Back to [the front page](../index.md) and its table of claims.
