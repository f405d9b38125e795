import json
from pathlib import Path

import pytest

from influence_lab.imports import code_inputs, imported_files

# MyST-NB finds it through the entry point in pyproject.toml.
LOADED_BY_NAME = {"rules/scripts/site.py": ["src/influence_lab/site/renderers.py"]}
NOT_RUN = {"rules/scripts/ask_source.py"}  # for a model of another name only, as from the hub


def _package(root, **modules):
    for name, text in modules.items():
        path = root / "src" / "influence_lab" / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        for package in path.parents:
            if package.name == "src":
                break
            (package / "__init__.py").touch()


def test_imports_are_followed_through_the_package_and_no_further(tmp_path):
    _package(
        tmp_path,
        a__one="import numpy\nfrom influence_lab.b.two import x",
        b__two="from influence_lab.b import three",
        b__three="import influence_lab.a.one",  # a cycle must end
        b__unused="",
    )
    source = tmp_path / "script.py"
    source.write_text("from influence_lab.a.one import y")
    names = [file.relative_to(tmp_path / "src/influence_lab").as_posix() for file in imported_files(source, tmp_path)]
    assert names == ["__init__.py", "a/__init__.py", "a/one.py", "b/__init__.py", "b/three.py", "b/two.py"]


@pytest.mark.dag
def test_code_inputs_are_the_modules_that_a_run_imports(smoke):
    """Each script and notebook of the pipeline: the computed inputs are the modules that its process imported."""
    scripts = {f"rules/scripts/{path.name}": f".{path.name}" for path in smoke.path.glob("rules/scripts/*.py")}
    pages = {f"notebooks/{path.name}": f"/{path.stem}-" for path in smoke.path.glob("notebooks/[0-9]*.py")}
    imported: dict[str, set[str]] = {source: set() for source in scripts | pages}
    for path in smoke.recorded.glob("*.jsonl"):
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        script, kernel = lines[0]["command"][-1], lines[0]["ipython"]  # of a kernel, the private folder
        ran = [source for source, ending in scripts.items() if script.endswith(ending)]
        ran += [source for source, folder in pages.items() if folder in kernel]
        for source in ran:
            imported[source] |= {_file(smoke.path, line["module"]) for line in lines}
    assert {source for source, files in imported.items() if not files} == NOT_RUN
    for source in imported.keys() - NOT_RUN:
        files = imported[source]
        by_name = LOADED_BY_NAME.get(source, [])  # what these import is recorded, they themselves are not
        assert files | set(by_name) == set(code_inputs(smoke.path, source, *by_name)), source


def _file(root, module: str) -> str:
    path = Path("src", *module.split("."))
    return (path / "__init__.py" if (root / path).is_dir() else path.with_suffix(".py")).as_posix()
