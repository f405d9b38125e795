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
# # Functioning groups of a whole training set
#
# **The question.** Can *all* training images be divided into functioning groups, images that do the same thing to the model?
# The report wants exactly this: "a partition of $\mathcal X$: $\mathcal G_1, \dots, \mathcal G_k$" (3.1). Its greedy method grows one group at a time
# from one image, and a method for the whole set stayed "an ambitious project" (section 4). This page takes one reading of that wish,
# finds such partitions by k-means, says where they are not what the report defines, and asks whether they are more than plain clusters.
#
# **The embedding.** With $g_i$ the gradient of an image's loss in the last layer, $H$ the Hessian of the mean loss and $H^+ = LL^\top$,
# the vector $\phi_i = L^\top g_i$ is the image's *influence embedding*, because
#
# $$
# K_{ij} = g_i^\top H^+ g_j = \phi_i^\top\phi_j .
# $$ (eq-partition-embedding)
#
# $K_{ij} > 0$ means that learning one image helps the other. *Cosine influence* $\hat K$ is the same with every $\phi_i$ scaled to length 1.

# %% tags=["parameters"]
seed = 0
counts = [10, 30, 100]
groups = 100
restarts = 4
steps = 10
final_steps = 5
start_images = 5000
compared_images = 5000
subsets = 5
subset_images = 2000
subset_groups = 20
queries = 200
nearest = 10
shown_queries = 12
components = 6
removed = 20
decay = 1.0e-5
pictures = 12

# %%
import numpy as np
import pandas as pd
from IPython.display import Markdown, display

from influence_lab.artifacts import read_arrays, read_table
from influence_lab.attributions.image_embeddings import KINDS
from influence_lab.evaluations.intervals import bootstrap_interval, mean_interval, paired_interval, plus_minus
from influence_lab.evaluations.partition_agreement import purity
from influence_lab.evaluations.partition_summaries import (
    compared,
    felt,
    log_correlation,
    objective_table,
    over_starts,
    ratio,
)
from influence_lab.evaluations.similar_images import WAYS
from influence_lab.figures import image_partition as figures
from influence_lab.figures.image_partition_sheets import component_sheets, group_sheets, query_sheets
from influence_lab.figures.picture_sheets import sheets_figure
from influence_lab.figures.pictures import banner
from influence_lab.figures.show import show, show_table
from influence_lab.locations import artifact
from influence_lab.models.image_heads import named

data = read_arrays(artifact("data/images.npz"))
arrays = read_arrays(artifact("evaluations/image_partition.npz"))
table = read_table(artifact("evaluations/image_partition.parquet"))
subset_results = read_table(artifact("evaluations/image_partition_subsets.parquet"))
similar = read_table(artifact("evaluations/image_partition_similar.parquet"))
removals = read_table(artifact("evaluations/image_partition_removals.parquet"))
images, classes = data["train_images"], data["classes"].tolist()
runs = [(str(model), int(number)) for model, number in table[["model", "seed"]].drop_duplicates().to_numpy()]
shown = runs[0]
WHO = named(shown)
labels, predictions = arrays["labels"], arrays["predictions"]
n = len(labels)
banner(str(data["source"]))

# %% tags=["hide-input"]
display(
    Markdown(
        f"Pictures below are of the {WHO}: {np.mean(labels == predictions):.0%} of its {n:,} training images are predicted rightly, and "
        f"{float(arrays['test_accuracy']):.0%} of its test images. The Hessian of its last layer has rank {int(arrays['rank'])}, the length of $\\phi$."
    )
)

# %% [markdown]
# ## Similar images
#
# Datamodels give each image a vector of weights, and large weights mark similar images (the report's figures 1 and 2, from Ilyas et al. 2022).
# Influence gives the same sort of answer from one trained model. Three ways to ask for the images most similar to a query: largest
# cosine influence $\hat K$, largest influence $K$, least distance of the penultimate features $h$.

# %%
here = similar[(similar["model"] == shown[0]) & (similar["seed"] == shown[1])]
same_label = {way: mean_interval(group["same_label"]) for way, group in here.groupby("way")}
hubs = {way: mean_interval(group["hubs"]) for way, group in here.groupby("way")}
gap = paired_interval(here, "same_label", "way", "cosine", "features", over="query")

