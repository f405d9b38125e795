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
# # Relative influence: what to divide by, and why
#
# **The question.** Ask influence functions which training examples explain a prediction, and the same few come up again
# and again: those that the model has learnt badly. Is that a bias, and what removes it? The blog (1.2.1) says that
# influence favours examples with a high loss whatever their real effect, and that *relative influence* (RelatIF; Barshan,
# Brunet and Dziugaite 2020) cures it. It writes down a formula, and adds that the author has yet to understand where it
# comes from. This page measures the bias, derives the formula, finds that the blog's has the wrong point in its
# denominator, and checks the right one against models trained again.
#
# ```{admonition} Where the source is wrong
# :class: warning
# The blog takes the bias towards high losses from *Influence Functions in Deep Learning Are Fragile*. Judging by the
# abstracts, which are all that was read for this page, that looks wrong: "Fragile" is about whether influence estimates
# can be trusted in deep networks. The bias towards high losses is what motivates the RelatIF paper.
# ```
#
# **The notation.** $g_i = \nabla\mathcal L(z_i, \hat\theta)$ is the gradient of the loss of training point $i$, $H$ the Hessian of
# the objective at its minimum $\hat\theta$, and $f$ a measurement, here a test loss. With $\varepsilon$ more weight on point $i$
# ([the derivation](01_taylor_neumann.ipynb)),
#
# $$
# \frac{d\theta_\varepsilon}{d\varepsilon}\Big|_0 = -H^{-1}g_i, \qquad
# \mathcal I_i = \frac{df(\theta_\varepsilon)}{d\varepsilon}\Big|_0 = -\nabla f^\top H^{-1} g_i .
# $$ (eq-relative-influence)

# %% tags=["parameters"]
seeds = 8
train_rows = 100
test_rows = 40
hidden = 6
weight_decay = 0.002
flipped_share = 0.1
cold_points = 16
damping = 1.0e-3
bound = 3.0e-4

# %%
import numpy as np
import pandas as pd
from IPython.display import Markdown, display

from influence_lab.artifacts import read_arrays, read_table
from influence_lab.attributions.influence import parameter_influence
from influence_lab.attributions.relative import SCORES, relative_influences
from influence_lab.attributions.relative_worlds import scores_of
from influence_lab.data.relative_influence import WORLDS
from influence_lab.evaluations.constrained import literal_ell_normaliser
from influence_lab.evaluations.intervals import mean_interval
from influence_lab.evaluations.loss_bias import kendall, loss_correlation
from influence_lab.evaluations.relative_influence import (
    bias_table,
    by_world,
    paired,
    repetition_table,
    retrieval_table,
)
from influence_lab.figures import relative_influence as figures
from influence_lab.figures.show import show, show_table
from influence_lab.locations import artifact
from influence_lab.models.relative_influence import load_world
from influence_lab.notebooks.claims import Measurement, find_check
from influence_lab.notebooks.record import record

data = read_arrays(artifact("data/relative_influence.npz"))
models = read_arrays(artifact("models/relative_influence.npz"))
scores = read_arrays(artifact("attributions/relative_influence.npz"))
removals = {world: read_arrays(artifact(f"evaluations/relative_removals_{world}.npz")) for world in WORLDS}
maxima = read_table(artifact("evaluations/relative_constraints.parquet"))
report_network = read_table(artifact("evaluations/relative_cold_bias.parquet"))
influenciae = read_arrays(artifact("attributions/influenciae.npz"))
worlds = {world: load_world(data, models, world) for world in WORLDS}
bias = bias_table(scores, removals)

# %% [markdown]
# **Three small worlds**, each drawn anew for every seed: the report's toy set of two classes in discs with a network of
# tanh units, which is not convex; logistic regression on real tumours (no regulariser); softmax regression, the last
# layer of a classifier, on real digits. All are trained until the gradient is zero to rounding, and $H$ is the exact
# Hessian of the objective, with its weight decay.

