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
# # Curvature one can afford: Gauss-Newton, Fisher, blocks and Kronecker factors
#
# **The question.** The [influence formula](01_taylor_neumann.ipynb) needs $H^{-1}$, the inverse Hessian of the training
# loss. For a neural network, $H$ may have negative eigenvalues, and it has $p^2$ entries for $p$ parameters: too many
# to store. In its section 1.3 the blog replaces it step by step: $H \to G \to$ diagonal blocks $\to$ Kronecker
# factors (announced, never written down). What does each step change, and what does it save? Here we compute both sides of
# each step on networks so small that nothing needs approximating.
#
# **The notation.** A network gives outputs $y = f(\theta, x)$ in $\mathbb{R}^K$; the loss of one example is $\mathcal L(y, t)$ with
# label $t$; the objective is the mean over $n$ examples. $J_i = \partial y_i / \partial\theta$ is a $K \times p$ matrix,
# $H_{y,i} = \nabla_y^2\mathcal L$ a $K \times K$ matrix. $\|\cdot\|$ is the Frobenius norm.

# %% tags=["parameters"]
seed = 0
train_images = 400
test_images = 100
hidden = [8, 8]
seeds = 5
checkpoints = [0, 10, 30, 100, 300, 1000]
learning_rate = 0.01
dampings = [1.0e-4, 1.0e-3, 1.0e-2, 1.0e-1, 1.0]
label_doublings = 8
label_seeds = 30
cost_widths = [4, 8, 16, 24, 32, 64, 128, 256]
cost_images = 100
cost_repeats = 5
explicit_parameters = 2000

# %%
import numpy as np
import pandas as pd
import torch
from IPython.display import Markdown, display

from influence_lab.artifacts import read_arrays, read_table
from influence_lab.curvature.blocks import block_diagonal, solve_blocks
from influence_lab.curvature.ekfac import eigen_factors
from influence_lab.curvature.fisher import empirical_fisher, fisher, second_moment
from influence_lab.curvature.gauss_newton import (
    contract,
    gauss_newton,
    gauss_newton_product,
    jacobian,
    jacobian_by_rows,
    jacobian_through_last_layer,
    residual_term,
)
from influence_lab.curvature.hessian import hessian, mean_loss
from influence_lab.curvature.kfac import kronecker_factors
from influence_lab.curvature.output_hessian import (
    SoftmaxHessian,
    dense_gigabytes,
    expected_output_hessians,
    output_hessians,
)
from influence_lab.curvature.pseudo_gradients import layer_gradients, training_gradients
from influence_lab.evaluations.approximations import kronecker_error, relative_error
from influence_lab.evaluations.cost import typical_cost
from influence_lab.evaluations.fisher_convergence import rms_errors, rms_slope
from influence_lab.evaluations.intervals import intervals, mean_interval
from influence_lab.evaluations.slopes import log_log_slope
from influence_lab.evaluations.tokens import sum_and_mean
from influence_lab.figures import curvature_matrices
from influence_lab.figures import gauss_newton as figures
from influence_lab.figures.descriptions import describe
from influence_lab.figures.show import show, show_table
from influence_lab.locations import artifact
from influence_lab.models.digit_networks import load_digit_networks
from influence_lab.models.layered import Network
from influence_lab.models.losses import CROSS_ENTROPY, SQUARE_LINK, SQUARED_ERROR
from influence_lab.notebooks.record import record

torch.set_num_threads(1)
NAMES = {"cross_entropy": "cross-entropy", "squared_error": "squared error"}
digits = read_arrays(artifact("data/digits.npz"))
runs = {loss: load_digit_networks(digits, read_arrays(artifact(f"models/digits_{loss}.npz")), loss) for loss in NAMES}
network, loss, steps, trained, (images, labels), (test_set_images, test_labels) = runs["cross_entropy"]
one_hot = runs["squared_error"].train[1]
final = trained[0, -1]  # parameters at the end of training, seed 0
p, last = network.size, len(steps) - 1

# %% [markdown]
# **The models.** Handwritten digits (scikit-learn's, real), averaged down to 4 × 4 pixels, and a network with two hidden
# layers of tanh units. All in 64-bit floats. The training runs are rules of the workflow: their checkpoints are
# artifacts that this page reads.

# %%
rows = [
    {
        "loss": NAMES[name],
        "layers": " → ".join(map(str, run.network.widths)),
        "parameters p": run.network.size,
        "training images": len(run.train[0]),
        "random starts": len(run.checkpoints),
        "training loss, start": float(mean_loss(run.network, run.loss, *run.train)(run.checkpoints[0, 0])),
        "training loss, end": float(mean_loss(run.network, run.loss, *run.train)(run.checkpoints[0, -1])),
        "test accuracy, end": float(
            np.mean(run.network.outputs(run.checkpoints[0, -1], run.test[0]).argmax(1).numpy() == digits["test_labels"])
        ),
    }
    for name, run in runs.items()
]
show_table(pd.DataFrame(rows), "The trained networks. Losses and accuracy are those of the first random start.")

# %% [markdown]
# ## Two terms in the Hessian
#
# By the chain rule $\nabla_\theta\mathcal L = J^\top \nabla_y\mathcal L$. Differentiate once more; the product rule gives two terms
# (blog, 1.3.2):
#
# $$
# H = \underbrace{\frac1n\sum_i J_i^\top H_{y,i} J_i}_{G}
#   + \underbrace{\frac1n\sum_i\sum_k \frac{\partial\mathcal L_i}{\partial y_{ik}}\, \nabla_\theta^2 y_{ik}}_{R}.
# $$ (eq-hessian-split)
#
# $G$ is the **Gauss-Newton** matrix: it keeps the curvature of the loss and treats the network as if it were linear in θ.
# $R$ is the **residual term**: it holds the network's own curvature, weighted by how wrong the outputs are. We compute the
# two terms apart ($R$ from second derivatives of the outputs, never as $H - G$) and compare their sum with $H$, on five
# models at random parameters.

