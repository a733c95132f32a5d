"""Incidents: one event with one device, since when the maker knew, and what must be reported.

MDR Art. 2(64), 21 CFR 803.3. An awareness fact is never changed (803.18(b)(1)(i)); which of them
counts is a signed decision. Where nothing was decided every one counts, so the earliest governs.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field, Session, col, select

from records.awareness import AwarenessCandidate
from records.base import Record
from records.complaints import NO_COMPLAINT, Complaint, check_event_days
from records.errors import InvalidInput, Refused
from records.event_terms import coded_as, harm_named
from records.lifecycle import check_transition
from records.people import Actor, Meaning
from records.permissions import Action, may, require
from records.reasons import says
from records.signatures import sign
from records.zones import require_own_offset

OPEN, CLOSED = "open", "closed"
PERSONS: Final[dict[str, str]] = {
    "ANY_EMPLOYEE": "any employee of the maker",
    "RA_OR_MANAGEMENT": "management, or whose duty it is to report (21 CFR 803.3(b)(2))",
    "AUTHORISED_REPRESENTATIVE": "the authorised representative",
    "OUTSOURCED_HANDLER": "who handles complaints for the maker",
    "CONTRACTOR": "a contractor",
    "DISTRIBUTOR": "a distributor",
}
"""Who became aware, in the codes of the rules."""


class Incident(Record, table=True):
    """One event with one device, from a complaint or an awareness candidate."""

    __tablename__ = "incident"
    PREFIX: ClassVar[str] = "INC"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = (
        "device_id", "complaint_id", "candidate_id", "site", "words", "event_from", "event_to",
        "harm", "codes", "conclusion",
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    device_id: int = Field(foreign_key="device.id")
    model_version_id: int | None = Field(default=None, foreign_key="model_version.id")
    complaint_id: int | None = Field(default=None, foreign_key="complaint.id")
    candidate_id: int | None = Field(default=None, foreign_key="awareness_candidate.id")
    site: str
    words: str
    event_from: date | None = None
    event_to: date | None = None
    harm: str = "UNKNOWN"
    codes: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False)
    )
    opened_by: str
    opened_at: datetime
    status: str = Field(default=OPEN, index=True)
    conclusion: str = ""
    closed_by: str = ""
    closed_at: datetime | None = None


class AwarenessFact(Record, table=True):
    """Who learnt of an incident, when, where and how; never changed."""

    __tablename__ = "awareness_fact"
    PREFIX: ClassVar[str] = "AWF"

    id: int | None = Field(default=None, primary_key=True)
    incident_id: int = Field(foreign_key="incident.id", index=True)
    person: str
    """The account or function; nobody outside is named."""
    person_class: str
    known_at: datetime
    zone: str
    """Where the person was, such as Europe/Berlin: it makes the civil date."""
    how: str
    recorded_by: str
    recorded_at: datetime


class GoverningFact(Record, table=True):
    """The signed decision which awareness fact counts first, and which are set aside."""

    __tablename__ = "governing_fact"
    PREFIX: ClassVar[str] = "GVF"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = (
        "incident_id", "fact_id", "set_aside", "grounds", "decided_by", "decided_at",
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    incident_id: int = Field(foreign_key="incident.id", index=True)
    fact_id: int = Field(foreign_key="awareness_fact.id")
    set_aside: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """Earlier facts known then that make nobody aware; one that is recorded later counts."""
    grounds: str
    decided_by: str
    decided_at: datetime


class CandidateScreening(Record, table=True):
    """The signed decision what an awareness candidate was: an incident, or none."""

    __tablename__ = "candidate_screening"
    __table_args__ = (UniqueConstraint("candidate_id"),)
    PREFIX: ClassVar[str] = "SCR"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = (
        "candidate_id", "incident", "grounds", "decided_by", "decided_at",
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    candidate_id: int = Field(foreign_key="awareness_candidate.id")
    incident: bool
    grounds: str
    decided_by: str
    decided_at: datetime


def open_incident(
    tx: Session, complaint: Complaint, *, words: str, by: Actor, now: datetime,
    harm: str = "", categories: Sequence[str] = (),
) -> Incident:
    """Open an incident for a complaint; what the complaint says of version, days and harm is taken.

    Raises:
        NotAllowed: No role that may.
        Refused: It was decided to be no complaint.
    """
    require(by, Action.SCREEN_EVENT)
    if complaint.status == NO_COMPLAINT:
        raise Refused(f"{complaint.label} was decided to be no complaint.",
                      hint="What is new is taken in as a complaint that follows up.")  # fmt: skip
    made = Incident(
        device_id=complaint.device_id, model_version_id=complaint.model_version_id,
        complaint_id=complaint.id, site=complaint.site, words=words.strip() or complaint.words,
        event_from=complaint.event_from, event_to=complaint.event_to,
        harm=harm_named(harm or complaint.harm),
        codes=coded_as(categories) if categories else list(complaint.codes),
        opened_by=by.name, opened_at=now,
    )
    tx.add(made)
    tx.flush()
    return made


def screen_candidate(
    tx: Session, candidate: AwarenessCandidate, *, incident: bool, grounds: str, by: Actor,
    password: str, now: datetime, zone: str = "UTC",
) -> Incident | None:
    """Decide, signed, whether an awareness candidate is an incident; one is opened if it is.

    Its instant becomes an awareness fact of the incident.

    Raises:
        NotAllowed: No role that may, or a wrong password.
        InvalidInput: No grounds.
        Refused: It was screened before.
    """
    require(by, Action.SCREEN_EVENT)
    if not says(grounds):
        raise InvalidInput("The decision has no grounds.", hint="Say why it is one, or is none.")
    known = select(CandidateScreening).where(CandidateScreening.candidate_id == candidate.id)
    if tx.exec(known).first() is not None:
        raise Refused(f"{candidate.label} was screened before.",
                      hint="See 'radvigil incident list'.")  # fmt: skip
    screening = CandidateScreening(candidate_id=candidate.id or 0, incident=incident,
                                   grounds=grounds.strip(), decided_by=by.name,
                                   decided_at=now)  # fmt: skip
    sign_decision(tx, screening, by=by, password=password, reason=grounds, now=now)
    if not incident:
        return None
    made = Incident(device_id=candidate.device_id, candidate_id=candidate.id, site=candidate.site,
                    words=f"{candidate.grounds}: {candidate.words}", opened_by=by.name,
                    opened_at=now)  # fmt: skip
    tx.add(made)
    tx.flush()
    add_awareness(tx, made, person="surveillance", person_class="ANY_EMPLOYEE",
                  known_at=candidate.known_at, zone=zone, how=f"{candidate.label}: "
                  f"{candidate.occasion}", by=by, now=now)  # fmt: skip
    return made


def sign_decision(
    tx: Session, record: Record, *, by: Actor, password: str, reason: str, now: datetime
) -> None:
    """Record a decision and sign it as its author, or as the responsible person."""
    tx.add(record)
    tx.flush()
    author = may(by, Action.SIGN_AUTHOR)
    sign(tx, record, signer=by, password=password, reason=reason, now=now,
         meaning=Meaning.AUTHOR if author else Meaning.RESPONSIBLE_PERSON)  # fmt: skip


def add_awareness(
    tx: Session, one: Incident, *, person: str, person_class: str, known_at: datetime, zone: str,
    how: str, by: Actor, now: datetime,
) -> AwarenessFact:
    """Record that somebody became aware; an earlier fact is not changed by it.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: No such class of person or zone, an offset that the zone has not, nothing
            said, or an instant to come.
        Refused: The incident is closed.
    """
    require(by, Action.RECORD_EVENT)
    require_open(one)
    if person_class not in PERSONS:
        raise InvalidInput(f"'{person_class}' is no class of person.",
                           hint=f"Known: {', '.join(PERSONS)}.")  # fmt: skip
    if zone not in available_timezones():
        raise InvalidInput(f"'{zone}' is no time zone.", hint="Such as Europe/Berlin.")
    require_own_offset("The instant", known_at, zone)
    if known_at > now:
        raise InvalidInput("Nobody is aware of it in the future.", hint="Give the instant.")
    if not (says(person) and says(how)):
        raise InvalidInput("Say who became aware, and how.")
    made = AwarenessFact(incident_id=one.id or 0, person=person.strip(), person_class=person_class,
                         known_at=known_at, zone=zone, how=how.strip(), recorded_by=by.name,
                         recorded_at=now)  # fmt: skip
    tx.add(made)
    tx.flush()
    return made


def choose_governing(
    tx: Session, one: Incident, fact: AwarenessFact, *, grounds: str, by: Actor, password: str,
    now: datetime,
) -> GoverningFact:
    """Decide, signed, which fact counts first; the earlier ones known today are set aside.

    Raises:
        NotAllowed: No role that may, or a wrong password.
        InvalidInput: No grounds, or a fact of another incident.
        Refused: The incident is closed.
    """
    require(by, Action.DECIDE_REPORTABILITY)
    require_open(one)
    if fact.incident_id != one.id or not says(grounds):
        raise InvalidInput(f"A fact of {one.label} is chosen, with grounds.")
    aside = [each.label for each in awareness_of(tx, one) if each.known_at < fact.known_at]
    made = GoverningFact(incident_id=one.id or 0, fact_id=fact.id or 0, set_aside=aside,
                         grounds=grounds.strip(), decided_by=by.name, decided_at=now)  # fmt: skip
    sign_decision(tx, made, by=by, password=password, reason=grounds, now=now)
    return made


def require_open(one: Incident) -> None:
    """Raise :class:`Refused` where an incident is closed."""
    if one.status != OPEN:
        raise Refused(f"{one.label} is '{one.status}'; nothing is added to it.",
                      hint="New information is taken in as a complaint, and linked.")  # fmt: skip


def awareness_of(session: Session, one: Incident) -> list[AwarenessFact]:
    """Every awareness fact, the earliest first."""
    query = select(AwarenessFact).where(AwarenessFact.incident_id == one.id)
    return list(session.exec(query.order_by(col(AwarenessFact.known_at), col(AwarenessFact.id))))


def governing_decision(session: Session, one: Incident) -> GoverningFact | None:
    """The last decision which fact counts first; None while nothing was decided."""
    query = select(GoverningFact).where(GoverningFact.incident_id == one.id)
    return session.exec(query.order_by(col(GoverningFact.id).desc())).first()


def counting_facts(session: Session, one: Incident) -> list[AwarenessFact]:
    """The awareness facts that clocks run from: all but those set aside by signature."""
    decided = governing_decision(session, one)
    aside = set(decided.set_aside) if decided else set()
    return [each for each in awareness_of(session, one) if each.label not in aside]


def record_facts(session: Session, one: Incident) -> dict[str, Any]:
    """What the record itself tells the rules, by the names of the rules; nothing is guessed."""
    facts: dict[str, Any] = {}
    known = counting_facts(session, one)
    if known:
        facts["awareness_facts"] = [
            {"at": each.known_at.astimezone(ZoneInfo(each.zone)).isoformat(), "tz": each.zone,
             "person_class": each.person_class} for each in known
        ]  # fmt: skip
    if one.event_from is not None and one.event_from == one.event_to:
        facts["event_date"] = one.event_from.isoformat()
    if one.harm != "UNKNOWN":
        facts |= {"harm_outcome": one.harm, "death": one.harm == "DEATH"}
    return facts


def correct_incident(
    tx: Session, one: Incident, *, by: Actor, harm: str = "", categories: Sequence[str] = (),
    event: tuple[date | None, date | None] | None = None, latest: date | None = None,
) -> Incident:
    """Write down what has become known of harm, days or codes; the trail keeps what stood before.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: No such harm or category, or days that contradict each other.
        Refused: The incident is closed.
    """
    require(by, Action.SCREEN_EVENT)
    require_open(one)
    if harm:
        one.harm = harm_named(harm)
    if categories:
        one.codes = coded_as(categories)
    if event is not None:
        check_event_days(event, latest or date.max)
        one.event_from, one.event_to = event
    tx.add(one)
    tx.flush()
    return one


def close_incident(
    tx: Session, one: Incident, *, conclusion: str, by: Actor, password: str, now: datetime
) -> Incident:
    """Close an incident, signed by another than who opened it; the guard asks what is undecided.

    Raises:
        NotAllowed: No role that may, who opened it, or a wrong password.
        Refused: No conclusion.
    """
    check_transition("Incident", one.label, one.status, CLOSED)
    require(by, Action.CLOSE_EVENT)
    if not says(conclusion):
        raise Refused(f"{one.label} is not closed without a conclusion.", hint="Say what it was.")
    one.conclusion = conclusion.strip()
    tx.add(one)
    tx.flush()
    sign(tx, one, signer=by, password=password, meaning=Meaning.APPROVAL, reason=conclusion,
         now=now)  # fmt: skip
    one.status, one.closed_by, one.closed_at = CLOSED, by.name, now
    tx.add(one)
    tx.flush()
    return one
