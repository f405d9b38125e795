"""Which library files a script or notebook uses: the `code` inputs of its rule."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from influence_lab.locations import ROOT

PACKAGE = "influence_lab"


def imported_files(source: Path, root: Path = ROOT) -> list[Path]:
    """The files of this package that a Python file imports, directly or through other files of the package.

    Snakemake reruns a rule when an input changes, and knows nothing of imported modules; with these files among a
    rule's inputs, an edit reruns what depends on it and nothing else. Only import statements are read, so what is
    imported by name at run time would be missed; the package does not do that.

    Args:
        source: a Python file (a percent notebook is one).
        root: the repository's root; the package lies in `src/` below it.

    Returns:
        Sorted absolute paths, without `source` itself.

    Raises:
        FileNotFoundError: `source` is not there.
        SyntaxError: `source` or a file that it imports is not Python; the message names the file.
    """
    library = root / "src"
    found: set[Path] = set()
    waiting = list(_direct(source, library, source.stat().st_mtime_ns))
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting.extend(_direct(path, library, path.stat().st_mtime_ns))
    return sorted(found - {source})


def code_inputs(root: Path, *sources: str) -> list[str]:
    """The `code` inputs of a rule: library files that its scripts or notebooks import, relative to the root.

    A source that lies in the library itself, since something loads it by name, is among them.
    """
    files = {file for source in sources for file in imported_files(root / source, root)}
    files |= {root / source for source in sources if source.startswith("src/")}
    return sorted(file.relative_to(root).as_posix() for file in files)


@cache
def _direct(path: Path, library: Path, modified: int) -> frozenset[Path]:
    """Package files imported by one file; `modified` only tells the cache that the file changed."""
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    names: set[str] = set()
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(file for name in names if name.split(".")[0] == PACKAGE for file in _files(name, library))


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """All statements below a node; expressions, which are most of a tree and import nothing, are not walked."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.expr):
            yield child
            yield from _statements(child)


def _files(module: str, library: Path) -> list[Path]:
    """The file of a module, and the `__init__.py` of each package above it, where they exist."""
    parts = module.split(".")
    packages = [library.joinpath(*parts[:depth], "__init__.py") for depth in range(1, len(parts) + 1)]
    return [file for file in [*packages, library.joinpath(*parts).with_suffix(".py")] if file.is_file()]
