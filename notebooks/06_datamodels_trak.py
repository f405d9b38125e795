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
# # Datamodels and TRAK: predicting a model from its training subset
#
# **The question.** Suppose you may train a network on any part of the data. Can you predict what it will say about a point,
# just from *which* examples it saw? And if so, do you need to train thousands of networks to learn how, or is one network and its
# gradients enough? *Datamodels* (Ilyas et al. 2022) take the first road, influence functions the second, and *TRAK* (Park et al.
# 2023) the middle one. The report describes both (2.5.1, 2.5.2), replaces each training of a datamodel by its
# influence approximation (4.1.4), and looks for its two clusters in the principal components of the result. It says openly that
# a fair comparison "on a metric of interest in the same conditions for both methods" was not made, that it stopped at
# 200 subsets, and that TRAK "could make for a very interesting research project". This page does all three.
#
# **The notation.** $f(z; S)$ is the margin $\log\frac{p}{1-p}$ of the right class at the point $z$, given by a network trained on
# the subset $S$; $\alpha$ is the share of the $n$ training points in $S$. A linear datamodel is
#
# $$
# \hat f(z; S) = \tau_0(z) + \sum_{i \in S} \tau_i(z) .
# $$ (eq-datamodel)

# %% tags=["parameters"]
alphas = [0.1, 0.25, 0.5, 0.75, 0.9]
half_subsets = 3500
subsets = 1100
held_out = 100
half_repeats = 10
repeats = 4
targets = 60
embedded = 60
sizes = [50, 100, 200, 400, 800, 1600]
dampings = [1.0e-3, 1.0e-2, 3.0e-2, 1.0e-1, 3.0e-1, 1.0]
trak_models = 350
trak_dimensions = [10, 20, 40, 80, 160]

# %%
import numpy as np
import pandas as pd
from IPython.display import Markdown, display

from influence_lab.evaluations.influenciae_agreement import agreement
from influence_lab.evaluations.toy_scoreboard import CEILING, EXPLICIT, METRICS
from influence_lab.figures import toy_scoreboard as board_figures
from influence_lab.models.layered import Network
from influence_lab.models.logistic_network import LogisticNetwork
from influence_lab.artifacts import read_arrays, read_table
from influence_lab.attributions.datamodels import bernoulli_masks, lasso_datamodels, least_squares_datamodels
from influence_lab.attributions.toy_datamodels import influence_limit
from influence_lab.attributions.trak import ensemble, features, newton_scores, projection
from influence_lab.evaluations import embeddings
from influence_lab.evaluations.intervals import mean_interval
from influence_lab.evaluations.toy_scores import chosen_trak, held_out_targets
from influence_lab.figures import datamodels_trak as figures
from influence_lab.figures.show import show, show_table
from influence_lab.locations import artifact
from influence_lab.models.retraining_weights import random_subsets
from influence_lab.models.retraining_work import Training
from influence_lab.notebooks.record import record

data = read_arrays(artifact("data/toy.npz"))
trained = {alpha: read_arrays(artifact(f"models/toy_subsets_{alpha}.npz")) for alpha in alphas}
judged = {
    alpha: read_arrays(artifact(f"models/toy_held_out{'' if alpha == 0.5 else f'_{alpha}'}.npz")) for alpha in alphas
}
fitted = {alpha: read_arrays(artifact(f"attributions/toy_datamodels_{alpha}.npz")) for alpha in alphas}
influence = read_arrays(artifact("attributions/toy_margin_influence.npz"))
trak = read_arrays(artifact("attributions/toy_trak.npz"))
traker = read_arrays(artifact("attributions/toy_traker.npz"))
scores = read_table(artifact("evaluations/toy_scores.parquet"))

n = len(data["X_train"])
chosen, points = influence["targets"], influence["embedded"]  # test points, and training points of the discs
clusters = data["cluster_train"][points]
judges = {alpha: held_out_targets(judged[alpha], chosen) for alpha in alphas}
half = judges[0.5]
ceiling = {alpha: judges[alpha].ceiling() for alpha in alphas}


def line(method, alpha=0.5):
    """Size or cost, LDS and interval of one method, as a figure takes it."""
    return scores[(scores["method"] == method) & (scores["alpha"] == alpha)].rename(columns={"size": "x"})


# %% [markdown]
# ## Real trainings, and how well anything could predict them
#
# The toy network of the report is trained on random subsets of its points, once each, with a start of its own.
# Further subsets, which no method sees, are trained on several times. How good a prediction of them is, is its **linear
# datamodeling score**
#
# $$
# \mathrm{LDS} = \operatorname*{mean}_{z}\; \rho_{\text{Spearman}}\Bigl(f(z; S_j),\; \sum_{i \in S_j}\tau_i(z)\Bigr)_{j} .
# $$ (eq-lds)
#
# Two trainings on the *same* subset do not agree. The means over two halves of the trainings of a subset correlate with $r_1$, so
# the mean over all of them has the reliability $2r_1/(1 + r_1)$ (Spearman and Brown), and even the true expected margin would only
# reach the **noise ceiling**
#
# $$
# \mathrm{LDS}_{\max} = \sqrt{\frac{2 r_1}{1 + r_1}} .
# $$ (eq-ceiling)

