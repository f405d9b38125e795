"""The ledger of claims: what the sources state, how it is judged, and the verdict that follows from the numbers."""

import math
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from influence_lab.locations import ROOT, shown

LEDGER = ROOT / "notebooks" / "claims.yaml"

Verdict = Literal["holds", "corrected", "refuted", "undecided", "open"]
Outcome = Literal["passes", "fails", "straddles"]


class LedgerError(ValueError):
    """The ledger, or what a notebook records for it, is not as it must be; the message names the claim."""


class Measurement(BaseModel):
    """A measured number and the half-width of its 95 % interval; of a slope, that of its regression, or 0."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    value: float
    uncertainty: float = Field(0.0, ge=0)


class Check(BaseModel):
    """A decision rule: which number is measured, and which values of it pass. Fixed before anything is measured."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    of: Literal["source", "correction"]
    what: str
    rule: Literal["equals", "at_most", "at_least"]
    expected: float
    tolerance: float = Field(ge=0)

    def outcome(self, measured: Measurement) -> Outcome:
        """Whether the whole interval lies inside the accepted values, outside them, or across their border."""
        low = self.expected - self.tolerance if self.rule in ("equals", "at_least") else -math.inf
        high = self.expected + self.tolerance if self.rule in ("equals", "at_most") else math.inf
        left, right = measured.value - measured.uncertainty, measured.value + measured.uncertainty
        if low <= left and right <= high:
            return "passes"
        return "fails" if right < low or left > high else "straddles"


class Claim(BaseModel):
    """A claim of a source, the page that checks it, and its decision rules."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[AB][1-9][0-9]?$")
    source: Literal["blog", "report"]
    section: str
    statement: str
    page: str = Field(pattern=r"^[0-9]{2}_[a-z0-9_]+$")
    correction: str | None = None
    checks: list[Check] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> "Claim":
        names = [check.name for check in self.checks]
        if len(set(names)) < len(names):
            raise ValueError(f"two checks of {self.id} have the same name")
        kinds = {check.of for check in self.checks}
        if "source" not in kinds:
            raise ValueError(f"{self.id} has no check of the source's own statement")
        if ("correction" in kinds) != (self.correction is not None):
            raise ValueError(f"{self.id} needs a correction exactly when one of its checks tests a correction")
        return self


class Judgement(BaseModel):
    """A verdict and the check that decided it."""

    model_config = ConfigDict(frozen=True)

    verdict: Verdict
    deciding: str | None
    reason: str


def load_claims(path: Path = LEDGER) -> list[Claim]:
    """The claims of a ledger file, in its order.

    Raises:
        LedgerError: the file is not a YAML list, an entry breaks the schema, or two claims share an id; one line that
            names the entry and the key.
    """
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise LedgerError(f"{shown(path)}: not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(entries, list):
        raise LedgerError(f"{shown(path)}: got {type(entries).__name__}, need a list of claims")
    claims = [_claim(entry, path) for entry in entries]
    ids = [claim.id for claim in claims]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise LedgerError(f"{shown(path)}: listed more than once: {', '.join(twice)}")
    return claims


def find_check(claim_id: str, name: str, path: Path = LEDGER) -> Check:
    """One decision rule of a ledger file, for a page that shows what its verdict hangs on.

    Raises:
        LedgerError: no such claim or check.
    """
    found = [c for claim in load_claims(path) if claim.id == claim_id for c in claim.checks if c.name == name]
    if not found:
        raise LedgerError(f"{shown(path)}: no check {name!r} of a claim {claim_id!r}")
    return found[0]


def _claim(entry: object, path: Path) -> Claim:
    try:
        return Claim.model_validate(entry)
    except ValidationError as error:
        name = entry.get("id", "an entry without id") if isinstance(entry, dict) else repr(entry)
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise LedgerError(f"{shown(path)}: {name}: {key}: {first['msg']}") from error


def judge(claim: Claim, measured: dict[str, Measurement]) -> Judgement:
    """The verdict on a claim, from its rules and the measured numbers alone.

    `holds` when every check passes, those of our own statement included; `undecided` when an interval straddles a
    rule that would decide, or when the source's checks pass and one of ours does not; `corrected` when the source's
    statement fails and every check of the correction passes; `refuted` when it fails otherwise.

    Raises:
        LedgerError: a check was not measured, or something was measured that no check asks for.
    """
    names = {check.name for check in claim.checks}
    if names != measured.keys():
        missing, unknown = sorted(names - measured.keys()), sorted(measured.keys() - names)
        raise LedgerError(f"claim {claim.id} needs {sorted(names)}; missing {missing}, unknown {unknown}")
    outcomes = {check.name: check.outcome(measured[check.name]) for check in claim.checks}

    def first(of: str, *wanted: Outcome) -> str | None:
        return next((c.name for c in claim.checks if c.of == of and outcomes[c.name] in wanted), None)

    failed = first("source", "fails")
    if failed is None:
        straddling = first("source", "straddles")
        if straddling is not None:
            return Judgement(verdict="undecided", deciding=straddling, reason="the interval straddles the rule")
        other = first("correction", "fails", "straddles")
        if other is not None:
            return Judgement(
                verdict="undecided",
                deciding=other,
                reason="the source's checks pass, but one of our statement does not",
            )
        return Judgement(verdict="holds", deciding=first("source", "passes"), reason="every check passes")
    if claim.correction is None:
        return Judgement(verdict="refuted", deciding=failed, reason="the source's statement fails its check")
    if first("correction", "fails"):
        return Judgement(verdict="refuted", deciding=failed, reason="the statement fails, and so does its correction")
    if first("correction", "straddles"):
        return Judgement(
            verdict="undecided", deciding=first("correction", "straddles"), reason="the correction's interval straddles"
        )
    return Judgement(verdict="corrected", deciding=failed, reason=claim.correction)
