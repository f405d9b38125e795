"""The front page: the ledger of claims."""

from collections import Counter
from html import escape
from typing import Any

from influence_lab.figures.text import html_with_math
from influence_lab.notebooks.claims import Measurement
from influence_lab.notebooks.ledger import NOT_WRITTEN
from influence_lab.notebooks.record import number

SOURCES = {
    "blog": "The blog post on influence functions for large language models",
    "report": "The internship report on functioning groups",
}

VERDICTS = {
    "holds": "the source's statement passes every check, and so does what we add to it",
    "corrected": "it fails a check, and the corrected statement passes",
    "refuted": "it fails a check, and nothing takes its place",
    "undecided": "it was measured, and the interval straddles the rule, or our own statement fails beside it",
    "open": "it was not measured; the reason is given",
}


def ledger_html(ledger: list[dict[str, Any]]) -> str:
    """The ledger as HTML tables, one for each source, each claim linked to the cell that measured it."""
    counts = Counter(claim["verdict"] for claim in ledger)
    key = "".join(
        f"<tr><td>{_badge(verdict)}</td><td>{counts[verdict]}</td><td>{meaning}</td></tr>"
        for verdict, meaning in VERDICTS.items()
    )
    parts = [
        f'<table class="table ledger-key"><thead><tr><th>Verdict</th><th>Claims</th><th>Meaning</th></tr></thead>'
        f"<tbody>{key}</tbody></table>"
    ]
    for source, title in SOURCES.items():
        rows = "".join(_row(claim) for claim in ledger if claim["source"] == source)
        parts.append(
            f'<h2 id="{source}">{title}</h2><table class="table ledger"><thead><tr><th>Claim</th><th>Section</th>'
            f"<th>What the source states</th><th>Verdict</th><th>Measured</th><th>Accepted</th></tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )
    return "\n".join(parts)


def _row(claim: dict[str, Any]) -> str:
    link = f'<a href="notebooks/{claim["page"]}.html#claim-{claim["id"]}">{claim["id"]}</a>'
    if claim["verdict"] == "open":
        measured, rule = escape(claim["reason"]), ""
        shown = claim["checks"]
        link = claim["id"] if claim["reason"] == NOT_WRITTEN else link
    else:
        measured = number(Measurement(value=claim["measured"], uncertainty=claim["uncertainty"]))
        shown = [check for check in claim["checks"] if check["name"] == claim["deciding"]]
        rule = shown[0]["accepted"]
    return (
        f"<tr><td>{link}</td><td>{escape(claim['section'])}</td>"
        f"<td>{html_with_math(claim['statement'])}{_details(claim, shown)}</td>"
        f"<td>{_badge(claim['verdict'])}</td><td>{measured}</td><td>{rule}</td></tr>"
    )


def _details(claim: dict[str, Any], checks: list[dict[str, Any]]) -> str:
    """What is right where the source is not, and what is measured: of an open claim, all that will be."""
    terms = [("Measured" if claim["deciding"] else f"To be measured, {check['accepted']}", check) for check in checks]
    items = "".join(f"<dt>{term}</dt><dd>{html_with_math(check['what'])}</dd>" for term, check in terms)
    if claim["verdict"] == "corrected":
        items = f"<dt>What is right</dt><dd>{html_with_math(claim['correction'])}</dd>{items}"
    return f"<details><summary>More</summary><dl>{items}</dl></details>"


def _badge(verdict: str) -> str:
    return f'<span class="verdict verdict-{verdict}">{verdict}</span>'
