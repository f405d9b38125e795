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
# # Functioning groups of images: the CNN
#
# **The question.** Start from one image and add, one by one, the images that influence the group most. Do the 25 images that come
# out have anything in common? The report (section 4.2.1 and Appendix A, figures 11, 16 and 17) shows such groups for three networks
# and judges them by eye: "ambiguous", very dependent on the model and on "initialization", most coherent for the small CNN. It prints a total influence
# score beside each group. Initialization can mean the start of the training or the image that the search starts from; we look at both. This page draws the same pictures, then replaces the eye by measurements over many seed images, and asks what the printed totals can
# tell.
#
# **The notation.** As in the report only the last layer counts. $g_i$ is the gradient of the loss of training image $i$ in it, $H$ the Hessian
# of the mean loss, $H^+$ its pseudo-inverse ([why not the inverse](07_head_influence.ipynb)), and
#
# $$
# K_{ij} = g_i^\top H^+ g_j, \qquad K(A, B) = \sum_{i\in A}\sum_{j\in B} K_{ij} .
# $$
#
# The group $G$ starts as the seed image; $\#G$ is the number of its images. There are two rules for whom to add, which the report treats as one ([why they differ](05_functioning_groups.ipynb)):
#
# $$
# \begin{aligned}
# \text{Algorithm 1:}\quad & \arg\max_x K(x, G), \\
# \text{Definition 3.2:}\quad & \arg\max_x 2K(x, G) + K(x, x) .
# \end{aligned}
# $$
#
# *Cosine influence* divides $K_{ij}$ by $\sqrt{K_{ii}K_{jj}}$, so that long gradients count no more than short ones. Then $K(x, x) = 1$, and the two rules
# are one.

# %% tags=["parameters"]
model = "cnn"
training_seed = 0
seed_image = -1
per_class = 10
draw = 0
size = 25
damping_shares = [1.0e-4, 1.0e-2]
random_groups = 10

# %%
import numpy as np
import pandas as pd
from IPython.display import Markdown, display

from influence_lab.artifacts import read_arrays, read_table
from influence_lab.attributions.image_groups import DEFAULT, influence_space, model_groups
from influence_lab.evaluations import image_group_summary as summary
from influence_lab.evaluations.image_group_summary import METHODS
from influence_lab.evaluations.image_groups import (
    FIRST,
    OFTEN,
    chance_hub_share,
    chance_overlap,
    exponent_in_random_order,
    joining_scores,
)
from influence_lab.evaluations.image_support import why_open
from influence_lab.evaluations.intervals import mean_interval, plus_minus
from influence_lab.figures import image_groups as figures
from influence_lab.figures.pictures import banner
from influence_lab.figures.show import show, show_table
from influence_lab.locations import artifact
from influence_lab.models.image_heads import MODELS, named, read_heads
from influence_lab.notebooks.claims import Measurement, load_claims
from influence_lab.notebooks.record import leave_open, record
from influence_lab.notebooks.title import retitle

images = read_arrays(artifact("data/images.npz"))
stored = read_arrays(artifact("evaluations/image_groups.npz"))
table = read_table(artifact("evaluations/image_groups.parquet"))
source, classes, labels = str(images["source"]), images["classes"], images["train_labels"]
banner(source)

trained = summary.trained_models(table)  # (model, training seed), as in the stored arrays
mine = max((one for one in trained if one[0] == model and one[1] <= training_seed), key=lambda one: one[1])
place = trained.index(mine)
kind = {pair: index for index, pair in enumerate(zip(stored["setting"], stored["method"], strict=True))}
accuracy = dict(zip(trained, stored["test_accuracy"], strict=True))
IMAGES = f"{table['image'].nunique()} seed images, {per_class} of each class"

