import shutil
import subprocess
import sys

import numpy as np
import pytest

from influence_lab.attributions.retrieval import cosine_scores
from influence_lab.attributions.search_engine import search

TEXTS = ["water holds oxygen", "iron rusts", "helium is light", "oxygen feeds fire", "salt and water"]


def found(count=3):
    rng = np.random.default_rng(0)
    vectors, asked = rng.standard_normal((5, 4)), rng.standard_normal((2, 4))
    return search(TEXTS, vectors, ["oxygen", "copper"], asked, count), vectors, asked


def test_the_nearest_vectors_are_those_of_the_largest_cosine():
    rows, vectors, asked = found()
    cosines = cosine_scores(np.vstack([vectors, -vectors]), asked)[:, :5]  # the mean of these is zero
    assert np.array_equal(rows["vector"], np.argsort(-cosines, axis=1)[:, :3])


def test_full_text_search_finds_the_texts_with_the_word_and_no_others():
    rows, *_ = found()
    assert set(rows["words"][0]) == {0, 3, -1}
    assert rows["words"][1].tolist() == [-1, -1, -1]


def test_a_rerun_finds_the_same_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    once, again = found()[0], found()[0]
    assert all(np.array_equal(once[name], again[name]) for name in once)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_no_connection_is_opened(tmp_path):
    code = (
        "import numpy as np; from influence_lab.attributions.search_engine import search; "
        "search(['a b', 'c d'], np.eye(2), ['a'], np.eye(2), 1)"
    )
    trace = tmp_path / "trace"
    command = ["strace", "-f", "-e", "trace=connect,sendto", "-o", str(trace), sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "ptrace" in done.stderr:
        pytest.skip("strace may not trace here")
    assert done.returncode == 0, done.stderr
    assert not [line for line in trace.read_text().splitlines() if "AF_INET" in line]