# %% tags=["hide-input"]
ranked = sorted(WAYS, key=lambda way: -same_label[way][0])
show(
    sheets_figure(
        "Of the nearest images so many have the query's class:<br>"
        + ", ".join(f"{WAYS[way][0]} {same_label[way][0]:.0%}" for way in ranked),
        query_sheets(images, arrays, classes, shown_queries),
        nearest + 1,
        "query ",
        [name.replace(" ", "<br>") for name, _ in WAYS.values()],
    ),
    f"In each row the query, and right of it its {nearest} most similar images. {WHO}; shares in the title are means over {len(here) // len(WAYS)} random "
    "queries, intervals in the table. Point at an image to read what the model makes of it.",
    "Rows of small pictures; for each query the nearest by cosine influence, by influence and by features. Shares of the same class: "
    + ", ".join(f"{WAYS[way][0]} {plus_minus(same_label[way])}" for way in WAYS),
)

# %% tags=["hide-input"]
rows = []
for (model, number, way), group in similar.groupby(["model", "seed", "way"], sort=False):
    row = {"model": named((model, number)), "nearest by": WAYS[way][0]}
    columns = {"same_label": "same class", "same_prediction": "same prediction", "same_pair": "both", "hubs": "hubs"}
    row |= {text: plus_minus(mean_interval(group[column])) for column, text in columns.items()}
    others = [other for other in WAYS if other != way]
    row |= {"also found by": ", ".join(f"{WAYS[o][0]} {group[f'overlap_{o}'].mean():.2f}" for o in others)}
    rows.append(row)
show_table(
    pd.DataFrame(rows),
    f"Shares of the {nearest} nearest images, means over {len(here) // len(WAYS)} queries with 95 % intervals. Hubs: found for another query too; "
    f"by chance a share of about {nearest * (len(here) // len(WAYS) - 1) / n:.3f}; their intervals are rough, because whether an answer is a hub depends on all queries.",
)
display(
    Markdown(
        f"In images of the query's class cosine influence and features differ by {100 * gap[0]:+.0f} ± {100 * gap[1]:.0f} percentage points. Cosine influence knows "
        "the label, because the gradient holds the residual $r = p - e_y$; features do not, so this is no contest between equals. Hubs, answers that serve other queries too, are a "
        f"share of {hubs['raw'][0]:.2f} of the answers of influence ($K$ grows with the length of $\\phi$, so images of large gradient are candidates for any query), "
        f"{hubs['cosine'][0]:.2f} for cosine influence and {hubs['features'][0]:.2f} for features."
    )
)

# %% [markdown]
# ## Principal components, and what they can show
#
# Datamodels have telling principal components (the report's figure 2). For influence the second moment of the embedding is
#
# $$
# \frac1n\sum_i \phi_i\phi_i^\top = L^\top \hat F L, \qquad \hat F = \frac1n\sum_i g_i g_i^\top .
# $$ (eq-partition-moment)
#
# $\hat F$ is the empirical Fisher information. Were labels as random as the model's probabilities say, $\hat F = H$ would hold up to the noise of a finite sample
# ([why](02_gauss_newton.ipynb)), and the moment would be $L^\top H L = I$: *all* directions equal, no leading component at all, mean self-influence equal to the rank. So
# leading components of raw influence show where the model is wrong about its own errors. Cosine influence, with all lengths 1, has no such theorem.

# %% tags=["hide-input"]
rank = int(arrays["rank"])
leading = {kind: arrays[f"moments_{kind}"] / arrays[f"moments_{kind}"].sum() for kind in ("cosine", "raw")}
show(
    sheets_figure(
        f"The first component holds {leading['raw'][0]:.1%} of influence and {leading['cosine'][0]:.1%} of cosine influence;"
        f"<br>all {rank} equal would be {1 / rank:.1%} each",
        component_sheets(images, arrays, classes),
        nearest,
        "",
        ["most<br>positive", "most<br>negative"],
    ),
    f"The ends of the leading {components} components, first of cosine influence and then of influence. {WHO}.",
    "Two rows of small pictures for each component: most positive and most negative images.",
)
display(
    Markdown(
        f"Mean self-influence is {arrays['self_influence'].mean():.0f} where a model that knows its errors has {rank}, the rank; the moments run from "
        f"{arrays['moments_raw'][rank - 1]:.2f} to {arrays['moments_raw'][0]:.2f} where it has 1, give or take about {2 * np.sqrt(rank / n):.2f} by chance "
        "(more with heavy tails)."
    )
)