# %%
rows = [
    {
        "world": WORLDS[world],
        "training points n": trained[0].problem.n,
        "parameters p": trained[0].problem.size,
        "λ": trained[0].problem.decay,
        "mean training loss": np.mean([one.losses.mean() for one in trained]),
        "largest gradient norm": models[f"{world}_train_gradient_norm"].max(),
        "smallest eigenvalue of H": min(one.curvature for one in trained),
    }
    for world, trained in worlds.items()
]
show_table(
    pd.DataFrame(rows), f"The trained models: means over {seeds} seeds; the last two columns, the worst of them."
)

# %% [markdown]
# ## Is there a bias towards high losses?
#
# For a loss that is a negative log-likelihood the gradient is an error times something: $g = (p - y)\,x$ in logistic
# regression. A badly learnt point has a large error, hence a large gradient, hence a large $|\mathcal I|$ on *every* test point.
# The measure is Spearman's rank correlation between the size $|\mathcal I|$ of a training point's influence (mean over test points) and
# its training loss.

# %% tags=["hide-input"]
toy = scores_of(scores, "toy", 0)
losses = scores["toy_losses"][0]
shown = {SCORES[name]: np.abs(toy[name]).mean(axis=0) for name in SCORES}
raw_bias = {world: mean_interval(bias.query("world == @world and score == 'raw'")["bias"]) for world in WORLDS}
show(
    figures.against_loss(
        "The larger the loss, the larger the influence:<br>Spearman {:.2f} ± {:.2f} over seeds".format(
            *raw_bias["toy"]
        ),
        losses,
        shown,
        {name: f"Spearman {loss_correlation(sizes[None], losses):.2f}" for name, sizes in shown.items()},
    ),
    f"Toy set, seed 0 of {seeds}, one dot a training point. The slider divides influence by what the sections below derive. "
    "The number above the plot is the correlation of this seed, the one in the title the mean over seeds with its 95 % interval.",
    "Dots rise along a line on log-log axes for influence, scatter for the relative influences, and fall for the last score.",
)

# %% [markdown]
# **Is it a bias, or is it the effect?** The blog says "independently of their real effect". So remove the points for real: train
# again without each one and take the change of the test losses. Two ways, because the toy network is not convex:
#
# - *from $\hat\theta$*, to the minimum nearby: what this point alone does;
# - *from the random start*: training may then end in another minimum, and the change is mostly that of the minimum.
#
# The first is recorded below, since the second would make any score look biased: it subtracts noise. The convex
# worlds have one minimum, and there the two are the same.

# %%
cold, warm = removals["toy"]["cold"], removals["toy"]["warm"]
nearby = np.stack([warm[seed][:, points] for seed, points in enumerate(removals["toy"]["points"])])
elsewhere = np.abs(cold - nearby).max(axis=1) > 1e-6  # (seeds, removed points)
excess = {world: paired(bias, world, "raw", "warm", "bias") for world in WORLDS}
excess_cold = paired(bias, "toy", "raw_cold", "cold", "bias")

# %% tags=["hide-input"]
rows = [
    {
        "world": WORLDS[world],
        "influence": "{:.3f} ± {:.3f}".format(*raw_bias[world]),
        "removal, trained again": "{:.3f} ± {:.3f}".format(*mean_interval(group["bias"])),
        "excess of influence": "{:+.4f} ± {:.4f}".format(*excess[world]),
    }
    for world, group in bias[bias["score"] == "warm"].groupby("world", sort=False)
]
pair = bias[(bias["world"] == "toy") & bias["score"].isin(["raw_cold", "cold"])].groupby("score")["bias"]
rows.append(
    {
        "world": f"{WORLDS['toy']}, {elsewhere.shape[1]} points, from the random start",
        "influence": "{:.3f} ± {:.3f}".format(*mean_interval(pair.get_group("raw_cold"))),
        "removal, trained again": "{:.3f} ± {:.3f}".format(*mean_interval(pair.get_group("cold"))),
        "excess of influence": "{:+.4f} ± {:.4f}".format(*excess_cold),
    }
)
show_table(
    pd.DataFrame(rows),
    f"Spearman correlation with the training loss of the size of influence and of the effect of removal. Means over {seeds} "
    f"seeds with 95 % intervals, differences paired. From the random start {elsewhere.mean():.0%} of the trainings end in another minimum.",
)

