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
# # Functioning groups: points that a model treats alike
#
# **The question.** Which training points have a similar impact on a model, so that together they form one "functioning
# group"? The report (sections 2.3, 2.4, 3 and 4.1) proposes to answer with *group influence*, a sum of influences over all pairs of points.
# It tries the idea on points in the plane: a blue class, and a red class in two separate discs. Does influence find out that there are two
# red groups? Before that question can be asked, the tools have to be right. So this page takes them one by one: the definitions and their signs, the
# inverse of the Hessian, the last layer that the report restricts itself to, influential points, influence of groups against
# real retraining, and its second-order correction. Then it grows groups.
#
# **The notation.** $g_i = \nabla\mathcal L(z_i, \hat\theta)$ is the gradient of the loss of training point $i$, $H$ the Hessian of the
# mean loss, $n$ the number of training points ([where this comes from](01_taylor_neumann.ipynb)). What the page computes most is
#
# $$
# K_{ij} = g_i^\top H^{-1} g_j .
# $$ (eq-kernel)
#
# $K_{ij} > 0$ means: taking point $j$ away raises the loss of point $i$, by about $K_{ij}/n$.

# %% tags=["parameters"]
network_seeds = 10
l1 = 0.001
l2 = 0.001
dropout = 0.2
damping = 0.001
dampings = [1.0e-4, 1.0e-3, 1.0e-2, 1.0e-1]
top_points = 100
growth_sizes = [2, 5, 10, 15, 20, 25, 30]
growth_draws = 50
group_shares = [0.05, 0.1, 0.25, 0.5]
convex_groups = 200
retrained_groups = 30
group_seeds = 10

# %%
import numpy as np
import pandas as pd
from IPython.display import Markdown, display

from influence_lab.artifacts import read_arrays, read_table
from influence_lab.attributions.influence import solve
from influence_lab.evaluations.group_growth import curves, growth, ordering
from influence_lab.evaluations.group_tables import (
    damping_summary,
    error_summary,
    gain_summary,
    ordering_summary,
    overlap_summary,
    percent,
    rank_summary,
)
from influence_lab.evaluations.group_removals import (
    ORDERS,
    order_slopes,
    order_table,
    rank_interval,
    ratio_interval,
    removal_table,
)
from influence_lab.evaluations.influence_maps import (
    boundary_statistics,
    last_layer_maps,
    map_change,
    seed_overlaps,
    top,
)
from influence_lab.evaluations.intervals import intervals, mean_interval, plus_minus
from influence_lab.evaluations.last_layer import inverse_products, softmax_rank
from influence_lab.evaluations.responses import central_difference, central_refits
from influence_lab.evaluations.slopes import farthest
from influence_lab.figures import group_influence as figures
from influence_lab.figures.descriptions import describe
from influence_lab.figures.show import show, show_table
from influence_lab.locations import artifact
from influence_lab.models.digit_networks import load_digit_networks
from influence_lab.models.last_layer import last_layer
from influence_lab.models.retraining_work import Training
from influence_lab.models.theory import load_theory
from influence_lab.models.toy import REGULARISATIONS, toy_network
from influence_lab.notebooks.record import record

toy = read_arrays(artifact("data/toy.npz"))
thetas = read_arrays(artifact("models/toy_networks.npz"))
agreement = read_table(artifact("evaluations/toy_group_agreement.parquet"))
sweep = read_table(artifact("evaluations/toy_damping.parquet"))
digits = read_arrays(artifact("data/digits.npz"))
digit_run = load_digit_networks(digits, read_arrays(artifact("models/digits_cross_entropy.npz")), "cross_entropy")
convex = load_theory(read_arrays(artifact("data/theory.npz")), read_arrays(artifact("models/theory.npz")))["logistic"]

X, y, clusters, centres = (toy[name] for name in ("X_train", "y_train", "cluster_train", "centres"))
training = Training(hidden=tuple(thetas["hidden"].tolist()))
networks = {name: [toy_network(toy, training, theta) for theta in thetas[name]] for name in REGULARISATIONS}

