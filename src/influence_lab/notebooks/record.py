"""Record measured numbers for the ledger of claims, from inside a notebook."""

from html import escape

from IPython.display import display

from influence_lab.figures.text import html_with_math
from influence_lab.notebooks.claims import Check, Claim, Judgement, LedgerError, Measurement, judge, load_claims

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_RELATION = {"equals": "=", "at_most": "≤", "at_least": "≥"}


def record(claim_id: str, **measured: float | tuple[float, float]) -> None:
    """Record the numbers measured for a claim; the verdict follows from the claim's rules and is shown on the page.

    Args:
        claim_id: an id of `notebooks/claims.yaml`, for example `"A5"`.
        measured: one keyword for each check of the claim: a number, or a pair (number, half-width of its 95 %
            interval).

    Raises:
        LedgerError: an unknown claim, a check without a number or a number without a check, or a number that is not
            finite.
    """
    claim = _claim(claim_id)
    measurements = {name: _measurement(claim_id, name, value) for name, value in measured.items()}
    judgement = judge(claim, measurements)
    content = {
        "id": claim.id,
        "measured": {name: measurement.model_dump() for name, measurement in measurements.items()},
    }
    html = verdict_html(claim, measurements, judgement)
    display({"text/html": html}, raw=True, metadata={"influence_lab": {"claim": content}})


def leave_open(claim_id: str, reason: str) -> None:
    """Say on a page why a claim of its own stays open in this run, instead of recording numbers for it.

    Args:
        claim_id: an id of `notebooks/claims.yaml`.
        reason: what was missing, for example "CIFAR-10 was not there".

    Raises:
        LedgerError: an unknown claim, or no reason.
    """
    claim = _claim(claim_id)
    if not reason.strip():
        raise LedgerError(f"claim {claim_id} is left open without a reason")
    html = (
        f'<div class="claim claim-open" id="claim-{claim.id}">'
        f'<p class="claim-title">{claim.id}: <span class="verdict verdict-open">open</span>'
        f' <span class="claim-source">({claim.source}, section {escape(claim.section)})</span></p>'
        f"<p>{html_with_math(claim.statement)}</p><p><strong>Not judged:</strong> {escape(reason)}.</p></div>"
    )
    content = {"id": claim.id, "open": reason}
    display({"text/html": html}, raw=True, metadata={"influence_lab": {"claim": content}})


def verdict_html(claim: Claim, measured: dict[str, Measurement], judgement: Judgement) -> str:
    """A claim, its checks with their numbers, and its verdict, as the box that a page shows."""
    rows = "".join(_row(check, measured[check.name]) for check in claim.checks)
    verdict = judgement.verdict
    label = _label(claim, measured, verdict)
    correction = f"<p><strong>{label}</strong> {html_with_math(claim.correction)}</p>" if claim.correction else ""
    return (
        f'<div class="claim claim-{verdict}" id="claim-{claim.id}">'
        f'<p class="claim-title">{claim.id}: <span class="verdict verdict-{verdict}">{verdict}</span>'
        f' <span class="claim-source">({claim.source}, section {escape(claim.section)})</span></p>'
        f"<p>{html_with_math(claim.statement)}</p>{correction}"
        '<table class="table claim-checks"><thead><tr><th>Tests</th><th>What was measured</th><th>Measured</th>'
        f"<th>Accepted</th><th>Outcome</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )


def number(measurement: Measurement) -> str:
    """A measured number with its interval, in as many digits as the interval supports.

    >>> number(Measurement(value=1.99712, uncertainty=0.0213))
    '1.997 ± 0.021'
    >>> number(Measurement(value=3.2e-13))
    '3.2 × 10⁻¹³'
    """
    value, uncertainty = measurement.value, measurement.uncertainty
    if uncertainty == 0:
        return readable(value, digits=4)
    if 1e-4 <= abs(uncertainty) < 1e4:
        decimals = max(0, 1 - int(f"{uncertainty:e}".split("e")[1]))
        return f"{value:.{decimals}f} ± {uncertainty:.{decimals}f}"
    return f"{readable(value, digits=3)} ± {readable(uncertainty, digits=2)}"


def readable(value: float, digits: int = 6) -> str:
    """A number with a power of ten where it is very small or large.

    >>> readable(1e-12), readable(0.05), readable(-33626.0, digits=2)
    ('1 × 10⁻¹²', '0.05', '−3.4 × 10⁴')
    """
    text = f"{value:.{digits}g}".replace("-", "−")
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    return f"{mantissa} × 10{str(int(exponent.replace('−', '-'))).translate(_SUPERSCRIPTS)}"


def accepted(check: Check) -> str:
    """The values that pass a check, as a reader sees them.

    >>> accepted(Check(name="slope", of="source", what="", rule="equals", expected=2, tolerance=0.05))
    '= 2 ± 0.05'
    """
    if check.rule == "equals":
        return f"= {readable(check.expected)} ± {readable(check.tolerance)}"
    bound = check.expected + (check.tolerance if check.rule == "at_most" else -check.tolerance)
    return f"{_RELATION[check.rule]} {readable(bound)}"


def _claim(claim_id: str) -> Claim:
    claim = next((claim for claim in load_claims() if claim.id == claim_id), None)
    if claim is None:
        raise LedgerError(f"no claim {claim_id!r} in notebooks/claims.yaml")
    return claim


def _label(claim: Claim, measured: dict[str, Measurement], verdict: str) -> str:
    """What our own statement is to the source's: nothing that a check of it does not support is called right."""
    own = [check.outcome(measured[check.name]) for check in claim.checks if check.of == "correction"]
    if verdict == "corrected":
        return "Correct is:"
    if verdict == "refuted":
        return "Put forward in its place, and failing too:"
    return "To add:" if all(outcome == "passes" for outcome in own) else "Put forward beside it, and not confirmed:"


def _row(check: Check, measured: Measurement) -> str:
    outcome = check.outcome(measured)
    subject = "the source" if check.of == "source" else "our statement"
    return (
        f"<tr><td>{subject}</td><td>{html_with_math(check.what)}</td><td>{number(measured)}</td><td>{accepted(check)}</td>"
        f'<td class="outcome-{outcome}">{outcome}</td></tr>'
    )


def _measurement(claim_id: str, name: str, value: float | tuple[float, float]) -> Measurement:
    try:
        pair = value if isinstance(value, tuple) else (value, 0.0)
        return Measurement(value=float(pair[0]), uncertainty=float(pair[1]))
    except (TypeError, ValueError, IndexError) as error:
        raise LedgerError(
            f"claim {claim_id}, {name}: got {value!r}, need a finite number or a pair (number, half-width)"
        ) from error