# %%
deep_linear = Network((images.shape[1], *hidden, 10), "identity")
linear = Network((images.shape[1], 10))
models = {
    "MLP, cross-entropy": (network, CROSS_ENTROPY, labels),
    "MLP, squared error": (network, SQUARED_ERROR, one_hot),
    "deep linear, squared error": (deep_linear, SQUARED_ERROR, one_hot),
    "softmax regression": (linear, CROSS_ENTROPY, labels),
    "linear regression": (linear, SQUARED_ERROR, one_hot),
}
rows = []
for name, (net, model_loss, targets) in models.items():
    theta = net.initial(seed)
    H = hessian(mean_loss(net, model_loss, images, targets), theta)
    G = gauss_newton(net, model_loss, theta, images, targets)
    R = residual_term(net, model_loss, theta, images, targets)
    rows.append(
        {
            "model": name,
            "p": net.size,
            "‖H − (G + R)‖ / ‖H‖": relative_error(G + R, H),
            "‖R‖ / ‖H‖": float(R.norm() / H.norm()),
        }
    )
identity = pd.DataFrame(rows)
worst = identity["‖H − (G + R)‖ / ‖H‖"].max()
show_table(identity, "Both terms computed apart, at random parameters. The last two models are linear in θ.")
record("A14", identity=worst)

# %% [markdown]
# A frequent shortcut says that $H = G$ for linear networks. That is true for one layer. A **deep** linear network is
# linear in $x$ but not in θ: its output is a product of weight matrices. Each entry of its $R$ is a weighted sum of
# the entries of $\sum_i r_i\bar x_i^\top$, with $r_i = \partial\mathcal L/\partial y_i$ the residuals and $\bar x = (x, 1)$. So $R$ is
# zero when the residuals are uncorrelated with the inputs: when they are zero, but also at a least-squares fit that no
# layer is too narrow for, however large they are there. We compare three cases, the first two with the real labels:

# %%
theta = deep_linear.initial(seed)
with_ones = torch.cat([images, torch.ones(len(images), 1, dtype=images.dtype)], dim=1)
fit = torch.linalg.lstsq(with_ones, one_hot, driver="gelsd").solution.T  # (10, inputs + 1)
wide = Network((images.shape[1], 10, 10), "identity")  # wide enough to reach the fit
mix = torch.linalg.qr(torch.randn(10, 10, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)))[0]
at_fit = torch.cat([(mix @ fit).T.reshape(-1), torch.cat([mix.T, torch.zeros(10, 1)], dim=1).T.reshape(-1)])
residual = float((wide.outputs(at_fit, images) - one_hot).norm() / one_hot.norm())
gap_of = {
    name: relative_error(
        gauss_newton(net, SQUARED_ERROR, parameters, images, targets),
        hessian(mean_loss(net, SQUARED_ERROR, images, targets), parameters),
    )
    for name, (net, parameters, targets) in {
        "digit labels, random parameters": (deep_linear, theta, one_hot),
        "digit labels, least-squares fit": (wide, at_fit, one_hot),
        "residuals zero": (deep_linear, theta, deep_linear.outputs(theta, images)),
    }.items()
}
far, fitted_gap, _ = gap_of.values()
show(
    figures.gaps(
        f"A deep linear network has G ≠ H (by {far:.0%} of H), but not at the<br>least-squares fit ({fitted_gap:.0e}), "
        f"where residuals keep {residual:.0%} of the labels' norm",
        "‖G − H‖ / ‖H‖",
        gap_of,
        limit=1e-12,
    ),
    "Relative difference between G and the exact Hessian of deep linear networks with squared error.",
    "Points on a logarithmic axis. " + "; ".join(f"{name}: {gap:.1e}" for name, gap in gap_of.items()) + ".",
)

# %% [markdown]
# ### How much does dropping $R$ cost, and when?
#
# The blog then drops $R$, "the computational nightmare". Is it small? It is weighted by $\partial\mathcal L/\partial y$,
# which goes to zero as the network fits. Its share $\|R\| / (\|G\| + \|R\|)$ need not follow: with cross-entropy $H_y$, and $G$
# with it, goes to zero too. We follow the share along training.

# %%
decompositions = {name: read_table(artifact(f"evaluations/decomposition_{name}.parquet")) for name in NAMES}
for table in decompositions.values():
    table["step"] = np.array(steps)[table["checkpoint"]]
share = {NAMES[name]: intervals(table, "step", "residual_share") for name, table in decompositions.items()}
first, end = (share["cross-entropy"]["mean"].iloc[index] for index in (0, -1))
least = {name: rows.loc[rows["mean"].idxmin()] for name, rows in share.items()}
show(
    figures.lines(
        f"The residual term's share is {first:.0%} at the start and {end:.0%} at the end with cross-<br>entropy; the least "
        f"is {least['cross-entropy']['mean']:.1%}, and {least['squared error']['mean']:.1%} with squared error",
        "training step",
        "share of the residual term",
        share,
    ),
    f"Share of the residual term in the Hessian, mean over {seeds} random starts with 95 % intervals. Steps are evenly "
    "spaced, not to scale.",
    describe(share, "Share of the residual term by training step"),
)

# %% [markdown]
# So $G$ is not $H$, least of all early in training. What speaks for $G$ all the same is the next section.
#
# ## Negative curvature, and what damping does
#
# The blog (1.3.1) asks a damping $\lambda > 0$ to make the Hessian **invertible**. Influence asks for more: a **positive definite**
# matrix, since otherwise the step that it computes leads to a saddle and not to a minimum. $G$ is positive semi-definite
# whenever the loss is convex in the outputs: $v^\top G v = \frac1n\sum_i (J_iv)^\top H_{y,i} (J_iv) \ge 0$. So
#
# $$
# \begin{aligned}
# \lambda_{\min}(G + \lambda I) &\ge \lambda \quad\text{for every } \lambda > 0, \text{ but}\\
# H + \lambda I \text{ is singular} &\iff \lambda = -\lambda_k(H) \text{ for some } k,\\
# H + \lambda I \text{ is positive definite} &\iff \lambda > -\lambda_{\min}(H).
# \end{aligned}
# $$ (eq-damping)
#
# Move the slider to see how far below zero the Hessian's eigenvalues reach.