# %% [markdown]
# ## The toy world
#
# The network has 32 and 16 hidden ReLU units and one output, the logit $f$ of "red", and is trained with Adam on the logistic loss
# (the report's Fig. 4 and section 1.3.3, which give no sizes, rates or strengths: ours are in `config.yaml`). It is trained four ways: without regularisation, with an L1 penalty,
# with an L2 penalty, and with dropout after both hidden layers. The three strengths were set so that the logits come out about equally large, before
# any influence was computed.

# %%
axes = tuple(np.linspace(X[:, k].min() - 0.05, X[:, k].max() + 0.05, count) for k, count in ((0, 100), (1, 60)))
mesh = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)


def on_grid(network):
    return network.logits(mesh).reshape(len(axes[1]), len(axes[0]))


accuracy = {
    name: mean_interval([((each.logits(toy["X_test"]) > 0) == toy["y_test"]).mean() for each in trained])
    for name, trained in networks.items()
}

# %% tags=["hide-input"]
show(
    figures.toy_map(
        f"{plus_minus(100 * np.array(accuracy['none']), 1)} % of fresh points are classified right",
        X,
        y,
        centres,
        axes,
        on_grid(networks["none"][0]),
    ),
    f"The {len(X)} training points, and the decision boundary of one network without regularisation (seed 0). In the title: "
    f"mean over {network_seeds} seeds with its 95 % interval, on {len(toy['X_test'])} points that were not trained on.",
    "Two discs of red points in a rectangle of blue points; the decision boundary runs around each disc.",
)
sizes = {name: mean_interval([np.abs(each.logits(X)).mean() for each in networks[name]]) for name in REGULARISATIONS}
show_table(
    pd.DataFrame(
        [
            {
                "training": text,
                "test accuracy": plus_minus(accuracy[name], 3),
                "mean |f| on training points": plus_minus(sizes[name]),
            }
            for name, text in REGULARISATIONS.items()
        ]
    ),
    f"The four trainings, {network_seeds} seeds each: means with 95 % intervals.",
)

# %%
record("B15", test_accuracy=accuracy["none"])

# %% [markdown]
# ## Definitions and signs
#
# Up-weight a point $z$ by $\varepsilon$ and train again: $\theta_\varepsilon = \arg\min \frac1n\sum_i \mathcal L(z_i, \theta) + \varepsilon\mathcal L(z, \theta)$. The report
# derives $d\theta_\varepsilon/d\varepsilon = -H^{-1}\nabla\mathcal L(z)$, and then defines
#
# $$
# \begin{aligned}
# \mathbf I(z) &= H^{-1}\nabla\mathcal L(z) \quad\text{(Def. 2.2, "influence vector")}, \\
# \mathcal I(z, z_\text{test}) &= -\nabla\mathcal L(z_\text{test})^\top\, \mathbf I(z) \quad\text{(Def. 2.3, "influence value")}.
# \end{aligned}
# $$ (eq-definitions)
#
# It introduces the vector as "the change in the model parameters". Logistic regression on real tumours can be refitted to the last digit, so compare
# both with a central difference over $\varepsilon$:

# %%
problem, theta = convex.problem, convex.theta
H = problem.hessian(theta, problem.weights())
g = problem.gradients(theta, problem.X, problem.y)
test_gradients = problem.gradients(theta, convex.X_test, convex.y_test)

