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
# # Response functions: what influence predicts, if not retraining
#
# **The question.** Take one training point away and train again: how does the model change? Influence functions answer without
# training. For linear models the answer is nearly right (up to a factor $1 - h$, {eq}`eq-ols-loo`). For networks it is not, and both documents report what Bae and others (2022)
# found: influence then predicts something else, the *proximal Bregman response function* (PBRF). The blog (1.3) shows
# two figures of it and notes that the author has yet to understand it. The report (2.2, 2.3.3) lists what stands between:
# warm start, proximity, non-convergence, linearisation. This page trains or solves every one of these stages and
# measures each gap; it shows what noise, training time, depth, width and weight decay do to the comparison; and it draws the
# blog's second figure from computed responses.
#
# ```{admonition} Where the sources are wrong
# :class: warning
# The blog says that the PBRF "uses" the Gauss-Newton matrix and a damping, and that the tangent of influence is valid only for a
# strictly convex function with a unique optimum. The roles are the other way round: the PBRF's objective contains the damping λ
# as the weight of a proximal term, but no Gauss-Newton matrix $G$; $(G + \lambda I)^{-1}$ is what remains when the PBRF is linearised.
# And a tangent needs no convexity, only an invertible Hessian at a local minimum. The report says that removal *is* the up-weighting
# $\varepsilon = -1/n$ (not with a regulariser of fixed strength), and that linearisation is the only gap left between influence and
# the PBRF (there is also the error of the solver).
# ```
#
# **The notation.** $L(z_i, \theta)$ is the loss of training point $i$ of $n$, $f_i$ the network's output there, $g_j = \nabla L(z_j, \theta^s)$, and
# $\theta^s$ the parameters that training has left us with, at a minimum or not.

# %% tags=["parameters"]
seeds = 5
points = 30
tests = 60
lengths = [30, 100, 300]
length = 100
dampings = [1.0e-3, 1.0e-2, 1.0e-1]
damping = 1.0e-2
lissa_depth = 1000
fading_dampings = [1.0e-2, 1.0e-1, 1.0]
fading_points = 10
fading_rate = 0.05
fading_steps = [1, 3, 10, 30, 100, 300, 1000, 3000, 10000]
sweep_points = 12
depths = [1, 2, 3, 4]
widths = [8, 16, 32, 64]
decays = [0.0, 1.0e-4, 1.0e-3, 1.0e-2]
convex_decay = 1.0e-2

# %%
import numpy as np
from IPython.display import Markdown, display
from scipy.stats import spearmanr

from influence_lab.artifacts import read_arrays
from influence_lab.attributions.influence import influence
from influence_lab.evaluations.agreement import correlations
from influence_lab.evaluations import response_tables as tables
from influence_lab.evaluations.convex_removals import convex_problems, quadratic_features
from influence_lab.evaluations.fading import descent_closed_form, descent_derivative
from influence_lab.evaluations.fading_tables import correlations_in_time, early_over_late
from influence_lab.evaluations.intervals import bootstrap_interval, interval_table, jackknife_interval, mean_interval
from influence_lab.evaluations.leave_one_out import leverages
from influence_lab.evaluations.local_responses import solver_errors
from influence_lab.evaluations.noise import leave_one_out_effects, median_noise, random_signs, same_sign
from influence_lab.evaluations.response_gaps import MEASURED
from influence_lab.evaluations.slopes import log_log_slope
from influence_lab.evaluations.sweep_tables import permuted_spreads, spread, sweep_table
from influence_lab.figures import response_functions as figures
from influence_lab.figures import response_stages as along
from influence_lab.figures.show import show, show_table
from influence_lab.locations import artifact
from influence_lab.models.retraining_work import Training
from influence_lab.models.toy import toy_network
from influence_lab.models.two_wells import TwoWells, minima, response_paths
from influence_lab.models.two_wells import tangent_errors as well_errors
from influence_lab.notebooks.claims import Measurement, find_check
from influence_lab.notebooks.record import record

data = read_arrays(artifact("data/toy.npz"))
retrained = read_arrays(artifact("models/toy_leave_one_out.npz"))
runs = [read_arrays(artifact(f"evaluations/response_gaps_{seed}.npz")) for seed in range(seeds)]
fading = read_arrays(artifact("evaluations/fading.npz"))
sweeps = read_arrays(artifact("evaluations/architecture_sweeps.npz"))
repeated = read_arrays(artifact("evaluations/repeated_leave_one_out.npz"))
convex = read_arrays(artifact("evaluations/convex_removals.npz"))
n = len(data["X_train"])
X_test, y_test = data["X_test"][:tests], data["y_test"][:tests]

