"""What has this identifier: one question for the pages, the command line and whoever quotes it.

Labels, numbers of documents, names of versions and datasets, study pseudonyms, numbers of audit
events, codes of the risk file, requirements and rules of law. Each is looked up by a key or an
index; nothing is searched through.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from records.audit import AuditEvent
from records.audit_grants import is_bound, require_visible
from records.auditor_access import note_outside
from records.base import Record
from records.cases import Study
from records.errors import InvalidInput, NotAllowed, NotFound
from records.history import subject_named
from records.lookup import words_for
from records.people import Actor
from records.permissions import Action, require
from records.product import DatasetVersion, Device, ModelVersion, Site
from records.quality import Document
from records.risk import IN_FORCE, RiskFile, RiskItem
from records.store import Store
from records.tables import RECORDS
from regulatory.rules.catalogue import catalogue
from regulatory.traceability import read_catalogue

LOOKS = (
    "ALT-0001, CAPA-0001, CMP-0001, CHR-0001 (a record), DOC-26-0001 or DOC-26-0001 v2 (a "
    "document), chest-1.0 (a version or dataset), #420 (an audit event), H-01 (a risk), REG-012 "
    "(a requirement), R-803-01 (a rule), or a study's pseudonym"
)
"""What identifiers look like, for whoever typed another."""

LONGEST = 200
"""No identifier is longer."""

_EVENT = re.compile(r"(?:#|(?:audit )?event )?0*(\d{1,15})", re.IGNORECASE)
_DOCUMENT = re.compile(r"([A-Za-z]{2,8}-\d{2}-\d{3,8})(?:[ ,/]*(?:v|version|revision) ?(\d{1,6}))?",
                       re.IGNORECASE)  # fmt: skip
_KINDS = {table.__name__: table for table in RECORDS}


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that has the identifier; no content of it is told, only what it is.

    Args:
        label: What it is called, such as 'ALT-0001' or 'REG-012'.
        kind: What it is, in the users' words.
        subject: Its name in the audit trail; empty where it is no record.
        title: What tells it apart: name, title or number.
        status: Its status; empty where it has none.
        site: The site, where it names one.
        on: Its day, where it has one.
    """

    label: str
    kind: str
    subject: str = ""
    title: str = ""
    status: str = ""
    site: str = ""
    on: date | None = None


def find_identifier(
    store: Store, session: Session, person: Actor, text: str, *, now: datetime
) -> list[Found]:
    """Everything that has this identifier and that this person may see.

    Raises:
        NotAllowed: The person may not look at records; or all that has the identifier lies outside
            what an auditor was granted. That it was asked for is an event.
        InvalidInput: Nothing was typed.
        NotFound: Nothing has the identifier; it is said what identifiers look like.
    """
    require(person, Action.LOOK)
    wanted = " ".join(text.split())
    if not wanted:
        raise InvalidInput("No identifier was given.", hint=f"Identifiers look like {LOOKS}.")
    ways = WAYS if len(wanted) <= LONGEST else ()
    every = [one for find in ways for one in find(session, wanted)]
    found = list({(one.subject or one.kind, one.label): one for one in every}.values())
    if not found:
        raise NotFound(f"Nothing has the identifier '{wanted[:LONGEST]}'.",
                       hint=f"Identifiers look like {LOOKS}.")  # fmt: skip
    outside = [(one, _outside(store, session, person, one, now)) for one in found]
    seen = [one for one, why in outside if why is None]
    if not seen:  # which record it is, is not told either
        raise NotAllowed(
            f"What has the identifier '{wanted[:LONGEST]}' lies outside what '{person.name}' was "
            "granted.", hint=next(why.hint for _, why in outside if why is not None),
        )
    return seen


def _outside(
    store: Store, session: Session, person: Actor, one: Found, now: datetime
) -> NotAllowed | None:
    """Why an auditor's grants do not hold it, which is an event; None where they do."""
    if not one.subject or not is_bound(session, person):
        return None
    try:
        require_visible(session, person, one.subject, on=now.date())
    except NotAllowed as why:
        note_outside(store, person, one.subject, why, now=now)
        return why
    return None