epsilon = 0.03 / problem.n
points = np.argsort(-np.linalg.norm(g, axis=1))[:: problem.n // 8][:8]  # from the largest gradient to small ones
vector_gap, negated_gap, value_gap = [], [], []
for point in points:
    refits = [fit.theta for fit in central_refits(problem, theta, point, epsilon)]
    slope = central_difference(refits, epsilon)  # dθ/dε
    change = central_difference([problem.losses(each, convex.X_test, convex.y_test) for each in refits], epsilon)
    vector = solve(H, g[point])  # Definition 2.2
    value = -test_gradients @ vector  # Definition 2.3, for every test point
    vector_gap.append(np.linalg.norm(vector - slope) / np.linalg.norm(slope))
    negated_gap.append(np.linalg.norm(-vector - slope) / np.linalg.norm(slope))
    value_gap.append(np.max(np.abs(value / change - 1)))

# %% [markdown]
# ```{admonition} Where the source is wrong
# :class: warning
# Definition 2.3 has the sign of the change of the test loss when $z$ gets *more* weight. Definition 2.2 has the opposite sign of the change
# of the parameters that it is said to be: it points where the parameters go when $z$ is *removed*.
# ```

# %%
record("B4", value_error=max(value_gap), vector_error=min(vector_gap), negated_vector_error=max(negated_gap))

# %% [markdown]
# ## The inverse without the inverse
#
# Storing and inverting $H$ for $k$ parameters takes about $nk^2 + k^3$ operations. *Conjugate gradient* solves $Hx = v$ with products $u \mapsto Hu$ alone, each of about
# $nk$ operations, and never forms $H$. The report calls the result "an Hessian vector product (HVP)". For the last layer of the toy network, with $h_i$ what enters that layer and
# $p_i = \sigma(f_i)$,
#
# $$
# Hu = \frac1n\sum_i p_i(1 - p_i)\,(h_i^\top u)\,h_i + \lambda u .
# $$ (eq-product)
#
# The damping $\lambda$ is there because a hidden unit that is silent on all points makes $H$ singular.

# %%
solved = inverse_products(networks["none"], damping)
record(
    "B5",
    cg_direct_error=solved["direct"].max(),
    product_as_named_error=solved["named"].min(),
    inverse_product_residual=solved["residual"].max(),
)

# %% tags=["hide-input"]
display(
    Markdown(
        f"A Hessian-vector product is what each step *takes*: {solved['products'].min()} to {solved['products'].max()} of them here, for "
        f"{len(X)} points and {network_seeds} networks, to a residual of $10^{{-12}}$. What comes out is an *inverse*-Hessian-vector product. "
        "The source's cost and its remedy are right, the name is not."
    )
)

# %% [markdown]
# ## Why the last layer?
#
# The report keeps only the last trainable layer, which "verifies the convexity hypothesis", and by its section 2.3.1 that means *strictly* convex and $H$ positive definite. The outputs are linear in the
# last layer's parameters, so the loss is indeed convex in them. But softmax outputs do not change when one vector is added to the weights of
# all $K$ classes: with $d$ inputs and a bias, $d + 1$ directions are flat. So
#
# $$
# H = \frac1n\sum_i (\operatorname{diag} q_i - q_iq_i^\top)\otimes h_ih_i^\top, \qquad \operatorname{rank} H \le (K-1)(d+1) .
# $$ (eq-last-layer-rank)
#
# No gradient has a part in the flat directions, so that $H^{+}$, the pseudo-inverse, is exact in place of $H^{-1}$. Below: the last layer of the networks on digits of
# [the page on curvature](02_gauss_newton.ipynb), $K = 10$. (With one output, as in the toy network, this cannot happen; silent units can.)

# %%
ranks = [
    softmax_rank(*last_layer(digit_run.network, trained, digits["train_images"], digits["train_labels"]))
    for trained in digit_run.checkpoints[:, -1].numpy()
]
size = len(ranks[0].eigenvalues)

# %% tags=["hide-input"]
show(
    figures.spectra(
        "{} parameters, but a rank of {}".format(size, " or ".join(map(str, sorted({each.rank for each in ranks})))),
        np.stack([each.eigenvalues for each in ranks]),
        ranks[0].bound,
    ),
    f"Eigenvalues of the last layer's Hessian after the last training step, {len(ranks)} networks. Dotted: (K − 1)(d + 1) = {ranks[0].bound}; "
    "what lies beyond it is rounding.",
    "Eigenvalues fall over a few orders of magnitude, then drop by more than ten orders at the dotted line.",
)

# %%
record(
    "B6",
    smallest_eigenvalue=min(each.eigenvalues[-1] / each.eigenvalues[0] for each in ranks),
    rank_deficit=size - max(each.rank for each in ranks),
    range_residual=max(each.outside for each in ranks),
)

# %% [markdown]
# ## Influential points lie at the boundary
#
# From here on, $H$ is that of the toy network's last layer, as in the report, plus $\lambda I$. It is the exact Hessian: where outputs are linear in the parameters, the
# Gauss-Newton matrix and the Hessian are one. For all layers it would not be; there a damped Gauss-Newton matrix $G + \lambda I$ has to stand in, because a ReLU network has no second derivatives at its kinks and
# training stops before a minimum. Both are compared below.
#
# *Self-influence* is $K_{ii} = g_i^\top H^{-1} g_i$. With $g_i = (p_i - y_i)\,h_i$ a well-classified point has a small error, hence a small self-influence.

# %%
kernels, of_centre, logits = {}, {}, {}
for name, trained in networks.items():
    kernels[name], of_centre[name] = map(
        np.array, zip(*(last_layer_maps(each, centres[0], damping) for each in trained), strict=True)
    )
    logits[name] = np.array([each.logits(X) for each in trained])
self_influence = np.diagonal(kernels["none"], axis1=1, axis2=2)
boundary = [boundary_statistics(*pair, top_points) for pair in zip(self_influence, logits["none"], strict=True)]
spearman, gap = (mean_interval(values) for values in zip(*boundary, strict=True))

# %% tags=["hide-input"]
show(
    figures.self_influence_map(
        "Self-influence falls with the distance from the boundary:<br>Spearman {:.4f} ± {:.4f} with −|f|".format(
            *spearman
        ),
        X,
        self_influence[0],
        top(self_influence[0], top_points),
        axes,
        on_grid(networks["none"][0]),
    ),
    f"Network without regularisation, seed 0. In the title: mean over {network_seeds} seeds with its 95 % interval.",
    "The ringed points of highest self-influence lie in two bands along the decision boundary around the discs.",
)

# %%
record("B16", boundary_spearman=spearman, top_margin_gap=gap)

# %% [markdown]
# The claim is nearly built in: for the logistic loss the error $|p - y|$ is a decreasing function of the distance $|f|$ for every point on its right side, and the length of
# $h_i$ varies little.
#
# ## What regularisation does to the map
#
# Which points have the largest influence $K$ on the centre of the left cluster? The report shows one map for each regularisation (its Fig. 6), and sees that dropout "promotes local interactions".

# %%
tops = {name: top(values, top_points) for name, values in of_centre.items()}
share = {name: (clusters[chosen] == 0).mean(axis=1) for name, chosen in tops.items()}
shares = {name: mean_interval(values) for name, values in share.items()}
change = map_change(np.stack(list(tops.values())), len(X))

# %% tags=["hide-input"]
label = {
    name: f"{text}: {percent(shares[name][0])} ± {100 * shares[name][1]:.0f}" for name, text in REGULARISATIONS.items()
}
show(
    figures.centre_maps(
        f"{percent(shares['dropout'][0])} of the top {top_points} lie in the centre's own cluster with dropout,<br>{percent(shares['none'][0])} without",
        X,
        y,
        centres[0],
        {label[name]: tops[name][0] for name in label},
        axes,
        {label[name]: on_grid(networks[name][0]) for name in label},
    ),
    f"The {top_points} points with the largest influence on the star, for the network of seed 0; the grey line is its decision boundary. Above each map: share of the top "
    f"in the star's own cluster, mean over {network_seeds} seeds with its 95 % interval. The cluster has {np.sum(clusters == 0)} points, so {percent(np.sum(clusters == 0) / top_points)} is the most.",
    "Without regularisation and with L1 and L2 the top points spread over both red discs; with dropout most lie in the left one.",
)

# %% tags=["hide-input"]
show_table(
    overlap_summary(seed_overlaps(np.stack(list(tops.values())), len(X))),
    f"Overlap (Jaccard) of the tops of two networks of different seeds, mean over pairs of seeds. The diagonal minus the rest: {plus_minus(change, 3)} "
    "(95 % interval, bootstrapped over seeds).",
    digits=2,
)

# %%
record(
    "B17",
    dropout_over_l1=mean_interval(share["dropout"] - share["l1"]),
    dropout_over_l2=mean_interval(share["dropout"] - share["l2"]),
    map_change=change,
)

# %% [markdown]
# **Does this hang on the layer or on λ?** The same statistics for the last layer and for all layers, over a grid of dampings:

# %% tags=["hide-input"]
show_table(damping_summary(sweep), f"Means over {network_seeds} seeds with 95 % intervals.")

# %% [markdown]
# That large self-influence lies at the boundary does not hang on either. That dropout is local does: it is clear in the last layer, which is what the report looked at, unless damping is strong;
# with all layers it is a few points of a hundred, and at small λ not beyond its interval.
#
# ## Groups: influence grows with size, and by kind
#
# A group is a vector $w$ of zeros and ones. The report's Definition 2.5, with the sums from $i = 1$ (it writes 0), is
#
# $$
# \mathcal I(w, w') = \Bigl(\sum_{i=1}^n w_i g_i\Bigr)^{\!\top} H^{-1} \Bigl(\sum_{i=1}^n w'_i g_i\Bigr) = w^\top K\, w' ,
# $$ (eq-group-influence)
#
# and $\mathcal I(S) = \mathcal I(w, w)$ the influence of a group on itself. Its Fig. 7 grows random groups of four kinds. Here, for the network with dropout, which the
# report seems to go on with (it does not say):

# %%
grown = {
    name: np.stack(
        [
            growth(K, clusters, f, growth_sizes, growth_draws, seed)
            for seed, (K, f) in enumerate(zip(kernels[name], logits[name], strict=True))
        ]
    )
    for name in ("dropout", "none")
}
PAIRS = {
    "boundary_over_left": ("boundary_left", "left"),
    "left_over_either": ("left", "either"),
    "either_over_any": ("either", "any"),
}
differences = {name: ordering(grown["dropout"], *pair) for name, pair in PAIRS.items()}
steps = {name: tuple(table.iloc[-1]) for name, table in differences.items()}  # averaged over sizes

# %% tags=["hide-input"]
lines = curves(grown["dropout"], growth_sizes)
show(
    figures.by_size(
        f"{sum(value > half for value, half in steps.values())} of the 3 steps of the claimed order are beyond doubt",
        "points in the group",
        "I(S)",
        lines,
        log_y=True,
    ),
    f"Influence of random groups on themselves, dropout, mean over {growth_draws} draws and {network_seeds} seeds; bars: 95 % interval over seeds. "
    "The boundary of the left cluster is the half of its points with the smallest |f|, a definition without influence.",
    describe(lines, "Group influence by size"),
)
show_table(
    ordering_summary(growth_sizes, list(differences.values()), list(PAIRS.values())),
    "Differences of mean group influence with dropout, each size relative to its mean over the four kinds; 95 % intervals bootstrapped over draws and seeds.",
)
show_table(
    ordering_summary(growth_sizes, [ordering(grown["none"], *pair) for pair in PAIRS.values()], list(PAIRS.values())),
    "The same without regularisation.",
)

# %% [markdown]
# A single point of any class has more influence on itself than one inside a disc, where the network is sure. What orders the groups as they grow is whether their gradients *add up*: points of one cluster
# pull alike, points of two classes partly cancel. So the last step of the order turns with the size of the groups, and an average over sizes depends on which sizes are taken.

# %%
record("B18", **steps)

# %% [markdown]
# ## Against retraining: is group influence right?
#
# Group influence is meant to approximate leave-$k$-out: the change of a loss when the group is removed and the model trained again (Def. 2.4). For logistic regression every refit is exact. Each random group is removed, and three
# losses are watched: that of the group itself, $\mathcal I(S)$, which is what the report's groups are built from; that of another, fixed group of training points; that of the test rows.

# %%
removals = removal_table(convex, group_shares, convex_groups)

# %% tags=["hide-input"]
TARGETS = {"own": "the group itself", "other": "another group", "test": "test rows"}
lines = {
    text: pd.DataFrame(
        [(100 * share, *ratio_interval(removals, target, share, problem.n)) for share in group_shares],
        columns=["share", "mean", "half"],
    )
    for target, text in TARGETS.items()
}
show(
    figures.by_size(
        "The larger the group, the more its effect is underestimated:<br>{:.0f} % of it at {:.0f} % of the data, {:.0f} % at {:.0f} %".format(
            *(
                number
                for row in (0, -1)
                for number in (100 * lines[TARGETS["own"]]["mean"].iloc[row], 100 * group_shares[row])
            )
        ),
        "removed share of the training points (%)",
        "predicted / actual effect",
        lines,
        line=1.0,
    ),
    f"Logistic regression, {convex_groups} random groups of each size: median of Def. 2.5 divided by n, over the change of the summed loss from "
    "refits; 95 % bootstrap intervals. In the title: loss of the group itself.",
    describe(lines, "Predicted over actual effect by removed share"),
)
show_table(
    rank_summary(removals, TARGETS),
    "Spearman correlation between predicted and actual effect over the groups; 95 % bootstrap intervals.",
)

# %% [markdown]
# ```{admonition} Where the source is wrong
# :class: warning
# Def. 2.5 lacks a factor $1/n$: as written, it is about $n$ times the effect that it approximates. As a ranking of groups this does not matter, and the ranking is good. "Accurately predicts" holds for
# small groups only: the prediction is linear in the group, while the Hessian of what is left shrinks as points go.
# ```

# %%
record(
    "B10",
    definition_ratio=ratio_interval(removals, "own", 0.05),
    scaled_ratio=ratio_interval(removals, "own", 0.05, problem.n),
    convex_spearman=min(rank_interval(removals, "own", 0.05), rank_interval(removals, "own", 0.25)),
)

# %% [markdown]
# ## To second order
#
# Let $b = \frac1n\sum_U g$ and $B = \frac1n\sum_U\nabla^2\mathcal L$ be what the removed group $U$ contributes to gradient and Hessian. What is left has its minimum at $\hat\theta + \Delta$ with
# $H\Delta - B\Delta + \frac12 T[\Delta, \Delta] + \dots = b$, where $T$ is the third derivative of the mean loss. Solve by orders:
#
# $$
# \Delta = \underbrace{H^{-1}b}_{\Delta_1} + \underbrace{H^{-1}B\,\Delta_1}_{\text{pairwise}} - \underbrace{\tfrac12 H^{-1}T[\Delta_1, \Delta_1]}_{\text{third derivative}} + O(|U|^3) .
# $$ (eq-second-order)
#
# The second-order formula in use (Basu, You and Feizi 2020, cited by the report; the library influenciae has it) is $\frac{1-2q}{(1-q)^2}\Delta_1 + \frac1{(1-q)^2}H^{-1}B\Delta_1$ with $q = |U|/n$: it has the pairwise term, and not the last
# one. So for a loss with a third derivative it should be no expansion of second order. To see it, take only a fraction $\tau$ of a group's weight away, and let $\tau$ go to 0:

# %%
fractions = np.geomspace(0.02, 0.2, 8)
orders = order_table(convex, 0.05, groups=8, fractions=fractions)
slopes = order_slopes(orders)
pairwise, third = farthest(slopes["pairwise"], 3.0), farthest(slopes["third"], 3.0)

# %% tags=["hide-input"]
middle = {name: np.median([slope.slope for slope in slopes[name]]) for name in ORDERS}
show(
    figures.orders(
        "Error slopes {first:.2f}, {pairwise:.2f} and {third:.2f}: only the third derivative<br>makes it second order".format(
            **middle
        ),
        fractions,
        {
            text: np.stack([rows[f"error_{name}"] for _, rows in orders.groupby("group")])
            for name, text in ORDERS.items()
        },
    ),
    f"Logistic regression, {orders['group'].nunique()} random groups of 5 % of the points, of which the fraction τ is removed; error of the predicted Δθ against refits. In the title: median slopes over the groups.",
    "Three bundles of straight lines: first order and pairwise are parallel, the third is steeper and lowest.",
)
show_table(
    error_summary(removals), "The whole group removed: relative error of Δθ, mean over the groups with 95 % intervals."
)

# %% [markdown]
# **The toy network, really trained again.** A ReLU network has no useful third derivative, but the first two formulas can be tried, with $G + \lambda I$ of all layers and each group's own Gauss-Newton matrix.
# The network is trained from the same random start without each of many random groups. For each held-out point, the groups are ranked by how much its margin $(2y - 1) f$ changed, and by how much it should have.
#
# One retraining is also chance: another seed changes the margins in another way. So the formulas of one seed are compared with the retrainings of that seed, and with the mean over the *other* seeds,
# which has less chance in it. How well one seed's own retrainings agree with that mean shows how much there is to predict.

# %%
judged = agreement.query("damping == @damping")
wide = judged.pivot_table(index="seed", columns="method", values="own")
rank_gain = mean_interval(wide["pairwise"] - wide["first"])

# %% tags=["hide-input"]
percentages = agreement.assign(share=100 * agreement["share"])
lines = {
    f"{ORDERS[method]}, {text}": intervals(
        percentages.query("method == @method and damping == @damping"), "share", column
    )
    for method in ("first", "pairwise")
    for column, text in (("own", "own seed"), ("others", "other seeds"))
} | {"retraining, other seeds": intervals(percentages.query("method == 'retraining'"), "share", "others")}
show(
    figures.by_size(
        "The pairwise term changes the rank correlation by {:+.3f} ± {:.3f}".format(*rank_gain),
        "removed share of the training points (%)",
        "Spearman with retraining",
        lines,
        line=0.0,
    ),
    f"{len(group_shares) * retrained_groups * group_seeds:,} retrainings of the toy network: {retrained_groups} random groups of each size, "
    f"{group_seeds} seeds; mean over {len(toy['X_test'])} held-out points, 95 % interval over seeds. In the title: own seed, mean over sizes.",
    describe(lines, "Rank correlation by removed share"),
)
show_table(
    gain_summary(agreement),
    "Spearman with the own seed's retrainings by damping, mean over sizes and seeds with 95 % intervals.",
)

# %%
record(
    "B11",
    rank_gain=rank_gain,
    pairwise_slope=(pairwise.slope, pairwise.half_width),
    third_derivative_slope=(third.slope, third.half_width),
)

# %% tags=["hide-input"]
ends = {
    method: [
        mean_interval(rows["others"])
        for _, rows in agreement.query("method == @method and damping == @strength").groupby("share")
    ]
    for method, strength in (("first", damping), ("retraining", 0.0))
}
display(
    Markdown(
        f'So the report\'s "marginal" is right for the ranking, and for a reason that it does not give: the formula leaves a term of the same order out. '
        f"In the network, other things matter more. At {percent(min(group_shares))} of the points, first-order influence ranks the other seeds' effects with a "
        f"correlation of {plus_minus(ends['first'][0])}, where its own real retrainings reach {plus_minus(ends['retraining'][0])}; at "
        f"{percent(max(group_shares))} it is {plus_minus(ends['first'][-1])} against {plus_minus(ends['retraining'][-1])}. What separates the second number from 1 is chance, what separates the first from the second is the formula."
    )
)

# %% [markdown]
# ## What to take away
#
# - $\mathcal I(w, w')/n$ ranks removals of groups well in convex models, and underestimates large ones; in the toy network, chance limits it for small groups and the formula for large ones.