# %% [markdown]
# ## Leave-one-out: exact, and expensive
#
# The report's Definition 2.1: train with and without $z$, and compare the loss at a test point,
#
# $$
# \mathrm{LOO}(z, z_{\text{test}}) = L\bigl(z_{\text{test}}, \theta_{\mathcal D\setminus z}\bigr) - L\bigl(z_{\text{test}}, \theta_{\mathcal D}\bigr) .
# $$ (eq-loo)
#
# For least squares it has a closed form. With the error $r_i = y_i - x_i^\top\hat\theta$ and the leverage $h_i = x_i^\top(X^\top X)^{-1}x_i$,
#
# $$
# \theta_{\mathcal D\setminus z_i} - \hat\theta = -\frac{(X^\top X)^{-1}x_i\, r_i}{1 - h_i} .
# $$ (eq-ols-loo)
#
# Here it stands against real refits, on the toy points with quadratic features:

# %%
problems = convex_problems(data, convex_decay)
ols, ols_theta = problems["least squares"], convex["least_squares_theta"]
X, r = ols.X, ols.y - ols.X @ ols_theta
closed = -np.linalg.solve(X.T @ X, (X * (r / (1 - leverages(ols, ols_theta)))[:, None]).T).T
ols_error = np.linalg.norm(closed - convex["least_squares_removed"], axis=1) / np.linalg.norm(closed, axis=1)
repeat_difference = np.abs(repeated["matrix"] - repeated["repeated"]).max()
trainings = int(repeated["trainings"][0])
record(
    "B1",
    closed_form_error=ols_error.max(),
    trainings_minus_n_plus_1=trainings - (n + 1),
    repeat_difference=repeat_difference,
)

# %% tags=["hide-input"]
display(
    Markdown(
        f"For the toy network, {trainings} trainings gave the matrix of all {n} training points, each left out, with themselves and "
        f"the test points as $z_{{\\text{{test}}}}$: {repeated['matrix'].size:,} effects, the largest {np.abs(repeated['matrix']).max():.2g} nats. "
        "A second run, in the opposite order and other batches of models on the processor but the same seed and mini-batches, differed "
        f"by at most {repeat_difference:.0e} nats. So deterministic training makes leave-one-out a well-defined number. Whether "
        "it says something about the *point* is another matter: see [noise](#the-effect-of-one-point-beside-the-noise-of-training). "
        "(The count of trainings is that of our engine, which is told what to train: this check could only fail if the matrix needed more.) "
        "All intervals below are over starts or points of *one* draw of the toy data."
    )
)

# %% [markdown]
# **Up-weighting by $-1/n$.** The report remarks that removal is up-weighting with $\varepsilon = -1/n$. For the mean loss alone,
# yes: the two objectives are multiples of each other. With $\frac\lambda2\|\theta\|^2$ beside the mean, they are not, unless the mean over the $n-1$ points
# kept goes with a larger λ:
#
# $$
# \begin{aligned}
# \frac1n\sum_{i\ne j} L_i + \frac\lambda2\|\theta\|^2
# &= \frac{n-1}{n}\Bigl[\frac1{n-1}\sum_{i\ne j}L_i + \frac{\lambda'}2\|\theta\|^2\Bigr], \\
# \lambda' &= \frac{\lambda n}{n-1} .
# \end{aligned}
# $$ (eq-rescaled)


# %%
def gap(upweighted, removed):
    """Largest distance of two minimisers over the points, relative to how far removal moves them."""
    lengths_ = np.linalg.norm(convex[removed], axis=1)
    return float(np.max(np.linalg.norm(convex[upweighted] - convex[removed], axis=1) / lengths_))


record(
    "B3",
    gap_without_regulariser=gap("logistic_upweighted", "logistic_removed"),
    gap_with_fixed_regulariser=gap("regularised_upweighted", "regularised_removed"),
    gap_with_rescaled_regulariser=gap("regularised_upweighted", "regularised_rescaled"),
)