# %% tags=["hide-input"]
largest_excess = max(excess.values(), key=lambda pair: abs(pair[0]))
display(
    Markdown(
        "So influence does favour high losses, but *not* whatever the real effect: removing such a point really changes the "
        f"test losses more. The excess over removal is at most {abs(largest_excess[0]):.3f} ± {largest_excess[1]:.3f} in a correlation of "
        f"about {np.mean([pair[0] for pair in raw_bias.values()]):.1f}. The large excess against the random start, "
        f"{excess_cold[0]:.2f} ± {excess_cold[1]:.2f}, says how far apart two minima are, not what the point does."
    )
)

# %% [markdown]
# **The report's network, retrained from scratch.** The same comparison on the 32-16-1 ReLU network of the report, whose
# loss nobody can drive to a minimum: influence with a damped Gauss-Newton matrix, and the definition's own leave-one-out,
# a whole training from the same random start and in the same batch order without the point. How far can that effect be
# trusted? Train everything again from other starts, and compare the sizes of the effects with each other.

# %%
report_bias = {score: mean_interval(group["bias"]) for score, group in report_network.groupby("score", sort=False)}
wide = report_network.pivot(index="seed", columns="score", values="bias")
excess_report = mean_interval((wide["raw"] - wide["removal"]).to_numpy())
repeatable = mean_interval(report_network.query("score == 'removal'")["other_seeds"].to_numpy())

# %% tags=["hide-input"]
names = SCORES | {"removal": "leave-one-out retraining"}
show_table(
    pd.DataFrame(
        [
            {"size of": names[score], "Spearman with the loss": "{:+.2f} ± {:.2f}".format(*pair)}
            for score, pair in report_bias.items()
        ]
    ),
    f"The report's network, {len(wide)} seeds, 95 % intervals over them. λ = {damping:g}.",
)
display(
    Markdown(
        f"The excess over retraining is now {excess_report[0]:.2f} ± {excess_report[1]:.2f}. But the sizes of the effects of two starts agree with "
        f"each other only with a Spearman correlation of {repeatable[0]:.2f} ± {repeatable[1]:.2f}: what this retraining measures is mostly its own noise "
        "([how much](03_response_functions.ipynb)), and noise correlates with nothing. So it cannot say that influence overrates anything."
    )
)

# %%
reduction = paired(bias, "toy", "raw", "theta", "bias")
record(
    "A9",
    loss_correlation=raw_bias["toy"],
    excess_over_retraining=excess["toy"],
    relatif_reduction=reduction,
    excess_size=excess["toy"],
    excess_over_scratch=excess_report,
)

# %% tags=["hide-input"]
rule = find_check("A9", "excess_over_retraining")
outcome = rule.outcome(Measurement(value=excess_cold[0], uncertainty=excess_cold[1]))
display(
    Markdown(
        f"**What this verdict hangs on.** The claim's check on the excess compares with exactly zero, and the excess is {excess['toy'][0]:+.4f} "
        f"± {excess['toy'][1]:.4f}. With retraining from the random start the check "
        f"gives “{outcome}”. The reading is settled by what each retraining can tell: from $\\hat\\theta$ it isolates the point, "
        "from a random start it does not. The other checks are far from their limits."
    )
)

