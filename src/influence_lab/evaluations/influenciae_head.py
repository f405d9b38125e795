"""influenciae's influence of a last layer beside ours, in double and in single precision."""

import time

import numpy as np
from scipy.sparse.linalg import LinearOperator, cg

from influence_lab.attributions.head_influence import whitening
from influence_lab.attributions.influenciae_head import InfluenciaeHead, influence
from influence_lab.models.image_heads import ImageHeads

Array = np.ndarray
STOP, FLOOR = 1e-3, 1e-5  # the residual, relative and absolute, at which influenciae's conjugate gradient stops


def influenciae_head(
    heads: ImageHeads, train_images: int, test_images: int, cg_images: int, cg_solves: int, iterations: int, seed: int
) -> dict[str, Array]:
    r"""K of a sample of training and of test images, by influenciae and by us, all at the trained head.

    TensorFlow's `pinv` drops eigenvalues up to $10\,p\,\epsilon$ of the largest, with ε of single precision.

    Args:
        heads: of one model.
        train_images: drawn; the Hessian is that of their mean loss.
        test_images: drawn.
        cg_images: training images of the conjugate gradient, whose products take influenciae one image at a time.
        cg_solves: of them, those whose gradients are solved for. Gradients of other images need not lie in the range of
            the Hessian of so few, and conjugate gradient without damping then runs away.
        iterations: most of its conjugate gradient, which stops on its own at a relative residual of 1e-3.
        seed: draws the images.

    Returns:
        `exact`, `exact_same` (ours, with its cut-off), `exact_full` (ours, on the whole range), all (m, n); `cg`,
        of shape (cg_solves, cg_images) `cg` by its conjugate gradient, `cg_same` by SciPy's with the same stop in
        double precision, and `cg_full`, ours on the whole range;
        `eigenvalues` (p,), `cutoff`, its share; `seconds` of exact and cg.
    """
    rng = np.random.default_rng(seed)
    train = heads.train.rows(rng.choice(heads.train.n, min(train_images, heads.train.n), replace=False))
    test = heads.test.rows(rng.choice(heads.test.n, min(test_images, heads.test.n), replace=False))
    theirs, hessian = InfluenciaeHead(heads), train.hessian()
    cutoff = 10 * train.size * float(np.finfo(np.float32).eps)
    begin = time.perf_counter()
    exact = influence(theirs.calculator(train, theirs.exact_inverse(train, hessian)), train, test)
    middle = time.perf_counter()
    few = train.rows(slice(cg_images))
    solved_for = few.rows(slice(cg_solves))
    solved = theirs.conjugate_gradient(few, solved_for, iterations)
    end = time.perf_counter()
    operator = LinearOperator((few.size, few.size), matvec=few.hessian_product)
    same = [cg(operator, one, rtol=STOP, atol=FLOOR, maxiter=iterations)[0] for one in solved_for.gradients()]
    gradients, test_gradients = train.gradients(), test.gradients()
    ours = {
        name: test_gradients @ whitening(hessian, share).solve(gradients).T
        for name, share in (("exact_same", cutoff), ("exact_full", 1e-10))
    }
    few_white = whitening(few.hessian(), 1e-10)
    return ours | {
        "exact": exact,
        "cg": few.products(solved).T,
        "cg_same": few.products(np.stack(same)).T,
        "cg_full": solved_for.gradients() @ few_white.solve(few.gradients()).T,
        "eigenvalues": whitening(hessian, 1e-10).eigenvalues,
        "cutoff": np.array(cutoff),
        "seconds": np.array([middle - begin, end - middle]),
    }
