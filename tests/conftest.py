import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock
from xdist.scheduler import LoadScopeScheduling

from tests import foreign_files

ROOT = Path(__file__).resolve().parents[1]
os.environ["TF_USE_LEGACY_KERAS"] = "1"  # whichever test imports TensorFlow first
os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported: tests run side by side, one a core
CHANGING_THE_PIPELINE = ("tests/dag/", "tests/test_imports.py")
READING_ITS_SITE = "tests/site/test_browser.py"
LEFT_BEHIND = shutil.ignore_patterns(
    ".venv", ".git", ".snakemake", "results", "__pycache__", "*.egg-info", ".pytest_cache", ".ruff_cache", "*.ipynb"
)


class OnePipeline(LoadScopeScheduling):
    """Tests that change the pipeline's checkout in one process, those of its site in one, others a file at a time.

    xdist's own groups do nothing with this version of pytest.
    """

    def _split_scope(self, nodeid: str) -> str:
        return self.scope(nodeid)

    @staticmethod
    def scope(nodeid: str) -> str:
        if nodeid.startswith(CHANGING_THE_PIPELINE):
            return "pipeline"
        return "browser" if nodeid.startswith(READING_ITS_SITE) else nodeid.split("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Called by xdist."""
    config.option.loadscopereorder = False  # the largest scope first would be the browser's, which waits for the site
    return OnePipeline(config, log)


def pytest_collection_modifyitems(items):
    """The pipeline begins at once, and what reads its site comes last."""
    places = {"pipeline": 0, "browser": 2}
    items.sort(key=lambda item: places.get(OnePipeline.scope(item.nodeid), 1))


@dataclass(frozen=True)
class Checkout:
    """A copy of the repository and its environment below a path with a space, and a way to run Snakemake there."""

    path: Path
    recorded: Path

    def snakemake(self, *arguments: str, timeout: float = 2000) -> subprocess.CompletedProcess:
        """Run Snakemake with the smoke configuration; standard error is merged into the output."""
        recorder = str(ROOT / "tests" / "recorder")
        environment = os.environ | {"PYTHONPATH": recorder, "RECORD_MODULES": str(self.recorded)}
        environment.pop("CIFAR10_PATH", None)  # the same images for everybody: digits
        environment["XDG_CACHE_HOME"] = str(self.recorded)  # no download of an earlier day either
        return subprocess.run(
            [self.path / ".venv/bin/python", "-m", "snakemake", "--configfile", "config/smoke.yaml", *arguments],
            cwd=self.path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
        )

    def would_run(self, *targets: str, config: str | None = None) -> set[str]:
        """The rules that the next run would run, `all` aside."""
        changed = () if config is None else ("--config", config)
        done = self.snakemake("--dry-run", *changed, "--quiet", "rules", "--", *targets)
        assert done.returncode == 0, done.stdout
        counted = [line.split() for line in done.stdout.splitlines()]
        return {words[0] for words in counted if len(words) == 2 and words[1].isdigit()} - {"all", "total"}


def copy_of_repository(folder: Path) -> Checkout:
    """Copy the sources without results below `folder`, with a link to the environment."""
    path = folder / "a checkout"
    shutil.copytree(ROOT, path, ignore=LEFT_BEHIND)
    (path / ".venv").symlink_to(sys.prefix)
    recorded = folder / "recorded"
    recorded.mkdir()
    return Checkout(path, recorded)


def ask_about_foreign_texts(checkout: Checkout) -> None:
    """Write texts, questions and a model that are not the project's own, and ask about them at smoke scale."""
    writer = [sys.executable, "-m", "tests.foreign", checkout.path / foreign_files.FOLDER]
    subprocess.run(writer, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT / "src")}, check=True)
    overlay = checkout.path / "config/smoke.yaml"
    before = overlay.read_text()
    given = "".join(f"  {key}: {foreign_files.FOLDER}/{name}\n" for key, name in foreign_files.NAMES.items())
    overlay.write_text(before.replace("\nask:\n", f"\nask:\n{given}", 1))
    assert given in overlay.read_text()


@pytest.fixture(scope="session")
def smoke(tmp_path_factory, worker_id) -> Checkout:
    """A checkout where every rule has run at smoke scale, one for all processes. Tests that change it put it back."""
    of_process = tmp_path_factory.getbasetemp()
    folder = (of_process if worker_id == "master" else of_process.parent) / "smoke"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            folder.mkdir()
            made_checkout(folder)
            (folder / "made").touch()
    assert (folder / "made").exists(), "the pipeline at smoke scale has failed in another process"
    return Checkout(folder / "a checkout", folder / "recorded")


def made_checkout(folder: Path) -> None:
    """Run every rule at smoke scale in a new checkout."""
    checkout = copy_of_repository(folder)
    (checkout.path / "docs/rulegraph.svg").unlink()
    ask_about_foreign_texts(checkout)
    measured = [
        f"results/benchmarks/{name}"
        for name in (
            "summary.json",
            "retraining_cost.html",
            "groups.json",
            "image_groups.json",
            "language_scoring_profile.json",
        )
    ]
    done = checkout.snakemake("--cores", "all", "--", "all", *measured, "docs/rulegraph.svg")
    assert done.returncode == 0, done.stdout[-6000:]