# %% tags=["hide-input"]
BY = {
    "label": "label",
    "prediction": "prediction",
    "pair": "label and prediction",
    "residual": "residual r",
    "feature": "features h",
}
explained = {name: arrays[f"explained_cosine_{by}"] for by, name in BY.items()}
average = {name: values.mean() for name, values in explained.items()}
explains = max(average, key=average.get)
show(
    figures.shares_by_component(
        f"What explains the leading components best: {explains} ({average[explains]:.0%} of their variance);<br>"
        f"features {average['features h']:.0%}",
        explained,
    ),
    f"Cosine influence, {WHO}. Label, prediction and both: share of the variance between groups (both explain no less than either). Residual and features: $R^2$ of linear regression.",
    "Bars for each component: " + ", ".join(f"{name} {value:.2f} on average" for name, value in average.items()),
)

# %% [markdown]
# ## From one group to a partition: k-means
#
# Definition 3.1 calls $G$ a functioning group if, among the subsets that are allowed, it makes $K(G, G)/\#G$ largest, with $K(G, G) = \sum_{i,j\in G}K_{ij}$. With $\mu_G$ the
# mean of $\phi$ over $G$, $K(G, G) = \|\sum_{i\in G}\phi_i\|^2 = \#G^2\,\|\mu_G\|^2$, and so for any partition
#
# $$
# \sum_G\sum_{i\in G}\|\phi_i-\mu_G\|^2 = \sum_i \|\phi_i\|^2 - \sum_G \#G\,\|\mu_G\|^2 = \sum_i K_{ii} - \sum_G\frac{K(G,G)}{\#G} .
# $$ (eq-partition-kmeans)
#
# The left side is what **k-means** makes small (to a local minimum). The first sum on the right is the same for all partitions. So k-means on the influence
# embedding makes $\sum_G K(G,G)/\#G$ large, *the report's own quantity, summed over the groups*, with no $n\times n$ matrix and no greedy search.
#
# **The sum is our reading, not the report's.** It defines one group at a time and says of a partition only that it is wanted. Its greedy method (Definition 3.2) allows all groups that
# contain the seed; nothing forbids the best groups of two seeds to overlap, so they need not be a partition at all. And a group of the best partition
# is not the best group on its own. With $q = K(G, G)/\#G$, Definition 3.1 lets $G$ take an image from another group, or give one away, whenever $q$ rises:
#
# $$
# x \notin G \text{ joins if } 2K(x, G) + K(x, x) > q, \qquad x \in G \text{ leaves if } 2K(x, G) - K(x, x) < q,
# $$ (eq-partition-improvable)
#
# in a large group roughly when the projection of $\phi_x$ on $\mu_G$ is more, or less, than *half* of $\|\mu_G\|$. k-means asks another question, which group's mean is nearest.
# We count below how far apart the two are.
#
# **What it cannot tell is the number of groups.** The left side is not negative, so the sum is at most $\sum_i K_{ii}$, and
# single images reach it: the partition with the largest sum is the one into $n$ groups of one. $k$ has to be given. And part of the sum comes
# from chance: a random partition into $k$ groups has the expectation
#
# $$
# \mathbb E\sum_G\frac{K(G,G)}{\#G} = \Bigl(s + (1-s)\,\frac{k-1}{n-1}\Bigr)\sum_i K_{ii}, \qquad s = \frac{\|\sum_i\phi_i\|^2}{n\sum_i K_{ii}},
# $$ (eq-partition-random)
#
# whatever the sizes of its groups. For raw influence $s = 0$ at an optimum, where gradients sum to zero; vectors of length 1 need not, so for cosine influence $s$ is measured.