# %% [markdown]
# Logistic regression, all points, distances relative to the movement caused by the removal. With a regulariser of fixed strength most
# of the movement of an unimportant point is that the mean has $n - 1$ terms, not that the point is gone.
#
# ## In one dimension: the blog's second figure
#
# Two training points and one parameter: outputs $h_1 = \theta^2$ and $h_2 = a\theta$, squared error, so
# $R(\theta) = \frac12\sum_i\frac12(h_i(\theta) - y_i)^2$ has two minima. The second point is up-weighted. Three answers to "where
# do the parameters go?":
#
# $$
# \begin{aligned}
# \text{refit:}\quad & \operatorname{argmin}_\theta\; R(\theta) + \varepsilon L(z, \theta), \\
# \text{PBRF:}\quad & \operatorname{argmin}_\theta\; \frac1n\sum_i D_i\bigl(h_i(\theta), h_i(\theta^s)\bigr) + \varepsilon L(z, \theta) + \frac\lambda2\|\theta - \theta^s\|^2 .
# \end{aligned}
# $$ (eq-pbrf)
#
# $D_i(h, h^s) = L_i(h) - L_i(h^s) - \nabla L_i(h^s)^\top(h - h^s)$ is the Bregman divergence: how far the output has moved, measured by the loss, its
# label forgotten; for squared error $\frac12(h - h^s)^2$. At $\varepsilon = 0$ the PBRF is $\theta^s$, *whether or not training had converged*. The
# third answer is a tangent. Differentiating the stationarity conditions at $\varepsilon = 0$,
#
# $$
# \begin{aligned}
# \text{refit, at a minimum:}\quad & \frac{d\theta}{d\varepsilon} = -H^{-1}g, \\
# \text{PBRF, anywhere:}\quad & \frac{d\theta}{d\varepsilon} = -(G + \lambda I)^{-1}g, \quad G = \frac1n\sum_i J_i^\top \nabla^2_h L_i\, J_i ,
# \end{aligned}
# $$ (eq-tangents)
#
# because the Hessian of $D_i$ at $\theta^s$ is $J_i^\top\nabla^2_h L_i J_i$: the other term of the Hessian, the slope of $D_i$ by $h$ times the curvature of $h$,
# vanishes, as $D_i$ is smallest there. So $G$ is not put into the PBRF. It comes out.

# %%
wells = TwoWells()
hat = minima(wells.upweighted(0.0))[-1]  # the higher of the two minima
epsilon = np.linspace(-0.6, 1.4, 401)
early = 0.45
paths = {
    anchor: dict(zip(figures.RESPONSES, response_paths(wells, anchor, epsilon, damping), strict=True))
    for anchor in (hat, early)
}

# %% tags=["hide-input"]
fold = epsilon[np.flatnonzero(~np.isnan(paths[hat]["refit, minimum nearby"]))[-1]]
early_slope, H_early = (wells.upweighted(0.0).deriv(order)(early) for order in (1, 2))
show(
    figures.response_curves(
        f"The minimum nearby vanishes at ε = {fold:.2f}; the proximal Bregman response<br>starts at θˢ in every case",
        epsilon,
        {"at a minimum": paths[hat], "stopped early": paths[early]},
    ),
    f"The slider sets θˢ, where training had stopped: at the local minimum {hat:.3f}, or at {early}, where the slope is {early_slope:.2f} "
    f"and the Hessian {H_early:.2f}. λ = {damping:g}; every curve is a root of a polynomial, exact to rounding.",
    "Curves of θ against ε: the global refit jumps between wells, the local one ends, the proximal Bregman response passes through θˢ along its tangent.",
)

# %% [markdown]
# With $\theta^s$ at a minimum, the tangent of influence touches the curve of refits although the function has two minima: nothing there
# is strictly convex, and the optimum is not unique. It fails further out, where this minimum ends. With $\theta^s$ stopped early, refits have
# nothing to do with $\theta^s$, the Hessian is negative, and $-H^{-1}g$ points the wrong way, while the PBRF leaves $\theta^s$ along its tangent.
#
# The error of a correct tangent is of order $\varepsilon^2$:

# %%
steps = np.geomspace(1e-3, 3e-2, 8)
slope = log_log_slope(steps, well_errors(wells, hat, steps))
tangent_errors = np.concatenate([run["tangent_error"] for run in runs])
record(
    "A12",
    nonconvex_validity_slope=(slope.slope, slope.half_width),
    nonconvex_tangent_slope=(slope.slope, slope.half_width),
    pbrf_tangent_error=tangent_errors.max(),
)

# %% tags=["hide-input"]
norms = np.array([run["training_gradient_norm"][0] for run in runs])
display(
    Markdown(
        f"The last number is of the smooth network below, stopped with a gradient norm of {norms.min():.2g} to {norms.max():.2g}: the derivative of "
        f"*solved* proximal Bregman problems, by central differences, against $-(G + \\lambda I)^{{-1}}g$ for {len(tangent_errors)} training points."
    )
)