# %% [markdown]
# ## Where the formula comes from: two constrained maximisations
#
# This is the step that the blog leaves open. Influence asks: *which point changes $f$ most per unit of weight?* A unit of weight on
# a badly learnt point moves the whole model. RelatIF asks instead: *which point changes $f$ most, if the model as a whole may
# move only so far?*
#
# **First bound: the parameters.** Give point $i$ the weight $\varepsilon$, and choose $\varepsilon$ as well as possible:
#
# $$
# \max_{\varepsilon}\; |\Delta f| \quad\text{subject to}\quad \|\Delta\theta\| \le \delta .
# $$ (eq-theta-problem)
#
# By {eq}`eq-relative-influence`, to first order $\Delta f = \varepsilon\,\mathcal I_i$ and $\|\Delta\theta\| = |\varepsilon|\,\|H^{-1}g_i\|$. Both grow with
# $|\varepsilon|$, so the bound is met: $|\varepsilon| = \delta / \|H^{-1}g_i\|$. The maximum is
#
# $$
# \begin{aligned}
# \max |\Delta f| &= \delta\,\frac{|\mathcal I_i|}{\|H^{-1}g_i\|} , \\
# \mathcal I^{\theta}_i &= \frac{-\nabla f^\top H^{-1} g_i}{\|H^{-1}g_i\|} \quad(\text{θ-RelatIF}).
# \end{aligned}
# $$ (eq-theta-relatif)
#
# **Second bound: the losses.** Lengths of parameters depend on how the model is written. What the model *does* does not. Draw
# $z = (x, y)$ with $x$ from the training inputs and $y$ from the model itself, and bound the expected squared change of
# its loss:
#
# $$
# \max_{\varepsilon}\; |\Delta f| \quad\text{subject to}\quad \mathbb{E}_{\text{model}}\bigl[(\Delta\mathcal L(z))^2\bigr] \le \delta^2 .
# $$ (eq-ell-problem)
#
# To first order $\Delta\mathcal L(z) = \nabla\mathcal L(z)^\top\Delta\theta$, so that the expectation is a quadratic form with the Fisher information $F$:
#
# $$
# \begin{aligned}
# \mathbb{E}\bigl[(\Delta\mathcal L)^2\bigr] &= \Delta\theta^\top\, \underbrace{\mathbb{E}\bigl[\nabla\mathcal L\,\nabla\mathcal L^\top\bigr]}_{F}\, \Delta\theta \\
# &= \varepsilon^2\; g_i^\top H^{-1} F H^{-1} g_i .
# \end{aligned}
# $$ (eq-fisher-form)
#
# If $F = H$ (as for logistic regression; [when it holds](02_gauss_newton.ipynb)) this is $\varepsilon^2\, g_i^\top H^{-1}g_i$, and the same
# argument gives
#
# $$
# \mathcal I^{\ell}_i = \frac{-\nabla f^\top H^{-1} g_i}{\sqrt{g_i^\top H^{-1} g_i}} \quad(\text{ℓ-RelatIF}).
# $$ (eq-ell-relatif)
#
# **Both are cosines.** With $\langle u, v\rangle_{H^{-1}} = u^\top H^{-1} v$, which is an inner product because $H$ is positive definite,
#
# $$
# \begin{aligned}
# \mathcal I^{\theta}_i &= -\|\nabla f\|\,\cos(\nabla f,\, H^{-1}g_i), \\
# \mathcal I^{\ell}_i &= -\|\nabla f\|_{H^{-1}}\,\cos_{H^{-1}}(\nabla f,\, g_i) .
# \end{aligned}
# $$ (eq-cosines)
#
# The lengths in front belong to the query $f$, and are the same for all training points. What is left of a training point is its
# direction: $g_i$ may be multiplied by any positive number. In logistic regression the error $|p - y|$ drops out altogether, and
# with it the loss; only the input $x_i$ and the sign of the error remain.
#
# In five lines:

# %%
world = worlds["cancer"][0]
responses = parameter_influence(world.gradients, world.hessian)  # dθ/dε of every training point, (n, p)
influence = world.test_gradients @ responses.T
theta_relatif = influence / np.linalg.norm(responses, axis=1)
ell_relatif = influence / np.sqrt(-np.sum(world.gradients * responses, axis=1))

# %%
library = relative_influences(world.test_gradients, world.gradients, world.hessian)
assert np.allclose(theta_relatif, library["theta"])
assert np.allclose(ell_relatif, library["ell"])
inputs_only = (
    np.sign(world.problem.predictions(world.theta, world.problem.X) - world.problem.y)[:, None] * world.problem.X
)
assert np.allclose(relative_influences(world.test_gradients, inputs_only, world.hessian)["ell"], ell_relatif)
whiten = np.linalg.inv(np.linalg.cholesky(world.hessian))  # H⁻¹ = whitenᵀ whiten
lengths = {"theta": world.test_gradients, "ell": world.test_gradients @ whiten.T}
constants = {name: np.linalg.norm(vectors, axis=1) for name, vectors in lengths.items()}
assert all((np.abs(library[name]) <= constants[name][:, None] * (1 + 1e-12)).all() for name in constants)

