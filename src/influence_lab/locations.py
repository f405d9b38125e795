"""Where things are, whether a notebook runs from Snakemake or is opened in JupyterLab."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def artifact(name: str) -> Path:
    """Path of an artifact below `results/`, from any working directory.

    Args:
        name: path relative to `results/`, for example `"models/ridge.npz"`.

    Returns:
        The absolute path. Nothing is checked here: reading a file that is missing or damaged says so itself.
    """
    return ROOT / "results" / name


def shown(path: Path | str) -> str:
    """The path as a person types it at the repository's root: relative where it lies below the root."""
    path = Path(path).resolve()
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