# %% tags=["hide-input"]
rows = [
    {
        "α": alpha,
        "subsets, one training each": len(trained[alpha]["masks"]),
        "held-out subsets × trainings": "{} × {}".format(*judged[alpha]["test_margins"].shape[:2]),
        "test accuracy": np.mean(trained[alpha]["test_margins"] > 0),
        "noise ceiling": "{:.3f} ± {:.3f}".format(*ceiling[alpha]),
    }
    for alpha in alphas
]
trainings = sum(len(trained[alpha]["masks"]) + np.prod(judged[alpha]["test_margins"].shape[:2]) for alpha in alphas)
show_table(
    pd.DataFrame(rows),
    f"{trainings:,} trainings of the toy network on subsets of its {n} points. 95 % intervals over held-out subsets and "
    f"{len(chosen)} test points, the targets, here and below.",
)

# %% [markdown]
# ## Do linear datamodels predict?
#
# Each target has its own datamodel, fitted by LASSO,
#
# $$
# \min_{\tau_0, \tau}\; \frac{1}{2k}\sum_{j=1}^{k}\bigl(f(z; S_j) - \tau_0 - \textstyle\sum_{i\in S_j}\tau_i\bigr)^2 + \lambda\|\tau\|_1 ,
# $$ (eq-lasso)
#
# with $\lambda$ chosen for each target on the last fifth of the $k$ subsets. Beside it stands the same LASSO on the same masks, but with
# the margins that *influence* predicts in place of trained ones; that is the report's idea, and the next section's subject.

# %%
largest = fitted[0.5]["retraining"][-1][: len(chosen)]  # (targets, n), from all subsets at α = 0.5
over_ceiling = half.over_ceiling(largest)
own = data["cluster_test"][chosen]
top = np.argsort(-largest, axis=1, kind="stable")[:, :10]
gain = np.mean(data["cluster_train"][top] == own[:, None], axis=1) - np.mean(
    data["cluster_train"] == own[:, None], axis=1
)

# %% tags=["hide-input"]
lasso = {kind: line(kind) for kind in ("retraining", "influence")}
last = {kind: table.iloc[-1] for kind, table in lasso.items()}
ahead = lasso["influence"]["mean"].to_numpy() > lasso["retraining"]["mean"].to_numpy()
crossing = f"ahead up to {lasso['influence']['x'].to_numpy()[ahead].max()} subsets" if ahead.any() else "never ahead"
show(
    figures.scores_by_size(
        f"Trained datamodels reach {over_ceiling[0]:.0%} of the ceiling, influence {last['influence']['mean'] / ceiling[0.5][0]:.0%};"
        f"<br>influence is {crossing}",
        "subsets k that datamodels are fitted on",
        {"datamodels, trained again": lasso["retraining"], "datamodels of influence": lasso["influence"]},
        {"datamodels, trained again": "retraining", "datamodels of influence": "influence"},
        ceiling[0.5],
    ),
    f"LDS on {len(half.masks)} held-out subsets at α = 0.5 against the number of subsets in the fit. Bars and band: 95 % intervals over "
    "held-out subsets and targets.",
    "Two rising curves below a grey band. Influence starts higher and is flat; retraining goes on rising and passes it.",
)

# %% [markdown]
# **What the weights show** (the report's Figure 1). The points of the largest weights should resemble the target.

# %% tags=["hide-input"]
shown = [int(np.flatnonzero(own == cluster)[0]) for cluster in (0, 1, -1)]
names = ("target in the left disc", "target in the right disc", "blue target")
show(
    figures.extreme_points(
        "The 10 largest weights lie in the target's own cluster {:.0%} more often<br>than its size would give (± {:.0%})".format(
            *mean_interval(gain)
        ),
        data["X_train"],
        data["y_train"],
        [(name, largest[place], data["X_test"][chosen[place]]) for name, place in zip(names, shown, strict=True)],
    ),
    "Training points with the ten largest and ten smallest datamodel weights for a test point (star), α = 0.5, all subsets. The slider "
    "changes the target. In the title: percentage points, mean over all targets with its 95 % interval.",
    "A map of two discs and their surroundings; upward triangles crowd around the star, downward ones lie across the border.",
)

# %%
record("B12", lds_over_ceiling=over_ceiling, same_cluster_gain=mean_interval(gain))

# %% [markdown]
# ## Influence in place of training
#
# Taking point $i$ out is up-weighting it by $-1/n$ ([why](01_taylor_neumann.ipynb)). To first order the margins of *any* subset follow
# from one network trained on everything:
#
# $$
# \begin{aligned}
# f(z; S) &\approx f(z; \hat\theta) - \frac1n\sum_{i \notin S}\mathcal I_i(z) = \text{const} + \sum_{i \in S}\frac{\mathcal I_i(z)}{n} , \\
# \mathcal I_i(z) &= -\nabla f(z)^\top (G + \lambda I)^{-1} g_i .
# \end{aligned}
# $$ (eq-affine)
#
# This *is* a linear datamodel, with $\tau_i = \mathcal I_i / n$: nothing is left to fit. So what the report fitted from 50 to 200
# subsets is a sketch of a matrix that it already had. Least squares on $k \ge n + 1$ masks gives that matrix back exactly, if the masks
# are independent draws for each point. With subsets of one fixed size every row is only found up to a constant, because
# $\sum_i 1_{i \in S}$ is the same for all of them.