# %% [markdown]
# ### The maxima, found by training again
#
# Now without the formulas. For each training point of logistic regression, change its weight and train again, until
# $\|\theta_\varepsilon - \hat\theta\|$ reaches $\delta$, or until the root of $\mathbb{E}[(\Delta\mathcal L)^2]$ does, computed from actual losses with both labels of every
# input. Then look at how much each test loss has moved. No gradient, Hessian or Fisher information enters.

# %%
closed = {name: library[name].T.ravel() for name in ("theta", "ell")}  # point by point
maxima["closed"] = np.concatenate([closed[name] for name in ("theta", "ell")])
maxima["constant"] = np.concatenate(
    [constants[name][maxima.query("constraint == @name")["measurement"]] for name in closed]
)
cosine, found = maxima["closed"] / maxima["constant"], maxima["change"] / maxima["constant"]
maxima["gap"] = (found / cosine - 1).abs()
constrained_error = maxima["gap"].max()

# %% tags=["hide-input"]
show(
    figures.maxima(
        f"Formula and constrained maximum agree to {constrained_error:.0e} or better",
        maxima,
        1e-6,
    ),
    f"Logistic regression, seed 0: {world.problem.n} training points × {len(world.y_test)} test losses × 2 bounds. The maximum is that of refits at "
    f"δ = {bound:g} and twice that, averaged over both signs of ε and extrapolated to δ = 0; each refit meets its bound to "
    f"{maxima['miss'].max():.0e}. The gap is relative, and largest where the change of the loss almost vanishes.",
    "Two clouds of dots on log-log axes, all far below the dotted line at one in a million.",
)

# %% [markdown]
# ### When F is not H
#
# The second derivation needs $F = H$. Weight decay adds $\lambda I$ to $H$, and a network off zero residual adds more. ℓ-RelatIF as it is
# computed then bounds $\Delta\theta^\top H\,\Delta\theta$ rather than the expected change of the losses. How much does this move?

# %% tags=["hide-input"]
rows = []
for name, trained in worlds.items():
    ratios, agreements = [], []
    for seed, one in enumerate(trained):
        literal = literal_ell_normaliser(one)
        ratios.append(literal / scores[f"{name}_ell"][seed])
        agreements.append(
            kendall(scores[f"{name}_influence"][seed] / literal, scores_of(scores, name, seed)["ell"]).mean()
        )
    rows.append(
        {
            "world": WORLDS[name],
            "smallest √(sᵀFs) / √(gᵀH⁻¹g)": np.min(ratios),
            "largest": np.max(ratios),
            "Kendall τ of the rankings": "{:.3f} ± {:.3f}".format(*mean_interval(agreements)),
        }
    )
show_table(
    pd.DataFrame(rows),
    "ℓ-RelatIF against the score that the literal bound gives, with s = H⁻¹g. For logistic regression F = H and they are one.",
)

# %% [markdown]
# ## What the blog divides by
#
# The blog's sentence is right: it normalises by "the inverse Hessian times the gradient of the loss of the *training* datapoint". Its
# formula has the test point there:
#
# $$
# \frac{-\nabla f(\theta_\varepsilon)\,H^{-1}\,\nabla\mathcal L(z_\text{train}, \theta_\varepsilon)}{\|H^{-1}\,\nabla\mathcal L(z_\text{test}, \hat\theta)\|} .
# $$ (eq-blog-relatif)
#
# ```{admonition} Where the source is wrong
# :class: warning
# The denominator is the same for all training points. Dividing by it changes no ranking and removes no bias. And the numerator
# is a derivative at $\varepsilon = 0$, where $\theta_\varepsilon = \hat\theta$: everything is evaluated at the trained parameters. At any other
# $\theta_\varepsilon$ the product of the two gradients is not a derivative of anything.
# ```
#
# Beside it stands a third normalisation, from a paragraph that the blog's source has commented out, "by the squared norm of
# the loss", as in "state of the art approaches". The loss is a number and has no norm; read as the squared norm $\|g_i\|^2$ of the
# loss's *gradient* it is a training-point normaliser, and takes the size out twice:

