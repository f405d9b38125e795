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
# # Influence in the last layer of an image model
#
# **The question.** The report (4.2) grows groups of CIFAR-10 images with influence functions, in a small CNN, a ResNet and
# VGG19. The Hessian of a whole network is out of reach, so influence is computed in the last layer alone, on the features
# that the layers before it compute: softmax regression, which is convex. Before the [groups](07_image_groups.ipynb), this page
# asks whether that influence can be trusted: is its Hessian right, is it invertible, does influence predict what happens when
# images really are taken away, and which images have the most of it?

# %% tags=["parameters"]
shown = 30
ridge = 1.0e-6
shares = [1.0e-14, 1.0e-10, 1.0e-6, 1.0e-5, 1.0e-4, 1.0e-3, 1.0e-2, 1.0e-1]
tests = 200
groups = 6
group_size = 25
flip_images = 5000
flip_share = 0.05
flip_seeds = 5
solver_images = 300
solver_widths = [128, 512, 4096]
solver_products = 1000
influenciae_images = 200
influenciae_tests = 20
cg_images = 25
cg_solves = 3
cg_iterations = 300
seed = 0

# %%
import numpy as np
import pandas as pd
from IPython.display import Markdown, display

from influence_lab.artifacts import read_arrays, read_table
from influence_lab.attributions.head_influence import Ends, most_influential, whitening
from influence_lab.evaluations import image_head_summaries as summaries
from influence_lab.evaluations.head_flips import SCORES
from influence_lab.evaluations.head_removals import KINDS
from influence_lab.evaluations.image_head_tables import (
    chosen,
    mean_by,
    read_by_model,
    suspects,
    trained_models,
)
from influence_lab.evaluations.image_support import why_open
from influence_lab.evaluations.intervals import mean_interval, paired_interval, plus_minus
from influence_lab.evaluations.lds import rank_correlation
from influence_lab.figures import head_influence as figures
from influence_lab.figures.picture_sheets import sheets_figure
from influence_lab.figures.pictures import banner, hover_texts
from influence_lab.figures.show import show, show_table
from influence_lab.locations import artifact
from influence_lab.models.image_heads import MODELS, read_heads

images = read_arrays(artifact("data/images.npz"))
banner(str(images["source"]))
removals = read_table(artifact("evaluations/image_head_removals.parquet"))
agreement = read_table(artifact("evaluations/image_head_agreement.parquet"))
flips = read_table(artifact("evaluations/image_head_flips.parquet"))
models = trained_models(removals)
training = read_by_model("models/images_{}.npz", models)
heads = read_by_model("attributions/image_head_{}.npz", models)
solvers = read_table(artifact("evaluations/image_head_solvers.parquet"))
influenciae = read_arrays(artifact("attributions/image_head_influenciae.npz"))
classes, labels = images["classes"], images["train_labels"]
known = {title: arrays | {"labels": labels} for title, arrays in heads.items()}
first = next(iter(heads))
missing = [name for model, name in MODELS.items() if not any(key.startswith(model) for key in models)]

# %% [markdown]
# ## The images and the models