# %%
limit = influence_limit(influence)  # (targets + embedded, n): the influence matrix over n
closed_form = []
for count in (*(size for size in (50, 100, 200) if size < n), n + 1, 2 * n):
    for text, masks in (
        ("Bernoulli", bernoulli_masks(n, 0.5, count, seed=0)),
        ("fixed size", random_subsets(n, 0.5, count, seed=0)),
    ):
        found = least_squares_datamodels(masks, masks @ limit.T).weights
        constant = (limit - found).mean(axis=1, keepdims=True)
        closed_form.append(
            {
                "subsets k": count,
                "masks": text,
                "distance to the influence matrix": np.linalg.norm(found - limit) / np.linalg.norm(limit),
                "after a constant in each row": np.linalg.norm(found + constant - limit) / np.linalg.norm(limit),
            }
        )
closed_form = pd.DataFrame(closed_form)
closed_form_error = closed_form[(closed_form["masks"] == "Bernoulli") & (closed_form["subsets k"] > n)].iloc[:, 2].max()

# %% tags=["hide-input"]
show_table(
    closed_form,
    f"Least squares datamodels of influence, n = {n}: relative distance (Frobenius norm) to I/n. Below n + 1 subsets they are a sketch.",
    digits=2,
)

# %% [markdown]
# **Which $\lambda$.** A ReLU network that is not at a minimum needs a damped curvature. Influence gets the same chance as LASSO: the
# $\lambda$ that predicts the *fitted* subsets at α = 0.5 best. And since a datamodel averages over random starts, influence is averaged
# over the networks trained on all points.

# %% tags=["hide-input"]
picked = int(influence["damping_scores"].mean(axis=1).argmax())
single = [
    half.score(influence["weights"][picked, seed, : len(chosen)]) for seed in range(influence["weights"].shape[1])
]
rows = [
    {
        "λ": damping,
        "fitted subsets, one network": "{:.3f} ± {:.3f}".format(*mean_interval(per_network)),
        "held-out subsets, mean of the networks": "{:.3f} ± {:.3f}".format(
            *half.score(weights.mean(axis=0)[: len(chosen)])
        ),
        "taken": "✓" if place == picked else "",
    }
    for place, (damping, per_network, weights) in enumerate(
        zip(influence["dampings"], influence["damping_scores"], influence["weights"], strict=True)
    )
]
show_table(
    pd.DataFrame(rows),
    f"LDS of influence by damping, α = 0.5. One network: interval over {len(single)} starts, against single trainings, hence the lower "
    "level. On held-out subsets, one network at the taken λ has "
    f"{np.mean([value for value, _ in single]):.3f} on average.",
)

# %% [markdown]
# **The comparison that the report did not make**: both kinds of datamodel on the same held-out subsets, for every $\alpha$.

# %%
fewest, most = fitted[0.5]["sizes"][0], fitted[0.5]["sizes"][-1]
shortfall = half.difference(largest, fitted[0.5]["influence"][-1][: len(chosen)])
shortfall_by_alpha = {
    alpha: judges[alpha].difference(*(fitted[alpha][kind][-1][: len(chosen)] for kind in ("retraining", "influence")))
    for alpha in alphas
}

# %% tags=["hide-input"]
by_alpha = pd.concat(
    [scores[(scores["alpha"] == alpha) & scores["method"].isin(["ceiling", "limit"])] for alpha in alphas]
    + [line(kind, alpha).tail(1) for alpha in alphas for kind in ("retraining", "influence")]
).replace({"method": {"limit": "trak"}})
clear = [alpha for alpha in alphas if shortfall_by_alpha[alpha][0] - shortfall_by_alpha[alpha][1] > 0]
show(
    figures.scores_by_alpha(
        f"With all subsets, retraining predicts better at α = {', '.join(map(str, clear)) or 'no value'}",
        by_alpha,
        {
            "ceiling": "noise ceiling",
            "retraining": "datamodels, trained again",
            "influence": "datamodels of influence",
            "trak": "influence matrix, the closed-form limit",
        },
    ),
    "LDS with all fitted subsets by α; the bars are noise ceilings. 95 % intervals over held-out subsets and targets. "
    "Differences, paired: "
    + "; ".join("α = {}: {:+.3f} ± {:.3f}".format(alpha, *pair) for alpha, pair in shortfall_by_alpha.items())
    + ".",
    "At small α retraining lies well above influence; at large α the ceiling itself is low and the two come close.",
)

# %% tags=["hide-input"]
small = half.difference(*(fitted[0.5][kind][0][: len(chosen)] for kind in ("influence", "retraining")))
display(
    Markdown(
        f"So it depends on what one can pay. At α = 0.5, influence less retraining is {small[0]:+.2f} ± {small[1]:.2f} in LDS with {fewest} subsets, "
        f"the report's smallest number: influence has no noise to average away. With {most:,} subsets it is {-shortfall[0]:+.2f} ± {shortfall[1]:.2f}. "
        "More subsets do not help influence: its limit is the influence matrix, which is drawn beside it."
    )
)

# %% [markdown]
# ## The principal components: are the two discs there?
#
# The weights $\tau(z) \in \mathbb R^n$ are an embedding of the point $z$. The report projects those of its red training points on their
# principal components (Figure 10) and sees no way to tell the two discs apart, for either kind of datamodel. Here are the
# planes again; the slider goes from the report's scale to the largest.