# %% tags=["hide-input"]
others = [
    f"[{MODELS[other]}](07_image_groups{'' if other == 'cnn' else f'_{other}'}.ipynb)"
    for other in dict.fromkeys(one for one, _ in trained)
    if other != model
]
retitle(
    f"Functioning groups of images: the {MODELS[model]}",
    f"**This page shows the groups of the {named(mine)}**, which classifies {100 * accuracy[mine]:.1f} % of the test images right. "
    f"The same page for another model: {', '.join(others) or 'none was trained in this run'}. Every measurement is over {IMAGES} "
    f"(the same for all models), with 95 % intervals over them; trainings from several seeds are shown one by one.",
)
rows = [
    {
        "model": named(one),
        "test accuracy": f"{100 * accuracy[one]:.1f} %",
        "training accuracy": f"{100 * stored['train_accuracy'][index]:.1f} %",
        "parameters of the last layer": str(stored["parameters"][index]),
    }
    for index, one in enumerate(trained)
]
rows += [
    {
        "model": MODELS[name],
        "test accuracy": "open: not trained in this run",
        "training accuracy": "",
        "parameters of the last layer": "",
    }
    for name in MODELS
    if name not in {one for one, _ in trained}
]
show_table(pd.DataFrame(rows), f"The models. All are trained on the same {len(labels)} images.")

# %% [markdown]
# ## The groups
#
# The report's pictures, with two more columns of evidence: the other rule, cosine influence, and as a baseline the images that are simply nearest in the features of
# the layer below. Hover over an image for its label, the model's prediction, when it joined and with which score $K(x, G)$.

# %%
if seed_image < 0:  # the first seed image of each class, from the artifact
    chosen = np.arange(0, len(stored["seeds"]), per_class)
    shown = {name: stored[name][place][:, chosen] for name in ("members", "influence", "cosine_influence", "itself")}
else:  # any other, grown here
    head = read_heads(artifact(f"attributions/image_features_{mine[0]}_{mine[1]}.npz")).train
    space = influence_space(head, float(stored["cutoff"]), float(stored["damping"]), int(stored["directions"]))
    shown = model_groups(head, space, np.array([seed_image]), size, [], [draw])
predictions = stored["predictions"][place]
SHOWN = {
    "raw_algorithm": "raw, Algorithm 1",
    "raw_definition": "raw, Definition 3.2",
    "cosine": "cosine, either rule",
    "embedding_l2": "nearest in the features",
}


def panel(method, row):
    index = kind[DEFAULT, method]
    members, raw = shown["members"][index, row], shown["influence"][index, row]
    if method == "cosine":
        scores = joining_scores(shown["cosine_influence"][index], np.ones_like(shown["itself"][index]))[row]
    else:
        scores = joining_scores(shown["influence"][index], shown["itself"][index])[row]
    hover = [
        f"{'seed image' if step == 0 else f'joined at step {step}'}: training image {image}<br>label {classes[labels[image]]}, "
        f"prediction {classes[predictions[image]]}<br>" + (f"K(x, G) = {scores[step]:.4g}" if step else "")
        for step, image in enumerate(members)
    ]
    own = np.mean(labels[members[1:]] == labels[members[0]])
    heading = f"{SHOWN[method]}<br>total {raw[-1]:,.0f}<br>own class {own:.0%}"
    return figures.Panel(heading, images["train_images"][members], hover)


# %% tags=["hide-input"]
grids = {
    str(classes[labels[shown["members"][0, row, 0]]]): [panel(method, row) for method in SHOWN]
    for row in range(shown["members"].shape[1])
}
purity = {method: mean_interval(summary.rows_of(table, mine, method)["purity"]) for method in METHODS}
show(
    figures.group_pictures(
        f"Of the images that join, {purity['raw_algorithm'][0]:.0%} (Algorithm 1), {purity['raw_definition'][0]:.0%} (Definition 3.2)<br>and "
        f"{purity['cosine'][0]:.0%} (cosine) have the seed image's class",
        grids,
        "seed image: ",
    ),
    f"Groups of {size} images, the seed image first (top left), then row by row in the order of joining; {named(mine)}. "
    "Above each: total raw influence K(G, G), as the report prints it, and the share of the seed image's class. "
    f"The title's numbers are means over {IMAGES}.",
    f"Four grids of pictures for each of {len(grids)} seed images. Shares of the seed image's class over all seed images: "
    + ", ".join(f"{METHODS[method]} {purity[method][0]:.2f}" for method in SHOWN),
)