# %%
middle = len(dampings) // 2
shown_damping = dampings[middle]
spectra = {name: read_arrays(artifact(f"evaluations/spectra_{name}.npz")) for name in NAMES}
H_values, G_values = (spectra["cross_entropy"][name] for name in ("hessian", "gauss_newton"))  # (seeds, steps, p)
damped_values = spectra["cross_entropy"]["damped"][:, :, middle]  # of the matrices G + λI, formed and decomposed
negative = (H_values[0] < -1e-12).sum(1)
show(
    curvature_matrices.spectra(
        f"H has {negative[0]} negative eigenvalues of {p} at the start and {negative[-1]} at the end;<br>G + λI has none "
        f"at any step: its smallest is {damped_values[0].min():.2g}",
        steps,
        [
            f"H: {count} negative eigenvalues, down to {values[0]:.2g}"
            for count, values in zip(negative, H_values[0], strict=True)
        ],
        {"H": H_values[0], "G": G_values[0], f"G + λI, λ = {shown_damping:g}": damped_values[0]},
    ),
    "Eigenvalues in descending order, cross-entropy, first random start. The vertical axis is logarithmic on both sides "
    "of zero. The slider chooses the training step.",
    f"Three descending curves, at the last step shown first. Smallest values: H {H_values[0, -1, 0]:.2g}, G "
    f"{G_values[0, -1, 0]:.1g}, damped G {damped_values[0, -1, 0]:.2g}.",
)

# %% [markdown]
# How much damping would that take? And what happens at, below and above it? For every checkpoint of both losses the
# damped matrices were formed and decomposed: at $\lambda = |\lambda_{\min}(H)|$ by its singular values, below and above by Cholesky's
# factorisation, which exists only for positive definite matrices. With each the influence of every training image on its
# own loss, $-g^\top(H + \lambda I)^{-1}g$, was solved for. It must be negative: weighting an example up lowers its own loss.

# %%
both = pd.concat(decompositions.values()).dropna(subset="least_singular_value")  # H has a negative eigenvalue
ratio = min(
    float((spectra[name]["damped"][..., 0] / np.array(dampings)).min()) for name in NAMES
)  # least eigenvalue of G + λI over λ
need = {
    NAMES[name]: intervals(table.assign(need=np.maximum(-table["hessian_smallest"], 1e-12)), "step", "need")
    for name, table in decompositions.items()
}
show(
    figures.lines(
        f"H needs λ above {need['cross-entropy']['mean'].iloc[0]:.2g} at the start, above "
        f"{need['cross-entropy']['mean'].iloc[-1]:.2g} at the end<br>(cross-entropy); G needs any λ > 0",
        "training step",
        "least damping that H needs, −λmin(H)",
        need,
        log_y=True,
    ),
    f"The damping below which H + λI still has a negative eigenvalue, mean over {seeds} random starts with 95 % intervals.",
    describe(need, "The damping that H needs, by training step, on a logarithmic axis"),
)
columns = {"half": "λ = 0.5 |λmin|", "below": "λ = 0.9 |λmin|", "above": "λ = 1.1 |λmin|"}
show_table(
    pd.DataFrame(
        {
            "H + λI with": label,
            "Cholesky factor exists, share of checkpoints": both[f"positive_definite_{name}"].mean(),
            "images with reversed self-influence, mean": f"{both[f'reversed_{name}'].mean():.2%}",
            "most at a checkpoint": f"{both[f'reversed_{name}'].max():.1%}",
        }
        for name, label in columns.items()
    ),
    f"{len(both)} checkpoints: both losses, {seeds} random starts, every step at which H has a negative eigenvalue.",
)
record(
    "A13",
    gauss_newton_damped=ratio,
    hessian_invertible=both["least_singular_value"].max(),
    definite_below=both["positive_definite_below"].max(),
    definite_above=both["positive_definite_above"].min(),
    solve_residual=both["solve_residual"].max(),
    reversed_above=both["reversed_above"].max(),
)

# %% [markdown]
# ```{admonition} What the source says, and what it leaves open
# :class: warning
# The blog's section 1.3 names two reasons why $H$ fails: in overparametrised networks optima are not unique and $H$ becomes
# singular, and off the optimum it may have negative eigenvalues. Its section 1.3.1 keeps only non-convexity. Neither says
# how large λ must be, and there the two reasons part. *Zero* curvature any λ > 0 cures. It comes from more
# parameters than the data determine: the rank of $G$ is at most $nK$, and with cross-entropy each $H_y$ has a zero direction
# (adding a constant to all logits changes nothing); convex models have it too. *Negative* curvature needs λ beyond
# $|\lambda_{\min}|$; on the way there $H + \lambda I$ becomes singular at each negative eigenvalue, even where $H$ was not.
# ```
#
# ## Neither $J$, nor $H_y$, nor $G$ is ever formed
#
# Next to the formula the blog notes that $J$ is "already computed by standard backpropagation" and that $H_y$ is a
# $k \times k$ matrix with $k$ = 151,936 tokens. Backpropagation gives $J^\top v$ for **one** vector $v$, the loss's
# gradient. That does not determine $J$: the matrix $J' = vv^\top J/\|v\|^2$ of rank 1 has the same $J'^\top v$, and so the same
# gradient. Row by row, $J$ takes one pass per output; with the last layer's closed form, one per unit that enters it; in any
# case at least as many as the narrowest layer after the parameters has units. We count them as autograd runs them:

# %%
J, passes = jacobian_by_rows(network, final, images[0])
through, fewer = jacobian_through_last_layer(network, final, images[0])
all_J = jacobian(network, final, images)  # (n, K, p)
v = training_gradients(loss, network.outputs(final, images), labels)[:, 0]  # (n, K)
v = v / v.norm(dim=1, keepdim=True)
one_pass = (v[:, None] @ all_J)[:, 0]  # Jᵀv: (n, p)
consistent = v[:, :, None] * one_pass[:, None]  # J′: (n, K, p), rank 1
same_pass = relative_error((v[:, None] @ consistent)[:, 0], one_pass)
other_J = float(((consistent - all_J).flatten(1).norm(dim=1) / all_J.flatten(1).norm(dim=1)).min())
vector = torch.randn(p, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
G = gauss_newton(network, loss, final, images, labels)
products_error = relative_error(gauss_newton_product(network, loss, final, images, labels, vector), G @ vector)
probabilities = torch.softmax(network.outputs(final, images), dim=-1)
operator_error = relative_error(
    SoftmaxHessian(probabilities).dense(), output_hessians(loss, network.outputs(final, images), labels)
)
vocabulary = 151_936
p_vocabulary = torch.softmax(
    torch.randn(vocabulary, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)), 0
)
product = SoftmaxHessian(p_vocabulary) @ torch.ones(vocabulary, dtype=torch.float64)
display(
    Markdown(
        f"- The Jacobian of one example, of rank {int(torch.linalg.matrix_rank(J))}, took **{passes} backward passes** row "
        f"by row, one for each of its {len(J)} outputs, and **{fewer}** through the last layer, which {network.widths[-2]} "
        f"units enter (the two differ by {relative_error(through, J):.0e}). A language model of {vocabulary:,} tokens would "
        "take as many as its hidden state is wide, for each position.\n"
        f"- One pass fixes little of it: over all images, $J'$ agrees with the pass to {same_pass:.0e} and differs from $J$ "
        f"by {other_J:.0%} or more.\n"
        f"- $H_y = \\mathrm{{diag}}(p) - pp^\\top$ agrees with automatic differentiation to {operator_error:.1e}.\n"
        f"- For {vocabulary:,} tokens the explicit $H_y$ of one position would take {dense_gigabytes(vocabulary):.1f} GB in "
        f"single precision. As an operator it is the vector $p$, {vocabulary * 4 / 1e6:.2f} MB. It was applied here to "
        f"the constant vector, its zero direction: the result has norm {float(product.norm()):.0e}."
    )
)

# %% [markdown]
# What replaces them is one product in each direction, for any vector $v$:
#
# $$
# Gv = \frac1n\sum_i J_i^\top\big(H_{y,i}\,(J_i v)\big), \qquad H_y u = p \odot (u - p^\top u).
# $$ (eq-gauss-newton-product)
#
# $J v$ is a forward-mode product, $J^\top u$ a backward pass; solvers such as conjugate gradients need nothing else.

# %%
sizes = np.array([10, 100, 1_000, 10_000, 50_257, vocabulary])
memory = {
    "explicit, 4 k²": pd.DataFrame({"k": sizes, "mean": [dense_gigabytes(k) * 1e9 for k in sizes.tolist()]}),
    "operator, 4 k": pd.DataFrame({"k": sizes, "mean": 4.0 * sizes}),
}
show(
    figures.lines(
        f"At {vocabulary:,} tokens H_y would take {dense_gigabytes(vocabulary):.1f} GB a position;<br>as an operator "
        f"{vocabulary * 4 / 1e6:.2f} MB",
        "vocabulary k",
        "memory in bytes, single precision",
        memory,
        log_x=True,
        log_y=True,
    ),
    "Memory of the output Hessian of one token position, by vocabulary size: a count, not a measurement. The last point "
    "is the number that the blog gives for Qwen.",
    describe(memory, "Two straight lines on logarithmic axes, of slope 2 and 1, in bytes"),
)
record(
    "A16",
    one_pass_gap=other_J,
    last_layer_gap=relative_error(through, J),
    product_error=products_error,
    operator_error=operator_error,
)

# %% [markdown]
# ## Is $G$ the Fisher information?
#
# The blog calls the Fisher information "equivalent to the Gauss-Newton Hessian" and states no condition. Fisher's matrix is
# the second moment of the gradient, for labels drawn **from the model**:
#
# $$
# \begin{aligned}
# F &= \frac1n\sum_i \mathbb{E}_{k \sim p(\cdot \mid x_i)}\big[\nabla_\theta\mathcal L(y_i, k)\, \nabla_\theta\mathcal L(y_i, k)^\top\big]\\
#   &= \frac1n\sum_i J_i^\top\, \mathbb{E}_k[\nabla_y\mathcal L\, \nabla_y\mathcal L^\top]\, J_i
#    = \frac1n\sum_i J_i^\top\, \mathbb{E}_k[\nabla_y^2\mathcal L(y_i, k)]\, J_i .
# \end{aligned}
# $$ (eq-fisher)
#
# The last step (Bartlett's identity) holds for every regular likelihood: all $p_k > 0$, and twice differentiable in $y$. So
# $F = G$ when $\nabla_y^2\mathcal L$ does not depend on the label, as for the squared error and for cross-entropy on logits, the
# blog's own setting: outputs that are *natural parameters*. Take other outputs $u$, with $p_k \propto u_k^2$, and the two part.
# The *empirical* Fisher matrix, which takes the training labels, is a third matrix.