# %%
def embedding(alpha, kind, place):
    """Principal components of the embedded training points."""
    return embeddings.principal_components(fitted[alpha][kind][place][len(chosen) :])


separations = pd.DataFrame(
    [
        (
            alpha,
            kind,
            int(size),
            *embeddings.balanced_accuracy(embeddings.right_guesses(parts.scores, clusters), clusters),
        )
        for alpha in alphas
        for kind in ("retraining", "influence")
        for place, size in enumerate(fitted[alpha]["sizes"])
        for parts in [embedding(alpha, kind, place)]
    ],
    columns=["alpha", "kind", "size", "mean", "half"],
)
in_limit = embeddings.principal_components(limit[len(chosen) :])
limit_separation = embeddings.balanced_accuracy(embeddings.right_guesses(in_limit.scores, clusters), clusters)
top_row = separations.loc[separations["mean"].idxmax()]
best_separation = max((float(top_row["mean"]), float(top_row["half"])), limit_separation)

# %% tags=["hide-input"]
wide = max(alphas)
few = int(np.flatnonzero(fitted[wide]["sizes"] <= 200)[-1])
panels = [
    (f"trained, k = {fitted[wide]['sizes'][few]}", embedding(wide, "retraining", few)),
    (f"influence, k = {fitted[wide]['sizes'][few]}", embedding(wide, "influence", few)),
    (f"trained, k = {most}", embedding(0.5, "retraining", -1)),
    ("influence, limit", in_limit),
]
shares = {name: embeddings.between_share(parts.scores, clusters) for name, parts in panels}
show(
    figures.planes(
        f"Four components tell the discs apart: balanced accuracy {limit_separation[0]:.2f} ± {limit_separation[1]:.2f}<br>in the closed-form limit",
        [(name, parts.scores, parts.shares) for name, parts in panels],
        clusters,
    ),
    f"{len(points)} red training points in the planes of the first four principal components of their datamodels, in standard deviations. "
    f"The slider: α = {wide} at few subsets, α = 0.5 trained again on all, and the closed-form limit of influence. "
    "Share of each component's variance that lies between the discs: "
    + "; ".join(f"{name}: {', '.join(f'{share:.2f}' for share in values)}" for name, values in shares.items())
    + ".",
    "Points of two colours in two planes; overlapping at few subsets, in separate groups at many.",
)

# %% tags=["hide-input"]
at_few = separations[separations["size"] <= 200]
show(
    figures.separation(
        f"The discs separate: at best {best_separation[0]:.2f}, and from {at_few['mean'].min():.2f} to {at_few['mean'].max():.2f}<br>with at most 200 subsets",
        separations,
        {"influence, closed-form limit": limit_separation},
        0.6,
    ),
    "Cross-validated balanced accuracy (5 parts, 5 foldings) of logistic regression on the first four components; 0.5 is chance. Bars: "
    "95 % intervals over the points. The best of many settings is partly luck, the closed-form limit is one setting.",
    "Accuracy against the number of subsets rises to one, for influence sooner than for retraining.",
)

# %% [markdown]
# **Why they separate, and why it could be missed.** A datamodel's weights are local: a red point leans on its own disc and
# hardly on the other. Below are the mean weights from each part of the data, the most positive and most negative training
# points of the first component (the right-hand side of the report's figure), and the angles between the subspaces.

# %% tags=["hide-input"]
rows = [
    {
        "datamodel": name,
        "from its own disc": np.mean(
            [weights[clusters == disc][:, data["cluster_train"] == disc].mean() for disc in (0, 1)]
        ),
        "from the other disc": np.mean(
            [weights[clusters == disc][:, data["cluster_train"] == 1 - disc].mean() for disc in (0, 1)]
        ),
        "from the blue points": weights[:, data["cluster_train"] == -1].mean(),
        "weights that are zero": f"{np.mean(weights == 0):.0%}",
        "between discs, best component": f"{embeddings.between_share(embeddings.principal_components(weights).scores, clusters).max():.2f}",
    }
    for name, weights in (
        (f"trained again, α = 0.5, k = {fitted[0.5]['sizes'][0]}", fitted[0.5]["retraining"][0][len(chosen) :]),
        (f"trained again, α = 0.5, k = {most}", fitted[0.5]["retraining"][-1][len(chosen) :]),
        ("influence, closed-form limit", limit[len(chosen) :]),
    )
]
show_table(
    pd.DataFrame(rows),
    f"Mean weight for the margin of a red training point, in logits, over {len(points)} points; and the share of the variance of the most "
    "telling of four components that lies between the discs.",
    digits=2,
)

# %% tags=["hide-input"]
show(
    figures.extreme_points(
        "First components: "
        + f"{shares[panels[2][0]][0]:.0%} of the variance between the discs when trained again,<br>"
        + f"{shares[panels[3][0]][0]:.0%} for influence, most in its component {shares[panels[3][0]].argmax() + 1}",
        data["X_train"],
        data["y_train"],
        [(name, parts.directions[0]) for name, parts in panels],
    ),
    "Training points with the ten largest and ten smallest entries in the first principal direction; the slider goes through the panels of "
    "the figure with the planes.",
    "Triangles on the map of the two discs: in one panel up and down lie in different discs, in another both lie in both.",
)