# %%
rankings = {
    (name, world): [
        kendall(scores_of(scores, world, seed)["raw"], scores_of(scores, world, seed)[name]) for seed in range(seeds)
    ]
    for name in ("blog", "theta", "ell", "gradient")
    for world in WORLDS
}
assert all(np.allclose(rankings["blog", world], 1, rtol=0, atol=1e-12) for world in WORLDS)

# %% tags=["hide-input"]
columns = {
    "raw": "influence",
    "blog": "blog:<br>over test norm",
    "theta": "θ-RelatIF",
    "ell": "ℓ-RelatIF",
    "gradient": "over ‖g‖²",
}
by_test = {text: by_world(bias, "by_test", [name])[name] for name, text in columns.items()}
blog_change = paired(bias, "toy", "raw", "blog", "by_test")
training_change = paired(bias, "toy", "raw", "theta", "by_test")
show(
    figures.by_score(
        "The blog's denominator takes {:.0g} off the correlation,<br>θ-RelatIF {:.2f} ± {:.2f} (toy set)".format(
            blog_change[0], *training_change
        ),
        "Spearman(|score|, loss)",
        by_test,
        WORLDS,
        0,
    ),
    f"Correlation between the size of a score and the training loss, computed for each test point and averaged; means over {seeds} "
    "seeds with 95 % intervals. At zero a score does not know the loss; below, it favours points with a low one.",
    "Influence and the blog's version are equal and high; the relative influences lie near zero or below; the last is lowest.",
)

# %% tags=["hide-input"]
repetition = repetition_table(scores)
rows = []
for world, world_name in WORLDS.items():
    for name, text in columns.items():
        overall = bias.query("world == @world and score == @name")["bias"]
        distinct = repetition.query("world == @world and score == @name")["distinct"]
        taus = [] if name == "raw" else rankings[name, world]
        rows.append(
            {
                "world": world_name,
                "score": text.replace("<br>", " "),
                "mean Kendall τ to influence": np.mean(taus) if taus else 1.0,
                "least τ": np.min(taus) if taus else 1.0,
                "Spearman of the mean |score|": "{:.2f} ± {:.2f}".format(*mean_interval(overall)),
                "points in a top 5": "{:.0f} ± {:.0f}".format(*mean_interval(distinct)),
            }
        )
show_table(
    pd.DataFrame(rows),
    f"Kendall's τ between the rankings by the score and by influence, over {test_rows} test points and {seeds} seeds. Spearman with the "
    "loss of the sizes averaged over the test points, as in claim A9: here the blog's version can move a little, because it weights "
    f"the test points. Points in a top 5: how many of the {train_rows} are among the five largest for at least one test point.",
)

# %%
record(
    "A10",
    blog_bias_reduction=blog_change,
    constrained_maximum_error=constrained_error,
    training_norm_bias_reduction=training_change,
)

# %% [markdown]
# ## Finding wrong labels
#
# Large losses are not always a nuisance: a wrong label has one. A usual way to find wrong labels is self-influence,
# $g_i^\top H^{-1} g_i$. Its relative versions are
#
# $$
# \frac{g_i^\top H^{-1}g_i}{\|H^{-1}g_i\|}, \qquad
# \frac{g_i^\top H^{-1}g_i}{\sqrt{g_i^\top H^{-1}g_i}} = \sqrt{g_i^\top H^{-1}g_i} .
# $$ (eq-self)
#
# The second is an increasing function of the raw one: ℓ-RelatIF *cannot* change this ranking. Here a share of the training
# labels is replaced by a wrong class, the models are trained on them, and each score has to put these points first.

# %%
found_wrong = retrieval_table(scores)
raw_minus_theta = {world: paired(found_wrong, world, "raw", "theta", "average_precision") for world in WORLDS}