# %% [markdown]
# ## Five steps from retraining to influence
#
# The network is the report's 32-16-1 on its toy set, with tanh for ReLU so that second derivatives exist, trained with Adam for a fixed number of
# epochs, which is not to convergence. Point $j$ is removed by giving it weight 0, $\varepsilon = -1/n$, all else alike: same start, same batches.
#
# | stage | what is done | the gap to the next stage |
# | --- | --- | --- |
# | cold | trained again from the random start | warm start |
# | warm | trained on from $\theta^s$, as many epochs again, Adam begun anew | proximity |
# | proximal | $\min\frac1n\sum_{i\ne j}L_i + \frac\lambda2\lVert\theta - \theta^s\rVert^2$, solved: from $\theta^s$ with all points, then without $j$ | non-convergence |
# | PBRF | {eq}`eq-pbrf` at $\varepsilon = -1/n$, solved from $\theta^s$ | linearisation |
# | influence | $\theta^s + \frac1n(G + \lambda I)^{-1}g_j$ | solver |
# | LiSSA | the same system by an iteration | |
#
# "Solved" means a gradient norm of at most $10^{-10}$, in float64: Newton steps, with L-BFGS to come near with all points and wherever the
# Hessian has a negative eigenvalue. Points whose PBRF did not get there are left out at every stage; those whose proximal problem did not, where it enters.

# %%
table = tables.convergence_table(runs)
least = min(run["least_eigenvalues"].min() for run in runs)
show_table(
    table.set_axis(
        ["epochs", "λ", *table.columns[2:5], "largest gradient norm", "Hessians formed", "ranks of those left out"],
        axis=1,
    ),
    f"Local problems over {seeds} starts with {points} removed points each; the gradient norm is the worst of those that converged; ranks by the norm of the "
    f"point's own gradient among the {points} of its start. Least Hessian eigenvalue with all points and at the solutions of each kind farthest from their starts: {least:.1g}.",
)

# %% tags=["hide-input"]
stages = tables.stage_table(runs)
summary = tables.over_seeds(stages, ["epochs", "damping", "stage"], "correlation")
at_default = summary.query("epochs == @length and damping == @damping").set_index("stage")
slope_pbrf = mean_interval(stages.query("epochs == @length and damping == @damping and stage == 'pbrf'")["slope"])
kept = tables.usable(runs[0], 0, "pbrf")
pairs = {
    along.STAGES[stage]: (runs[0]["predicted"][0, 0][:, kept], runs[0]["effect"][0, place][:, kept])
    for place, stage in enumerate(MEASURED)
}
show(
    figures.paired_scatter(
        f"Correlation with influence: {at_default.loc['pbrf', 'mean']:.2f} for the PBRF,<br>{at_default.loc['cold', 'mean']:.2f} for cold retraining",
        "change of a test loss predicted by influence (nats)",
        "measured change (nats)",
        pairs,
    ),
    f"Start 0 of {seeds}, λ = {damping:g}, {length} epochs, {kept.sum()} removed points by {tests} test points. The slider sets what is measured. Correlations in the title: "
    "mean over starts. A correlation does not see size: the slope of the PBRF's effects on the predicted ones is "
    f"{slope_pbrf[0]:.2f} ± {slope_pbrf[1]:.2f}.",
    "A slider over scatter plots of measured against predicted changes, from cold retraining to the PBRF, with the diagonal.",
)

# %% tags=["hide-input"]
labels = {(e, d): f"{e:.0f} epochs, λ = {d:g}" for e, d in zip(runs[0]["epochs"], runs[0]["damping"], strict=True)}
show(
    along.stage_correlations(
        "Correlation with influence at the default setting: "
        + ", ".join(f"{along.STAGES[stage]} {at_default.loc[stage, 'mean']:.2f}" for stage in MEASURED[1:])
        + f";<br>of two cold retrainings with each other: {at_default.loc['ceiling', 'mean']:.2f}",
        "correlation",
        {labels[key]: group for key, group in summary.groupby(["epochs", "damping"], sort=False)},
    ),
    f"Pearson correlation over removed points of the measured change of a test loss with the prediction, mean over {tests} test points; points and "
    f"bars: mean and 95 % interval over {seeds} starts. “Other batches”: the data without the point, so that all mini-batches change. Its "
    "correlation with cold retraining is the ceiling, on the left: no prediction that knows nothing of the batches can be expected to agree with either much better.",
    "A line over the stages, from cold retraining to the PBRF, for each training length and damping.",
)