# %% tags=["hide-input"]
parts = {
    "trained again and influence": (embedding(0.5, "retraining", -1), in_limit),
    "trained again, two halves of the subsets": tuple(
        embeddings.principal_components(weights[len(chosen) :]) for weights in fitted[0.5]["halves"]
    ),
    "influence, few subsets and limit": (embedding(0.5, "influence", 0), in_limit),
}
angles = {name: embeddings.principal_angles(*(each.directions for each in pair)) for name, pair in parts.items()}
chance = embeddings.random_angles(n)
show(
    figures.angles(
        "Both kinds see partly the same directions: {:.0f}° to {:.0f}°,<br>random subspaces {:.0f}° to {:.0f}°".format(
            *angles["trained again and influence"][[0, -1]], *chance.mean(axis=0)[[0, -1]]
        ),
        angles,
        chance,
    ),
    f"Principal angles between subspaces of four components in {n} dimensions, α = 0.5. Two halves of the subsets show what noise alone does "
    "to retraining. Band: 95 % of pairs of random subspaces.",
    "Lines of angles well below a grey band near 90 degrees.",
)

# %%
record("B21", best_separation=best_separation, lds_shortfall=shortfall, closed_form_error=closed_form_error)

# %% tags=["hide-input"]
display(
    Markdown(
        f"**What the report may have seen.** With few subsets LASSO sets most weights of a trained datamodel to zero, and much of the rest is "
        f"noise. Influence has no noise, but of the variance of its components at α = {wide} and k = {panels[1][0].split()[-1]} these shares lie between the "
        f"discs: {', '.join(f'{share:.0%}' for share in shares[panels[1][0]])}. Where the first is small, the widest spread of the picture is about "
        "something else, and the clusters show in a later plane; a classifier on four components finds them where the eye on one plane does not. "
        "The report's data are larger and not published, so this is our explanation, not a rerun of its picture."
    )
)

# %% [markdown]
# ## TRAK in five steps
#
# 1. **Linearise** $f = \log\frac{p}{1-p}$ at the trained parameters: logistic regression on the features $\nabla f$.
# 2. **Project** them: $\phi = P^\top\nabla f$ with a random Gaussian $P$. Rows $\phi_i^\top$ make $\Phi$.
# 3. **One Newton step** without point $i$ (Pregibon 1981), with $R = \mathrm{diag}\,p_i(1-p_i)$ and the leverage
#    $h_i = R_{ii}\,\phi_i^\top(\Phi^\top R\Phi)^{-1}\phi_i$:
#
# $$
# f(z) - f_{-i}(z) = \frac{\phi(z)^\top(\Phi^\top R\,\Phi)^{-1}\phi_i}{1 - h_i}\,(1 - p_i) ;
# $$ (eq-newton)
#
#    TRAK drops $R$ and $1 - h_i$.
#
# 4. **Average** over $M$ models, each trained on a random subset, kernels and errors apart:
#
# $$
# \tau(z) = \Bigl(\frac1M\sum_{m}\phi_m(z)^\top(\Phi_m^\top\Phi_m)^{-1}\Phi_m^\top\Bigr)\odot\Bigl(\frac1M\sum_m(1 - p_{m,i})\Bigr) .
# $$ (eq-trak)
#
# 5. **Soft-threshold**: $\tau_i \to \mathrm{sign}(\tau_i)\max(|\tau_i| - \lambda, 0)$.
#
# The report calls step 3 "a leveraged version" of the Newton step; the leverage is exactly what is dropped. First the
# formula {eq}`eq-newton` against the Newton step itself, for every point:

# %%
training = Training()  # the network's shape is the report's
network = LogisticNetwork(training.network(2), trained[0.5]["theta"][0], data["X_train"], data["y_train"])
model = features(
    network, data["X_test"][chosen], data["y_test"][chosen], projection(len(network.theta), trak_dimensions[0], seed=0)
)
curvature = (model.train * (model.wrong * (1 - model.wrong))[:, None]).T @ model.train
steps = [
    np.linalg.solve(curvature - wrong * (1 - wrong) * np.outer(phi, phi), phi * wrong)
    for phi, wrong in zip(model.train, model.wrong, strict=True)
]  # Newton's step from the optimum of all points, for the loss without one of them
newton_error = (
    np.max(np.abs(model.targets @ np.transpose(steps) - newton_scores(model))) / np.abs(newton_scores(model)).max()
)
assert newton_error < 1e-8

# %% tags=["hide-input"]
dimension, kept, best_trak = chosen_trak(trak, int(trak["models"][-1]))
size = trak_dimensions[dimension]


def table_score(method, count):
    """LDS with its interval, as text."""
    row = scores[(scores["method"] == method) & (scores["size"] == count)].iloc[0]
    return "{:.3f} ± {:.3f}".format(row["mean"], row["half"])