# %% tags=["hide-input"]
labels = {
    "loss": "training loss",
    "raw": "self-influence",
    "theta": "θ-RelatIF",
    "ell": "ℓ-RelatIF",
    "gradient": "over ‖g‖²",
}
precision = {text: by_world(found_wrong, "average_precision", [name])[name] for name, text in labels.items()}
show(
    figures.by_score(
        "θ-RelatIF loses {:.2f} ± {:.2f} average precision<br>against self-influence (toy set)".format(
            *raw_minus_theta["toy"]
        ),
        "average precision",
        precision,
        WORLDS,
        flipped_share,
    ),
    f"{flipped_share:.0%} of the training labels are wrong. Average precision of each score at finding them; means over {seeds} seeds with 95 % "
    "intervals. Dotted: chance. Self-influence and ℓ-RelatIF are the same by construction.",
    "Loss, self-influence and ℓ-RelatIF lead, θ-RelatIF is level or lower, and the score over the squared norm is lowest.",
)

# %% tags=["hide-input"]
recall = {text: by_world(found_wrong, "recall", [name])[name].set_index("world") for name, text in labels.items()}
show_table(
    pd.DataFrame(
        [
            {"score": text}
            | {name: "{:.2f} ± {:.2f}".format(*table.loc[world, ["mean", "half"]]) for world, name in WORLDS.items()}
            for text, table in recall.items()
        ]
    ),
    f"Recall: the share of the wrong labels that is among the {round(flipped_share * train_rows)} points with the largest score.",
)

# %% [markdown]
# So dividing is no improvement as such. It answers another question: RelatIF *explains a prediction* by points near to
# it rather than by outliers; raw self-influence, or the plain loss, *finds the outliers*.
#
# ## The same from influenciae
#
# The library influenciae has `normalize=True` for RelatIF, which by its code is the first kind: it divides $H^{-1}g_i$ by its length. It
# computes in single precision, about $1.2\cdot10^{-7}$, and solving with $H$ multiplies this by up to the condition number of $H$. That
# product is the tolerance, on the cosine of {eq}`eq-cosines`. Its sign is that of a removal, the opposite of ours.

# %%
one = worlds["toy"][0]
ours = relative_influences(one.test_gradients, one.gradients, one.hessian)
query = np.linalg.norm(one.test_gradients, axis=1)[:, None]
response = np.linalg.norm(parameter_influence(one.gradients, one.hessian), axis=1)
tolerance = np.finfo(np.float32).eps * np.linalg.cond(one.hessian)
cosine_errors = {
    "raw": np.max(np.abs(influenciae["raw"] + ours["raw"]) / (query * response)),
    "theta": np.max(np.abs(influenciae["normalized"] + ours["theta"]) / query),
}
assert max(cosine_errors.values()) < tolerance

# %% tags=["hide-input"]
show_table(
    pd.DataFrame(
        [
            {
                "influenciae": f"normalize={theirs == 'normalized'}",
                "ours": SCORES[name],
                "largest error of the cosine": f"{cosine_errors[name]:.1e}"
                if name in cosine_errors
                else "another score",
                "least Kendall τ": f"{kendall(-influenciae[theirs], ours[name]).min():.3f}",
            }
            for theirs, name in [("raw", "raw"), *(("normalized", name) for name in ("theta", "ell", "gradient"))]
        ]
    ),
    f"Toy network, seed 0: influence of {one.problem.n} training points on {len(one.y_test)} test losses, by influenciae and by us. Tolerance on "
    f"the cosine: {tolerance:.1e}. τ compares the rankings of the training points, the worst test point.",
)

# %% [markdown]
# ## What to take away
#
# - Influence follows the training loss, and so does the real effect of removing a point: it answers "per unit of weight", hardly a bias beyond that.
# - Relative influence is the largest change of $f$ under a bound on how far the model moves. The normaliser belongs to the training point, $\|H^{-1}g_i\|$ or $\sqrt{g_i^\top H^{-1}g_i}$; a test-point normaliser changes no ranking.
# - Both are cosines. They help to explain predictions, not to find wrong labels. Back to [the formula](01_taylor_neumann.ipynb) or [the curvature](02_gauss_newton.ipynb).
