"""Time and memory of each form of curvature as a network widens."""

import time
from collections.abc import Callable, Sequence
from functools import partial

import pandas as pd
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from influence_lab.curvature.ekfac import eigen_factors
from influence_lab.curvature.fisher import second_moment
from influence_lab.curvature.gauss_newton import gauss_newton, gauss_newton_product
from influence_lab.curvature.hessian import hessian, mean_loss
from influence_lab.curvature.kfac import kronecker_factors
from influence_lab.curvature.pseudo_gradients import LayerGradients, layer_gradients
from influence_lab.models.layered import Network
from influence_lab.models.losses import CROSS_ENTROPY

METHODS = ("Hessian", "G", "blocks", "EK-FAC", "K-FAC", "G product")
EXPLICIT = ("Hessian", "G", "blocks")


def _layers(network: Network, parameters: Tensor, inputs: Tensor) -> list[LayerGradients]:
    label_gradients = CROSS_ENTROPY.label_gradients(network.outputs(parameters, inputs))
    return layer_gradients(network, parameters, inputs, label_gradients)


def keep(method: str, network: Network, parameters: Tensor, inputs: Tensor, labels: Tensor) -> list[Tensor]:
    """Compute one form of curvature and return what has to be kept of it.

    Args:
        method: "Hessian", "G" (both p × p), "G product" (one product Gv), "blocks", "K-FAC" or "EK-FAC".
        network: y = f(θ, x), with cross-entropy.
        parameters: θ, shape (p,).
        inputs: shape (n, d).
        labels: shape (n,).

    Returns:
        Matrices, or the vector of a product.
    """
    if method == "Hessian":
        return [hessian(mean_loss(network, CROSS_ENTROPY, inputs, labels), parameters)]
    if method == "G":
        return [gauss_newton(network, CROSS_ENTROPY, parameters, inputs, labels)]
    if method == "G product":
        return [gauss_newton_product(network, CROSS_ENTROPY, parameters, inputs, labels, parameters)]
    layers = _layers(network, parameters, inputs)
    if method == "blocks":
        return [second_moment(layer.vectors()) for layer in layers]
    factors = [kronecker_factors(layer) for layer in layers]
    if method == "K-FAC":
        return [matrix for each in factors for matrix in (each.activation, each.gradient)]
    corrected = [eigen_factors(layer, each) for layer, each in zip(layers, factors, strict=True)]
    return [matrix for each in corrected for matrix in (each.a_basis, each.s_basis, each.eigenvalues)]


def peak_bytes(work: Callable[[], object]) -> int:
    """The most memory that torch's tensors took at one time while `work` ran, beyond what was there before."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        result = work()  # kept until the profile ends, so that it counts
    events = profiler.profiler.kineto_results.events()
    changes = sorted((event.start_ns(), event.nbytes()) for event in events if event.name() == "[memory]")
    del result
    held = peak = 0
    for _, change in changes:
        held += change
        peak = max(peak, held)
    return peak


def cost_by_width(
    widths: Sequence[int],
    methods: Sequence[str],
    explicit_parameters: int,
    repeats: int,
    inputs: Tensor,
    labels: Tensor,
) -> pd.DataFrame:
    """Measure every method on networks with two hidden layers of each width and 10 outputs.

    Args:
        widths: of the hidden layers.
        methods: as `keep` names them.
        explicit_parameters: above this p the methods that form p × p or block matrices are left out.
        repeats: timings of each method.
        inputs: shape (n, d).
        labels: shape (n,).

    Returns:
        Table with columns width, parameters, method, repeat, seconds, kept_bytes (of what is kept) and peak_bytes
        (of all tensors alive at one time while computing).
    """
    rows = []
    for width in widths:
        network = Network((inputs.shape[1], width, width, 10))
        parameters = network.initial(0)
        for method in methods:
            if method in EXPLICIT and network.size > explicit_parameters:
                continue
            work = partial(keep, method, network, parameters, inputs, labels)
            peak, kept = peak_bytes(work), sum(matrix.nbytes for matrix in work())  # two warm-ups, not timed
            for repeat in range(repeats):
                start = time.perf_counter()
                work()
                rows.append(
                    {
                        "width": width,
                        "parameters": network.size,
                        "method": method,
                        "repeat": repeat,
                        "seconds": time.perf_counter() - start,
                        "kept_bytes": kept,
                        "peak_bytes": peak,
                    }
                )
    return pd.DataFrame(rows)


def typical_cost(measured: pd.DataFrame) -> pd.DataFrame:
    """One row a method and width of what `cost_by_width` measured: median, `least` and `most` of the seconds.

    Repeats one after another on one machine are not independent, so a range is given, not an interval of confidence.
    """
    keys = ["method", "width", "parameters", "kept_bytes", "peak_bytes"]
    times = measured.groupby(keys, sort=False)["seconds"]
    return times.agg(seconds="median", least="min", most="max").reset_index()