many = int(trak["models"][-1])
rows = [
    ("linearised, no projection: influence, one network, damped", "{:.3f} ± {:.3f}".format(*single[0])),
    (f"1 to 3, one model, d = {size}, R and leverage kept", table_score(f"newton_{dimension}", 1)),
    (f"1 to 3, one model, d = {size}, R and leverage dropped", table_score(f"trak_{dimension}", 1)),
    (f"1 to 4, {many} models, R and leverage kept", table_score(f"newton_{dimension}", many)),
    (f"1 to 4, {many} models, R and leverage dropped", table_score(f"trak_{dimension}", many)),
    (f"1 to 5, {many} models, {kept:.0%} of the scores kept", table_score("trak", many)),
]
show_table(
    pd.DataFrame(rows, columns=["steps", "LDS"]),
    "What each step of TRAK does to the LDS, α = 0.5. Formula and Newton's step agree to "
    f"{newton_error:.0e}. Dimension and threshold are those that best predict TRAK's own {many} models, so the choice costs no training.",
)

# %% tags=["hide-input"]
by_dimension = np.array([line(f"trak_{number}")["mean"].iloc[-1] for number in range(len(trak_dimensions))])
best_dimension = trak_dimensions[int(by_dimension.argmax())]
lines = {f"d = {size}": line(f"trak_{number}") for number, size in enumerate(trak_dimensions)}
show(
    figures.scores_by_size(
        f"TRAK from {many} models: d = {best_dimension} is best, with an LDS of {by_dimension.max():.2f}",
        "models M that TRAK reads",
        lines,
        {name: str(number) for number, name in enumerate(lines)},
        ceiling[0.5],
    ),
    f"LDS of TRAK before soft-thresholding, by projection dimension d (p = {len(network.theta)} parameters, n = {n} points), α = 0.5. "
    "95 % intervals over held-out subsets and targets.",
    "Curves rise with the number of models and flatten; the middle dimensions lie highest, the largest lowest.",
)

# %% [markdown]
# **Against the package `traker`**, given the same networks and projections. It works in single precision, leaves out step 5, and divides each
# model's inverse by its mean absolute entry "to avoid numerical issues". For one model that is a factor; in an ensemble it changes how
# the models are weighted, and {eq}`eq-trak` no longer holds to the letter.


# %%
def pearson(first, second):
    """Correlation of two matrices of scores, all entries."""
    return float(np.corrcoef(np.ravel(first), np.ravel(second))[0, 1])


kernels, wrong = traker["kernels"], traker["wrong"]
alone = [
    pearson(ensemble(kernels[m : m + 1], wrong[m : m + 1]), traker["traker_alone"][m]) for m in range(len(kernels))
]
literal = pearson(ensemble(kernels, wrong), traker["traker_together"])
rescaled = pearson(ensemble(kernels / traker["scales"][:, None, None], wrong), traker["traker_together"])
traker_correlation = min(*alone, rescaled)

# %% tags=["hide-input"]
show_table(
    pd.DataFrame(
        [
            ("each model alone, the worst", f"{min(alone):.7f}"),
            (f"{len(kernels)} models, ours weighted as the package does", f"{rescaled:.7f}"),
            (f"{len(kernels)} models, ours as the formula says", f"{literal:.4f}"),
        ],
        columns=["scores", "Pearson correlation with traker"],
    ),
    f"Scores of {len(chosen)} targets and {n} training points, d = {trak_dimensions[0]}. The first two rows check the implementation, the worse "
    "of them is recorded; the third shows what the package's rescaling does to an ensemble.",
)

# %% [markdown]
# ## Accuracy for cost: the report's Figure 3
#
# The cost that counts for a large model is the number of trainings. Datamodels need one for each subset; TRAK trains its $M$ models;
# influence takes the networks trained on all points. TRAK may use at most a tenth as many models as the datamodels' largest fit.

# %%
equal = lasso_datamodels(trained[0.5]["masks"][:many], trained[0.5]["test_margins"][:many, chosen]).weights
trak_shortfall = half.difference(largest, best_trak)
trak_gain = half.difference(best_trak, equal)

# %% tags=["hide-input"]
networks = influence["weights"].shape[1]
full = half.score(limit[: len(chosen)])
curves = {
    "TRAK, all five steps": line("trak"),
    "datamodels, trained again": lasso["retraining"],
    f"influence, 1 and {networks} networks": pd.DataFrame(
        [(1, *single[0]), (networks, *full)], columns=["x", "mean", "half"]
    ),
}
show(
    figures.scores_by_size(
        f"{many} trainings: TRAK is {trak_gain[0]:+.2f} ± {trak_gain[1]:.2f} against datamodels;<br>it stays {trak_shortfall[0]:.2f} ± {trak_shortfall[1]:.2f} "
        f"below {most:,} of them",
        "networks trained",
        curves,
        dict(zip(curves, ("trak", "retraining", "influence"), strict=True)),
        ceiling[0.5],
    ),
    "LDS at α = 0.5 against the number of trained networks. TRAK from 10 models on, dimension and threshold chosen on its own models. "
    "95 % intervals over held-out subsets and targets; differences in the title are paired.",
    "Influence is at the left, TRAK rises from ten models and flattens, datamodels start lower and end highest.",
)

# %%
record(
    "B13",
    shortfall_from_datamodels=trak_shortfall,
    gain_at_equal_cost=trak_gain,
    traker_correlation=traker_correlation,
)

