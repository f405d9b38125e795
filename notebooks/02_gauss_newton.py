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
from influence_lab.curvature.fisher import empirical_fisher, fisher
from influence_lab.curvature.gauss_newton import (
    contract,
    gauss_newton,
    gauss_newton_product,
    jacobian,
    jacobian_by_backward_passes,
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
from influence_lab.evaluations.cost import mean_cost
from influence_lab.evaluations.intervals import intervals, mean_interval
from influence_lab.evaluations.slopes import log_log_slope
from influence_lab.evaluations.tokens import sum_and_mean
from influence_lab.figures import gauss_newton as figures
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
show_table(identity, "Both terms computed apart. R vanishes exactly where the outputs are linear in θ.")
record("A14", identity=worst)

# %% [markdown]
# A frequent shortcut says that $H = G$ for linear networks. That is true for one layer. A **deep** linear network is
# linear in $x$ but not in θ (its output is a product of weight matrices), so $R$ is not zero, unless the residual is. Set
# the targets to the network's own outputs, and $R$ vanishes:

# %%
theta = deep_linear.initial(seed)
fitted = deep_linear.outputs(theta, images)
gap_of = {
    name: relative_error(
        gauss_newton(deep_linear, SQUARED_ERROR, theta, images, targets),
        hessian(mean_loss(deep_linear, SQUARED_ERROR, images, targets), theta),
    )
    for name, targets in {"deep linear, digit labels": one_hot, "deep linear, zero residual": fitted}.items()
}
show(
    figures.gaps(
        f"A deep linear network has G ≠ H: they differ by {gap_of['deep linear, digit labels']:.0%}<br>of H, and by "
        "rounding once the residual is zero",
        "‖G − H‖ / ‖H‖",
        gap_of,
        limit=1e-12,
    ),
    "Relative difference between G and the exact Hessian of a deep linear network with squared error, random parameters.",
    "Two points on a logarithmic axis: with digit labels the difference is large, with zero residual it is at rounding "
    "level.",
)

# %% [markdown]
# ### How much does dropping $R$ cost, and when?
#
# The blog then drops $R$, "the computational nightmare". Is it small? It is weighted by $\partial\mathcal L/\partial y$,
# which shrinks as the network fits. We follow its share $\|R\| / (\|G\| + \|R\|)$ along training.

# %%
decompositions = {name: read_table(artifact(f"evaluations/decomposition_{name}.parquet")) for name in NAMES}
for table in decompositions.values():
    table["step"] = np.array(steps)[table["checkpoint"]]
share = {NAMES[name]: intervals(table, "step", "residual_share") for name, table in decompositions.items()}
first, end = (share["cross-entropy"]["mean"].iloc[index] for index in (0, -1))
show(
    figures.lines(
        f"The residual term's share falls from {first:.0%} to {end:.0%} in training<br>with cross-entropy: "
        "it shrinks, but does not vanish",
        "training step",
        "share of the residual term",
        share,
    ),
    f"Share of the residual term in the Hessian, mean over {seeds} random starts with 95 % intervals. Steps are evenly "
    "spaced, not to scale.",
    f"Two falling curves over training steps; with cross-entropy the share goes from {first:.2f} to {end:.2f}.",
)

# %% [markdown]
# So $G$ is not $H$, least of all early in training, and nothing makes $R$ vanish at the end. What speaks for $G$ all the same
# is the next section.
#
# ## Negative curvature, and what damping does
#
# The inverse in the influence formula wants a positive definite matrix. $G$ is positive semi-definite whenever the loss
# is convex in the outputs: $v^\top G v = \frac1n\sum_i (J_iv)^\top H_{y,i} (J_iv) \ge 0$. So
#
# $$
# \begin{aligned}
# \lambda_{\min}(G + \lambda I) &\ge \lambda \quad\text{for every } \lambda > 0, \text{ but}\\
# \lambda_{\min}(H + \lambda I) &> 0 \iff \lambda > -\lambda_{\min}(H).
# \end{aligned}
# $$ (eq-damping)
#
# The blog (1.3.1) asks damping to make the Hessian invertible. Move the slider to see where it would have to reach.

# %%
shown_damping = dampings[len(dampings) // 2]
spectra = {name: read_arrays(artifact(f"evaluations/spectra_{name}.npz")) for name in NAMES}
H_values, G_values = (spectra["cross_entropy"][name] for name in ("hessian", "gauss_newton"))  # (seeds, steps, p)
negative = (H_values[0] < -1e-12).sum(1)
show(
    figures.spectra(
        f"H has {negative[0]} negative eigenvalues of {p} at the start and {negative[-1]} at the end;<br>G + λI has none "
        f"at any step: its smallest is {(G_values[0].min() + shown_damping):.2g}",
        steps,
        [
            f"H: {count} negative eigenvalues, down to {values[0]:.2g}"
            for count, values in zip(negative, H_values[0], strict=True)
        ],
        {"H": H_values[0], "G": G_values[0], f"G + λI, λ = {shown_damping:g}": G_values[0] + shown_damping},
    ),
    "Eigenvalues in descending order, cross-entropy, first random start. The vertical axis is logarithmic on both sides "
    "of zero. The slider chooses the training step.",
    "Three descending curves. H crosses zero and ends below it; G ends at zero; the damped G stays above its damping.",
)

# %%
smallest = {
    matrix: np.concatenate([spectra[name][matrix][..., 0].ravel() for name in NAMES])
    for matrix in ("hessian", "gauss_newton")
}
grid = np.array(dampings)
ratios = {matrix: ((values[:, None] + grid) / grid).min() for matrix, values in smallest.items()}
most_negative = smallest["hessian"][smallest["hessian"] < 0]
cured = (most_negative + 1.1 * np.abs(most_negative)) / np.abs(most_negative)
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
    "Two falling curves on a logarithmic axis: the damping that H needs falls by orders of magnitude during training.",
)
record(
    "A13",
    gauss_newton_damped=ratios["gauss_newton"],
    hessian_any_damping=ratios["hessian"],
    hessian_enough_damping=cured.min(),
)

# %% [markdown]
# ```{admonition} Where the source is too short
# :class: warning
# The blog gives non-convexity as the reason why $H$ may be singular. There are two reasons, and damping treats them
# differently. Directions of *negative* curvature need λ beyond $|\lambda_{\min}|$. Directions of *zero* curvature come
# from having more parameters than the data determine: the rank of $G$ is at most $nK$, and with cross-entropy each
# $H_y$ has a zero direction (adding a constant to all logits changes nothing). That also happens to convex models. Any
# λ > 0 cures it.
# ```
#
# ## Neither $J$, nor $H_y$, nor $G$ is ever formed
#
# Next to the formula the blog notes that $J$ is "already computed by standard backpropagation" and that $H_y$ is a
# $k \times k$ matrix with $k$ = 151,936 tokens. Backpropagation gives $J^\top v$ for **one** vector $v$, the loss's
# gradient. The whole $J$ of one example takes one pass per output. We count them:

# %%
J, passes = jacobian_by_backward_passes(network, final, images[0])
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
        f"- The Jacobian of one example took **{passes} backward passes**, one for each of its {len(J)} outputs; a "
        f"language model with {vocabulary:,} tokens would need {vocabulary:,} for each position.\n"
        f"- $H_y = \\mathrm{{diag}}(p) - pp^\\top$ agrees with automatic differentiation to {operator_error:.1e}.\n"
        f"- For {vocabulary:,} tokens the explicit $H_y$ of one position takes {dense_gigabytes(vocabulary):.1f} GB in "
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
show(
    figures.lines(
        f"At {vocabulary:,} tokens H_y would take {dense_gigabytes(vocabulary):.1f} GB a position;<br>as an operator "
        f"{vocabulary * 4 / 1e6:.2f} MB",
        "vocabulary k",
        "memory in bytes, single precision",
        {
            "explicit, 4 k²": pd.DataFrame({"k": sizes, "mean": [dense_gigabytes(k) * 1e9 for k in sizes.tolist()]}),
            "operator, 4 k": pd.DataFrame({"k": sizes, "mean": 4.0 * sizes}),
        },
        log_x=True,
        log_y=True,
    ),
    "Memory of the output Hessian of one token position, by vocabulary size. The last point is Qwen's vocabulary.",
    "Two straight lines on logarithmic axes, of slope 2 for the explicit matrix and 1 for the operator.",
)
record(
    "A16", backward_passes=passes, product_error=products_error, output_hessian_gigabytes=dense_gigabytes(vocabulary)
)

# %% [markdown]
# ## Is $G$ the Fisher information?
#
# The blog calls the Fisher information "equivalent to the Gauss-Newton Hessian". Fisher's matrix is the second moment of
# the gradient, for labels drawn **from the model**:
#
# $$
# \begin{aligned}
# F &= \frac1n\sum_i \mathbb{E}_{k \sim p(\cdot \mid x_i)}\big[\nabla_\theta\mathcal L(y_i, k)\, \nabla_\theta\mathcal L(y_i, k)^\top\big]\\
#   &= \frac1n\sum_i J_i^\top\, \mathbb{E}_k[\nabla_y\mathcal L\, \nabla_y\mathcal L^\top]\, J_i
#    = \frac1n\sum_i J_i^\top\, \mathbb{E}_k[\nabla_y^2\mathcal L(y_i, k)]\, J_i .
# \end{aligned}
# $$ (eq-fisher)
#
# The last step (Bartlett's identity) holds for every likelihood. So $F = G$ when $\nabla_y^2\mathcal L$ does not depend on
# the label, as for cross-entropy on logits and for the squared error: outputs that are *natural parameters*. Take other
# outputs $u$, with $p_k \propto u_k^2$, and the two part. The *empirical* Fisher matrix, which takes the training labels, is a
# third matrix.

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
empirical = mean_interval(
    [
        relative_error(
            empirical_fisher(network, loss, parameters, images, labels),
            gauss_newton(network, loss, parameters, images, labels),
        )
        for parameters in trained[:, -1]
    ]
)
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
    "Five points on a logarithmic axis: three at rounding level, two of order one.",
)
display(
    Markdown(
        f"With $p_k \\propto u_k^2$, $G$ is not even positive semi-definite: its smallest eigenvalue is "
        f"{square_smallest:.2g}, that of $F$ is zero up to rounding ({float(torch.linalg.eigvalsh(F_square)[0]):.0e})."
    )
)