# %% [markdown]
# ## What the totals cannot tell
#
# The report prints a *total influence score* under each group, for instance 235,853 for its CNN and 1,742,564 for its VGG. Is the second group seven times as influential?
# With the mean gradient $\bar g$ of the group,
#
# $$
# \begin{aligned}
# K(G, G) &= (\#G)^2\; \bar g^\top H^+ \bar g, \\
# K(G, G)/\#G &= \#G\; \bar g^\top H^+ \bar g .
# \end{aligned}
# $$
#
# Twice the total can mean more images, longer gradients, or more agreement among them, and the length of the gradients is a matter of each model's losses and features. Dividing by $\#G$
# makes sizes comparable only where gradients are orthogonal under $H^+$: there the quotient stays the same (log-log slope 0). Where all gradients are equal it grows like $\#G$ (slope 1).
# Real groups lie between, and where is a matter of measurement. What can be compared across models is this slope, and the mean *cosine* influence of two
# members: no scale enters either.

# %% tags=["hide-input"]
traces = {named(one): stored["influence"][index][kind[DEFAULT, "raw_algorithm"]] for index, one in enumerate(trained)}
exponents = {one: mean_interval(summary.rows_of(table, one, "raw_algorithm")["exponent"]) for one in trained}
powers = {one: summary.of_model(table, one, "raw_algorithm", "exponent").mean() for one in dict(trained)}
show(
    figures.growth(
        f"From {FIRST} to {size} images influence per member goes with size to the power<br>"
        + ", ".join(f"{value:.2f} ({MODELS[one]})" for one, value in powers.items()),
        {name: summary.growth(trace) for name, trace in traces.items()},
        FIRST,
    ),
    f"Raw influence, Algorithm 1: geometric means over {IMAGES}, with 95 % intervals. The powers in the title are slopes of log K(G, G)/#G against log #G, fitted to each group from {FIRST} to {size} images (right of the dotted line) and then averaged over seed images and trainings.",
    "Influence per member against size for each trained model, with a dashed line of slope 1. Slopes: "
    + ", ".join(f"{named(one)} {plus_minus(value)}" for one, value in exponents.items()),
)
rows = []
for index, one in enumerate(trained):
    raw = kind[DEFAULT, "raw_algorithm"]
    influence, itself = stored["influence"][index][raw], stored["itself"][index][raw]
    final = influence[:, -1]
    rows.append(
        {
            "model": named(one),
            "total K(G, G), median": f"{np.median(final):,.0f}",
            "from … to": f"{final.min():,.0f} … {final.max():,.0f}",
            "slope of K/#G": plus_minus(exponents[one]),
            "median slope": f"{summary.rows_of(table, one, 'raw_algorithm')['exponent'].median():.2f}",
            "slope in random order": plus_minus(mean_interval(exponent_in_random_order(influence, itself))),
            "mean cosine influence, Algorithm 1": plus_minus(
                mean_interval(summary.rows_of(table, one, "raw_algorithm")["coherence"])
            ),
            "mean cosine influence, cosine groups": plus_minus(
                mean_interval(summary.rows_of(table, one, "cosine")["coherence"])
            ),
        }
    )
show_table(
    pd.DataFrame(rows),
    f"Totals and what can be compared: groups of {size} images, over {IMAGES}. The report's six totals lie between 235,853 and 1,742,564. "
    "In random order: the same members, joined in random instead of greedy order. Taking the best first makes the slope smaller, meeting images with long gradients late makes it larger; where a few groups do the latter, the mean lies above the median.",
)

# %% [markdown]
# ## Are the groups coherent?
#
# The eye sees classes, colours and shapes. So we measure the share of the seed image's class among the other members (*purity*), how close
# the members are in the model's own features, and how close they are as pictures (8 × 8 pixels), both relative to random images *of the same class*: 1 means that the group
# holds together no better than its class. Further measures: the share that the model misclassifies, and the mean cosine influence of two members.