# %% tags=["hide-input"]
rows = line("trak")
pays = lasso["retraining"]
above = pays[pays["mean"] > rows["mean"].max()]["x"]
display(
    Markdown(
        f"TRAK with {int(rows['x'].min())} models already has an LDS of {rows['mean'].iloc[0]:.2f}. "
        + (
            f"Datamodels pass its best only from {int(above.min()):,} subsets on. "
            if len(above)
            else "Datamodels never pass its best here. "
        )
        + f"From {int(rows['x'].iloc[-2])} to {int(rows['x'].iloc[-1])} models TRAK gains {rows['mean'].iloc[-1] - rows['mean'].iloc[-2]:+.3f}: what separates it from the largest fit "
        "is not the number of models."
    )
)

# %% [markdown]
# ## Scoreboard
#
# All attribution methods of this project on one network: the report's 32-16-1 ReLU network, trained on all points from
# several starts. Each method gives a score $\tau_j(z)$ to every training point $j$ for the margin of every test point $z$:
# positive where $j$ supports $z$. Four questions, each with a truth that was trained or solved for:
#
# - **Leave-one-out.** Train again without $j$, from the same start and batch order. Does $\tau_j(z)$ rank the points as
#   the loss of margin does, in the mean over starts?
# - **PBRF.** Stay near $\theta^s$ and take $j$ away under the proximal Bregman objective
#   ([what that is](03_response_functions.ipynb)), solved for real. Does $\tau_j(z)$ rank the points as that response does?
# - **LDS.** Train on random halves of the points. Does $\sum_{j \in S}\tau_j(z)$ rank the halves $S$ as the margin does?
# - **Wrong labels.** Flip some training labels, train, and sort the points by the score of each point for itself.
#
# All correlations are Spearman's, over training points or subsets, in the mean over test points. Curvature is
# $G + \lambda I$: the network is not at a minimum, and its Hessian has negative eigenvalues.

# %% tags=["hide-input"]
board = read_table(artifact("evaluations/toy_scoreboard.parquet"))
board_data = read_arrays(artifact("data/toy.npz"))
board_removals = read_arrays(artifact("models/toy_removals.npz"))
board_networks = read_arrays(artifact("models/toy_scoreboard.npz"))
theirs = read_arrays(artifact("attributions/influenciae_toy.npz"))
board_methods = [name for name in dict.fromkeys(board["method"]) if name != CEILING]
board_means = board.pivot(index="method", columns="metric", values="mean").reindex(board_methods)
board_halves = board.pivot(index="method", columns="metric", values="half")
ceilings = board[board["method"] == CEILING].set_index("metric")
leaders = {metric: board_means[metric].round(3).idxmax() for metric in ("loo", "pbrf", "lds", "mislabelled")}
board_seeds = len(board_removals["converged"])
solved = int(board_removals["converged"].sum())
wrong = board_networks["flipped_labels"] != board_data["y_train"]


def cell(method: str, metric: str) -> str:
    """A mean with its interval, as text."""
    return f"{board_means[metric][method]:.2f} ± {board_halves[metric][method]:.2f}"


short = {"loo": "leave-one-out", "pbrf": "PBRF", "lds": "LDS", "mislabelled": "wrong labels"}
different = len(set(leaders.values()))
show(
    board_figures.panels(
        ("No method leads everywhere:" if different > 1 else "One method leads everywhere:")
        + "".join(f"<br>{short[metric]}: {name}" for metric, name in leaders.items()),
        board,
        short,
    ),
    "Correlation with leave-one-out, correlation with the PBRF, LDS, and average precision of finding wrong labels. "
    f"Means with 95 % intervals over {board_seeds} starts; over test points for leave-one-out and LDS of what is computed from many "
    "networks. Dotted: noise ceiling, the score of a perfect prediction, which training noise keeps below 1. Starts share the truth of "
    "leave-one-out and LDS, so the intervals say how a method varies with the network that it reads, not with the truth.",
    "Four panels of dots with bars, one line a method. The numbers are in the table below.",
)

# %% tags=["hide-input"]
one_network = [name for name in board_methods if board_figures.group_of(name) != "many networks"]
best_single = board_means.loc[one_network, "lds"].idxmax()
best_lds, best_loo = leaders["lds"], leaders["loo"]
display(
    Markdown(
        f"- **Leave-one-out.** Even the noiseless effect would correlate with the mean of {board_seeds} starts by only "
        f"{ceilings['mean']['loo']:.2f} ± {ceilings['half']['loo']:.2f}. Highest: {best_loo}, {cell(best_loo, 'loo')}. "
        f"Influence from one network has {cell(EXPLICIT, 'loo')}, random scores {cell('random', 'loo')}.\n"
        f"- **PBRF.** {EXPLICIT} is its linearisation, and has {cell(EXPLICIT, 'pbrf')}; conjugate gradient, which solves the same system, "
        f"{cell('conjugate gradient', 'pbrf')}. Other ways to invert: LiSSA, cut off before it converges, {cell('LiSSA', 'pbrf')}; Arnoldi "
        f"{cell('Arnoldi', 'pbrf')}; EK-FAC {cell('EK-FAC', 'pbrf')}; K-FAC {cell('K-FAC', 'pbrf')}; the last layer alone "
        f"{cell('last layer', 'pbrf')}. {solved} of {board_removals['converged'].size} responses count; for the others the search stopped, "
        "most likely at a kink of a ReLU, with a gradient left that could move the parameters by more than a tenth of the response.\n"
        f"- **LDS.** {EXPLICIT}: {cell(EXPLICIT, 'lds')}. Highest of the methods that read one network: {best_single}, "
        f"{cell(best_single, 'lds')}. Highest of all: {best_lds}, {cell(best_lds, 'lds')}, under a ceiling of "
        f"{ceilings['mean']['lds']:.2f} ± {ceilings['half']['lds']:.2f}.\n"
        f"- **Wrong labels**, {wrong.mean():.0%} of the points: self-influence finds them with an average precision of "
        f"{cell(EXPLICIT, 'mislabelled')}, the loss alone with {cell('training loss', 'mislabelled')}, random scores with "
        f"{cell('random', 'mislabelled')}."
    )
)