def told(record: Record, label: str = "") -> Found:
    """A record as it is told when it was found: what it is, never what stands in it."""
    value = record.as_recorded()
    title = next((str(value[name]) for name in ("title", "name", "code") if value.get(name)), "")
    at = next((one for key in sorted(type(record).model_fields) if key.endswith("_at")
               and isinstance(one := getattr(record, key), datetime)), None)  # fmt: skip
    site = value.get("site")
    return Found(
        label or record.label, words_for(type(record)), record.subject, title,
        str(value.get("status") or ""), site if isinstance(site, str) else "",
        at.date() if at else None,
    )


def _by_label(session: Session, text: str) -> Iterator[Found]:
    try:
        kind, _, number = subject_named(text).partition(":")
    except InvalidInput:
        return
    if (record := session.get(_KINDS[kind], int(number))) is not None:
        yield told(record)


def _by_event(session: Session, text: str) -> Iterator[Found]:
    if (read := _EVENT.fullmatch(text)) and (one := session.get(AuditEvent, int(read[1]))):
        at = datetime.fromisoformat(one.at)
        yield Found(f"#{one.sequence}", "audit event", one.subject, f"{one.action}, {one.subject}",
                    on=at.date())  # fmt: skip


def _by_number(session: Session, text: str) -> Iterator[Found]:
    """The revisions of a document, the newest first, or the one that is asked for."""
    if not (read := _DOCUMENT.fullmatch(text)):
        return
    query = select(Document).where(Document.number == read[1].upper())
    if read[2]:
        query = query.where(Document.version == int(read[2]))
    for one in session.exec(query.order_by(col(Document.version).desc())):
        yield told(one, f"{one.number} v{one.version}")


def _by_name(session: Session, text: str) -> Iterator[Found]:
    named: tuple[type[ModelVersion | DatasetVersion | Device | Site], ...] = (
        ModelVersion, DatasetVersion, Device, Site,
    )  # fmt: skip
    for table in named:
        for one in session.exec(select(table).where(table.name == text)):
            yield told(one)


def _by_digest(session: Session, text: str) -> Iterator[Found]:
    """A version by the digest that names it, and a dataset by that of its manifest."""
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        return
    own = select(Device.id)
    for version in session.exec(select(ModelVersion).where(
        col(ModelVersion.device_id).in_(own), ModelVersion.version_digest == text
    )):  # fmt: skip
        yield told(version)
    for dataset in session.exec(select(DatasetVersion).where(
        col(DatasetVersion.device_id).in_(own), DatasetVersion.manifest_digest == text
    )):  # fmt: skip
        yield told(dataset)


def _by_pseudonym(session: Session, text: str) -> Iterator[Found]:
    for one in session.exec(select(Study).where(Study.study_uid == text)):
        yield told(one)
    query = select(Study).where(Study.patient == text).order_by(col(Study.id)).limit(20)
    for one in session.exec(query):
        yield told(one)


def _by_risk(session: Session, text: str) -> Iterator[Found]:
    """A risk by its code, in the files that are in force."""
    files = select(RiskFile.id).where(RiskFile.status == IN_FORCE)
    query = select(RiskItem).where(col(RiskItem.risk_file_id).in_(files), RiskItem.code == text)
    for one in session.exec(query):
        yield told(one)


def _by_rule(_session: Session, text: str) -> Iterator[Found]:
    """Requirements of this product, and rules of law: neither is a record."""
    wanted = text.upper()
    for row in read_catalogue().rows:
        if row.id.upper() == wanted:
            yield Found(row.id, "requirement", title=row.title)
    for name, rule in catalogue().items():
        if name.upper() == wanted:
            yield Found(name, "rule of law", title=f"{rule.title} ({rule.citation})")


WAYS: tuple[Callable[[Session, str], Iterator[Found]], ...] = (
    _by_label, _by_event, _by_number, _by_name, _by_digest, _by_pseudonym, _by_risk, _by_rule,
)  # fmt: skip
"""One line a kind of identifier."""