# %% [markdown]
# In practice the expectation over labels is replaced by a few labels drawn from the model. The error then falls as
# $1/\sqrt{m}$ for $m$ labels an example:

# %%
sampling = read_table(artifact("evaluations/fisher_convergence.parquet"))
slope = {
    step: mean_interval(
        [log_log_slope(run["samples"].to_numpy(), run["error"].to_numpy()).slope for _, run in rows.groupby("seed")]
    )
    for step, rows in sampling.groupby("step")
}
at_end = slope[steps[-1]]
one_label = intervals(sampling[sampling["step"] == steps[-1]], "samples", "error").iloc[0]
show(
    figures.lines(
        f"Sampled labels approach G as m to the power {at_end[0]:.3f} ± {at_end[1]:.3f};<br>with one label an example "
        f"the error is {one_label['mean']:.0%} at the end of training",
        "labels m drawn for each example",
        "‖sampled Fisher − G‖ / ‖G‖",
        {f"step {step}": intervals(rows, "samples", "error") for step, rows in sampling.groupby("step")},
        log_x=True,
        log_y=True,
    ),
    f"Error of the Fisher information with sampled labels, mean over {label_seeds} repetitions with 95 % intervals, at the "
    "middle checkpoint and at the end of training.",
    "Two straight falling lines on logarithmic axes, of slope about minus one half; the later checkpoint lies higher.",
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
# Sampling needs more labels at the end of training than in the middle: a network that is sure of most labels draws only rarely
# those from which its remaining curvature comes.
#
# ## Sum or mean over tokens?
#
# A language model's loss sums over the $T$ tokens of a sequence, or averages over them. The blog introduces the mean and uses
# $F = G$. Both cannot be. With $\mathcal L = w\sum_t \mathcal L_t$,
#
# $$
# G_w = w \sum_t J_t^\top H_{y,t} J_t, \qquad
# F_w = w^2 \sum_t J_t^\top H_{y,t} J_t = w\, G_w ,
# $$ (eq-tokens)
#
# since the cross terms between tokens vanish in expectation. So $F = G$ needs $w = 1$, the sum; with the mean ($w = 1/T$), $F = G/T$.
# To take nothing for granted, we enumerate **every** joint labelling of a sequence of $T$ tokens with three classes, and
# average the outer products of the sequence's gradients.

# %%
speaker = Network((images.shape[1], 3, 3))
sequence = sum_and_mean(speaker, CROSS_ENTROPY, speaker.initial(seed), images, range(1, 7))
G_slope, F_slope = (log_log_slope(sequence["T"], sequence[name]).slope for name in "GF")
show(
    figures.lines(
        f"From the sum to the mean, G shrinks as T to the power {G_slope:.2f}<br>but the Fisher information as T to the "
        f"power {F_slope:.2f}",
        "tokens T in the sequence",
        "norm with the mean / norm with the sum",
        {
            "G": sequence[["T", "G"]].rename(columns={"G": "mean"}),
            "F": sequence[["T", "F"]].rename(columns={"F": "mean"}),
        },
        log_x=True,
        log_y=True,
    ),
    "Norms for the mean over tokens, divided by those for the sum. F comes from all joint labellings: nothing is sampled.",
    "Two falling straight lines on logarithmic axes; the Fisher information falls twice as steeply as G.",
)
record(
    "A8",
    mean_gap=float(sequence.set_index("T")["mean_gap"][4]),
    sum_gap=sequence["sum_gap"].max(),
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
    figures.matrices(
        f"The blocks between layers hold {dropped:.0%} of the norm of G<br>at the end of training (first random start)",
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
    "A heat map of the Gauss-Newton matrix with visible structure inside the layers' blocks and between them.",
)

# %% [markdown]
# What is lost? Two answers: the error as a matrix, and, since influence functions are used to *rank* training
# examples, the Spearman correlation between the scores $-g_{\text{test}}^\top(\hat G + \lambda I)^{-1}g_{\text{train}}$ of
# each approximation $\hat G$ and those of the full $G$, with the same damping $\lambda = 0.1\,\mathrm{trace}(G)/p$. A plain
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
show(
    figures.lines(
        f"At the end of training, block-diagonal scores rank training images<br>as the full G does to {agreement['blocks'][0]:.2f} "
        f"± {agreement['blocks'][1]:.2f}, EK-FAC scores to {agreement['EK-FAC'][0]:.2f} ± {agreement['EK-FAC'][1]:.2f}",
        "training step",
        "Spearman correlation with the full G",
        {name: intervals(rows, "step", "rank_agreement") for name, rows in methods.items()},
    ),
    f"Rank agreement of influence scores with those of the full G, mean over {test_images} test images; 95 % intervals over "
    f"{seeds} random starts.",
    "Four curves over training steps. At the end: "
    + ", ".join(f"{name} {value:.2f} ± {half:.2f}" for name, (value, half) in agreement.items()),
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
    "Strong damping makes all methods agree, since it drowns the curvature.",
    f"Four curves over the damping; the one of the blocks goes from {weakest:.2f} to {strongest:.2f}.",
)
show(
    figures.lines(
        f"Dropping the blocks between layers costs {share_dropped[0]:.0%} ± {share_dropped[1]:.0%} of the norm of G<br>"
        f"at the end of training, Kronecker factors {mean_interval(at_last.loc[at_last['method'] == 'K-FAC', 'error'])[0]:.0%}",
        "training step",
        "‖approximation − G‖ / ‖G‖",
        {name: intervals(rows, "step", "error") for name, rows in methods.items() if name != "dot product"},
    ),
    f"Relative Frobenius error against the full G; 95 % intervals over {seeds} random starts.",
    f"Three curves over training steps; the one of the blocks ends at {share_dropped[0]:.2f}.",
)
record(
    "A17",
    block_solve=relative_error(by_layer, zeroed),
    storage=sum((block.stop - block.start) ** 2 for block in blocks) / p**2,
    rank_agreement=agreement["blocks"],
    dropped_share=share_dropped,
)

# %% [markdown]
# ## Kronecker factors: what the blog's title promises
#
# Section 1.3.4 announces a "factorisation into a Kronecker product" and ends before giving it. Here it is.
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
# The first two equalities are exact; the "≈" is the whole approximation (K-FAC, Martens and Grosse 2015): inputs and
# gradients of a layer are taken to be uncorrelated. It would be exact if one of the two second moments were the same for all
# examples.
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


def layers_of(net, model_loss, theta, inputs):
    """What the layers see of these inputs, with labels from the model."""
    return layer_gradients(net, theta, inputs, model_loss.label_gradients(net.outputs(theta, inputs)))


zero, theta = torch.zeros(linear.size, dtype=torch.float64), deep_linear.initial(seed)
exact = {
    "one example": kronecker_error(layers_of(network, loss, final, images[:1])),
    "softmax regression, zero weights": kronecker_error(layers_of(linear, loss, zero, images)),
    "deep linear, Gaussian targets": kronecker_error(layers_of(deep_linear, SQUARED_ERROR, theta, images)),
}
from_data = training_gradients(SQUARED_ERROR, deep_linear.outputs(theta, images), one_hot)
not_exact = {
    "softmax regression, random weights": kronecker_error(layers_of(linear, loss, linear.initial(seed), images)),
    "deep linear, training targets": kronecker_error(layer_gradients(deep_linear, theta, images, from_data)),
    "trained MLP": kronecker_error(layers_of(network, loss, final, images)),
}
show(
    figures.gaps(
        "K-FAC is exact where inputs or gradients have the same second moment for all<br>examples; elsewhere it is off by "
        f"{min(not_exact.values()):.0%} to {max(not_exact.values()):.0%} here",
        "‖A ⊗ S − G_ℓ‖ / ‖G_ℓ‖, worst layer",
        exact | not_exact,
        limit=1e-12,
    ),
    "Error of the Kronecker product in three cases where it must vanish and three where nothing makes it.",
    "Six points on a logarithmic axis: the three exact cases at rounding level, the three others far above.",
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
show(
    figures.lines(
        f"Refitting the eigenvalues changes the error by {-gain[0]:.1%} ± {gain[1]:.1%} on average,<br>and never raises it: "
        f"the largest change is {excess:.0e}",
        "training step",
        "‖approximation − G_ℓ‖ / ‖G_ℓ‖",
        {
            f"{method}, {part}": intervals(rows, "step", "error")
            for (part, method), rows in layer_rows[layer_rows["method"] != "literal"].groupby(["part", "method"])
        },
    ),
    f"Error of K-FAC and EK-FAC against the exact block of each layer; 95 % intervals over {seeds} random starts.",
    "Curves in pairs, one pair a layer; in each pair EK-FAC lies just below K-FAC.",
)

# %% [markdown]
# ```{admonition} Where a paper's formula seems misprinted
# :class: warning
# Grosse et al. (2023), Eq. 20 and 21, as two text extractions of the paper give them, put the transposes on the other side
# ($Q_A \otimes Q_S$ where $(Q_A \otimes Q_S)^\top$ belongs, and $Q_S^\top[\cdot]Q_A$ around the bracket), although their Eq. 18 has the
# eigenvectors as columns. Read literally, the gradient is rotated into the wrong basis. The error of one solve is
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
    "Nine points on a logarithmic axis, all at rounding level, far left of the tolerance.",
)
record(
    "A18",
    kronecker_error=kfac_error,
    storage=sum(each.activation.numel() + each.gradient.numel() for each in factors)
    / sum((block.stop - block.start) ** 2 for block in blocks),
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
costs = mean_cost(read_table(artifact("evaluations/curvature_cost.parquet")))
growth = {
    method: log_log_slope(rows["parameters"].iloc[-3:], rows["kept_bytes"].iloc[-3:]).slope
    for method, rows in costs.groupby("method", sort=False)
}
show(
    figures.cost(
        f"What is kept grows with p to the power {growth['G']:.2f} for an explicit G,<br>{growth['blocks']:.2f} for its "
        f"blocks, {growth['K-FAC']:.2f} for Kronecker factors, {growth['G product']:.2f} for Gv",
        costs,
    ),
    f"Time (mean of {cost_repeats} runs with 95 % intervals, one core, {cost_images} images) and memory of what has to be kept. "
    f"Explicit matrices end at p = {explicit_parameters:,}; powers are those of the three largest widths. Hover for the parameter count and the peak memory.",
    "Two panels on logarithmic axes: the explicit Hessian, G and its blocks rise steeply, Kronecker factors and the "
    "product much less.",
)
common = costs[costs["width"] == costs.loc[costs["method"] == "G", "width"].max()]
show_table(
    common.assign(
        **{
            "form": common["method"],
            "seconds": common["seconds"],
            "± 95 %": common["half"],
            "kept, MB": common["kept_bytes"] / 1e6,
            "peak, MB": common["peak_bytes"] / 1e6,
        }
    )[["form", "seconds", "± 95 %", "kept, MB", "peak, MB"]],
    f"At width {common['width'].iloc[0]}, p = {common['parameters'].iloc[0]:,}.",
)

# %% [markdown]
# ## What to take away
#
# - $H = G + R$ exactly. Dropping $R$ changes the matrix visibly but makes damping work for any λ > 0; $G$ is the Fisher information for natural outputs and losses summed over tokens.
# - Nothing has to be formed: $Gv$ costs two passes. Blocks and Kronecker factors save memory, but each changes the ranking of influence scores; measure that before trusting it.
# - $G_\ell \approx A \otimes S$ replaces the mean of a product by a product of means; EK-FAC repairs the eigenvalues, not the eigenvectors. Previous page: [the influence formula](01_taylor_neumann.ipynb).
