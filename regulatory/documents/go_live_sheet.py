"""The go-live report on paper: one trial of a version at a site, from plan to signature.

A sheet and no numbered document: the decision is signed on the trial itself, whose signature covers
plan, counts and judgement, so a number and a signature of the paper would decide it a second time.
What is here is quoted; nothing is computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from regulatory.documents.blocks import Cell, Tone
from regulatory.documents.sheet import Sheet, SheetList, SheetTable


@dataclass(frozen=True, slots=True)
class BoundLine:
    """A bound of the plan, and what the shadow showed of it; found says why where it is nothing."""

    measure: str
    least: str
    assumed: str
    found: str
    verdict: str


@dataclass(frozen=True, slots=True)
class ArrivalLine:
    """Studies with truth of a class: how many were planned, how many came."""

    kind: str
    planned: int
    came: str


@dataclass(frozen=True, slots=True)
class AgreementLine:
    """How often the shadow and the site's own reports said the same, by what the reports said."""

    of: str
    found: str


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """Who signed, in which role and meaning, when, why, and whether the record is the same still.
    """

    by: str
    role: str
    meaning: str
    at: str
    reason: str
    valid: bool


@dataclass(frozen=True, slots=True)
class GoLiveFacts:
    """A trial as it is told. gaps: what a complete report would hold and this one does not."""

    label: str
    device: str
    site: str
    version: str
    version_digest: str
    status: str
    verdict: str
    tone: Tone
    at: datetime
    clinician: str
    steps: tuple[tuple[str, str], ...]
    bounds: tuple[BoundLine, ...]
    how: str
    arrivals: tuple[ArrivalLine, ...]
    exposure: tuple[str, ...]
    operating_point: str
    agreement: tuple[AgreementLine, ...]
    signatures: tuple[SignatureLine, ...]
    gaps: tuple[str, ...]
    marking: str = ""


def go_live_sheet(facts: GoLiveFacts) -> Sheet:
    """The page for these facts."""
    return Sheet(
        title=f"Go-live of {facts.version} at {facts.site}", above="Radvigil: site go-live report",
        below=f"{facts.label}, {facts.device}", verdict=facts.verdict, tone=facts.tone,
        parts=(
            _steps(facts), _arrivals(facts), _bounds(facts), _operating_point(facts),
            _agreement(facts), _signatures(facts), _gaps(facts),
        ),
        at=facts.at, marking=facts.marking,
    )  # fmt: skip


def _steps(facts: GoLiveFacts) -> SheetTable:
    rows = (
        ("Version", f"{facts.version}, digest {facts.version_digest}"),
        ("Decides for the site", facts.clinician), *facts.steps,
    )  # fmt: skip
    return SheetTable(
        "The trial", ("What", "As recorded"),
        tuple((Cell(name), Cell(words)) for name, words in rows), (1.0, 3.2),
    )


def _arrivals(facts: GoLiveFacts) -> SheetTable:
    return SheetTable(
        "Studies: planned and come", ("Studies with truth", "Planned", "Came"),
        tuple((Cell(one.kind), Cell(str(one.planned)), Cell(one.came)) for one in facts.arrivals),
        (2.0, 1.0, 1.0), note=" ".join(facts.exposure),
    )  # fmt: skip


def _bounds(facts: GoLiveFacts) -> SheetTable:
    tones: dict[str, Tone] = {"non-inferior": "good", "inferior": "bad"}
    return SheetTable(
        "Bounds held against what the shadow said here",
        ("Measure", "At least", "Assumed", "Found", "Verdict"),
        tuple(
            (Cell(one.measure), Cell(one.least), Cell(one.assumed), Cell(one.found),
             Cell(one.verdict, tone=tones.get(one.verdict, "unknown")))
            for one in facts.bounds
        ),
        (1.0, 0.7, 0.7, 2.4, 1.0), note=facts.how,
    )  # fmt: skip


def _operating_point(facts: GoLiveFacts) -> SheetList:
    return SheetList("Operating point at this site", (facts.operating_point,))


def _agreement(facts: GoLiveFacts) -> SheetTable | SheetList:
    heading = "Agreement with the site's own reports"
    if not facts.agreement:
        return SheetList(heading, ("not estimable: see what is missing",))
    return SheetTable(
        heading, ("Studies", "The shadow said the same"),
        tuple((Cell(one.of), Cell(one.found)) for one in facts.agreement), (1.2, 3.0),
        note="For the clinician; no bound rests on it: a report is no reference standard.",
    )


def _signatures(facts: GoLiveFacts) -> SheetTable | SheetList:
    heading = "Decision of the site"
    if not facts.signatures:
        return SheetList(heading, (f"not signed: {facts.clinician} has not decided",))
    return SheetTable(
        heading, ("Signed by", "Role", "Meaning", "When (UTC)", "Reason", "Signature"),
        tuple(
            (Cell(one.by), Cell(one.role), Cell(one.meaning), Cell(one.at), Cell(one.reason),
             Cell("valid" if one.valid else "INVALID: the record was changed since",
                  tone="good" if one.valid else "bad"))
            for one in facts.signatures
        ),
        (1.3, 0.9, 0.9, 1.2, 1.6, 1.0),
    )  # fmt: skip


def _gaps(facts: GoLiveFacts) -> SheetList:
    return SheetList("What is missing", facts.gaps or ("nothing",))