# %% tags=["hide-input"]
REACHED = {"cosine": "k-means, cosine influence", "features": "k-means, features", "residuals": "k-means, residuals"}
curves = {name: objective_table(arrays, kind, counts) for kind, name in REACHED.items()}
curves["random"] = objective_table(arrays, "random", counts)
marks = {
    f"the {len(classes)} classes": (len(classes), float(arrays["share_cosine_labels"])),
    "pairs (label, prediction)": (float(arrays["pairs_cosine"]), float(arrays["share_cosine_pairs"])),
}
reached = curves["k-means, cosine influence"].set_index("k")["mean"]
times_features = reached[groups] / curves["k-means, features"].set_index("k")["mean"][groups]
joining, leaving = arrays["joining_cosine"], arrays["leaving_cosine"]
group_size = np.bincount(arrays[f"groups_cosine_{groups}"][0], minlength=groups)
show(
    figures.objective_curves(
        f"{groups} groups of cosine influence hold {reached[groups]:.0%} of the bound,<br>{times_features:.1f} times what as many clusters of features hold",
        curves,
        marks,
    ),
    f"Cosine influence, {WHO}. Means over starts of k-means with 95 % intervals, hidden by the marks where they are small ({restarts} starts for "
    f"{groups} groups, two otherwise; one for features and residuals). k-means on cosine influence searches for just this sum, the others do not: an advantage "
    "is no surprise, and how large it is is the question.",
    f"Shares at {groups} groups: "
    + ", ".join(f"{name} {curve.set_index('k')['mean'][groups]:.3f}" for name, curve in curves.items()),
)
display(
    Markdown(
        f"Is each of the {groups} groups a functioning group by Definition 3.1? {int(np.sum((joining == 0) & (leaving == 0)))} of them could not raise their own $\\hat K(G, G)/\\#G$ by one image. "
        f"The median group, of {np.median(group_size):.0f} images, has {np.median(joining):,.0f} outside that would raise it by joining and {np.median(leaving):,.0f} members "
        "that would by leaving. So the partition divides what the definition, asked for one group at a time, would give to several."
        if joining.sum()
        else f"No group of the {groups} could raise its own $\\hat K(G, G)/\\#G$ by an image from another."
    )
)

# %% [markdown]
# **Against the greedy method**, grown over a whole set: grow a group by Algorithm 1 from a random image until it has $n/k$ members, remove it, start again. That is
# feasible on subsets only, and both ways get the same ones. The comparison is by the sum that k-means searches for, and groups of one size are a burden of the greedy way. Does a partition depend on the training's chance? Compare the groups of the same
# images in two training seeds, by adjusted mutual information (AMI: 0 by chance, 1 for equal partitions).

# %% tags=["hide-input"]
WAYS_OF_GROUPING = {"greedy": "greedy, Algorithm 1", "k_means": "k-means"}
rows = []
for (model, number, kind, way), group in subset_results.groupby(["model", "seed", "kind", "way"], sort=False):
    agreed = group["other_seed"].dropna()
    rows.append(
        {
            "model": named((model, number)),
            "embedding": KINDS[kind],
            "way": WAYS_OF_GROUPING[way],
            "share of the bound": plus_minus(mean_interval(group["share"]), 4),
            "AMI with another training seed": plus_minus(mean_interval(agreed)) if len(agreed) > 1 else "one seed only",
        }
    )
show_table(
    pd.DataFrame(rows),
    f"{subset_groups} groups of {subset_images} images: means over {subsets} random subsets with 95 % intervals.",
)

# %%
mine = subset_results[(subset_results["model"] == shown[0]) & (subset_results["seed"] == shown[1])]
cosine_only, raw_only = mine[mine["kind"] == "cosine"], mine[mine["kind"] == "raw"]
gain = {
    kind: paired_interval(rows, "share", "way", "k_means", "greedy", over="subset")
    for kind, rows in (("cosine", cosine_only), ("raw", raw_only))
}
stable = (
    paired_interval(cosine_only.dropna(), "other_seed", "way", "k_means", "greedy", over="subset")
    if len(cosine_only.dropna())
    else None
)

# %% tags=["hide-input"]
higher = "a larger" if gain["cosine"][0] > gain["cosine"][1] else "no larger"
text = (
    f"On the same subsets k-means reaches {higher} share of the bound of cosine influence than the greedy method does: {plus_minus(gain['cosine'], 4, '+')}; in raw influence "
    f"the difference is {plus_minus(gain['raw'], 4, '+')} (paired)."
)
if stable is not None:
    judged = "better" if stable[0] > stable[1] else "worse" if stable[0] < -stable[1] else "neither better nor worse"
    text += f" Between these two training seeds its groups agree {judged} than the greedy ones: difference of AMI {plus_minus(stable, 3, '+')}."
display(Markdown(text))