# %%
theta = network.initial(seed)
F = {
    name: fisher(network, model_loss, theta, images)
    for name, model_loss in (("ce", CROSS_ENTROPY), ("se", SQUARED_ERROR))
}
natural = {
    "F against G, cross-entropy": relative_error(F["ce"], gauss_newton(network, CROSS_ENTROPY, theta, images, labels)),
    "F against G, squared error": relative_error(F["se"], gauss_newton(network, SQUARED_ERROR, theta, images, one_hot)),
}
away = theta.clone()
away[-10:] += 1.0  # output biases of 1, so that no u_k starts near 0, where log u_k² has a pole
F_square = fisher(network, SQUARE_LINK, away, images)
G_square = gauss_newton(network, SQUARE_LINK, away, images, labels)
expected = contract(
    jacobian(network, away, images), expected_output_hessians(SQUARE_LINK, network.outputs(away, images))
)
expected_gap = relative_error(expected, F_square)
square_gap = float((F_square - G_square).norm() / F_square.norm())
pairs = {
    steps[index]: [
        (
            empirical_fisher(network, loss, parameters, images, labels),
            gauss_newton(network, loss, parameters, images, labels),
        )
        for parameters in trained[:, index]
    ]
    for index in (0, last)
}
empirical = mean_interval([relative_error(*pair) for pair in pairs[steps[last]]])
at_start = mean_interval([relative_error(*pair) for pair in pairs[steps[0]]])
size = mean_interval([float(pair[0].norm() / pair[1].norm()) for pair in pairs[steps[last]]])
certain = float(probabilities.gather(1, labels[:, None]).median())
square_smallest = float(torch.linalg.eigvalsh(G_square)[0])
show(
    figures.gaps(
        f"F = G for natural outputs; with p ∝ u² they differ by {square_gap:.0%},<br>and the empirical Fisher matrix "
        f"differs by {empirical[0]:.0%} ± {empirical[1]:.0%}",
        "relative difference",
        natural
        | {
            "F against JᵀE[H_y]J, p ∝ u²": expected_gap,
            "F against G, p ∝ u²": square_gap,
            "empirical Fisher against G, trained": empirical[0],
        },
        limit=1e-12,
    ),
    "Relative differences in Frobenius norm. Expectations over the model's labels are exact sums. The empirical Fisher "
    f"matrix is compared at the end of training, mean over {seeds} random starts.",
    "Points on a logarithmic axis: "
    f"cross-entropy {natural['F against G, cross-entropy']:.0e}, squared error {natural['F against G, squared error']:.0e}; "
    f"with p ∝ u², {expected_gap:.0e} with the expected output Hessian and {square_gap:.2g} with G; empirical {empirical[0]:.2g}.",
)
display(
    Markdown(
        f"With $p_k \\propto u_k^2$, $G$ is not even positive semi-definite: its smallest eigenvalue is "
        f"{square_smallest:.2g}, that of $F$ is zero up to rounding ({float(torch.linalg.eigvalsh(F_square)[0]):.0e}).\n\n"
        f"The {empirical[0]:.0%} of the empirical Fisher matrix are those of a network that nearly interpolates its training "
        f"set: the median probability that it gives to the right label is {certain:.4f}. A gradient is then of the order of what is "
        f"missing to 1, its square of the second order, $H_y$ only of the first: the norm of the empirical matrix is down to "
        f"{size[0]:.1%} of that of $G$. Before training the two differ by {at_start[0]:.0%} ± {at_start[1]:.0%}."
    )
)

# %% [markdown]
# In practice the expectation over labels is replaced by a few labels drawn from the model. The error then falls as
# $1/\sqrt{m}$ for $m$ labels an example:

# %%
sampling = read_table(artifact("evaluations/fisher_convergence.parquet"))
at_end = rms_slope(sampling[sampling["step"] == steps[-1]])
sampled = {f"step {step}": rms_errors(rows) for step, rows in sampling.groupby("step")}
one_label = {name: rows["mean"].iloc[0] for name, rows in sampled.items()}
show(
    figures.lines(
        f"Sampled labels approach G as m to the power {at_end[0]:.3f} ± {at_end[1]:.3f};<br>with one label an example "
        f"the error is {one_label[f'step {steps[-1]}']:.0%} at the end of training",
        "labels m drawn for each example",
        "‖sampled Fisher − G‖ / ‖G‖, root mean square",
        sampled,
        log_x=True,
        log_y=True,
    ),
    f"Root mean square error of the Fisher information with sampled labels over {label_seeds} repetitions of the draw, on one "
    "network (first random start), at the middle checkpoint and at the end of training. The 95 % intervals are bootstrapped "
    "over the repetitions; they say nothing about other networks.",
    describe(sampled, "Error by number of labels, on logarithmic axes"),
)
record(
    "A15",
    natural_gap=max(natural.values()),
    any_output_gap=square_gap,
    expected_output_hessian_gap=expected_gap,
    empirical_gap=empirical,
    sampled_slope=at_end,
)

# %% [markdown]
# ## Sum or mean over tokens?
#
# A language model's loss sums over the $T$ tokens of a sequence, or averages over them. The blog does both: its notations have the
# mean, for the whole post; its section 1.4.1 sums. In between, $F$ and $G$ are called equivalent. They cannot be for both.
# With $\mathcal L = w\sum_t \mathcal L_t$,
#
# $$
# G_w = w \sum_t J_t^\top H_{y,t} J_t, \qquad
# F_w = w^2 \sum_t J_t^\top H_{y,t} J_t = w\, G_w ,
# $$ (eq-tokens)
#
# since the cross terms between tokens vanish in expectation. So $F = G$ needs $w = 1$, the sum; with the mean ($w = 1/T$), $F = G/T$.
#
# To see it, we differentiate the sequence's loss itself, once with the sum and once with the mean: $G$ from the loss as a
# function of all $T \cdot K$ outputs, with its whole $TK \times TK$ output Hessian; $F$ from the gradients for **every** joint labelling
# of the $T$ tokens with three classes. As in Grosse et al. (2023) the labels are drawn independently given fixed contexts; that the
# cross terms cancel is found. The tokens here are images, stand-ins for positions of a text: the identity does not ask what the
# network sees.

# %%
speaker = Network((images.shape[1], 3, 3))
sequence = sum_and_mean(speaker, CROSS_ENTROPY, speaker.initial(seed), images, range(1, 7))
G_slope, F_slope = (log_log_slope(sequence["T"], sequence[name]).slope for name in "GF")
norms = {name: sequence[["T", name]].rename(columns={name: "mean"}) for name in "GF"}
show(
    figures.lines(
        f"From the sum to the mean, G shrinks as T to the power {G_slope:.2f}<br>but the Fisher information as T to the "
        f"power {F_slope:.2f}",
        "tokens T in the sequence",
        "norm with the mean / norm with the sum",
        norms,
        log_x=True,
        log_y=True,
    ),
    "Norms for the mean over tokens, divided by those for the sum, each from its own loss. Nothing is sampled.",
    describe(norms, "Two straight lines on logarithmic axes"),
)
record(
    "A8",
    mean_gap=float(sequence.set_index("T")["mean_gap"][4]),
    sum_gap=sequence["sum_gap"].max(),
    factor_gap=sequence["factor_gap"].max(),
    gauss_newton_slope=G_slope,
    fisher_slope=F_slope,
)

# %% [markdown]
# ## Only the diagonal blocks
#
# $G$ has a block $G_{i,j}$ for each pair of layers. The blog (1.3.4) keeps the diagonal ones, so that each layer can be
# solved alone:
#
# $$
# \begin{aligned}
# \tilde G &= \mathrm{diag}(G_{1,1}, \dots, G_{L,L}), \\
# (\tilde G + \lambda I)^{-1} v &= \big((G_{1,1} + \lambda I)^{-1} v_1,\; \dots,\; (G_{L,L} + \lambda I)^{-1} v_L\big).
# \end{aligned}
# $$ (eq-blocks)