# %% [markdown]
# **What it costs.** Processor seconds for all scores of one network, measured in one run. Gradients, which almost all methods share, are not
# counted; for methods that read many networks their trainings are.

# %% tags=["hide-input"]
show(
    board_figures.cost(
        f"{best_lds}: {board_means['seconds'][best_lds]:.2g} s for an LDS of {board_means['lds'][best_lds]:.2f};<br>"
        f"{best_single}: {board_means['seconds'][best_single]:.2g} s for {board_means['lds'][best_single]:.2f}",
        board,
        "lds",
        METRICS["lds"],
    ),
    f"One dot a method, LDS with its 95 % interval. With {board_networks['theta'].shape[2]} parameters a matrix is formed and factorised "
    f"in {board_means['seconds'][EXPLICIT]:.2g} s; conjugate gradient, a search for each training point, takes "
    f"{board_means['seconds']['conjugate gradient']:.2g} s. With many more parameters the matrix is out of reach.",
    "Dots from under a thousandth of a second to about a minute.",
)

# %% tags=["hide-input"]
board_rows = []
for name in board_methods:
    entries = {"method": name}
    for metric, title in METRICS.items():
        mean, half = board_means[metric][name], board_halves[metric][name]
        digits = ".2g" if metric in ("seconds", "peak_mb") else ".2f"
        text = f"{mean:{digits}}" + ("" if np.isnan(half) else f" ± {half:{digits}}")
        entries[title] = "–" if np.isnan(mean) else text
    board_rows.append(entries)
show_table(
    pd.DataFrame(board_rows),
    "The scoreboard in numbers. Peak memory is that of numpy's arrays in the run on one network, beyond its gradients; torch's tensors are "
    "not in it, nor are the trainings of methods that need many networks.",
)

# %% tags=["hide-input"]
gaps = board[board["missing"] != ""].groupby(["method", "missing"], sort=False)["metric"].agg(", ".join).reset_index()
show_table(gaps[["method", "metric", "missing"]], "Cells that are empty, and why.")

# %% [markdown]
# ### The same numbers from influenciae?
#
# The report worked with influenciae. Here is the same network, exported to Keras 2 with its biases, and influenciae's scores beside ours.

# %% tags=["hide-input"]
report_network = Network(tuple(theirs["widths"].tolist()), "relu")
exported = LogisticNetwork(report_network, theirs["theta"], board_data["X_train"], board_data["y_train"])
shown = slice(int(theirs["measured"]))
library = agreement(
    theirs,
    exported,
    board_data["X_test"][shown],
    board_data["y_test"][shown],
    (float(theirs["damping"]), float(theirs["raised"])),
    float(theirs["rate"]),
    float(theirs["decay"]),
)
logit_gap = np.abs(theirs["logits"] - exported.logits(board_data["X_test"][shown])).max()
show_table(
    library,
    f"Largest difference relative to the largest score, and correlation, over {theirs['exact'].shape[0]} test losses. The exported model's logits "
    f"agree to {logit_gap:.0e}. influenciae computes in single precision, and its signs are those of a removal.",
    digits=2,
)

# %% tags=["hide-input"]
errors = library.set_index(["what", "against"])["error"]
top = np.linalg.eigvalsh(exported.gauss_newton())[-1] + float(theirs["damping"])
cut = 10 * len(theirs["theta"]) * np.finfo(np.float32).eps * top
display(
    Markdown(
        f"Two traps. Its `ExactIHVP` takes a pseudo-inverse in single precision, which drops every eigenvalue below {cut:.3f}: "
        f"with λ = {float(theirs['damping']):g} scores are off by "
        f"{errors['exact, damping as in the scoreboard', 'ours']:.0%}; with λ = {float(theirs['raised']):g} they agree to "
        f"{errors['exact, larger damping', 'ours']:.0e}. And `RepresenterPointL2` divides by each hidden activation and adds up "
        "what should be equal, so that its α is the right one times the number of active hidden units "
        f"(to {errors['representer points, α', 'that times the active hidden units']:.0e}); it also fits the last layer to the "
        "logits by squared error, for which the formula with the logistic loss does not hold."
    )
)

# %% [markdown]
# ## What to take away
#
# - A linear function of the training subset predicts this network well, if thousands of networks are trained to find it; influence is already such a function, with nothing to fit.
# - Influence and TRAK win where few networks can be trained, retraining wins where many can. The report's 50 to 200 subsets lie on the first side.
# - The two discs *are* in the principal components of both kinds, though not always in the first. Next: [the groups](05_functioning_groups.ipynb); before: [relative influence](04_relative_influence.ipynb).
