import os
import re

import nbformat
import numpy as np
import pandas as pd
import pytest

from influence_lab.artifacts import (
    DamagedArtifactError,
    MissingArtifactError,
    read_arrays,
    read_facts,
    read_table,
    read_whole,
    whole,
    whole_folder,
    write_arrays,
    write_facts,
    write_table,
)
from influence_lab.notebooks.executed import read_executed

NOTEBOOK = nbformat.v4.new_notebook(metadata={"x": list(range(1000))})

KINDS = {
    "page.ipynb": (lambda path: nbformat.write(NOTEBOOK, path), lambda path: {"x": read_executed(path).metadata["x"]}),
    "arrays.npz": (lambda path: write_arrays(path, x=np.arange(1000.0)), read_arrays),
    "table.parquet": (lambda path: write_table(path, pd.DataFrame({"x": np.arange(1000.0)})), read_table),
    "facts.json": (lambda path: write_facts(path, {"x": list(range(1000))}), read_facts),
}


@pytest.mark.parametrize("name", KINDS)
def test_what_is_written_is_read_back(name, tmp_path):
    write, read = KINDS[name]
    write(tmp_path / name)
    assert list(read(tmp_path / name)["x"]) == list(range(1000))


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("kept", [0.0, 0.5, 0.99])
def test_a_truncated_artifact_is_named_and_set_aside(name, kept, tmp_path):
    write, read = KINDS[name]
    path = tmp_path / name
    write(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(DamagedArtifactError, match=rf"{re.escape(name)} is damaged .* make it anew with: snakemake"):
        read(path)
    assert not path.exists()
    assert path.with_name(name + ".damaged").exists()


def test_a_flipped_byte_in_an_array_is_found(tmp_path):
    path = tmp_path / "arrays.npz"
    write_arrays(path, x=np.zeros(1000))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DamagedArtifactError):
        read_arrays(path)


def test_a_missing_artifact_names_the_command_that_makes_it(tmp_path):
    with pytest.raises(MissingArtifactError, match=r"not there yet; make it with: snakemake '.*x\.npz'"):
        read_arrays(tmp_path / "x.npz")


def test_a_writer_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "text"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), whole(path) as partial:
        partial.write_text(f"half of the {1 / 0}")
    assert [file.name for file in tmp_path.iterdir()] == ["text"]
    assert path.read_text() == "old"


def test_pickles_are_refused(tmp_path):
    with pytest.raises(TypeError, match="dtype object"):
        write_arrays(tmp_path / "x.npz", x=np.array([{}]))


def test_a_folder_is_there_whole_or_not_at_all(tmp_path):
    path = tmp_path / "folder"
    with pytest.raises(ZeroDivisionError), whole_folder(path) as partial:
        (partial / "file").write_text(f"half of the {1 / 0}")
    assert not list(tmp_path.iterdir())
    with whole_folder(path) as partial:
        (partial / "file").write_text("first")
        assert not path.exists()
    assert (path / "file").read_text() == "first"
    assert path.stat().st_mode & 0o555 == 0o555 & ~umask()


def test_a_folder_is_replaced_by_a_whole_one_only(tmp_path):
    path = tmp_path / "folder"
    for content in ("first", "second"):
        with whole_folder(path) as partial:
            (partial / content).write_text(content)
    assert [file.name for file in path.iterdir()] == ["second"]
    with pytest.raises(ZeroDivisionError), whole_folder(path) as partial:
        (partial / "third").write_text(f"{1 / 0}")
    assert [file.name for file in path.iterdir()] == ["second"]
    assert [file.name for file in tmp_path.iterdir()] == ["folder"]


def test_a_damaged_folder_is_set_aside_again_and_again(tmp_path):
    """The second time something of that name lies there already."""

    def load(path):
        raise EOFError

    for content in ("first", "second"):
        with whole_folder(tmp_path / "folder") as partial:
            (partial / content).write_text(content)
        with pytest.raises(DamagedArtifactError, match=r"folder is damaged \(EOFError\)"):
            read_whole(tmp_path / "folder", load)
    assert [file.name for file in (tmp_path / "folder.damaged").iterdir()] == ["second"]


def umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask
