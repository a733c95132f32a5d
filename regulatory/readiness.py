"""Which clause of which document is answered, and what is missing, from whom, until when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from sqlmodel import Session

from records.checklist_answers import ChecklistAnswer, answers_on_device
from records.document_texts import COMMENTED
from records.errors import NotFound, Refused
from records.owed_document_work import DUE, OWNER
from records.quality import DECLARED_BY, Document
from records.queries import find_device
from records.vault import Vault
from regulatory.checklist_readings import NOT_READ, Reading, standing_reading
from regulatory.compile import Request, content_now, gaps_of
from regulatory.documents.appearance import HOUSE_STYLE, Stationery
from regulatory.documents.content import Content
from regulatory.documents.difference import in_short
from regulatory.documents.registry import DOCUMENTS
from regulatory.gathering.subjects import subjects_of
from regulatory.revisions import revisions_of

ANSWERED, GAP, UNKNOWN, NOT_MADE = "answered", "gap", "declared unknown", "not made"
NO_OWNER, NO_DUE = "nobody is named", "no day is set"
STATES: Final = (ANSWERED, GAP, UNKNOWN, NOT_MADE)


@dataclass(frozen=True, slots=True)
class Clause:
    """One section of a document's outline and whether it is answered; one line for each gap.

    who: the function that has to supply it; owner and due: the person and day set for it, where
    somebody set them on the newest draft. A kind that is not made has one line with the reason.
    """

    document: str
    kind: str
    section: str
    title: str
    clause: str
    state: str
    missing: str = ""
    who: str = ""
    owner: str = ""
    due: str = ""
    place: str = ""
    checklist: str = ""
    """How the document was read by the reviewer's checklist; the same in each of its lines."""


def readiness(
    reader: Session, device_name: str, kinds: tuple[str, ...] = tuple(DOCUMENTS), *,
    period: tuple[date, date] | None = None, now: datetime, vault: Vault | None = None,
    stationery: Stationery = HOUSE_STYLE,
) -> list[Clause]:
    """The outline of each kind of document as of now, clause by clause.

    period: first and last day of what periodic documents are about.

    Raises:
        NotFound: No such device.
    """
    found: list[Clause] = []
    device = find_device(reader, device_name)
    answers = answers_on_device(reader, device.name)
    for kind in kinds:
        for subject in subjects_of(reader, kind, device) or [""]:
            request = Request(kind, device_name, period, stationery=stationery, subject=subject)
            found += _of_kind(reader, request, answers, now=now, vault=vault)
    return found


def _of_kind(
    reader: Session, request: Request, answers: Mapping[int, list[ChecklistAnswer]], *,
    now: datetime, vault: Vault | None,
) -> Iterator[Clause]:
    try:
        basis, content = content_now(reader, request, now=now, vault=vault)
    except (Refused, NotFound) as why:
        yield _not_made(request.kind, f"{why.message} {why.hint}".strip())
        return
    except ValueError as why:  # a builder's: what is recorded contradicts itself
        yield _not_made(request.kind, f"The records do not make a whole document: {why}.")
        return
    known = revisions_of(reader, basis.number)
    read = _read(standing_reading(known, answers), content)
    for one in _clauses(request, content, _newest_gaps(known)):
        yield replace(one, checklist=read)


def _not_made(kind: str, why: str) -> Clause:
    known = DOCUMENTS[kind]
    basis = "; ".join(known.legal_basis)
    return Clause(known.code, kind, "all", known.title, basis, NOT_MADE, why)


def _read(reading: Reading | None, content: Content) -> str:
    """How the newest revision that was read scored, and whether the records say otherwise now."""
    if reading is None:
        return NOT_READ
    changed = content.header.revisions[-1].changed
    if reading.not_current or changed.endswith(in_short(())):
        return reading.words
    if ": not compared" in changed:
        return f"{reading.words}; not compared with the records of now"
    return (f"read at revision {reading.document.version}, the records say otherwise now "
            f"({changed}); what was read then: {reading.score.words}")  # fmt: skip


def _newest_gaps(revisions: list[Document]) -> dict[tuple[str, str], dict[str, Any]]:
    """The gaps of the newest draft or reviewed revision by section and words: what is set there."""
    known = [one for one in revisions if one.status in COMMENTED]
    return {(gap["section"], gap["missing"]): gap for gap in known[-1].gaps} if known else {}


def _clauses(
    request: Request, content: Content, told: dict[tuple[str, str], dict[str, Any]]
) -> Iterator[Clause]:
    kind, basis = request.kind, "; ".join(content.header.legal_basis)
    code = f"{DOCUMENTS[kind].code} {request.subject}".strip()
    gaps = gaps_of(content)
    for section in content.sections:
        here = [one for one in gaps if one["section"] == section.number]
        if not here:
            yield Clause(code, kind, section.number, section.title, basis, ANSWERED)
        for gap in here:
            known = told.get((section.number, gap["missing"]), {})
            yield Clause(
                code, kind, section.number, section.title, gap.get("clause", "") or basis,
                UNKNOWN if known.get(DECLARED_BY) else GAP, gap["missing"], gap["who"],
                known.get(OWNER, NO_OWNER), known.get(DUE, NO_DUE), gap.get("place", ""),
            )  # fmt: skip


def readings_by_document(clauses: list[Clause]) -> dict[str, str]:
    """By document how it was read by the reviewer's checklist; one that is not made is left out."""
    return {f"{one.kind} ({one.document})": one.checklist for one in clauses
            if one.state != NOT_MADE}  # fmt: skip


def counted_states(clauses: list[Clause]) -> dict[str, int]:
    """How many lines are in each state; every state is there, with 0 where none is."""
    return {state: sum(one.state == state for one in clauses) for state in STATES}