# %%
blocks = network.blocks
damping = 0.1 * float(G.trace()) / p
by_layer = solve_blocks(G, blocks, vector, damping)
zeroed = torch.linalg.solve(block_diagonal(G, blocks) + damping * torch.eye(p, dtype=G.dtype), vector)
layers = layer_gradients(network, final, images, loss.label_gradients(network.outputs(final, images)))
factors = [kronecker_factors(layer) for layer in layers]
corrected = [eigen_factors(layer, each) for layer, each in zip(layers, factors, strict=True)]
dropped = float((G - block_diagonal(G, blocks)).norm() / G.norm())
show(
    curvature_matrices.matrices(
        f"Dropping the blocks between layers changes G by {dropped:.0%}<br>at the end of training (first random start)",
        {
            "G": G.numpy(),
            "blocks": block_diagonal(G, blocks).numpy(),
            "K-FAC": torch.block_diag(*(each.matrix() for each in factors)).numpy(),
            "EK-FAC": torch.block_diag(*(each.matrix() for each in corrected)).numpy(),
        },
        [block.stop for block in blocks[:-1]],
    ),
    "Sizes of the entries of G, in decibels below the largest (−10 dB is a tenth). White lines separate layers. The "
    "buttons show the approximations of this section and the next.",
    f"A heat map of the {p} × {p} Gauss-Newton matrix. Without the blocks between layers it changes by {dropped:.0%} in "
    "Frobenius norm.",
)
stored = {
    "G": p**2,
    "blocks": sum((block.stop - block.start) ** 2 for block in blocks),
    "K-FAC, A and S": sum(each.activation.numel() + each.gradient.numel() for each in factors),
}
display(
    Markdown(
        "Numbers to store: "
        + ", ".join(f"{name} {count:,}" for name, count in stored.items())
        + ". That blocks and factors "
        "take less is arithmetic; what they lose has to be measured."
    )
)

# %% [markdown]
# What is lost? Two answers: the error as a matrix, and, since influence functions are used to *rank* training
# examples, the Spearman correlation between the scores $-g_{\text{test}}^\top(\hat G + \lambda I)^{-1}g_{\text{train}}$ of
# each approximation $\hat G$ and those of the full $G$, with the same damping $\lambda = 0.1\,\mathrm{trace}(G)/p$. The answer
# depends on that damping, so other values follow. In practice each layer has its own, a tenth of its mean eigenvalue
# $\lambda_\ell = 0.1\,\mathrm{mean}(\Lambda_\ell)$ (Grosse et al. 2023): the curve "λ per layer", with $G$ damped in the same way. A plain
# dot product of gradients ($\hat G = 0$) is the baseline.

# %%
table = read_table(artifact("evaluations/curvature_approximations.parquet"))
table["step"] = np.array(steps)[table["checkpoint"]]
every_damping = table[table["part"] == "network"]
whole = every_damping[every_damping["damping_factor"] == 0.1]
at_last = whole[whole["checkpoint"] == last]
agreement = {
    name: mean_interval(at_last.loc[at_last["method"] == name, "rank_agreement"]) for name in whole["method"].unique()
}
share_dropped = mean_interval(at_last.loc[at_last["method"] == "blocks", "error"])
methods = dict(list(whole.groupby("method", sort=False)))
by_step = {name: intervals(rows, "step", "rank_agreement") for name, rows in methods.items()}
show(
    figures.lines(
        f"At the end of training, block-diagonal scores rank training images<br>as the full G does to {agreement['blocks'][0]:.2f} "
        f"± {agreement['blocks'][1]:.2f}, EK-FAC scores to {agreement['EK-FAC'][0]:.2f} ± {agreement['EK-FAC'][1]:.2f}",
        "training step",
        "Spearman correlation with the full G",
        by_step,
    ),
    f"Rank agreement of influence scores with those of the full G, mean over {test_images} test images; 95 % intervals over "
    f"{seeds} random starts. Damping: a tenth of the mean eigenvalue, of G or, where it says so, of each layer.",
    describe(by_step, "Rank agreement by training step"),
)
by_damping = {
    name: intervals(rows[rows["checkpoint"] == last], "damping_factor", "rank_agreement")
    for name, rows in every_damping.groupby("method", sort=False)
}
weakest, strongest = (by_damping["blocks"]["mean"].iloc[index] for index in (0, -1))
show(
    figures.lines(
        f"The blocks' agreement is {weakest:.2f} with the weakest damping and {strongest:.2f} with<br>the strongest, where "
        f"the plain dot product reaches {by_damping['dot product']['mean'].iloc[-1]:.2f}",
        "damping λ, as a multiple of the mean eigenvalue of G",
        "Spearman correlation with the full G",
        by_damping,
        log_x=True,
    ),
    f"The same at the end of training for other dampings, used in both matrices; 95 % intervals over {seeds} random starts. "
    'For "λ per layer", a multiple of each layer\'s mean eigenvalue.',
    describe(by_damping, "Rank agreement by damping, on a logarithmic axis"),
)
errors = {name: intervals(methods[name], "step", "error") for name in ("blocks", "K-FAC", "EK-FAC")}
show(
    figures.lines(
        f"Dropping the blocks between layers changes G by {share_dropped[0]:.0%} ± {share_dropped[1]:.0%}<br>"
        f"at the end of training, Kronecker factors by {errors['K-FAC']['mean'].iloc[-1]:.0%}",
        "training step",
        "‖approximation − G‖ / ‖G‖",
        errors,
    ),
    f"Relative Frobenius error against the full G; 95 % intervals over {seeds} random starts.",
    describe(errors, "Relative error by training step"),
)
at_strongest = every_damping.query(
    "method == 'blocks' and checkpoint == @last and damping_factor == damping_factor.max()"
)
record(
    "A17",
    block_solve=relative_error(by_layer, zeroed),
    rank_agreement=agreement["blocks"],
    dropped_share=share_dropped,
    damping_gain=mean_interval(
        at_strongest["rank_agreement"].to_numpy()
        - at_last.loc[at_last["method"] == "blocks", "rank_agreement"].to_numpy()
    ),
)