# %% tags=["hide-input"]
gains = summary.pivot(index=["epochs", "damping"], columns="stage", values="mean")[list(MEASURED[1:])].diff(axis=1)
most = gains.iloc[:, 1:].idxmax(axis=1).value_counts()
display(
    Markdown(
        "Which step raises the correlation most? "
        + ", ".join(f"to {along.STAGES[stage]} in {most.get(stage, 0)}" for stage in MEASURED[2:])
        + f" of {len(gains)} settings. The last takes out the rest of the training, which losses still ask for and Bregman divergences do not. "
        + f"It is no ladder: in {(gains['proximal'] < 0).sum()} of {len(gains)} settings proximal problems agree with influence less than warm starts do."
    )
)

# %%
default = stages.query("epochs == @length and damping == @damping").pivot(
    index="seed", columns="stage", values="correlation"
)
record(
    "A11",
    influence_pbrf_correlation=mean_interval(default["pbrf"]),
    pbrf_over_retraining=mean_interval(default["pbrf"] - default["cold"]),
)

# %% [markdown]
# **How large is each gap?** Now in parameters: the distance from each stage to the next. Training on from $\theta^s$ moves the network a
# long way *whether or not a point is missing*. So there are two ways to count: from place to place, as the report's sentence reads, or between the *changes* against
# the same stage with all points, which leaves what the removal does.

# %% tags=["hide-input"]
gaps = tables.gap_table(runs)
shares = tables.share_table(runs)
default_shares = shares.query("epochs == @length and damping == @damping")
show(
    along.gap_distances(
        f"Linearisation and solver together: {default_shares['remaining'].mean():.1g} of the other three gaps;<br>"
        f"between changes, linearisation alone: {default_shares['paired'].mean():.1g}",
        {labels[key]: group for key, group in gaps.groupby(["epochs", "damping"], sort=False)},
    ),
    f"Median over removed points, mean and 95 % interval over {seeds} starts; LiSSA with depth {lissa_depth}. The slider sets training length and λ; the title is of its first position.",
    "Distances of the five gaps on a logarithmic axis, counted in two ways.",
)

# %%
record(
    "B8",
    linearisation_share=mean_interval(default_shares["linearisation"]),
    solver_over_linearisation=mean_interval(default_shares["solver"]),
    remaining_share=mean_interval(default_shares["remaining"]),
)

# %% tags=["hide-input"]
solver = default_shares["solver"]
centre, half = mean_interval(np.log(solver))
display(
    Markdown(
        f"**Small beside what?** From place to place, anything is small: {length} more epochs move the network far, point or no point. Beside the movement "
        f"that influence predicts, ‖(G + λI)⁻¹g‖/n, linearisation is {default_shares['relative'].mean():.0%} in the median and {default_shares['largest'].mean():.0%} for the worst point. With λ = {dampings[0]:g} it "
        f"is up to {shares.query('damping == @dampings[0]')['largest'].max():.2g} times that movement: single problems end far away, as in one dimension where the minimum nearby is gone.\n\n"
        f"Over the {seeds} starts the solver's share of the linearisation runs from {solver.min():.2g} to {solver.max():.2g}, all far above the rule's 0.01; that the "
        f"interval of the mean reaches down to it comes from taking it as symmetric. On the logarithmic scale it is {np.exp(centre):.2g} "
        f"[{np.exp(centre - half):.2g}, {np.exp(centre + half):.2g}]. It depends on the depth, and can be made as small as one likes; what the report leaves out is that somebody has to."
    )
)
show_table(
    tables.share_summary(shares),
    f"Ratios of parameter distances: median (in the last column, largest) over removed points, mean and 95 % interval over {seeds} starts.",
)

# %% [markdown]
# **The solver.** For a large network $(G + \lambda I)^{-1}g$ is not computed by factorisation. LiSSA iterates, with a scale $s$ at least half the
# largest eigenvalue of $A = G + \lambda I$,
#
# $$
# v_{t+1} = v_0 + (I - A/s)\,v_t \;\longrightarrow\; s\,A^{-1}v_0 .
# $$ (eq-lissa)
#
# What it lacks after $t$ steps is $A^{-1}(I - A/s)^{t+1}v_0$: flat directions, eigenvalue near λ, need about $s/\lambda$ steps. Small damping, slow solver.