# %% tags=["hide-input"]
sizes = {
    KINDS[kind]: np.bincount(arrays[f"groups_{kind}_{groups}"][0], minlength=groups)
    for kind in ("raw", "cosine", "features")
}
giant = int(np.argmax(sizes["influence"]))
inside = arrays[f"groups_raw_{groups}"][0] == giant
low = arrays["self_influence"]
lone, joint = float(arrays[f"share_raw_singletons_{groups}"]), float(np.mean(arrays[f"share_raw_raw_{groups}"]))
show(
    figures.group_sizes(
        f"Raw influence puts {sizes['influence'].max() / n:.0%} of the images into one group;<br>the largest group of cosine influence has "
        f"{sizes['cosine influence'].max() / n:.1%}",
        sizes,
    ),
    f"{groups} groups each, first start. {WHO}.",
    "Sorted sizes of the groups of three partitions; "
    + ", ".join(f"{name}: {v.max()} to {v.min()}" for name, v in sizes.items()),
)
display(
    Markdown(
        f"In the largest group mean $K_{{ii}}$ is {low[inside].mean():.0f}, outside it {low[~inside].mean():.0f}; the median probability of the prediction "
        f"is {np.median(arrays['probability'][inside]):.2f} inside, {np.median(arrays['probability'][~inside]):.2f} outside. "
        + (
            "Images with a small $K_{ii}$ are near to the origin, and so near to each other, whatever they show. "
            if low[inside].mean() < low[~inside].mean()
            else ""
        )
        + f"{int((sizes['influence'] <= 10).sum())} of the {groups} groups have 10 images or fewer. The {groups - 1} images of largest "
        f"$K_{{ii}}$, each a group of its own, reach {lone:.1%} of the bound, {'more than' if lone > joint else 'not more than'} k-means ({joint:.1%}). To take away "
        "the size of the gradient and leave what it says, the groups below are those of *cosine* influence."
    )
)

# %% [markdown]
# ## Browse the groups
#
# Move the slider through the groups, the largest first. Do they look like one thing to you? The bars say what is in the whole group,
# not only in the pictures.

# %% tags=["hide-input"]
browsed = arrays[f"groups_cosine_{groups}"][0].astype(int)
same_pair = purity(browsed, labels * len(classes) + predictions)
show(
    sheets_figure(
        f"{purity(browsed, labels):.0%} of the images have the commonest label of their group,<br>"
        f"{same_pair:.0%} its commonest pair of label and prediction",
        group_sheets(images, arrays, classes, groups),
        4,
        "group ",
        categories=classes,
        bars_title="images of the group",
        suffix=f" of {groups}",
    ),
    f"The {pictures} images nearest to each group's centre, {groups} groups of cosine influence, {WHO}. $K(G,G)/\\#G$ and $K(x, x)$ are of raw influence.",
    f"For each group up to {pictures} small pictures and bars of its labels and its predictions by class.",
)

# %% [markdown]
# ## Are they more than clusters of the embedding, crossed with the error?
#
# The report asks about "the difference between clusters obtained from this method and natural clusters on the embedding space" (4.2.1). A
# gradient of the last layer is a product, $g_i = r_i\otimes\mathbf h_i$ of the residual $r_i = p_i - e_{y_i}$ and the features with a 1, so a group must have to do with both. What does each explain? The
# yardstick is another start of k-means on the very same embedding: how well the method agrees with itself.

# %%
COMPARED = {
    "restart": "itself, other starts",
    "labels": "labels",
    "predictions": "predictions",
    "pairs": "pairs (label, prediction)",
    "crossed": f"pairs × {min(counts)} clusters of features",
    "features": f"{groups} clusters of features",
    "residuals": f"{groups} clusters of residuals",
    "both": f"{groups} clusters of both",
    "other seed": "itself, another training seed",
    "other model": "itself, another model",
}
found = {
    kind: {name: over_starts(table, kind, groups, f"ami {name}", *shown) for name in COMPARED}
    for kind in ("cosine", "raw", "features")
}
inside_class = {
    kind: {name: over_starts(table, kind, groups, f"within {name}", *shown) for name in COMPARED}
    for kind in ("cosine", "features")
}

