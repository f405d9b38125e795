"""influenciae's influence of a last layer beside ours, in double and in single precision."""

import time

import numpy as np

from influence_lab.attributions.head_influence import whitening
from influence_lab.attributions.influenciae_head import InfluenciaeHead
from influence_lab.models.image_heads import ImageHeads

Array = np.ndarray


def influenciae_head(
    heads: ImageHeads, train_images: int, test_images: int, cg_images: int, cg_tests: int, iterations: int, seed: int
) -> dict[str, Array]:
    r"""K of a sample of training and of test images, by influenciae and by us, all at the trained head.

    TensorFlow's `pinv` drops eigenvalues up to $10\,p\,\epsilon$ of the largest, with ε of single precision.

    Args:
        heads: of one model.
        train_images: drawn; the Hessian is that of their mean loss.
        test_images: drawn.
        cg_images: training images of the conjugate gradient, whose products take influenciae one image at a time.
        cg_tests: test images of the conjugate gradient.
        iterations: of its conjugate gradient, which stops on its own at a relative residual of 1e-3.
        seed: draws the images.

    Returns:
        `exact`, `exact_same` (ours, with its cut-off), `exact_full` (ours, on the whole range), all (m, n); `cg`,
        `cg_full`, `cg_tight`, of shape (cg_tests, cg_images): by conjugate gradient, and ours on the whole range;
        `eigenvalues` (p,), `cutoff`, its share; `seconds` of exact and cg.
    """
    rng = np.random.default_rng(seed)
    train = heads.train.rows(rng.choice(heads.train.n, min(train_images, heads.train.n), replace=False))
    test = heads.test.rows(rng.choice(heads.test.n, min(test_images, heads.test.n), replace=False))
    theirs, hessian = InfluenciaeHead(heads), train.hessian()
    cutoff = 10 * train.size * float(np.finfo(np.float32).eps)
    begin = time.perf_counter()
    exact = theirs.exact(train, test, hessian)
    middle = time.perf_counter()
    few, tests = train.rows(slice(cg_images)), test.rows(slice(cg_tests))
    cg = theirs.conjugate_gradient(few, tests, iterations)
    end = time.perf_counter()
    gradients, test_gradients = train.gradients(), test.gradients()
    ours = {
        name: test_gradients @ whitening(hessian, share).solve(gradients).T
        for name, share in (("exact_same", cutoff), ("exact_full", 1e-10))
    }
    few_white = whitening(few.hessian(), 1e-10)
    return ours | {
        "exact": exact,
        "cg": cg,
        "cg_full": tests.gradients() @ few_white.solve(few.gradients()).T,
        "eigenvalues": whitening(hessian, 1e-10).eigenvalues,
        "cutoff": np.array(cutoff),
        "seconds": np.array([middle - begin, end - middle]),
    }