# %%
hidden = tuple(int(width) for width in runs[0]["hidden"])
model = toy_network(data, Training(hidden=hidden, activation="tanh"), runs[0]["theta"][0])
counts = [*(depth for depth in (1, 3, 10, 30, 100, 300) if depth < lissa_depth), lissa_depth]
errors = {each: solver_errors(model, each, runs[0]["points"], counts) for each in dampings}

# %% tags=["hide-input"]
shown = {f"λ = {each:g}": interval_table("steps", counts, values) for each, values in errors.items()}
at_depth = {each: values[-1].mean() for each, values in errors.items()}
show(
    figures.means_along(
        f"Small damping makes LiSSA slow: error {at_depth[min(dampings)]:.1g} at λ = {min(dampings):g},<br>"
        f"{at_depth[max(dampings)]:.1g} at λ = {max(dampings):g} after {lissa_depth} steps",
        "steps of LiSSA",
        "relative error of (G + λI)⁻¹g",
        shown,
        "steps",
        log_x=True,
    ),
    f"Mean over {points} removed points with 95 % intervals; smooth network, start 0, {length} epochs; the scale is the largest eigenvalue.",
    "Error curves that fall with the number of steps, later for smaller damping.",
)

# %% [markdown]
# ## The effect of one point, beside the noise of training
#
# The report (2.2): the randomness of training hides the effect of deleting one example. The toy network (ReLU, as in the report) was trained again without
# each of its points, from several starts. For each pair of a training and a test point: the spread of {eq}`eq-loo` over starts, beside its mean.

# %%
relu = Training(hidden=hidden)
whole_losses, effects = leave_one_out_effects(retrained, relu, X_test, y_test)
noise = jackknife_interval(median_noise, effects)
record("B2", noise_to_effect=noise)

# %% tags=["hide-input"]
starts = len(effects)
pairs_ = effects[0].size
drawn = np.random.default_rng(0).choice(pairs_, min(1500, pairs_), replace=False)
flipped = random_signs(effects)
show(
    figures.noise_scatter(
        f"Noise over starts is {noise[0]:.1f} ± {noise[1]:.1f} times the effect in the median;<br>with random signs of the starts it is {flipped.min():.1f} to {flipped.max():.1f}",
        np.abs(effects.mean(axis=0)).ravel()[drawn],
        effects.std(axis=0, ddof=1).ravel()[drawn],
    ),
    f"{len(drawn):,} of {pairs_:,} pairs, {starts} starts. The interval is a jackknife over starts. “Random signs”: the same median when the effects of "
    f"whole starts change sign, all {len(flipped)} ways; mean {flipped.mean():.2f}.",
    "A cloud of points along and above the line where noise equals effect.",
)

# %% tags=["hide-input"]
alike = "the same as" if flipped.min() <= noise[0] <= flipped.max() else "not the same as"
display(
    Markdown(
        f"The rule, at least 1, would pass if there were no effect at all. What informs is the reference: the measured {noise[0]:.2f} is {alike} what starts give whose effects "
        f"have nothing in common but their sizes. {same_sign(effects):.1%} of the pairs have one sign at all {starts} starts; {0.5 ** (starts - 1):.1%} would by chance."
    )
)

# %% [markdown]
# ## Influence fades with training
#
# Schioppa and others (2023), as the report (2.3.3) tells it: influence is *bound in time*. The clean case first. Gradient descent on a quadratic,
# from its optimum, with $\varepsilon$ more weight on one point. After $T$ steps of size $\eta$,
#
# $$
# \frac{d\theta_T}{d\varepsilon}\Big|_0 = -\bigl(I - (I - \eta H)^T\bigr)H^{-1}g .
# $$ (eq-descent)
#
# After one step this is $-\eta g$; it grows, direction by direction, into the influence $-H^{-1}g$. Nothing fades: the opposite. The steps, taken for
# real (with a tiny imaginary $\varepsilon$, so that the derivative is exact to rounding), on least squares:

# %%
H = ols.hessian(ols_theta, ols.weights())
rate = 1 / np.linalg.eigvalsh(H)[-1]
quadratic_steps = [1, 3, 10, 30, 100, 300, 1000]
quadratic_gap = 0.0
for point in range(5):
    measured = descent_derivative(ols, ols_theta, point, rate, quadratic_steps)
    formula = descent_closed_form(H, ols.gradients(ols_theta, ols.X, ols.y)[point], rate, quadratic_steps)
    gaps_ = np.linalg.norm(measured - formula, axis=1) / np.linalg.norm(formula, axis=1)
    quadratic_gap = max(quadratic_gap, gaps_.max())

