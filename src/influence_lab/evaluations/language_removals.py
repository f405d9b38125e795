"""The language model adapted again without the texts at the top of each method's list."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from influence_lab.artifacts import DamagedArtifactError, MissingArtifactError, read_arrays, write_arrays
from influence_lab.evaluations.top_removals import Removals, distinct

Array = np.ndarray
Refit = Callable[[Array], Array]  # from rows of texts that are kept to log p of every query, shape (m,)


def refit_without(removals: Removals, texts: int, refit: Refit, folder: Path, identity: str) -> dict[str, Array]:
    """Refit once with all texts and once without each distinct set; what is done lies in `folder` until then.

    Args:
        removals: rows of texts by method and query.
        texts: their number.
        refit: trains and asks; batches are to stay as they are with all texts, or their shuffling is measured too.
        folder: where finished refits are kept, for a run that goes on after a kill.
        identity: of everything that a refit depends on; refits of another identity are done anew.

    Returns:
        `base`, log p with all texts, shape (m,), and `outputs`, shape (sets, m), in the order of `distinct`.
    """
    sets: Sequence[tuple[int, ...]] = [(), *distinct(removals)]
    outputs = []
    for removed in sets:
        path = folder / f"{'_'.join(map(str, removed)) or 'none'}.npz"
        done = _kept(path, identity)
        if done is None:
            done = refit(np.setdiff1d(np.arange(texts), removed))
            folder.mkdir(parents=True, exist_ok=True)
            write_arrays(path, outputs=done, identity=np.array(identity))
        outputs.append(done)
    return {"base": outputs[0], "outputs": np.stack(outputs[1:])}


def _kept(path: Path, identity: str) -> Array | None:
    try:
        arrays = read_arrays(path)
    except (MissingArtifactError, DamagedArtifactError):
        return None
    return arrays["outputs"] if str(arrays["identity"]) == identity else None
