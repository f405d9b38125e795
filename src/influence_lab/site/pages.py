"""Make an executed notebook ready for the site."""

import re
from html import escape
from typing import Any

import nbformat
import yaml

FOLDED = "hide-input"


def page_for_site(name: str, notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """An executed notebook with its code folded and a footer: how to edit and rerun it, its parameters and versions.

    Where a cell has called `retitle`, its title takes the place of the notebook's own.

    Args:
        name: the page's name, for example `"01_taylor_neumann"`.
        notebook: as `run` wrote it; it is changed in place.

    Returns:
        The same notebook.
    """
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.metadata["tags"] = sorted({*cell.metadata.get("tags", []), FOLDED})
            for output in cell.get("outputs", []):
                title = output.get("metadata", {}).get("influence_lab", {}).get("title")
                if title is not None:
                    _replace_title(notebook, title)
    about = notebook.metadata["influence_lab"]
    footer = nbformat.v4.new_markdown_cell(_footer(name, about), id="cell-footer")
    notebook.cells.append(footer)
    return notebook


def _replace_title(notebook: nbformat.NotebookNode, title: str) -> None:
    first = notebook.cells[0]
    first.source = re.sub(r"^# .*$", lambda _: f"# {title}", first.source, count=1, flags=re.MULTILINE)


def _footer(name: str, about: dict[str, Any]) -> str:
    notebook = about["notebook"]
    parameters = yaml.safe_dump(about["parameters"], sort_keys=False, default_flow_style=None).strip()
    versions = ", ".join(f"{escape(package)} {number}" for package, number in about["versions"].items())
    variant = "" if name == notebook else ", but for those that `VARIANTS` in the `Snakefile` sets for this page"
    return f"""## Edit and rerun this page

```bash
# opens JupyterLab: edit notebooks/{notebook}.py and save
make lab
# reruns this page only
.venv/bin/snakemake --cores all results/notebooks/{name}.ipynb
# brings the site up to date
.venv/bin/snakemake --cores all
```

The parameters of this run, from the section `{notebook[3:]}` of `config.yaml`{variant}:

```yaml
{parameters}
```

Versions: {versions}.
"""