# %% [markdown]
# Now the toy network: trained, then trained on by full-batch gradient descent, with and without a point. No randomness is left: the two runs differ by
# the point alone. Two predictions of the change of the test losses:
#
# - *influence*, $-\mathcal I/n$ with $(G + \lambda I)^{-1}$ at the start: one answer for all times;
# - *influence in time*, {eq}`eq-descent` with $G$ for $H$: what a Taylor expansion at the start says about $T$ steps.
#
# In a direction of eigenvalue $h$ of $G$, the first has the factor $1/(h + \lambda)$, the second $(1 - (1 - \eta h)^T)/h$: for small $h$ these are $1/\lambda$ and
# $\eta T$, for large ones both $1/h$. So influence with damping λ is a prediction for about $1/(\eta\lambda)$ steps, the dotted lines below, and not for a whole training.

# %%
by_influence, in_time = correlations_in_time(fading)  # (λ, starts, T), (starts, T)
ten, default_damping = fading_steps.index(10), fading_dampings.index(damping)
early_late = mean_interval(by_influence[default_damping, :, ten] - by_influence[default_damping, :, -1])
record("B9", early_over_late=early_late, closed_form_error=quadratic_gap)

# %% tags=["hide-input"]
predictions = {f"influence, λ = {each:g}": by_influence[place] for place, each in enumerate(fading_dampings)}
marks = {name: 1 / (fading_rate * each) for name, each in zip(predictions, fading_dampings, strict=True)}
predictions["influence in time"] = in_time
best = [fading_steps[np.argmax(each.mean(axis=0))] for each in by_influence]
growth = np.median(fading["apart"][:, -1] / fading["apart"][:, ten])
show(
    along.fading_correlations(
        f"Influence predicts best after {', '.join(f'{step:,}' for step in best)} steps<br>with λ = {', '.join(f'{each:g}' for each in fading_dampings)}; "
        f"1/(ηλ) is {', '.join(f'{steps:,.0f}' for steps in marks.values())}",
        {name: interval_table("steps", fading_steps, values.T) for name, values in predictions.items()},
        marks,
    ),
    f"Correlation over {fading_points} removed points, mean over {tests} test points; mean and 95 % interval over {starts} starts; dotted: 1/(ηλ) steps. Between step 10 and "
    f"step {fading_steps[-1]:,} the distance of the two runs grows {growth:.0f} times (median); the training loss falls from {fading['loss'][:, 0].mean():.3f} to {fading['loss'][:, -1].mean():.4f} nats.",
    "Curves of correlation against the number of steps: influence with several dampings, each with its time marked, and influence in time.",
)

# %% tags=["hide-input"]
rule = find_check("B9", "early_over_late")
show_table(
    early_over_late(
        predictions, fading_steps, 10, lambda mean, half: rule.outcome(Measurement(value=mean, uncertainty=half))
    ),
    f"The check of claim B9, correlation after 10 steps minus that at the end, and its outcome for each prediction and end; ± 95 % over {starts} starts. "
    f"Recorded: λ = {damping:g}, the page's default, at the last step.",
)

# %% [markdown]
# **What this verdict hangs on.** The rule names neither λ nor the end, and the outcome depends on both. With little damping, influence predicts late steps better than the tenth;
# with much, the tenth better than late ones. In this sense influence *is* bound in time: with damping λ it is a prediction for about $1/(\eta\lambda)$ steps, and
# its best time moves with λ (not exactly so: $G$ changes while training goes on). No λ makes it a prediction for the whole training. The last
# row is what Schioppa and others study, a Taylor expansion *for* $T$ steps: nearly exact for few steps, it loses its hold as training goes on.
#
# ## Where influence is right, and what breaks it
#
# Regularised logistic regression, all points, each refitted to the last digits; beside it the toy network, trained again from the start
# without each point. The report (2.3.3): accurate when convex; otherwise fragile, depending on depth, width, weight decay, initialisation and test point.

# %%
problem, theta = problems["regularised"], convex["regularised_theta"]
X_quadratic = quadratic_features(X_test)
convex_effects = (
    np.stack([problem.losses(theta + change, X_quadratic, y_test) for change in convex["regularised_removed"]], axis=1)
    - problem.losses(theta, X_quadratic, y_test)[:, None]
)  # (tests, n)
convex_predicted = (
    -influence(
        problem.gradients(theta, X_quadratic, y_test),
        problem.gradients(theta, problem.X, problem.y),
        problem.hessian(theta, problem.weights()),
    )
    / n
)
convex_pearson = correlations(convex_predicted, convex_effects)


