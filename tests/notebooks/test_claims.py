import json

import nbformat
import pytest
import yaml

from influence_lab.notebooks.claims import (
    Check,
    Claim,
    LedgerError,
    Measurement,
    find_check,
    judge,
    load_claims,
)
from influence_lab.notebooks.ledger import merge
from influence_lab.notebooks.record import leave_open, record, verdict_html

KEYS = {"id", "source", "section", "statement", "page", "verdict", "reason"}
KEYS |= {"measured", "expected", "tolerance", "uncertainty"}


def check(name="slope", of="source", rule="equals", expected=2.0, tolerance=0.05) -> Check:
    return Check(name=name, of=of, what="a number", rule=rule, expected=expected, tolerance=tolerance)


def claim(*checks: Check, correction=None, identifier="A1", page="01_page") -> Claim:
    about = {"id": identifier, "source": "blog", "section": "1", "statement": "s", "page": page}
    return Claim(**about, correction=correction, checks=checks)


@pytest.mark.parametrize(
    ("rule", "value", "uncertainty", "outcome"),
    [
        ("equals", 2.05, 0.0, "passes"),
        ("equals", 2.0, 0.06, "straddles"),
        ("equals", 2.2, 0.1, "fails"),
        ("equals", 2.0, 10.0, "straddles"),
        ("at_most", -9.0, 1.0, "passes"),
        ("at_most", 2.05, 0.01, "straddles"),
        ("at_most", 2.07, 0.01, "fails"),
        ("at_least", 9.0, 1.0, "passes"),
        ("at_least", 1.95, 0.01, "straddles"),
        ("at_least", 1.9, 0.01, "fails"),
    ],
)
def test_a_check_passes_when_its_whole_interval_does(rule, value, uncertainty, outcome):
    assert check(rule=rule).outcome(Measurement(value=value, uncertainty=uncertainty)) == outcome


@pytest.mark.parametrize(
    ("source", "ours", "label"),
    [
        (2.0, 2.0, "To add:"),
        ((2.0, 0.1), 2.0, "To add:"),
        (2.0, 9.0, "Put forward beside it, and not confirmed:"),
        (2.0, (2.0, 0.1), "Put forward beside it, and not confirmed:"),
        (3.0, (2.0, 0.1), "Put forward beside it, and not confirmed:"),
        (3.0, 2.0, "Correct is:"),
        (3.0, 9.0, "Put forward in its place, and failing too:"),
    ],
)
def test_our_statement_is_called_right_only_where_its_own_check_passes(source, ours, label):
    both = claim(check(), check("other", of="correction"), correction="ours")
    values = {
        name: value if isinstance(value, tuple) else (value, 0)
        for name, value in zip(("slope", "other"), (source, ours), strict=True)
    }
    measured = {name: Measurement(value=value, uncertainty=half) for name, (value, half) in values.items()}
    assert f"<strong>{label}</strong>" in verdict_html(both, measured, judge(both, measured))


@pytest.mark.parametrize(
    ("source", "correction", "verdict"),
    [
        (2.0, None, "holds"),
        (3.0, None, "refuted"),
        ((2.0, 0.1), None, "undecided"),
        (2.0, 2.0, "holds"),
        (2.0, 9.0, "undecided"),
        (2.0, (2.0, 0.1), "undecided"),
        (3.0, 2.0, "corrected"),
        (3.0, 9.0, "refuted"),
        (3.0, (2.0, 0.1), "undecided"),
        ((2.0, 0.1), 2.0, "undecided"),
    ],
)
def test_the_verdict_follows_from_rules_and_numbers(source, correction, verdict):
    def measurement(value):
        value, uncertainty = value if isinstance(value, tuple) else (value, 0.0)
        return Measurement(value=value, uncertainty=uncertainty)

    checks, measured = [check()], {"slope": measurement(source)}
    if correction is not None:
        checks.append(check(name="right", of="correction"))
        measured["right"] = measurement(correction)
    judged = judge(claim(*checks, correction=None if correction is None else "the right statement"), measured)
    assert judged.verdict == verdict
    assert judged.deciding in measured


def test_a_check_without_a_number_or_a_number_without_a_check_is_refused():
    with pytest.raises(LedgerError, match=r"A1 needs .* missing \['slope'\], unknown \['slop'\]"):
        judge(claim(check()), {"slop": Measurement(value=2.0)})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "two", (1.0, -0.1), (1.0,)])
def test_only_finite_numbers_are_recorded(value):
    with pytest.raises(LedgerError, match=r"claim A2, chain_rule: got .* need a finite number"):
        record("A2", chain_rule=value)


def test_an_unknown_claim_is_named():
    with pytest.raises(LedgerError, match="no claim 'A99'"):
        record("A99", x=1.0)


