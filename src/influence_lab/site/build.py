"""Build the site: assemble the pages, run Sphinx with warnings as errors, and put the result in place as a whole."""

import io
import re
import shutil
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

import nbformat
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from influence_lab.artifacts import read_facts
from influence_lab.notebooks.executed import read_executed
from influence_lab.notebooks.source import number_cells
from influence_lab.site.ledger_page import ledger_html
from influence_lab.site.pages import page_for_site
from influence_lab.site.run_page import run_page

HERE = Path(__file__).parent


class SiteError(RuntimeError):
    """Sphinx failed, or warned; the message holds what it said."""


def build_site(pages: dict[str, Path], ledger: Path, config: dict[str, Any], benchmarks: Path, output: Path) -> None:
    """Build the site into `output`, replacing what is there only when the build has succeeded.

    Args:
        pages: executed notebooks by name.
        ledger: the ledger of claims, `claims.json`.
        config: the configuration of the run, shown on the page about it.
        benchmarks: folder with Snakemake's benchmark files.
        output: the site's folder.

    Raises:
        SiteError: Sphinx failed or gave a warning; a site that was there stays as it was.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".site-") as folder:
        source, built = Path(folder, "source"), Path(folder, "html")
        assemble(source, pages, ledger, config, benchmarks)
        _run_sphinx(source, built, Path(folder, "doctrees"))
        _replace(output, built, Path(folder, "old"))


def assemble(source: Path, pages: dict[str, Path], ledger: Path, config: dict[str, Any], benchmarks: Path) -> None:
    """Write everything that Sphinx reads: front page, executed pages, the pages about the run, and static files."""
    shutil.copytree(HERE / "content", source)
    (source / "notebooks").mkdir()
    titles = {name: _write_page(source, name, path) for name, path in sorted(pages.items())}
    front = (source / "index.md").read_text(encoding="utf-8")
    entries = "\n".join(f"notebooks/{name}" for name in titles)
    table = f"```{{raw}} html\n{ledger_html(read_facts(ledger))}\n```"
    front = front.replace("@LEDGER@", table).replace("@PAGES@", entries)
    (source / "index.md").write_text(front, encoding="utf-8")
    (source / "run.md").write_text(run_page(config, benchmarks), encoding="utf-8")
    static = source / "_static"
    static.mkdir()
    shutil.copy(HERE / "static" / "conf.py", source / "conf.py")
    for name in ("lab.css", "figures.js"):
        shutil.copy(HERE / "static" / name, static / name)
    shutil.copy(str(files("plotly") / "package_data" / "plotly.min.js"), static / "plotly.min.js")


def _write_page(source: Path, name: str, path: Path) -> str:
    notebook = page_for_site(name, read_executed(path))
    number_cells(notebook)
    nbformat.write(notebook, source / "notebooks" / f"{name}.ipynb")
    return name


def _run_sphinx(source: Path, built: Path, doctrees: Path) -> None:
    warnings = io.StringIO()
    with patch_docutils(str(source)), docutils_namespace():
        folders = [str(folder) for folder in (source, source, built, doctrees)]
        app = Sphinx(*folders, "html", status=None, warning=warnings, freshenv=True)
        app.build()
    said = re.sub(r"\x1b\[[0-9;]*m", "", warnings.getvalue()).strip()
    if app.statuscode or said:
        raise SiteError(f"Sphinx gave warnings, which are errors here:\n{said}".replace(f"{source}/", ""))


def _replace(output: Path, built: Path, old: Path) -> None:
    """Swap folders by renaming, so that a killed run leaves the old site or the new one."""
    if output.exists():
        output.rename(old)
    built.rename(output)
