"""Whatever is wrong with a reader's file is said before anything starts, by file and line."""

import json
import os

import pandas as pd
import pytest

from influence_lab.data.ask_files import FileError
from influence_lab.data.ask_rows import SHOWN, BadRowsError, check_asked
from influence_lab.data.ask_table import check_lengths, read_asked
from influence_lab.locations import ROOT
from tests.models.language_cases import MARKED

GOOD = '{"text": "w1 w2"}\n'


def corpus(tmp_path, content, name="texts.jsonl"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refusal(kind, path) -> str:
    with pytest.raises((BadRowsError, FileError)) as caught:
        read_asked(kind, path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"{text: 1}", "not JSON (Expecting property name enclosed in double quotes: line 1 column 2 (char 1))"),
        (b"[" * 5000, "not JSON ("),
        (b"", "an empty line; remove it"),
        (b"   ", "an empty line; remove it"),
        (b'["w1"]', "not an object, but list; write {...} with a key for each value"),
        (b"3", "not an object, but int"),
        (b"null", "not an object, but NoneType"),
        (b"{}", "text: missing"),
        (b'{"text": null}', "text: missing"),
        (b'{"text": ""}', "text: empty; write at least one word"),
        (b'{"text": " \\n"}', "text: empty; write at least one word"),
        (b'{"text": 3}', "text: got 3; allowed: a valid string"),
        (b'{"text": ["w1"]}', "text: got ['w1']; allowed: a valid string"),
        (b'{"text": "\\ud800"}', "an escape that is half a character (a lone surrogate)"),
        (b'{"text": "w1", "text": "w2"}', "not JSON (the key 'text' stands there twice)"),
        (b'{"text": "w1", "candidat": true}', "candidat: unknown key (did you mean candidate?); allowed: id, text,"),
        (b'{"text": "w1", "candidate": "yes"}', "candidate: got 'yes'; allowed: a valid boolean"),
        (b'{"text": "w1", "id": 1.5}', "id: got 1.5; allowed: a string or a whole number"),
        (b'{"text": "w1", "id": true}', "id: got True; allowed: a string or a whole number"),
        (b'{"text": "w1", "id": " "}', "id: got ' '; allowed: a string or a whole number"),
        (b'{"text": "w1", "id": "first"}', "id: 'first' is the id of {path}:1 too; give each row its own"),
        (b'{"text": "caf\xe9"}', "not UTF-8 from byte 14 of the line on; save the file as UTF-8"),
        (b'{"candidate": 1}', "text: missing; candidate: got 1; allowed: a valid boolean"),
    ],
)
def test_a_bad_text_is_named_by_file_and_line(tmp_path, line, said):
    path = corpus(tmp_path, b'{"text": "w1", "id": "first"}\n' + line + b"\n" + GOOD.encode())
    lead, named = refusal("corpus", path).split("\n")
    assert lead.startswith("ask.corpus: 1 of 3 rows cannot be used; correct them and run again")
    assert named.startswith(f"  {path}:2: {said.replace('{path}', str(path))}")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"prompt": "w1"}, "completion: missing"),
        ({"completion": " w1"}, "prompt: missing"),
        ({"prompt": " ", "completion": " w1"}, "prompt: empty"),
        ({"prompt": "w1", "completion": " "}, "completion: empty"),
        ({"prompt": "w1 meets", "completion": "oxygen"}, "completion: got 'oxygen' right after 's'; begin it with its"),
        (
            {"prompt": "w1 ", "completion": "w2"},
            "prompt: ends with a space; move it to the beginning of the completion",
        ),
        ({"prompt": "w1\t", "completion": " w2"}, "prompt: ends with a space"),
        ({"prompt": "w1", "completion": " w2", "text": "w3"}, "text: unknown key"),
        ({"prompt": "w1", "completion": " w2", "wrong": 1}, "wrong: got 1; allowed: a valid boolean"),
    ],
)
def test_a_bad_question_is_named_by_file_and_line(tmp_path, row, said):
    path = corpus(tmp_path, json.dumps(row))
    assert refusal("queries", path).split("\n")[1].startswith(f"  {path}:1: {said}")


def test_scripts_without_capitals_and_prompts_that_end_their_line_need_no_space(tmp_path):
    rows = [("水は", "水素"), ("2 + 2 =", "4"), ("Which gas?\n", "Oxygen")]
    path = corpus(tmp_path, "".join(json.dumps({"prompt": one, "completion": two}) + "\n" for one, two in rows))
    assert list(read_asked("queries", path)[["prompt", "completion"]].itertuples(index=False, name=None)) == rows


def test_the_first_bad_rows_are_listed_and_all_are_counted(tmp_path):
    path = corpus(tmp_path, GOOD + "{}\n" * (SHOWN + 3))
    lead, *listed, last = refusal("corpus", path).split("\n")
    assert f"{SHOWN + 3} of {SHOWN + 4} rows" in lead
    assert [line.split(": ")[0] for line in listed] == [f"  {path}:{number}" for number in range(2, SHOWN + 2)]
    assert last == "  and 3 more"


def test_parquet_rows_are_named_by_file_and_row(tmp_path):
    path = tmp_path / "texts.parquet"
    pd.DataFrame({"text": ["w1", None, ""], "id": [1, 2, 1]}).to_parquet(path)
    lead, *listed = refusal("corpus", path).split("\n")
    assert "2 of 3 rows" in lead
    assert listed == [f"  {path}: row 2: text: missing", f"  {path}: row 3: text: empty; write at least one word"]