# %% tags=["hide-input"]
PLAIN = ("labels", "predictions", "pairs", "crossed", "features", "residuals", "both")
best = max(PLAIN, key=lambda name: found["cosine"][name][0])
ceiling = found["cosine"]["restart"]
show(
    figures.agreements(
        f"Of all plain divisions {COMPARED[best]} agree best with the groups<br>({found['cosine'][best][0]:.2f}); other starts agree {ceiling[0]:.2f}",
        "adjusted mutual information",
        {KINDS[kind]: {COMPARED[name]: pair for name, pair in pairs.items()} for kind, pairs in found.items()},
    ),
    f"{groups} groups, {WHO}, {min(compared_images, n)} images drawn for the comparison. Means over {restarts} starts of k-means with 95 % intervals (between starts: jackknife).",
    "Cosine influence: " + ", ".join(f"{COMPARED[name]} {pair[0]:.2f}" for name, pair in found["cosine"].items()),
)

# %% [markdown]
# The label is a part of influence, and classifiers' features follow it, so any two such partitions may agree for its sake alone. So look inside: only images of *one* class that are
# predicted rightly, where label and prediction tell nothing any more. Whatever AMI is left is about how images of a class differ.

# %% tags=["hide-input"]
INSIDE = [name for name in COMPARED if np.isfinite(inside_class["cosine"][name][0])]
beside = [name for name in ("features", "residuals", "both") if name in INSIDE]
show(
    figures.agreements(
        f"Inside a class other starts agree {inside_class['cosine']['restart'][0]:.2f} with the groups,<br>"
        f"plain clusters {max(inside_class['cosine'][name][0] for name in beside):.2f} at most",
        "adjusted mutual information inside a class, images predicted rightly",
        {KINDS[kind]: {COMPARED[name]: pairs[name] for name in INSIDE} for kind, pairs in inside_class.items()},
    ),
    f"Means over the classes and over {restarts} starts of k-means, 95 % intervals over starts. {WHO}.",
    "Cosine influence: " + ", ".join(f"{COMPARED[name]} {inside_class['cosine'][name][0]:.2f}" for name in INSIDE),
)

# %% tags=["hide-input"]
best_inside = max(beside, key=lambda name: inside_class["cosine"][name][0])
own_inside, theirs_inside = inside_class["cosine"]["restart"], inside_class["cosine"][best_inside]
more = compared(own_inside, theirs_inside)
level = {1: "better than", 0: "as well as, within the intervals,", -1: "less than"}[
    compared(found["cosine"][best], ceiling)
]
text = (
    f"**The verdict.** Over all images, {COMPARED[best]} agree with the groups of cosine influence {level} "
    f"other starts of k-means do ({plus_minus(found['cosine'][best])} against {plus_minus(ceiling)}). "
)
text += (
    f"Inside a class there is more to them than to the plain clusters: other starts find {plus_minus(own_inside)} again, {COMPARED[best_inside]} only {plus_minus(theirs_inside)}."
    if more > 0
    else f"Inside a class nothing is seen that {COMPARED[best_inside]} do not find as well ({plus_minus(theirs_inside)} against {plus_minus(own_inside)})."
)
if "other seed" in INSIDE and all(pairs["restart"][0] > pairs["restart"][1] for pairs in inside_class.values()):
    kept = {kind: ratio(pairs["other seed"], pairs["restart"]) for kind, pairs in inside_class.items()}
    text += (
        " But how much of that is a property of the images? With the other training seed the groups have an agreement of "
        f"{plus_minus(inside_class['cosine']['other seed'])}, {plus_minus(kept['cosine'])} of that between starts; clusters of features "
        f"{plus_minus(inside_class['features']['other seed'])}, {plus_minus(kept['features'])} of theirs. "
        + {
            1: "Between these two trainings the groups kept more of their own agreement than clusters of features.",
            0: "Which of the two keeps more of its own agreement is not told apart.",
            -1: "Between these two trainings the groups kept less of their own agreement than clusters of features.",
        }[compared(kept["cosine"], kept["features"])]
        + " (One pair of trainings; intervals are over starts of k-means, not over trainings.)"
    )
display(Markdown(text))

# %% tags=["hide-input"]
rows = []
for model, number in runs:
    for kind in ("cosine", "raw", "features"):
        row = {"model": named((model, number)), "partition by": KINDS[kind]}
        for name in ("purity", "largest"):
            row[name if name == "purity" else "largest group"] = plus_minus(
                over_starts(table, kind, groups, name, model, number)
            )
        for name in ("restart", "labels", "pairs", "features", "both", "other seed", "other model"):
            pair = over_starts(table, kind, groups, f"ami {name}", model, number)
            row[COMPARED[name]] = plus_minus(pair) if np.isfinite(pair[0]) else "–"
        rows.append(row)
