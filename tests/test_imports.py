import json
from pathlib import Path

import pytest

from influence_lab.imports import code_inputs, imported_files


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
def test_code_inputs_are_the_modules_that_a_run_had_imported(smoke):
    """Each script and notebook of the pipeline: the computed inputs equal sys.modules at the end of its process."""
    sources = {path.stem: f"rules/scripts/{path.name}" for path in smoke.path.glob("rules/scripts/*.py")}
    pages = {path.stem: f"notebooks/{path.name}" for path in smoke.path.glob("notebooks/[0-9]*.py")}
    imported: dict[str, set[str]] = {}
    for path in smoke.recorded.glob("*.json"):
        record = json.loads(path.read_text())
        command = " ".join(record["command"])
        name = next((page for page in pages if f"/{page}-" in command), None)  # the kernel's private folder
        if name is None:
            name = next((script for script in sources if command.endswith(f".{script}.py")), None)
        if name is not None:
            files = {Path(file).relative_to(smoke.path).as_posix() for file in record["files"]}
            imported.setdefault(name, set()).update(files)
    assert imported.keys() == sources.keys() | pages.keys()
    for name, files in imported.items():
        assert files == set(code_inputs(smoke.path, (sources | pages)[name])), name