# %% tags=["hide-input"]
LABELS = {
    "compactness_class": ("features", "mean distance in the features (class: 1)"),
    "pixels_class": ("pictures", "mean distance of the pictures (class: 1)"),
    "purity": ("purity", "purity: share of the seed image's class"),
    "mistaken": ("mistakes", "share misclassified by the model"),
    "coherence": ("cosine", "mean cosine influence of two members"),
    "hub_share": ("hubs", "share of hubs"),
}
measured = {column: summary.by_method(table, column) for column in LABELS}
chance = {
    "purity": np.mean((np.bincount(labels) - 1) / (len(labels) - 1)),
    "compactness_class": 1.0,
    "pixels_class": 1.0,
    "mistaken": 1 - stored["train_accuracy"][place],
    "coherence": 0.0,
    "hub_share": chance_hub_share(size - 1, len(labels) - 1, table["image"].nunique()),
}


def mean_of(column, method, one=mine):
    return mean_interval(summary.rows_of(table, one, method)[column])


tight = {method: mean_of("compactness_class", method) for method in METHODS}
show(
    figures.measures(
        f"Distance in the features, relative to random images of the class:<br>{plus_minus(tight['raw_algorithm'])} in raw groups, "
        f"{plus_minus(tight['cosine'])} in cosine groups",
        {LABELS[column][0]: {named(one): rows for one, rows in tables.items()} for column, tables in measured.items()},
        {LABELS[column][0]: level for column, level in chance.items()},
        dict(LABELS.values()),
    ),
    f"Means over {IMAGES}, with 95 % intervals; each training on its own. The slider chooses the measure. Dotted: random images "
    f"(purity, hubs), orthogonal gradients (cosine influence), random images of the class (distances), all training images of the {named(mine)} (misclassified). Hubs are explained below; their intervals take the hubs as given. The title is on the {named(mine)}.",
    f"Measures by kind of group for each trained model. {named(mine)}, purity and distance in the features: "
    + "; ".join(f"{METHODS[method]} {purity[method][0]:.2f} and {tight[method][0]:.2f}" for method in METHODS),
)

# %% tags=["hide-input"]
wrong = {method: mean_of("mistaken", method) for method in METHODS}
alike = {method: mean_of("pixels_class", method) for method in METHODS}
base = 1 - stored["train_accuracy"][place]
of_mine = summary.rows_of(table, mine, "raw_algorithm")


def against_class(pair):
    return (
        "closer together than"
        if sum(pair) < 1
        else "farther apart than"
        if pair[0] - pair[1] > 1
        else "no closer together than"
    )