show_table(
    pd.DataFrame(rows),
    f"All models: AMI of the partitions into {groups} groups, class purity and the share of images in the largest group; means over {restarts} starts with 95 % intervals.",
)

# %% [markdown]
# ## Is a group felt as a group?
#
# If the images of $G$ do the same thing to the model, they will miss each other. Take $G$ away and train the last layer on to its new optimum (a convex problem, solved exactly). To first
# order the parameters move by $H^{-1}\sum_{i\in G}g_i/n$ ($g_i$ and $H$ at the optimum with $G$), and the sum of the group's own losses rises by
#
# $$
# \Delta\sum_{i\in G}\mathcal L_i \approx \frac1n\Bigl(\sum_{i\in G} g_i\Bigr)^{\!\top} H^{-1}\Bigl(\sum_{j\in G} g_j\Bigr) = \frac{K(G, G)}{n} .
# $$ (eq-partition-removal)
#
# Here $H$ holds the curvature $\lambda$ of a small weight decay, which makes the optimum unique. Each group has two controls of other images: as many random ones, and as many with the same labels.

# %%
KIND_NAMES = {
    "functioning": "groups of cosine influence",
    "same labels": "same size and labels",
    "random": "same size, random",
}
kept = felt(removals)
taken = removals["kind"].value_counts()
without = taken["functioning"] - taken.get("same labels", 0)
enough = len(kept) > 1  # for intervals
if enough:
    times = {
        kind: mean_interval(np.log((kept["measured"] / kept[kind]).to_numpy())) for kind in ("same labels", "random")
    }
    correlation = bootstrap_interval(log_correlation, kept[["predicted", "measured"]].to_numpy())
    factor = mean_interval(np.log((kept["measured"] / kept["predicted"]).to_numpy()))
    newton = mean_interval(np.log((kept["measured"] / kept["newton"]).to_numpy()))

# %% tags=["hide-input"]


def spread(pair: tuple[float, float]) -> str:
    """A factor with its interval, from the mean and half-width of its logarithm."""
    return f"{np.exp(pair[0]):.2f} ({np.exp(pair[0] - pair[1]):.2f} to {np.exp(pair[0] + pair[1]):.2f})"


show(
    figures.removals(
        f"Taken away, a group loses {np.exp(times['same labels'][0]):.1f} times what other images of its labels lose,<br>"
        f"and {np.exp(times['random'][0]):.3g} times what other random images lose"
        if enough
        else "Too few groups with both controls lose anything for a comparison",
        removals,
        KIND_NAMES,
    ),
    f"{taken['functioning']} of {groups} groups, evenly by size, each with its two controls; {WHO}, λ = {decay:g}. "
    f"Means are over the {len(kept)} groups with both that lose something, as the controls do."
    + (f" {without} have no control with their labels: they hold more than half of a class." if without else ""),
    "Median measured rise: "
    + ", ".join(
        f"{name} {removals.loc[removals['kind'] == kind, 'measured'].median():.3g} nats"
        for kind, name in KIND_NAMES.items()
        if kind in taken
    ),
)
if enough:
    display(
        Markdown(
            f"Geometric means over the groups with 95 % intervals: against other images of the same labels {spread(times['same labels'])} times, against other random images "
            f"{spread(times['random'])} times. Logarithms of the predicted and the measured rise correlate by {plus_minus(correlation)}. The measured rise is "
            f"{spread(factor)} times $K(G,G)/n$. First order counts on curvature that the group itself held; with that of the remaining images alone, "
            f"one Newton step, it is {spread(newton)} times the predicted. All other images together change their mean loss by {kept['others'].mean():+.1e} nats on average, "
            f"while test images change by {plus_minus(mean_interval(kept['test']), 4, '+')}."
        )
    )

# %% [markdown]
# ## What to take away
#
# - With $k$ given, k-means on the influence embedding makes $\sum_G K(G,G)/\#G$ large: a partition by the report's own quantity. It is not the set of best groups of Definition 3.1, which may overlap.
# - Raw influence groups by the size of the gradient as well; cosine influence takes the size away. Whether a group is one to the model, its removal tells.
# - A group is one of *this* trained model: check it with another start and another training seed. Next: [near-duplicates](08_near_duplicates.ipynb).