# %% [markdown]
# ## Kronecker factors: what the blog's title promises
#
# The title of section 1.3.4 announces a "factorisation into a Kronecker product" with which $G$ can be stored. The text gives no
# formula, and does not say whether the product equals the block or approximates it. Here it is.
#
# **The convention.** Layer ℓ computes $s = V\bar a$, with $V = [W\; b]$ and $\bar a = (a, 1)$ the layer's input with a 1 appended.
# $\mathrm{vec}(V)$ stacks the **columns** of $V$, so that $\mathrm{vec}(u w^\top) = w \otimes u$ and
# $(A \otimes S)\,\mathrm{vec}(V) = \mathrm{vec}(S V A^\top)$.
#
# **The derivation.** Write $\mathcal{D}s = \nabla_s\mathcal L$ for the gradient at the pre-activations, with the label
# drawn from the model. The layer's gradient is the rank-one matrix $\mathcal{D}s\,\bar a^\top$, as a vector
# $\bar a \otimes \mathcal{D}s$. Hence, with expectations over examples and labels and $F = G$,
#
# $$
# \begin{aligned}
# G_\ell &= \mathbb{E}\big[(\bar a \otimes \mathcal{D}s)(\bar a \otimes \mathcal{D}s)^\top\big]
#        = \mathbb{E}\big[\bar a\bar a^\top \otimes \mathcal{D}s\,\mathcal{D}s^\top\big]\\
#        &\approx\; \underbrace{\mathbb{E}[\bar a\bar a^\top]}_{A_{\ell-1}} \otimes
#                    \underbrace{\mathbb{E}[\mathcal{D}s\,\mathcal{D}s^\top]}_{S_\ell}.
# \end{aligned}
# $$ (eq-kfac)
#
# The first two equalities are exact; the "≈" is the whole approximation (K-FAC, Martens and Grosse 2015): the matrices
# $\bar a\bar a^\top$ and $\mathcal{D}s\,\mathcal{D}s^\top$ are taken to be uncorrelated. It is exact if $\bar a\bar a^\top$, or the mean of
# $\mathcal{D}s\,\mathcal{D}s^\top$ over labels, is the same for all examples.
#
# **Solving without forming the product.** With $A = Q_A\Lambda_A Q_A^\top$ and $S = Q_S\Lambda_S Q_S^\top$, the columns of
# $Q_A \otimes Q_S$ diagonalise $A \otimes S$. EK-FAC (George et al. 2018) keeps the basis and refits the eigenvalues:
#
# $$
# \begin{aligned}
# G_\ell &\approx \hat G_\ell = (Q_A \otimes Q_S)\,\mathrm{diag}(\mathrm{vec}\,\Lambda)\,(Q_A \otimes Q_S)^\top,\\
# \Lambda_{jk} &= \mathbb{E}\big[(Q_S^\top\, \mathcal{D}s\,\bar a^\top\, Q_A)_{jk}^2\big],
# \end{aligned}
# $$ (eq-ekfac)
#
# $$
# \begin{aligned}
# (\hat G_\ell + \lambda I)^{-1}\mathrm{vec}(V)
#   &= \mathrm{vec}\Big(Q_S\big[(Q_S^\top V Q_A) \oslash (\Lambda + \lambda)\big]Q_A^\top\Big),\\
# \lambda &= 0.1\,\mathrm{mean}(\Lambda).
# \end{aligned}
# $$ (eq-ekfac-solve)
#
# Λ is the diagonal of $G_\ell$ in that basis, hence the best diagonal there is in Frobenius norm; the one of
# K-FAC, with the products of the eigenvalues of $S$ and $A$ as entries, is another in the same basis. So EK-FAC's error is never larger.

# %%
solve_errors = []
for block, each in zip(blocks, corrected, strict=True):
    formed = each.matrix() + each.damping * torch.eye(block.stop - block.start, dtype=torch.float64)
    solve_errors.append(
        relative_error(each.solve(vector[block], each.damping), torch.linalg.solve(formed, vector[block]))
    )


def error_of(net, model_loss, theta, inputs, targets):
    """A ⊗ S with labels from the model, against the blocks of G by automatic differentiation: the worst layer."""
    layers = layer_gradients(net, theta, inputs, model_loss.label_gradients(net.outputs(theta, inputs)))
    G = gauss_newton(net, model_loss, theta, inputs, targets)
    return kronecker_error(layers, [G[block, block] for block in net.blocks])


zero, theta = torch.zeros(linear.size, dtype=torch.float64), deep_linear.initial(seed)
exact = {
    "one example": error_of(network, loss, final, images[:1], labels[:1]),
    "softmax regression, zero weights": error_of(linear, loss, zero, images, labels),
    "deep linear, Gaussian targets": error_of(deep_linear, SQUARED_ERROR, theta, images, one_hot),
}
from_data = layer_gradients(
    deep_linear, theta, images, training_gradients(SQUARED_ERROR, deep_linear.outputs(theta, images), one_hot)
)
not_exact = {
    "softmax regression, random weights": error_of(linear, loss, linear.initial(seed), images, labels),
    "deep linear, training targets": kronecker_error(from_data, [second_moment(each.vectors()) for each in from_data]),
    "trained MLP": error_of(network, loss, final, images, labels),
}
show(
    figures.gaps(
        "K-FAC is exact where inputs or gradients have the same second moment for all<br>examples; elsewhere it is off by "
        f"{min(not_exact.values()):.0%} to {max(not_exact.values()):.0%} here",
        "‖A ⊗ S − G_ℓ‖ / ‖G_ℓ‖, worst layer",
        exact | not_exact,
        limit=1e-12,
    ),
    "Error of the Kronecker product in three cases where it must vanish and three where nothing makes it. The exact block is "
    "that of G by automatic differentiation; with training targets, the second moment of the training gradients.",
    "Points on a logarithmic axis. "
    + "; ".join(f"{name}: {error:.1e}" for name, error in (exact | not_exact).items())
    + ".",
)

# %% [markdown]
# In the deep linear network $\mathcal{D}s$ is a fixed matrix times the noise of a Gaussian target, so it does not depend
# on the input; with the training targets in place of sampled ones it does, and exactness is gone.