explained = (
    ". So being misclassified sets these groups apart, and closeness in the features does not. $K(x, G)$ is proportional to the length of the residual $r_x = p_x - e_{y_x}$, which is long where the model is wrong"
    if wrong["raw_algorithm"][0] - wrong["raw_algorithm"][1] > base and sum(tight["raw_algorithm"]) > 1
    else ""
)
lines = [
    f"- **Raw influence, Algorithm 1** ({named(mine)}): {plus_minus(purity['raw_algorithm'])} of the other images share the seed image's class. In the features they are {against_class(tight['raw_algorithm'])} random images of the class ({plus_minus(tight['raw_algorithm'])}; median {of_mine['compactness_class'].median():.2f}), "
    f"as pictures {against_class(alike['raw_algorithm'])} these ({plus_minus(alike['raw_algorithm'])}). In {(of_mine['purity'] < 0.5).sum()} of the {len(of_mine)} groups the seed image's class is in the minority. The model misclassifies {plus_minus(100 * np.array(wrong['raw_algorithm']), 0)} % of them, of all training images {100 * base:.0f} %{explained}.",
    f"- **What cosine influence changes:** purity {plus_minus(purity['cosine'])}, distance in the features {plus_minus(tight['cosine'])}, of the pictures {plus_minus(alike['cosine'])}, and {plus_minus(100 * np.array(wrong['cosine']), 0)} % misclassified.",
    f"- **The baseline**, the nearest images in the features, needs neither gradients nor labels: distance {plus_minus(tight['embedding_l2'])} in the features and {plus_minus(alike['embedding_l2'])} of the pictures, purity {plus_minus(purity['embedding_l2'])}. Influence is told the labels, so its purity owes something to that.",
]
lacking = summary.lacking_models(table)
if lacking is None:
    gained = {
        column: summary.cnn_gain(table, column)
        for column in ("purity", "compactness_class", "pixels_class", "coherence")
    }
    gains = {column: mean_interval(values.to_numpy()) for column, values in gained.items()}
    by_class = summary.by_class(table, gained["purity"])
    over_classes = mean_interval(by_class.to_numpy())
    judged_models = [one for one, _ in trained if one in ("cnn", "resnet")]
    inputs = {one: stored["parameters"][trained.index((one, seed))] // len(classes) - 1 for one, seed in trained}
    retrainings = summary.spread_of_trainings(table, "cnn", "purity")
    lines += [
        f"- **Are the CNN's groups more coherent than the ResNet's**, as the report's eye has it? By class {'yes, for images of these classes' if gains['purity'][0] > gains['purity'][1] else 'not measurably'}: purity {plus_minus(gains['purity'], 2, '+')} (CNN minus ResNet, paired over seed images, raw influence). "
        f"With the {len(by_class)} classes in place of the {len(gained['purity'])} seed images as units the interval is {plus_minus(over_classes, 2, '+')}, which {'still excludes' if abs(over_classes[0]) > over_classes[1] else 'includes'} 0: the first is for more images of these classes, the second would be for other classes. "
        f"Class by class it runs from {by_class.min():+.2f} ({classes[by_class.idxmin()]}) to {by_class.max():+.2f} ({classes[by_class.idxmax()]}), above +0.1 in {(by_class > 0.1).sum()} of {len(by_class)}, and the second training of the CNN differs from the first by {plus_minus(retrainings, 2, '+')}. "
        f"Both intervals are for these very trainings ({judged_models.count('cnn')} of the CNN, {judged_models.count('resnet')} of the ResNet): they say nothing of what others would give.",
        f"- **As pictures** the CNN's groups are {'closer together than' if sum(gains['pixels_class']) < 0 else 'farther apart than' if gains['pixels_class'][0] > gains['pixels_class'][1] else 'not measurably closer together than'} the ResNet's: distance {plus_minus(gains['pixels_class'], 2, '+')}, relative to the same random images of the class for both. "
        f"Each in its own features, again relative to these: {plus_minus(gains['compactness_class'], 2, '+')}. In mean cosine influence they differ by {plus_minus(gains['coherence'], 2, '+')}. The last two do not compare quite alike: the CNN's last layer has {inputs['cnn']} features and the ResNet's {inputs['resnet']}, and in more dimensions distances differ less and cosines are smaller.",
    ]
display(Markdown("\n".join(lines)))

# %% [markdown]
# ## Is it the model, or its initialisation?
#
# The report says that the outcome depends on both. So grow groups from the same seed images in other trainings and count: the overlap of two groups is $|A \cap B| / |A \cup B|$ (Jaccard), without
# the seed image where both have the same. Read it against two levels. The floor is chance. The ceiling is how well groups reproduce *within* one training under a change that should not matter: starting from the
# nearest image of the same class instead, or with $(H + \lambda I)^{-1}$ in place of $H^+$, λ being a share of the largest eigenvalue $\lambda_{\max}$.

# %%
floor = chance_overlap(size - 1, len(labels) - 1)
floor_of_class = chance_overlap(size - 1, int(np.bincount(labels).min()) - 1)
COMPARED = ("raw_algorithm", "cosine", "embedding_l2")
found = {method: summary.comparisons(table, mine, method) for method in COMPARED}
series = {METHODS[method]: summary.overlap_intervals(pairs) for method, pairs in found.items()}

# %% tags=["hide-input"]
raw = series[METHODS["raw_algorithm"]].set_index("comparison")
retrained, crossed = summary.retrained("cnn"), summary.crossed("cnn", "resnet")
told = ", ".join(
    f"{text} {plus_minus(tuple(raw.loc[name]), 3)}"
    for name, text in ((retrained, "two trainings of the CNN"), (crossed, "CNN and ResNet"))
    if name in raw.index
)
show(
    figures.overlap(
        f"Groups of one seed image hardly meet again in another training:<br>{told}"
        if raw.loc[raw.index.isin([retrained, crossed]), "mean"].max() < 0.2
        else f"Overlap of groups of one seed image:<br>{told}",
        series,
        floor,
    ),
    f"Means over {IMAGES}, with 95 % intervals over them; two trainings are one pair, so nothing is said of the spread over trainings. “Same training” is the {named(mine)}. "
    f"Dotted: chance, {floor:.1g} for any images and {floor_of_class:.1g} for images of one class.",
    "Overlaps by comparison, raw influence with Algorithm 1: "
    + "; ".join(f"{name} {value:.3f}" for name, value in raw["mean"].items()),
)

# %% tags=["hide-input"]
lines = [
    f"- **Chance** gives {floor:.1g} (images of one class: {floor_of_class:.1g}). An overlap of 0.1 is about {2 * 0.1 / 1.1 * (size - 1):.1g} images in common of {size - 1}, and 0.5 is {2 * 0.5 / 1.5 * (size - 1):.2g}."
]
if {retrained, crossed} <= set(raw.index):
    gap = mean_interval(np.asarray(found["raw_algorithm"][retrained]) - np.asarray(found["raw_algorithm"][crossed]))
    lines.append(
        f"- **Initialisation or model?** Raw influence: {plus_minus(tuple(raw.loc[retrained]), 3)} between two trainings of the CNN, {plus_minus(tuple(raw.loc[crossed]), 3)} between CNN and ResNet; the difference is {plus_minus(gap, 3, '+')} (paired). "
        + (
            "Another architecture costs more, "
            if gap[0] > gap[1]
            else "Another architecture does not measurably cost more, "
        )
        + (
            "but already another start and batch order of the same architecture replaces most of a group."
            if sum(raw.loc[retrained]) < 1 / 3
            else "and another start and batch order of the same architecture keeps some of a group."
        )
    )
inside = {
    name: tuple(raw.loc[name]) for name in raw.index if name.startswith("same training, ") and "another" not in name
}
lines.append(
    "- **The ceiling.** "
    + "; ".join(f"{name}: {plus_minus(pair)}" for name, pair in inside.items())
    + (
        ". So part of what looks like dependence on the model is a search that hangs on details."
        if raw["mean"][f"{summary.WITHIN}, from the nearest image"] < 0.5
        else "."
    )
)
if retrained in raw.index:
    plain = mean_interval(found["embedding_l2"][retrained])
    lines.append(
        f"- **Without influence.** The nearest images in the features, found without any gradient, overlap by {plus_minus(plain, 3)} between two trainings of the CNN."
    )
display(Markdown("\n".join(lines)))

# %% [markdown]
# ## Hubs: are the same few images in every group?
#
# Definition 3.2 adds $K(x, x)$ to the score. Where self-influence is heavy-tailed, the images with the largest $K(x, x)$ win whatever the seed image is. Call an image a *hub* if it is in more than 10 % of all groups
# of one kind. Where ten classes have equally many seed images, no image becomes one by joining the groups of one class alone.


# %% tags=["hide-input"]
def frequent(method, count):
    members = stored["members"][place][kind[DEFAULT, method]]
    found, times = np.unique(members[:, 1:], return_counts=True)
    order = np.argsort(-times, kind="stable")[:count]
    return found[order], times[order] / len(members)


panels = []
for method in ("raw_definition", "raw_algorithm"):
    often, shares = frequent(method, size)
    hover = [
        f"training image {image}, in {share:.0%} of the groups<br>label {classes[labels[image]]}, prediction {classes[predictions[image]]}"
        for image, share in zip(often, shares, strict=True)
    ]
    panels.append(
        figures.Panel(
            f"{SHOWN[method]}<br>the most frequent:<br>in {shares[0]:.0%} of the groups",
            images["train_images"][often],
            hover,
        )
    )
hubs = {method: mean_of("hub_share", method) for method in METHODS}


def pairs_of(column, method):
    return summary.of_pairs(summary.rows_of(table, mine, method)[column])


elsewhere = {method: pairs_of("overlap_other", method) for method in METHODS}
show(
    figures.group_pictures(
        f"Hubs are {plus_minus(100 * np.array(hubs['raw_definition']), 0)} % of a group by Definition 3.2<br>and {plus_minus(100 * np.array(hubs['raw_algorithm']), 0)} % by Algorithm 1",
        {"": panels},
        "",
    ),
    f"The {size} images that are in most groups, {named(mine)}. Hover for their share of the groups.",
    f"Two grids of pictures. The most frequent image is in {frequent('raw_definition', 1)[1][0]:.0%} of the groups by Definition 3.2 and in {frequent('raw_algorithm', 1)[1][0]:.0%} by Algorithm 1.",
)
rows = [
    {
        "group": METHODS[method],
        f"in more than {OFTEN:.0%} of the groups": plus_minus(hubs[method], 3),
        "overlap, another image of the class": plus_minus(pairs_of("overlap_own", method), 3),
        "overlap, an image of another class": plus_minus(elsewhere[method], 3),
        "misclassified": plus_minus(wrong[method], 2),
    }
    for method in METHODS
]
show_table(
    pd.DataFrame(rows),
    f"How far groups are the same whatever the seed image; {named(mine)}, over {IMAGES}, 95 % intervals (of overlaps: twice those of as many independent images, since each pair counts with both). Chance: hubs {max(chance['hub_share'], 1e-4):.1g}{' or less' if chance['hub_share'] < 1e-4 else ''}, overlap {floor:.1g}.",
)
display(
    Markdown(
        f"Groups of seed images from different classes overlap by {plus_minus(elsewhere['raw_definition'])} under Definition 3.2 and by {plus_minus(elsewhere['raw_algorithm'], 3)} under Algorithm 1. "
        f"Those of different seed images of one class overlap by {plus_minus(pairs_of('overlap_own', 'raw_algorithm'), 3)} (Algorithm 1) and {plus_minus(pairs_of('overlap_own', 'cosine'), 3)} (cosine influence): "
        "that part of a group does not depend on which image of the class the search starts from."
    )
)

# %% [markdown]
# ## Does it hang on the inverse of the Hessian?
#
# The smallest eigenvalues of $H$ that are not zero weigh most in $H^+$. Damping, $(H + \lambda I)^{-1}$, takes that weight away. Here are the numbers that the verdict rests on, with λ as a share of the largest eigenvalue.

# %% tags=["hide-input"]
sweep = {}
if lacking is None:
    sweep = {
        setting: summary.verdict_numbers(table, setting)
        for setting in (DEFAULT, *(f"{share:g}" for share in damping_shares))
    }
    rows = [
        {
            "λ/λmax": "as above" if setting == DEFAULT else setting,
            "overlap": plus_minus(numbers["group_overlap"], 3),
            "purity, CNN minus ResNet": plus_minus(numbers["cnn_purity_gain"], 3, "+"),
            "slope of K/#G": plus_minus(numbers["size_exponent"]),
            f"purity, {named(mine)}": plus_minus(
                mean_interval(summary.rows_of(table, mine, "raw_algorithm", setting)["purity"])
            ),
            "misclassified": plus_minus(
                mean_interval(summary.rows_of(table, mine, "raw_algorithm", setting)["mistaken"])
            ),
        }
        for setting, numbers in sweep.items()
    ]
    show_table(
        pd.DataFrame(rows),
        f"Raw influence, Algorithm 1, over {IMAGES}, 95 % intervals. Overlap: the larger of that between trainings of the CNN and between CNN and ResNet.",
    )
else:
    display(Markdown(f"Not shown: {lacking}."))

# %% [markdown]
# ## The verdict

# %%
judged = {named(one): accuracy[one] for one in trained}  # all of them: the slope is a mean over all
if model != "cnn":
    display(
        Markdown("The verdict on claim B22 rests on all models, and stands on [the CNN's page](07_image_groups.ipynb).")
    )
elif reason := why_open(source, judged) or summary.what_is_missing(table):
    leave_open("B22", reason)
else:
    record("B22", **sweep[DEFAULT])

# %% tags=["hide-input"]
if sweep:
    numbers = sweep[DEFAULT]
    values = summary.verdict_values(table)
    wider = {check: mean_interval(summary.by_class(table, column).to_numpy()) for check, column in values.items()}
    power = numbers["size_exponent"]
    in_proportion = next(
        check for claim in load_claims() if claim.id == "B22" for check in claim.checks if check.name == "size_exponent"
    ).outcome(Measurement(value=power[0], uncertainty=power[1]))
    display(
        Markdown(
            f"In words: groups of one seed image overlap by {plus_minus(numbers['group_overlap'], 3)} on average, in the larger of the two comparisons (two trainings of the CNN; CNN and ResNet). The CNN's groups contain {plus_minus(100 * np.array(numbers['cnn_purity_gain']), 0, '+')} percentage points more of the seed image's class than the ResNet's (minus: fewer). "
            f"From {FIRST} to {size} images influence per member goes with size to the power {plus_minus(power)}, mean over models"
            + (
                ": it grows, in proportion to size or nearly so. "
                if in_proportion == "passes"
                else ": it grows, but more slowly than in proportion to size, so that “about linearly” would say too much. "
                if in_proportion == "fails" and power[0] > power[1]
                else ". "
            )
            + ("Dividing by size has not made groups of different sizes comparable. " if power[0] > power[1] else "")
            + f"With the {len(np.unique(labels))} classes as units in place of the seed images, the three intervals are {plus_minus(wider['group_overlap'], 3)}, {plus_minus(100 * np.array(wider['cnn_purity_gain']), 0, '+')} points and {plus_minus(wider['size_exponent'])}. "
            + "With other λ the powers are "
            + ", ".join(
                f"{plus_minus(value['size_exponent'])} (λ = {setting} λmax)"
                for setting, value in sweep.items()
                if setting != DEFAULT
            )
            + ". The gain in points is "
            + ", ".join(
                f"{plus_minus(100 * np.array(value['cnn_purity_gain']), 0, '+')} (λ = {setting} λmax)"
                for setting, value in sweep.items()
                if setting != DEFAULT
            )
            + ". The overlap is "
            + ", ".join(
                f"{plus_minus(value['group_overlap'], 3)} (λ = {setting} λmax)"
                for setting, value in sweep.items()
                if setting != DEFAULT
            )
            + "."
        )
    )

# %% [markdown]
# ## What to take away

# %% tags=["hide-input"]
display(
    Markdown(
        f"- Raw influence, Algorithm 1: purity {plus_minus(purity['raw_algorithm'])}; {plus_minus(100 * np.array(wrong['raw_algorithm']), 0)} % of a group are misclassified (of all images {100 * base:.0f} %); in the features {plus_minus(tight['raw_algorithm'])} times as far apart as random images of the class. "
        f"Definition 3.2: {plus_minus(100 * np.array(hubs['raw_definition']), 0)} % of a group are hubs ({named(mine)}).\n"
        f"- Cosine influence, which makes the two rules one: purity {plus_minus(purity['cosine'])}, {plus_minus(100 * np.array(wrong['cosine']), 0)} % misclassified, {plus_minus(tight['cosine'])} times as far apart.\n"
        f"- Totals of influence carry the scale of a model's gradients and the group's size. Per member they went with size to the power {', '.join(f'{value:.2f} ({MODELS[one]})' for one, value in powers.items())} (0 where sizes can be compared, 1 where all gradients are equal).\n"
        "- Next: [the whole training set in groups](07_image_partition.ipynb)."
    )
)