# %%
def toy_prediction(whole):
    """Change of each test loss when each point is left out, by influence, shape (tests, n)."""
    trained = toy_network(data, relu, whole)
    damped = trained.gauss_newton() + damping * np.eye(len(whole))
    return -influence(trained.loss_gradients(X_test, y_test), trained.train_gradients, damped) / n


toy_predicted = [toy_prediction(whole) for whole in retrained["theta"]]
network_pearson = correlations(np.array(toy_predicted), effects.swapaxes(1, 2))  # (starts, tests)

# %% tags=["hide-input"]
show(
    figures.paired_scatter(
        f"Logistic regression: correlation {convex_pearson.mean():.4f};<br>toy network: {network_pearson.mean():.2f}",
        "predicted change of a test loss (nats)",
        "measured change (nats)",
        {
            "logistic regression": (convex_predicted[:12], convex_effects[:12]),
            "toy network, start 0": (toy_predicted[0][:12], effects[0].T[:12]),
        },
    ),
    f"Every one of {n} training points, 12 of {tests} test points. Correlations in the title: mean over all test points, and over {starts} starts of the network.",
    "A slider over two scatter plots of measured against predicted changes, with the diagonal.",
)

# %% tags=["hide-input"]
networks = sweep_table(sweeps)
agreement = sweeps["correlation"][sweeps["first"]].mean(axis=2).T  # (starts, different networks)
sweep_spread = bootstrap_interval(spread, agreement)
permuted = permuted_spreads(agreement)
show(
    along.sweep_means(
        f"Influence and retraining from the start: correlations from {networks['mean'].min():.2f} to {networks['mean'].max():.2f};<br>"
        f"of two retrainings in different batches: from {networks['ceiling'].min():.2f} to {networks['ceiling'].max():.2f}",
        "correlation with retraining",
        networks,
    ),
    f"Toy network with one thing changed; retrained from the same start in the same mini-batches. Correlation over {sweep_points} removed points, mean over {tests} test "
    f"points; mean and 95 % interval over {seeds} starts, whose spread is the dependence on initialisation. Ceiling: correlation with retraining in other batches; where it is low, little is left to agree with.",
    "Mean correlations with intervals for each depth, width and weight decay, each with its ceiling.",
)

# %% tags=["hide-input"]
different = networks[sweeps["first"]]
rank, rank_ceiling = (spearmanr(different["mean"], different[column]).statistic for column in ("loss", "ceiling"))
display(
    Markdown(
        "Largest minus smallest of {} different networks: {:.2f} ± {:.2f}. ".format(len(different), *sweep_spread)
        + f"Chance alone makes it larger than zero: with the networks in random order within each start it is {permuted.mean():.2f} in the mean, and below "
        f"{np.percentile(permuted, 95):.2f} in 95 % of orders. Agreement goes with the ceiling (Spearman {rank_ceiling:.2f}) and with the training loss ({rank:.2f}): of these networks the best predicted is that of "
        f"{different.loc[different['mean'].idxmax(), 'label']}, with a loss of {different.loc[different['mean'].idxmax(), 'loss']:.3f} nats; the median is {different['loss'].median():.3f}."
    )
)

# %% tags=["hide-input"]
by_test = network_pearson.mean(axis=0)
at_5, at_95 = np.percentile(by_test, [5, 95])
show_table(
    tables.by_test_loss(network_pearson, whole_losses.mean(axis=0)),
    f"The choice of the test point: toy network retrained from the start, mean and 95 % interval over {starts} starts. Over single test points the mean over starts "
    f"ranges from {at_5:.2f} to {at_95:.2f} (5th to 95th percentile).",
)

# %%
record(
    "B7",
    convex_pearson=mean_interval(convex_pearson),
    convex_over_network=mean_interval(convex_pearson.mean() - network_pearson.mean(axis=1)),
    sweep_spread=sweep_spread,
)

# %% [markdown]
# The interval of the first number is the spread over test points, which share their refits. ImageNet, the report's extreme case, is not measured here.
#
# ## What to take away
#
# - Influence answers: "where is the nearest place where this point counts less and the network's outputs stay what they were?" That is the proximal Bregman response, and $(G + \lambda I)^{-1}$ is its linearisation.
# - It does not answer what training again would give: for a network that is mostly the start, the batches and the remaining training.
# - Next: which points count when scores are [relative to the model's movement](04_relative_influence.ipynb); before: [the formula](01_taylor_neumann.ipynb).