def test_the_ledger_lists_every_claim_of_both_sources_once():
    ids = [entry.id for entry in load_claims()]
    assert ids == [f"A{number}" for number in range(1, 26)] + [f"B{number}" for number in range(1, 27)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"verdict": "holds"}, "verdict"),  # a verdict typed by hand
        ({"checks": []}, "at least 1 item"),
        ({"correction": "something"}, "correction exactly when"),
        ({"page": "taylor"}, "page"),
    ],
)
def test_a_ledger_that_breaks_the_schema_is_refused(change, message, tmp_path):
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump([claim(check()).model_dump(mode="json") | change]))
    with pytest.raises(LedgerError, match=message):
        load_claims(path)


@pytest.mark.parametrize(("text", "message"), [("a: [", "not YAML"), ("a: 1", "got dict, need a list")])
def test_a_ledger_that_is_no_list_is_refused_in_one_line(text, message, tmp_path):
    (tmp_path / "claims.yaml").write_text(text)
    with pytest.raises(LedgerError, match=message) as caught:
        load_claims(tmp_path / "claims.yaml")
    assert "\n" not in str(caught.value)


def test_a_claim_listed_twice_is_refused(tmp_path):
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump([claim(check()).model_dump(mode="json")] * 2))
    with pytest.raises(LedgerError, match="more than once: A1"):
        load_claims(path)


def executed(path, *recorded: tuple[str, dict]):
    cells = []
    for identifier, measured in recorded:
        content = {"id": identifier, "measured": {name: {"value": value} for name, value in measured.items()}}
        metadata = {"influence_lab": {"claim": content}}
        output = nbformat.v4.new_output("display_data", data={"text/html": "…"}, metadata=metadata)
        cells.append(nbformat.v4.new_code_cell("record(…)", outputs=[output]))
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_the_merged_ledger_has_verdicts_numbers_and_open_claims(tmp_path):
    claims = [claim(check()), claim(check(), identifier="B1", page="03_later")]
    ledger = merge(claims, {"01_page": executed(tmp_path / "a.ipynb", ("A1", {"slope": 2.01}))})
    assert all(entry.keys() >= KEYS for entry in ledger)
    assert [entry["verdict"] for entry in ledger] == ["holds", "open"]
    assert (ledger[0]["measured"], ledger[0]["expected"], ledger[0]["tolerance"]) == (2.01, 2.0, 0.05)
    assert ledger[1]["reason"] == "page not written yet"
    json.dumps(ledger, allow_nan=False)


@pytest.mark.parametrize(
    ("recorded", "message"),
    [
        ([], "missing: A1"),
        ([("A1", {"slope": 2.0}), ("A1", {"slope": 2.0})], "A1 is recorded twice"),
        ([("A1", {"slope": 2.0}), ("B9", {"x": 2.0})], "not its own: B9"),
    ],
)
def test_a_page_must_record_its_own_claims_once(recorded, message, tmp_path):
    with pytest.raises(LedgerError, match=message):
        merge([claim(check())], {"01_page": executed(tmp_path / "a.ipynb", *recorded)})


def test_a_claim_left_open_by_its_page_is_open_with_the_reason(tmp_path):
    content = {"id": "A1", "open": "CIFAR-10 was not there"}
    output = nbformat.v4.new_output("display_data", data={}, metadata={"influence_lab": {"claim": content}})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("leave_open(…)", outputs=[output])])
    nbformat.write(notebook, tmp_path / "a.ipynb")
    (entry,) = merge([claim(check())], {"01_page": tmp_path / "a.ipynb"})
    assert (entry["verdict"], entry["reason"]) == ("open", "CIFAR-10 was not there")
    assert entry["measured"] is entry["deciding"] is None
    assert entry["checks"][0]["accepted"] == "= 2 ± 0.05"
    json.dumps(entry, allow_nan=False)


@pytest.mark.parametrize(("identifier", "reason"), [("A99", "no images"), ("A1", " ")])
def test_a_claim_is_left_open_by_its_id_and_with_a_reason(identifier, reason):
    with pytest.raises(LedgerError, match=identifier):
        leave_open(identifier, reason)


def test_a_check_is_found_by_claim_and_name_and_a_missing_one_is_named(tmp_path):
    path = tmp_path / "claims.yaml"
    both = [claim(check(), identifier=name).model_dump() for name in ("A1", "A2")]
    both[1]["checks"][0]["tolerance"] = 0.5
    path.write_text(yaml.safe_dump(both))
    assert find_check("A2", "slope", path).tolerance == 0.5
    with pytest.raises(LedgerError, match="no check 'slop' of a claim 'A2'"):
        find_check("A2", "slop", path)
