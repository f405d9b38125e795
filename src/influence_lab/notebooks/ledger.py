"""Merge what the pages recorded into the ledger of claims."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nbformat

from influence_lab.locations import shown
from influence_lab.notebooks.claims import Claim, LedgerError, Measurement, judge
from influence_lab.notebooks.executed import read_executed
from influence_lab.notebooks.record import accepted

Recorded = dict[str, Measurement] | str  # measurements by check name, or why the claim stays open
NOT_WRITTEN = "page not written yet"


def recorded_in(notebook: nbformat.NotebookNode) -> dict[str, Recorded]:
    """What an executed notebook recorded by claim id: measurements by check name, or why the claim stays open.

    Raises:
        LedgerError: a claim was recorded twice.
    """
    found: dict[str, Recorded] = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            content = output.get("metadata", {}).get("influence_lab", {}).get("claim")
            if content is None:
                continue
            if content["id"] in found:
                raise LedgerError(f"claim {content['id']} is recorded twice; record it once, with all its checks")
            if "open" in content:
                found[content["id"]] = content["open"]
            else:
                found[content["id"]] = {name: Measurement(**value) for name, value in content["measured"].items()}
    return found


def merge(claims: Iterable[Claim], executed: dict[str, Path]) -> list[dict[str, Any]]:
    """The ledger with its verdicts.

    Args:
        claims: the claims of the ledger file.
        executed: executed notebooks by page name.

    Returns:
        An object for each claim, in the ledger's order, with the keys id, source, section, statement, verdict,
        measured, expected, tolerance, uncertainty, page and reason (those of the check that decided the verdict, null
        where the claim is open), deciding (its name), correction, and checks (all of them, with their outcomes).

    Raises:
        LedgerError: a page that exists does not record a claim that it must, or records one that is not its own.
    """
    claims = list(claims)
    recorded = {page: recorded_in(read_executed(path)) for page, path in executed.items()}
    for page, found in recorded.items():
        own = {claim.id for claim in claims if claim.page == page}
        if found.keys() != own:
            raise LedgerError(
                f"page {page} ({shown(executed[page])}) must record {_list(own)}; "
                f"missing: {_list(own - found.keys())}; not its own: {_list(found.keys() - own)}"
            )
    return [_entry(claim, recorded.get(claim.page, {}).get(claim.id, NOT_WRITTEN)) for claim in claims]


def _entry(claim: Claim, measured: Recorded) -> dict[str, Any]:
    about = claim.model_dump(include={"id", "source", "section", "statement", "page", "correction"})
    if isinstance(measured, str):
        numbers = dict.fromkeys(("measured", "expected", "tolerance", "uncertainty"))
        checks = [check.model_dump() | {"accepted": accepted(check)} for check in claim.checks]
        verdict = {"verdict": "open", "reason": measured, "deciding": None}
        return about | numbers | verdict | {"checks": checks}
    judgement = judge(claim, measured)
    checks = [
        check.model_dump()
        | {
            "measured": measured[check.name].value,
            "uncertainty": measured[check.name].uncertainty,
            "accepted": accepted(check),
            "outcome": check.outcome(measured[check.name]),
        }
        for check in claim.checks
    ]
    deciding = next(check for check in checks if check["name"] == judgement.deciding)
    numbers = {key: deciding[key] for key in ("measured", "expected", "tolerance", "uncertainty")}
    return about | numbers | judgement.model_dump() | {"checks": checks}


def _list(ids: Iterable[str]) -> str:
    return ", ".join(sorted(ids)) or "none"