# %% tags=["hide-input"]
balance = np.bincount(labels, minlength=len(classes))
each = max(1, shown // len(classes))
sample = np.concatenate([np.flatnonzero(labels == label)[:each] for label in range(len(classes))])
show(
    figures.picture_grids(
        f"{len(labels):,} training images in {len(classes)} classes,<br>{balance.min():,} to {balance.max():,} of each",
        images["train_images"],
        {"": (sample, [f"image {i}<br>label: {classes[labels[i]]}" for i in sample])},
        min(10, len(sample)),
    ),
    f"The first {each} training images of each class, class by class. {len(images['test_labels']):,} further images are kept for testing.",
    "Small colour pictures in a grid: " + ", ".join(classes) + ".",
)

# %% tags=["hide-input"]
final = {title: float(arrays["test_accuracy"][-1]) for title, arrays in training.items()}
show(
    figures.training_curves(
        "Test accuracy: " + ",<br>".join(f"{title}: {accuracy:.1%}" for title, accuracy in final.items()),
        {title: (arrays["running_accuracy"], arrays["test_accuracy"]) for title, arrays in training.items()},
    ),
    "Accuracy by epoch, one run a line: on the test images after the epoch, and on the training images during it, "
    "while the weights still move.",
    "; ".join(f"{title} ends at {accuracy:.2f}" for title, accuracy in final.items()),
)
show_table(
    summaries.models_table(heads, final, missing),
    "The trained models. Losses and training accuracy are those of the features that the page works with, after training and without dropout.",
)
unfit = why_open(str(images["source"]), final)
display(
    Markdown(
        "These models can support verdicts about CIFAR-10."
        if unfit is None
        else f"No verdict about CIFAR-10 can rest on these models: {unfit}. The numbers below say how the methods work on what was trained."
    )
)

# %% tags=["hide-input"]
resnets = [arrays for title, arrays in training.items() if title.startswith(MODELS["resnet"])]
weights = sum(array.size for name, array in resnets[0].items() if name[1:].isdigit()) if resnets else None
display(
    Markdown(
        '**What the report calls ResNet-18** is another network in the library influenciae, whose benchmark it used: `ConvNetCIFAR("resnet")` '
        "has three stages of three basic blocks with 16, 32 and 64 channels, the trunk of a ResNet-20, and behind it a dense layer of 128 "
        "units with dropout before the ten outputs. A ResNet-18 has four stages of two blocks with 64 to 512 channels and 11.2 million weights"
        + (f"; this one has {weights / 1e6:.1f} million" if weights else "")
        + ". We take influenciae's."
    )
)

# %% [markdown]
# ## Gradient and Hessian in closed form
#
# Write $\mathbf h_i$ for the features of image $i$ and a 1 for the bias, $p_i$ for the probabilities of the $K$ classes, $e_{y_i}$ for the label
# (a 1 at its class), and $r_i = p_i - e_{y_i}$ for the residual. The loss is the cross-entropy, and in the parameters of the last layer, class by class,
#
# $$
# \begin{aligned}
# g_i &= r_i \otimes \mathbf h_i , \\
# H &= \frac1n\sum_i \bigl(\mathrm{diag}\,p_i - p_i p_i^\top\bigr) \otimes \mathbf h_i \mathbf h_i^\top .
# \end{aligned}
# $$ (eq-head-hessian)
#
# where $a \otimes b$ has every product of an entry of $a$ with an entry of $b$. The label does not enter $H$: here Hessian, Gauss-Newton and Fisher information are one ([why](02_gauss_newton.ipynb)). The
# check: the sum written out for a few images against the library's code, which never forms an image's matrix.

# %%
learnt, tested, *_ = read_heads(artifact("attributions/image_features_cnn_0.npz"))
few = learnt.rows(slice(20))
written_out = sum(
    np.kron(np.diag(p) - np.outer(p, p), np.outer(h, h)) for p, h in zip(few.probabilities, few.features, strict=True)
)
formula_error = np.abs(written_out / few.n - few.hessian()).max() / np.abs(few.hessian()).max()
v = np.random.default_rng(seed).standard_normal(few.size)
product_error = np.abs(few.hessian() @ v - few.hessian_product(v)).max() / np.abs(few.hessian() @ v).max()
assert max(formula_error, product_error) < 1e-12  # float64, sums of 20 terms

# %% tags=["hide-input"]
display(
    Markdown(
        f"Code and formula differ by {formula_error:.0e} of the largest entry; products $Hv$ without $H$ by {product_error:.0e}. And on "
        f"all images, central differences of the gradient give $Hv$ up to "
        f"{max(float(arrays['hessian_error']) for arrays in heads.values()):.0e} of its length."
    )
)

# %% [markdown]
# ## Rank and range of the Hessian
#
# Adding one vector to the weights of all classes changes no probability. So the rank of $H$ is at most $(K-1)(d+1)$, and lower still: a ReLU unit
# that is silent on all training images adds nothing, so $d + 1$ becomes the rank of the features and the 1,
#
# $$
# \mathrm{rank}\,H \le (K-1)\,\mathrm{rank}\,[\mathbf h_1 \dots \mathbf h_n] \le (K-1)(d+1) .
# $$ (eq-head-rank)
#
# The gradients of the training images lie in the range of $H$, so the pseudo-inverse $H^+$, which inverts $H$ there and gives zero elsewhere, answers exactly what influence asks: $K_{ij} = g_i^\top H^+ g_j$.

# %% tags=["hide-input"]
reached = all(int(arrays["nonzero"]) == int(arrays["bound"]) for arrays in heads.values())
show(
    figures.spectra(
        f"The spectrum ends {'exactly' if reached else 'at most'} where the bound says",
        {title: arrays["eigenvalues"][0] for title, arrays in heads.items()},
        {title: int(arrays["nonzero"]) for title, arrays in heads.items()},
    ),
    "Eigenvalues of the Hessian of each trained head over its largest; of those that rounding made negative, the absolute value. Dotted: "
    "the rank, up to rounding.",
    "; ".join(
        f"{title}: eigenvalues fall to {summaries.smallest_share(arrays):.0e} "
        f"of the largest at number {int(arrays['nonzero'])}, and then to rounding"
        for title, arrays in heads.items()
    ),
)
show_table(
    summaries.rank_table(heads, len(classes)),
    "Rank of each Hessian against the bounds. p is smaller than the head where it was reduced to principal directions of its features. Last "
    "column: the largest share of a test gradient's length that no training gradient reaches.",
)

# %% tags=["hide-input"]
cut_short = {title: arrays for title, arrays in heads.items() if arrays["rank"] < arrays["nonzero"]}
changed = {
    title: len(
        set(np.argsort(-arrays["self_influence"])[:shown]) - set(np.argsort(-arrays["self_influence_whole"])[:shown])
    )
    for title, arrays in cut_short.items()
}
display(
    Markdown(
        "The configured cut-off falls into the gap between the eigenvalues and rounding: it drops nothing else."
        if not cut_short
        else "**A cut-off can fall in the middle of things.** "
        + " ".join(
            f"In {title}, {int(arrays['rare_units'])} units are lit by fewer than ten images each. The configured "
            f"cut-off keeps {int(arrays['rank'])} of {int(arrays['nonzero'])}; with all of them, {changed[title]} of the {shown} images with the highest self-influence "
            "would be others."
            for title, arrays in cut_short.items()
        )
        + " A unit that few images light up makes eigenvalues far below the others, but not zero, and the images that have it to themselves decide what the model makes of it. The sweep below takes everything above rounding as its reference; the pictures further down use the configured cut-off, as the next pages do."
    )
)

# %% [markdown]
# ## Does influence predict what happens?
#
# The last layer alone is convex, so the truth is cheap: take a group $G$ away, refit until the gradient vanishes, and
# look at the losses of test images. The objective is $\frac1n\sum_i L_i + \frac\rho2\|\theta\|^2$ whose ridge $\rho$
# is small and makes the minimum unique. Influence, which leaves the ridge out, predicts
#
# $$
# \Delta L_j \approx \frac1n\, g_j^\top H^+ \sum_{i \in G} g_i .
# $$ (eq-head-removal)
#
# First, **the trained head is not at that minimum**: the network was trained for a few epochs, all layers at once.

# %% tags=["hide-input"]
show_table(
    summaries.minimum_table(heads),
    f"The trained heads and the minimum nearby (ρ = {ridge:g}). Last column: correlation over test images between the change of their losses from the "
    "trained head to the minimum and minus the mean influence of all training images, which is zero only at a minimum.",
)

# %% tags=["hide-input"]
inverse = removals[(removals["filter"] == "cutoff") & (removals["share"] == shares[0])]
whole = removals[removals["filter"] == "newton"]
by_place = {
    place: mean_by(inverse[inverse["place"] == place], ["model"], "correlation") for place in ("minimum", "trained")
}
drift = {title: float(np.sqrt(np.mean(arrays["shift"] ** 2))) for title, arrays in heads.items()}
size_of = inverse[inverse["place"] == "minimum"].groupby("model", sort=False)["true_size"].mean()
display(
    Markdown(
        "What that means. How far training the last layer on to its minimum moves the losses of test images, and how far taking a group away does: "
        + "; ".join(f"{title}: {drift[title]:.2f} and {size_of[title]:.4f} nats (root mean square)" for title in heads)
        + ". So influence at the trained head does not say what a longer training without the group would give; it says what the group "
        "adds to a step from here. The correlation of its predictions there with the refits, which start from the minimum, is "
        + "; ".join(
            f"{row.model}: {row.mean:.3f} ± {row.half:.3f} (at the minimum {least.mean:.4f} ± {least.half:.4f})"
            for row, least in zip(by_place["trained"].itertuples(), by_place["minimum"].itertuples(), strict=True)
        )
        + "."
    )
)

# %% [markdown]
# ### Cut-off and damping
#
# A common remedy for a singular Hessian is to drop the small eigenvalues, or to add $\lambda I$. Here are both, from shares of the largest eigenvalue
# that only tell zero from rounding up to a tenth of it.

# %% tags=["hide-input"]
panels = {
    f"{text}, predictions at the {place}": {
        title: mean_by(chosen(removals, model=title, place=place, filter=kind), ["share"], "correlation")
        for title in heads
    }
    for place in ("minimum", "trained")
    for kind, text in (("cutoff", "cut-off"), ("damping", "damping"))
}
panels = {text.replace("at the trained", "at the trained head"): lines for text, lines in panels.items()}
gains = summaries.gains_over_undamped(removals[removals["place"] == "minimum"], shares[0])
better = gains[(gains["mean"] - gains["half"] > 0) & (gains["mean"] > 1e-3)]
largest_share = chosen(removals, share=shares[-1], place="minimum")
show(
    figures.by_share(
        f"{'A cut-off or damping' if len(better) else 'No cut-off and no damping'} predicts refits better than the pseudo-inverse;<br>"
        f"at a share of {shares[-1]:g} the correlation is {largest_share['correlation'].mean():.2f}",
        "correlation with refits",
        panels,
    ),
    f"Correlation over {tests} test images of the predicted and the true change of their losses, mean over {groups * len(KINDS)} groups of four kinds with 95 % "
    "intervals. A cut-off drops the eigenvalues below the share, a damping adds it to all. Better: by more than 0.001 in some model at the minimum, with an interval, paired over groups, "
    f"above zero; each of these {len(gains)} intervals is so wide that all together hold with 95 % (Bonferroni).",
    "; ".join(
        f"{row.model}: {row.mean:.2f} at a share of {shares[-1]:g}"
        for row in mean_by(largest_share, ["model"], "correlation").itertuples()
    ),
)

# %% tags=["hide-input"]
show_table(
    summaries.removals_table(inverse[inverse["place"] == "minimum"], whole, group_size),
    f"Influence at the minimum, undamped, against refits: means over {groups} groups of each kind with 95 % intervals. Predicted / true: slope of the predicted on the "
    "true changes of the test losses; own losses: that of the group's own losses. Below 1, influence underestimates. Newton step: one step with the Hessian of the "
    "images that are left, as Koh et al. (2019) compare with.",
)
undamped = inverse[inverse["place"] == "minimum"]
off = [mean_by(rows.assign(error=(rows["ratio"] - 1).abs()), ["model"], "error") for rows in (undamped, whole)]
low = [row.model for row in mean_by(undamped, ["model"], "ratio").itertuples() if row.mean + row.half < 1]
display(
    Markdown(
        "By how much is predicted / true off from 1, mean of the absolute error over groups? "
        + "; ".join(
            f"{row.model}: influence {plus_minus((100 * row.mean, 100 * row.half))} %, one Newton step without the group {plus_minus((100 * step.mean, 100 * step.half))} %"
            for row, step in zip(*(table.itertuples() for table in off), strict=True)
        )
        + "."
        + (
            f" In {' and '.join(low)} influence is too small on average: it takes the Hessian of all images for the smaller one of those that are left, as in [small convex models](05_functioning_groups.ipynb)."
            if low
            else ""
        )
    )
)

# %% tags=["hide-input"]
trained_agreement = agreement[agreement["place"] == "trained"]
show_table(
    summaries.agreement_table(trained_agreement[trained_agreement["share"] > shares[0]]),
    "Spearman correlation with the undamped pseudo-inverse, at the trained head: of the influences of 1,000 training images (or all, where there are fewer) on a test loss, mean over the test images "
    "with a 95 % interval, and of the self-influences.",
)
damped = chosen(trained_agreement, filter="damping", share=shares[-1])
display(
    Markdown(
        f"Self-influence notices a damping less: at a share of {shares[-1]:g} its ranking keeps a correlation of {damped['self_influence'].min():.2f} or more. Influence on a test loss keeps {damped['influence'].max():.2f} at most. An argument that a damping changes little, made by looking at self-influence, is no argument."
        if damped["self_influence"].min() > damped["influence"].max() + 0.1
        else "Self-influence and influence on test losses suffer alike from a large damping."
    )
)

# %% [markdown]
# ## Where the head is too large: conjugate gradient
#
# VGG19's head has 40,970 parameters; its Hessian would take 13.4 GB. But a product with it takes two products with the features,
#
# $$
# Hv = \frac1n\sum_i \bigl[p_i \odot (V \mathbf h_i) - p_i\,(p_i^\top V \mathbf h_i)\bigr] \otimes \mathbf h_i ,
# $$ (eq-head-product)
#
# with $V$ the vector $v$ as a $K \times (d+1)$ matrix, and conjugate gradient solves $(H + \lambda I)x = g$ with nothing else.

# %% tags=["hide-input"]
iterative = solvers[solvers["tolerance"] > 0]
tightest = iterative.groupby("name", sort=False)["tolerance"].min()
tight = pd.concat([chosen(iterative, name=name, tolerance=tolerance) for name, tolerance in tightest.items()])
direct = solvers[solvers["tolerance"] == 0]
largest = tight.loc[tight["parameters"].idxmax()]
show(
    figures.solver_times(
        f"{largest['parameters']:,} parameters: {largest['seconds']:.1f} s and {largest['bytes'] / 1e6:.0f} MB,<br>in place of a matrix of "
        f"{8 * largest['parameters'] ** 2 / 1e9:.1f} GB",
        {"conjugate gradient": tight, "direct: Hessian and Cholesky": direct},
    ),
    f"One solve with the Hessian of {solver_images} images or all, where there are fewer; conjugate gradient to the tightest residual it reached. The CNN's features, and random ReLU features of them in place of wider heads"
    f"{'' if 'VGG19' in set(solvers['name']) else '; VGG19 itself was not trained in this run'}. Measured once each.",
    "; ".join(
        f"{row.parameters:,} parameters: {row.seconds:.2g} s by conjugate gradient" for row in tight.itertuples()
    ),
)
show_table(
    summaries.solvers_table(solvers),
    "The gradient of one image solved for. Memory: the most that the solve took besides the features. Rank agreement: Spearman correlation of its influences on all "
    "images with those of the direct solve, or of the tightest residual where there is none.",
)
loose = iterative[iterative["tolerance"] == 0.1]
next_best = pd.concat([part.nsmallest(2, "tolerance").iloc[1:] for _, part in iterative.groupby("name")])["agreement"]
projected = solvers[solvers["tolerance"] == -1]
display(
    Markdown(
        f"How small must the residual be? At 0.1 the influences' ranking agrees by {loose['agreement'].min():.2f} to {loose['agreement'].max():.2f}, at the tightest but one by "
        f"{next_best.min():.3f} to {next_best.max():.3f}. "
        + (
            f"Principal directions of the features, which the group search uses for such heads, agree by {projected['agreement'].min():.2f} to {projected['agreement'].max():.2f} "
            "here: an approximation, to be kept in mind where VGG19's groups are shown."
            if len(projected)
            else ""
        )
    )
)

# %% [markdown]
# ## The same from influenciae
#
# The library's `ExactIHVP` inverts the Hessian by TensorFlow's `pinv` in single precision, which drops the eigenvalues below about
# $10\,p\,\varepsilon$ of the largest ($\varepsilon = 1.2\cdot10^{-7}$). Its `ConjugateGradientDescentIHVP` has no damping and stops at a residual of $10^{-3}$.

# %% tags=["hide-input"]
values, cut = influenciae["eigenvalues"], float(influenciae["cutoff"])
in_range, above = int((values > 1e-10 * values[0]).sum()), int((values > cut * values[0]).sum())
compared = summaries.influenciae_table(influenciae)
same = compared["relative difference"].iloc[0]
ranks_exact = rank_correlation(influenciae["exact"].T, influenciae["exact_full"].T).mean()
show_table(
    compared,
    f"Influence in the CNN's last layer. Exact: {influenciae['exact'].shape[1]} training × {influenciae['exact'].shape[0]} test images; the Hessian is that of these training images. Conjugate gradient: "
    f"{influenciae['cg'].shape[0]} gradients among {influenciae['cg'].shape[1]} training images, up to {cg_iterations} iterations. Differences are of whole matrices, in the Frobenius norm.",
    digits=2,
)
display(
    Markdown(
        f"With the same cut-off the two differ by {same:.0e}; influenciae computes in single precision. That cut-off keeps {above} of the {in_range} directions in which this Hessian is not zero, and the influences it gives "
        f"rank the training images as those on the whole range do up to a Spearman correlation of {ranks_exact:.2f}. "
        f"influenciae's conjugate gradient took {influenciae['seconds'][1]:.0f} s for {influenciae['cg'].shape[0]} solves, since it takes the images of each product one by one."
    )
)

# %% [markdown]
# ## The images with the most influence
#
# Self-influence $K_{ii} = g_i^\top H^+ g_i$ is, to first order, $n$ times what an image's own loss would rise without it. It is large where the gradient is long, so
# where the loss is large, and where the features are unusual. Hover over an image for its numbers.

# %% tags=["hide-input"]
top = {title: np.argsort(-arrays["self_influence"])[:shown] for title, arrays in heads.items()}
hardest = {title: np.argsort(-arrays["losses"])[:shown] for title, arrays in heads.items()}
ranks = {
    title: float(rank_correlation(arrays["self_influence"][:, None], arrays["losses"][:, None])[0])
    for title, arrays in heads.items()
}
columns = min(6, shown)
show(
    figures.picture_grids(
        "Highest self-influence: "
        + ", ".join(
            f"{np.mean(arrays['predictions'][top[title]] != labels[top[title]]):.0%}" for title, arrays in heads.items()
        )
        + "<br>of them are predicted wrongly",
        images["train_images"],
        {
            title: (places, hover_texts(places, classes, known[title], "self_influence"))
            for title, places in top.items()
        },
        columns,
    ),
    f"The {shown} training images with the highest self-influence, highest first; the slider chooses the model. Spearman correlation of self-influence and loss over all training images: "
    + ", ".join(f"{title}: {value:.3f}" for title, value in ranks.items())
    + ".",
    "Pictures of the training images with the highest self-influence.",
)

# %% tags=["hide-input"]
shared = {title: len(set(top[title]) & set(hardest[title])) for title in heads}
show(
    figures.picture_grids(
        "Hardest: the largest loss. "
        + ", ".join(str(count) for count in shared.values())
        + f" of {shown}<br>are also among the highest self-influence",
        images["train_images"],
        {title: (places, hover_texts(places, classes, known[title], "losses")) for title, places in hardest.items()},
        columns,
    ),
    f"The {shown} training images with the largest loss, largest first; the slider chooses the model.",
    "Pictures of the training images with the largest loss.",
)

# %% [markdown]
# ## What helps a test image, and what harms it
#
# To first order the loss of test image $i$ rises by $K_{ij}/n$ without training image $j$. The largest $K_{ij}$ belong to the images that help it most, the most negative to those that harm it most.

# %%
helped = np.random.default_rng(seed).choice(tested.n, min(tests, tested.n), replace=False)
asked = tested.rows(helped)
ends = most_influential(learnt, asked, whitening(learnt.hessian(), shares[0]), 10)
same_class = {
    name: mean_interval(np.mean(labels[places] == asked.labels[:, None], axis=1))
    for name, places in (("helpful", ends.helpful), ("harmful", ends.harmful))
}
misread = {
    name: mean_interval(np.mean(learnt.predictions[places] != labels[places], axis=1))
    for name, places in (("helpful", ends.helpful), ("harmful", ends.harmful))
}

# %% tags=["hide-input"]
of_test = {"labels": asked.labels, "predictions": asked.predictions, "losses": asked.losses}
first_ones = np.concatenate([np.flatnonzero(asked.labels == label)[:1] for label in range(len(classes))])
show(
    sheets_figure(
        f"Of the ten training images that help a test image most {same_class['helpful'][0]:.0%} have its class,<br>"
        f"of the ten that harm it most {same_class['harmful'][0]:.0%}",
        figures.helpful_sheets(
            (images["train_images"], known[models["cnn_0"]]),
            (images["test_images"][helped[first_ones]], {name: of_test[name][first_ones] for name in of_test}),
            Ends(*(part[first_ones] for part in ends)),
            classes,
        ),
        11,
        "test image ",
        ["help", "harm"],
    ),
    f"In each row a test image, and right of it the training images with the largest and the most negative influence on its loss; {models['cnn_0']}, at the trained head, pseudo-inverse on the whole range. One test image "
    f"of each class; the shares in the title are means over {len(helped)} test images drawn at random. Hover over an image for its numbers.",
    "Two rows of small pictures for each test image. Shares of its class: "
    + ", ".join(f"{name} {plus_minus(pair)}" for name, pair in same_class.items()),
)
display(
    Markdown(
        "Shares of the test image's class: "
        + ", ".join(
            f"{plus_minus((100 * mean, 100 * half), 0)} % of the most {name} images"
            for name, (mean, half) in same_class.items()
        )
        + ". The model misclassifies "
        + ", ".join(
            f"{plus_minus((100 * mean, 100 * half), 0)} % of the most {name}" for name, (mean, half) in misread.items()
        )
        + f"; of all training images {100 * (1 - learnt.accuracy):.0f} %. $K_{{ij}}$ is proportional to the length of image $j$'s residual, which is long where the model is wrong."
    )
)

# %% [markdown]
# ## Wrong labels
#
# Is self-influence a good way to find wrong labels? Make some labels wrong, refit the last layer (the features stay those that the layers before learnt from the
# right labels), and rank the images by self-influence, by the loss, and by the margin: the logit of the label minus the largest other.

# %% tags=["hide-input"]
tables = {
    text: mean_by(flips[flips["score"] == score], ["model"], "average_precision") for score, text in SCORES.items()
}
gaps = {
    title: paired_interval(
        flips[flips["model"] == title], "average_precision", "score", "self_influence", "loss", over="seed"
    )
    for title in heads
}
ahead = {
    title: "better" if mean - half > 0 else "worse" if mean + half < 0 else "not told apart"
    for title, (mean, half) in gaps.items()
}
everywhere = set(ahead.values())
flipped_images = min(flip_images, len(labels))
verdict = {
    frozenset({"worse"}): "The plain loss finds wrong labels better than self-influence",
    frozenset({"better"}): "Self-influence finds wrong labels better than the plain loss",
}.get(frozenset(everywhere), "Self-influence against the plain loss: it depends on the model, or cannot be told")
show(
    figures.by_model(verdict, "average precision", tables, flip_share),
    f"{flip_share:.0%} of the labels of {flipped_images:,} training images are made wrong. Means over {flip_seeds} draws with 95 % intervals. Dotted: chance.",
    "; ".join(
        f"{text}: " + ", ".join(f"{row.model} {row.mean:.2f}" for row in table.itertuples())
        for text, table in tables.items()
    ),
)
show_table(
    summaries.flips_table(flips),
    f"Means over {flip_seeds} draws of wrong labels with 95 % intervals. Found among the first: share of the wrong labels among as many images with the highest score.",
)
display(
    Markdown(
        "Average precision of self-influence minus that of the loss, paired over draws: "
        + "; ".join(f"{title}: {plus_minus(pair, 3, '+')} ({ahead[title]})" for title, pair in gaps.items())
        + f". The comparison was made at these sizes: {flipped_images:,} images for heads of "
        + ", ".join(f"{int(arrays['used']):,} ({title})" for title, arrays in heads.items())
        + " parameters."
    )
)

# %% tags=["hide-input"]
doubtful = suspects({title: arrays["margins"] for title, arrays in heads.items()}, shown)
guesses = np.stack([arrays["predictions"][doubtful] for arrays in heads.values()])
united = (guesses == guesses[0]).all(axis=0)
show(
    figures.picture_grids(
        f"Candidates for wrong labels: on {united.sum()} of {shown}<br>all models agree on another class",
        images["train_images"],
        {"": (doubtful, hover_texts(doubtful, classes, known[first], "losses"))},
        columns,
    ),
    f"Training images with the smallest margins in all {len(heads)} models, by the mean of their ranks; the numbers on hover are those of {first}. No list of true errors is at hand: "
    "look for yourself which are wrong labels, and which are merely hard.",
    "Pictures of the training images whose labels the models doubt most.",
)

# %% [markdown]
# ## What to take away

# %% tags=["hide-input"]
display(
    Markdown(
        f"- At the minimum of the last layer, influence with the pseudo-inverse on the whole range of its singular Hessian predicts refits with a correlation of "
        f"{by_place['minimum']['mean'].min():.4f} or more; at the trained head, which is no minimum, of {by_place['trained']['mean'].min():.2f} to {by_place['trained']['mean'].max():.2f}.\n"
        f"- A damping of {shares[-1]:g} of the largest eigenvalue leaves rankings of influence on test losses a correlation of at most {damped['influence'].max():.2f} with the undamped ones, those of self-influence at least "
        f"{damped['self_influence'].min():.2f}; influenciae's single-precision cut-off, {ranks_exact:.2f}.\n"
        f"- {verdict} (among {flipped_images:,} images)."
    )
)

# %% [markdown]
# Next: [groups of images that influence each other](07_image_groups.ipynb).