def test_parquet_of_another_type_or_with_another_column_is_refused(tmp_path):
    path = tmp_path / "texts.parquet"
    pd.DataFrame({"text": [1, 2]}).to_parquet(path)
    assert f"{path}: row 1: text: got 1; allowed: a valid string" in refusal("corpus", path)
    pd.DataFrame({"text": ["w1", "w2"]}, index=[4, 7]).to_parquet(path)
    assert "the column '__index_level_0__' is pandas' index; write the file with index=False" in refusal("corpus", path)
    pd.DataFrame({"text": ["w1"], "label": [1]}).to_parquet(path)
    assert refusal("corpus", path) == f"ask.corpus: {path}: unknown column 'label'; allowed: id, text, candidate"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("texts.jsonl", b"", "the file is empty; write at least one row"),
        ("texts.json", b"[]", "got the extension '.json'; allowed: .jsonl, .parquet"),
        ("texts", b"", "got the extension ''; allowed: .jsonl, .parquet"),
        ("texts.parquet", b"", "cannot be read ("),
        ("texts.parquet", b'{"text": "w1"}', "cannot be read ("),
    ],
)
def test_a_file_that_is_no_such_file_is_named(tmp_path, name, content, said):
    path = corpus(tmp_path, content, name)
    assert refusal("corpus", path).startswith(f"ask.corpus: {path}: {said}")


def test_an_empty_table_a_folder_and_nothing_at_all_are_named(tmp_path):
    table, folder, nothing = tmp_path / "a.parquet", tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    pd.DataFrame({"text": pd.Series(dtype=str)}).to_parquet(table)
    folder.mkdir()
    assert refusal("corpus", table) == f"ask.corpus: {table}: the file is empty; write at least one row"
    assert refusal("corpus", folder).startswith(f"ask.corpus: {folder}: cannot be read (")
    assert refusal("corpus", nothing).startswith(f"ask.corpus: {nothing}: there is no such file below {os.getcwd()}")


def test_candidates_alone_are_no_training_set(tmp_path):
    path = corpus(tmp_path, GOOD + '{"text": "w3", "candidate": true}\n')
    assert "at least two texts must be in the training set" in refusal("corpus", path)


def test_both_files_are_checked_before_anything_is_said(tmp_path):
    texts, queries = corpus(tmp_path, "{}\n"), corpus(tmp_path, "3\n", "queries.jsonl")
    with pytest.raises(BadRowsError) as caught:
        check_asked({"corpus": str(texts), "queries": str(queries)})
    said = str(caught.value)
    assert all(f"{path}:1: " in said for path in (texts, queries))


def test_all_rows_are_read_in_order_with_the_place_for_an_id(tmp_path, monkeypatch):
    """The same from JSON Lines with Windows' line ends and byte order mark, and from Parquet; paths may be relative."""
    monkeypatch.chdir(tmp_path)
    rows = [{"id": 4, "text": " w1 "}, {"text": "w2\nw3", "candidate": True}, {"id": None, "text": "w4"}]
    lines = "\r\n".join(json.dumps(row) for row in rows)
    corpus(tmp_path, b"\xef\xbb\xbf" + lines.encode(), "my texts.jsonl")
    pd.DataFrame(rows).astype({"id": "Int64"}).to_parquet("my texts.parquet")
    for name, place in (("my texts.jsonl", "my texts.jsonl:{}"), ("my texts.parquet", "my texts.parquet: row {}")):
        table = read_asked("corpus", name)
        assert table["text"].tolist() == [" w1 ", "w2\nw3", "w4"]
        assert table["candidate"].tolist() == [False, True, False]
        assert table["id"].tolist() == ["4", place.format(2), place.format(3)]
        assert table["place"].tolist() == [place.format(number) for number in (1, 2, 3)]


def test_rows_too_long_for_the_model_are_all_named(tmp_path):
    path = corpus(tmp_path, GOOD + '{"text": "w1 w2 w3 w4"}\n{"id": "x", "text": "w1 w2 w3 w4 w5"}\n')
    table = read_asked("corpus", path)
    check_lengths("corpus", table, MARKED, context=7)
    with pytest.raises(BadRowsError) as caught:
        check_lengths("corpus", table, MARKED, context=5)
    lead, *listed = str(caught.value).split("\n")
    assert "2 of 3 rows" in lead
    assert "at most 5 tokens (the model's context or ask.longest)" in lead
    assert listed[0].startswith(f"  {path}:2: 6 tokens, ")
    assert listed[1].startswith(f"  {path}:3: 7 tokens, ")


def test_a_question_too_long_for_the_model_is_named(tmp_path):
    path = corpus(tmp_path, '{"prompt": "w1 w2 w3", "completion": " w4 w5"}\n')
    table = read_asked("queries", path)
    check_lengths("queries", table, MARKED, context=6)
    with pytest.raises(BadRowsError, match=f"{path}:1: 6 tokens"):
        check_lengths("queries", table, MARKED, context=5)


def test_the_examples_that_ship_hold_all_that_can_be_asked():
    texts, queries = (
        read_asked(kind, ROOT / f"docs/ask/{name}.jsonl")
        for kind, name in (("corpus", "planets"), ("queries", "questions"))
    )
    assert texts["candidate"].any()
    assert queries["wrong"].any()
    assert not queries["wrong"].all()
