"""The front page: the ledger of claims."""

from collections import Counter
from html import escape
from typing import Any

from influence_lab.figures.text import html_with_math
from influence_lab.notebooks.claims import Measurement
from influence_lab.notebooks.record import number

SOURCES = {
    "blog": "The blog post on influence functions for large language models",
    "report": "The internship report on functioning groups",
}

VERDICTS = {
    "holds": "the source's statement passes every check",
    "corrected": "it fails a check, and the corrected statement passes",
    "refuted": "it fails a check, and nothing takes its place",
    "undecided": "it was measured, and the interval straddles the rule",
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
    anchor = f"notebooks/{claim['page']}.html#claim-{claim['id']}"
    statement = html_with_math(claim["statement"])
    if claim["verdict"] == "open":
        link, measured, rule = claim["id"], escape(claim["reason"]), ""
    else:
        deciding = next(check for check in claim["checks"] if check["name"] == claim["deciding"])
        measured = number(Measurement(value=claim["measured"], uncertainty=claim["uncertainty"]))
        rule = deciding["accepted"]
        details = f"<dt>What was measured</dt><dd>{html_with_math(deciding['what'])}</dd>"
        link = f'<a href="{anchor}">{claim["id"]}</a>'
        if claim["verdict"] == "corrected":
            details = f"<dt>What is right</dt><dd>{html_with_math(claim['correction'])}</dd>{details}"
        statement += f"<details><summary>More</summary><dl>{details}</dl></details>"
    return (
        f"<tr><td>{link}</td><td>{escape(claim['section'])}</td><td>{statement}</td>"
        f"<td>{_badge(claim['verdict'])}</td><td>{measured}</td><td>{rule}</td></tr>"
    )


def _badge(verdict: str) -> str:
    return f'<span class="verdict verdict-{verdict}">{verdict}</span>'