# %%
layer_rows = table[table["part"] != "network"]
by_method = {name: rows.set_index(["seed", "step", "part"])["error"] for name, rows in layer_rows.groupby("method")}
excess = (by_method["EK-FAC"] - by_method["K-FAC"]).max()
at_end = layer_rows[layer_rows["checkpoint"] == last]
kfac_error = mean_interval(at_end[at_end["method"] == "K-FAC"].groupby("seed")["error"].mean())
gain = mean_interval((1 - by_method["EK-FAC"] / by_method["K-FAC"]).groupby("seed").mean())
literal = at_end.loc[at_end["method"] == "literal", "error"].min()
in_layers = {
    f"{method}, {part}": intervals(rows, "step", "error")
    for (part, method), rows in layer_rows[layer_rows["method"] != "literal"].groupby(["part", "method"])
}
show(
    figures.lines(
        f"Refitting the eigenvalues changes the error by {-gain[0]:.1%} ± {gain[1]:.1%} on average,<br>and never raises it: "
        f"the largest change is {excess:.0e}",
        "training step",
        "‖approximation − G_ℓ‖ / ‖G_ℓ‖",
        in_layers,
    ),
    f"Error of K-FAC and EK-FAC against the exact block of each layer; 95 % intervals over {seeds} random starts.",
    describe(in_layers, "Curves in pairs, one pair a layer"),
)

# %% [markdown]
# ```{admonition} Where a paper's formula seems misprinted
# :class: warning
# Grosse et al. (2023), Eq. 20 and 21, as two text extractions of the paper give them, put the transposes on the other side
# ($Q_A \otimes Q_S$ where $(Q_A \otimes Q_S)^\top$ belongs, and $Q_S^\top[\cdot]Q_A$ around the bracket), although their Eq. 18 has the
# eigenvectors as columns. Read literally, the gradient is rotated into the wrong basis. By how much the result is off is no
# property of the printed formula: it depends on the signs and the order of the eigenvectors, which an eigensolver is free to
# choose and which the right formula does not notice. So they are drawn at random, several times, and the least error is
# recorded below. kronfluence's code has the right transposes.
# ```
#
# ### The same factors from kronfluence
#
# [kronfluence](https://github.com/pomonam/kronfluence) is the library that the blog recommends. We let it fit $A$, $S$ and Λ
# on the same network and images, with the training labels (so that nothing is sampled), and compare with ours.

# %%
fitted = read_arrays(artifact("attributions/kronfluence_factors.npz"))
training = training_gradients(loss, network.outputs(final, images), labels)
differences = {}
for number, layer in enumerate(layer_gradients(network, final, images, training), 1):
    own = kronecker_factors(layer)
    ours = {
        "activation": own.activation,
        "gradient": own.gradient,
        "eigenvalues": eigen_factors(layer, own).eigenvalues,
    }
    for name, symbol in (("activation", "A"), ("gradient", "S"), ("eigenvalues", "Λ")):
        differences[f"layer {number}, {symbol}"] = relative_error(
            ours[name], torch.as_tensor(fitted[f"{name}_{number}"])
        )
show(
    figures.gaps(
        f"kronfluence fits the same factors: largest difference {max(differences.values()):.0e}",
        "relative difference, Frobenius norm",
        differences,
        limit=1e-5,
    ),
    "Our activation covariance A, gradient covariance S and eigenvalues Λ against those fitted by kronfluence, in double "
    "precision. Points at the left edge are identical.",
    f"{len(differences)} points on a logarithmic axis, the largest at {max(differences.values()):.0e}.",
)
record(
    "A18",
    kronecker_error=kfac_error,
    exact_cases=max(exact.values()),
    ekfac_excess=excess,
    solve_error=max(solve_errors),
    kronfluence_gap=max(differences.values()),
    literal_transposes=literal,
)

# %% [markdown]
# ## What each form costs
#
# A network with two hidden layers of width $h$ has $p \approx h^2$ parameters once $h$ is large. An explicit matrix then
# has $p^2 \approx h^4$ entries, Kronecker factors about $2h^2$ a layer, a product $Gv$ only the vector. The timings were
# taken by a rule of the workflow.

# %%
costs = typical_cost(read_table(artifact("evaluations/curvature_cost.parquet")))
common = costs[costs["width"] == costs.loc[costs["method"] == "G", "width"].max()]
kept = common.set_index("method")["kept_bytes"] / 8  # double precision
show(
    figures.cost(
        f"Numbers kept at p = {common['parameters'].iloc[0]:,}: G {kept['G']:,.0f}, its blocks {kept['blocks']:,.0f},<br>"
        f"Kronecker factors {kept['K-FAC']:,.0f}, a product Gv {kept['G product']:,.0f}",
        costs,
    ),
    f"Time (median and range of {cost_repeats} runs one after another, one core, {cost_images} images) and memory of what "
    f"has to be kept, which is a count. Explicit matrices end at p = {explicit_parameters:,}. Hover for the parameter count "
    "and the peak memory.",
    "Two panels, one above the other, on logarithmic axes. "
    + describe(
        {
            name: rows[["width", "seconds"]].set_axis(["width", "mean"], axis=1)
            for name, rows in costs.groupby("method")
        },
        "Seconds by width",
    ),
)
show_table(
    common.assign(
        **{
            "form": common["method"],
            "seconds, median": common["seconds"],
            "kept, MB": common["kept_bytes"] / 1e6,
            "peak, MB": common["peak_bytes"] / 1e6,
        }
    )[["form", "seconds, median", "least", "most", "kept, MB", "peak, MB"]],
    f"At width {common['width'].iloc[0]}, p = {common['parameters'].iloc[0]:,}.",
)

# %% [markdown]
# ## What to take away
#
# - $H = G + R$ exactly. Dropping $R$ changes the matrix but makes damping work for any λ > 0, where $H$ needs λ > −λmin; $G$ is the Fisher information for natural outputs and losses summed over tokens.
# - Nothing has to be formed: $Gv$ costs two passes. Blocks and Kronecker factors save memory, but each changes the ranking of influence scores; measure that before trusting it.
# - $G_\ell \approx A \otimes S$ replaces the mean of a product by a product of means; EK-FAC repairs the eigenvalues, not the eigenvectors. Next: [relative influence](04_relative_influence.ipynb).
