"""Complaints: what was said, by whom it came, when, and what became of it (21 CFR 820.35(a)).

One record is one alleged deficiency of one device. The words stay as they came. Others that tell
of the same are linked by a person, never merged. "No complaint" is a signed decision too.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, ClassVar, Final

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field, Session, col, or_, select

from records.base import Record, digest_of
from records.cases import Prediction, Study
from records.errors import InvalidInput, NotAllowed, Refused
from records.event_terms import coded_as, harm_named
from records.lifecycle import check_transition
from records.lookup import find_record
from records.people import Actor, Meaning
from records.permissions import Action, require
from records.product import Device, ModelVersion
from records.queries import find_site
from records.reasons import says
from records.signatures import sign

OPEN, SCREENED, NO_COMPLAINT, CLOSED = "open", "screened", "no complaint", "closed"
CHANNELS: Final = ("telephone", "letter", "e-mail", "visit", "form", "service", "study result",
                   "other")  # fmt: skip
LINKS: Final = ("duplicate", "follow-up")
ELEMENTS: Final[dict[str, str]] = {
    "device_identification": "UDI, version, or what else identifies the device",
    "complainant": "who complains: role and organisation, no patient",
    "correction": "what was corrected, or what corrective action was taken",
    "reply": "what the complainant was answered",
}
"""What 21 CFR 820.35(a) asks for beside words, device and receipt; each also as unknown, why."""


class Complaint(Record, table=True):
    """What somebody alleged against a device, as it came, and what was found of it."""

    __tablename__ = "complaint"
    PREFIX: ClassVar[str] = "CMP"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = (
        "device_id", "words", "channel", "received_by", "received_at", "event_from", "event_to",
        "involved", "harm", "harm_grounds", "codes", "investigated", "investigation", "elements",
        "conclusion",
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    device_id: int = Field(foreign_key="device.id")
    model_version_id: int | None = Field(default=None, foreign_key="model_version.id")
    """None: which version it was is not known."""
    site: str = ""
    """The site it tells of; empty where it tells of none."""
    old_number: str = Field(default="", index=True)
    """The number that it had elsewhere, where it was imported."""
    words: str
    """Verbatim."""
    channel: str
    received_by: str
    received_at: datetime
    """When it came; from when the maker knew is a fact of its own (AwarenessFact)."""
    event_from: date | None = None
    event_to: date | None = None
    """The event's first and last possible day; None: unknown."""
    involved: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """Labels of the studies and predictions that it is about."""
    harm: str = "UNKNOWN"
    harm_grounds: str = ""
    codes: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False)
    )
    investigated: bool | None = None
    investigation: str = ""
    """What was found; without an investigation why there is none."""
    similar_to: str = ""
    """The complaint of the same kind that was investigated, where this one is not."""
    elements: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """By name of ELEMENTS a text, or {"unknown": true, "reason": ...}."""
    completeness: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JSON, nullable=False)
    )
    """What R-CMP-01 said, with its version and the digest of the facts that it was asked on."""
    recorded_by: str
    recorded_at: datetime
    status: str = Field(default=OPEN, index=True)
    conclusion: str = ""
    closed_by: str = ""
    closed_at: datetime | None = None


class ComplaintLink(Record, table=True):
    """A person's word that a complaint tells of the same event as an earlier one."""

    __tablename__ = "complaint_link"
    __table_args__ = (UniqueConstraint("complaint_id", "other_id"),)
    PREFIX: ClassVar[str] = "CML"

    id: int | None = Field(default=None, primary_key=True)
    complaint_id: int = Field(foreign_key="complaint.id")
    other_id: int = Field(foreign_key="complaint.id")
    kind: str
    """duplicate or follow-up."""
    grounds: str
    linked_by: str
    linked_at: datetime


def receive_complaint(
    tx: Session, *, device: Device, words: str, channel: str, received_at: datetime, by: Actor,
    now: datetime, received_by: str = "", site: str = "", version: ModelVersion | None = None,
    event: tuple[date | None, date | None] = (None, None), involved: Sequence[str] = (),
    old_number: str = "",
) -> Complaint:
    """Take a complaint in, with the words as they came.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: No words, an unknown channel or site, a receipt in the future, an event after
            its receipt or that ends before it begins, or an old number that is taken.
        NotFound: A study or prediction that is not on record.
    """
    require(by, Action.RECORD_EVENT)
    if not says(words):
        raise InvalidInput("The complaint says nothing.", hint="Write down the words as they came.")
    if channel not in CHANNELS:
        raise InvalidInput(f"'{channel}' is no channel.", hint=f"Known: {', '.join(CHANNELS)}.")
    if received_at > now:
        raise InvalidInput(f"It cannot be received on {received_at:%Y-%m-%d %H:%M}: that is later "
                           "than now.", hint="Give the instant at which it came.")  # fmt: skip
    if site and find_site(tx, site) is None:
        raise InvalidInput(f"There is no site '{site}'.", hint="See 'radvigil site list'.")
    check_event_days(event, received_at.date())
    if old_number and old_complaint(tx, old_number) is not None:
        raise InvalidInput(f"The number {old_number} is on record already.",
                           hint="Leave the row out: it was imported before.")  # fmt: skip
    made = Complaint(
        device_id=device.id or 0, model_version_id=None if version is None else version.id,
        site=site, old_number=old_number, words=words, channel=channel,
        received_by=received_by or by.name, received_at=received_at, event_from=event[0],
        event_to=event[1], involved=named_involved(tx, involved), recorded_by=by.name,
        recorded_at=now,
    )
    tx.add(made)
    tx.flush()
    return made


def check_event_days(event: tuple[date | None, date | None], latest: date) -> None:
    """Raise :class:`InvalidInput` for days that contradict each other, or lie after the receipt."""
    first, last = event
    if (first is None) != (last is None):
        raise InvalidInput("One day of the event is missing.",
                           hint="Give the first and last possible day, or neither.")  # fmt: skip
    if first and last and last < first:
        raise InvalidInput(f"The event ends on {last}, before it begins on {first}.")
    if first and first > latest:
        raise InvalidInput(f"The event of {first} lies after what tells of it, of {latest}.")


def named_involved(tx: Session, labels: Sequence[str]) -> list[str]:
    """The labels of studies and predictions, each looked up. Raises NotFound, InvalidInput."""
    tables: dict[str, Any] = {"STU": Study, "PRE": Prediction}
    found = []
    for label in dict.fromkeys(labels):
        table = tables.get(label.strip().upper().partition("-")[0])
        if table is None:
            raise InvalidInput(f"'{label}' is neither a study nor a prediction.",
                               hint="Such as STU-0001 or PRE-0001.")  # fmt: skip
        found.append(find_record(tx, table, label).label)
    return found


def old_complaint(session: Session, number: str) -> Complaint | None:
    """The complaint that had this number elsewhere."""
    return session.exec(select(Complaint).where(Complaint.old_number == number)).first()


def screen_complaint(
    tx: Session, one: Complaint, *, harm: str, harm_grounds: str, categories: Sequence[str],
    investigated: bool | None, investigation: str, elements: Mapping[str, Any], by: Actor,
    similar_to: str = "",
) -> Complaint:
    """Say what harm there was and on what grounds, how it is coded, and what was found.

    What was screened before is screened anew by this, as long as the complaint is not closed; an
    element that is not named stays as it was.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: A harm, category or element that there is none, or no grounds.
        Refused: It is decided already.
    """
    require(by, Action.SCREEN_EVENT)
    if one.status != SCREENED:
        check_transition("Complaint", one.label, one.status, SCREENED)
    if not says(harm_grounds):
        raise InvalidInput("The harm has no grounds.", hint="Say how it is known, or by whom.")
    strange = [name for name in elements if name not in ELEMENTS]
    if strange:
        raise InvalidInput(f"'{strange[0]}' is no element.", hint=f"Known: {', '.join(ELEMENTS)}.")
    if similar_to:
        similar = find_record(tx, Complaint, similar_to)
        if similar.id == one.id or not similar.investigated:
            raise Refused(f"{similar.label} was not investigated.",
                          hint="Name a complaint of the same kind that was.")  # fmt: skip
        similar_to = similar.label
    one.harm, one.harm_grounds = harm_named(harm), harm_grounds.strip()
    one.codes = coded_as(categories)
    one.investigated, one.investigation = investigated, investigation.strip()
    one.similar_to, one.elements = similar_to, {**one.elements, **elements}
    one.status = SCREENED
    tx.add(one)
    tx.flush()
    return one


def completeness_facts(session: Session, one: Complaint) -> dict[str, Any]:
    """The facts that R-CMP-01 is asked on; what is not known is told so, never left blank."""
    device = session.get_one(Device, one.device_id)
    record = {"device_name": device.name, "date_received": one.received_at.date().isoformat(),
              "nature_and_details": one.words,
              **{name: one.elements.get(name) for name in ELEMENTS}}  # fmt: skip
    facts: dict[str, Any] = {"record": record, "investigated": one.investigated}
    if one.investigated is not True:
        facts |= {"must_be_investigated": False, "justification_present": says(one.investigation),
                  "similar_prior": one.similar_to or None}  # fmt: skip
    return facts


def decide_complaint(
    tx: Session, one: Complaint, to: str, *, conclusion: str, by: Actor, password: str,
    now: datetime,
) -> Complaint:
    """Close it, or decide that it is no complaint: signed, by another than who took it in.

    Raises:
        NotAllowed: No role that may, who recorded it, or a wrong password.
        Refused: No conclusion, an incomplete record, or an incident of it that is open.
    """
    check_transition("Complaint", one.label, one.status, to)
    require(by, Action.CLOSE_EVENT)
    one.conclusion = conclusion.strip()
    tx.add(one)
    tx.flush()
    if to == CLOSED:
        require_complete_complaint(tx, one)
    sign(tx, one, signer=by, password=password, meaning=Meaning.APPROVAL, reason=conclusion,
         now=now)  # fmt: skip
    one.status, one.closed_by, one.closed_at = to, by.name, now
    tx.add(one)
    tx.flush()
    return one


def require_complete_complaint(session: Session, one: Complaint) -> None:
    """Raise :class:`Refused` unless R-CMP-01 found what the record says now to be complete."""
    if not says(one.conclusion):
        raise Refused(f"{one.label} is not decided without a conclusion.", hint="Say what it was.")
    asked = one.completeness
    if asked.get("facts_digest") != digest_of(completeness_facts(session, one)):
        raise Refused(f"{one.label} was changed since its completeness was examined.",
                      hint="Use 'radvigil complaint assess'.")  # fmt: skip
    if asked.get("complete") is not True:
        raise Refused(
            f"{one.label} is not closed: it lacks {', '.join(asked.get('missing', []))}.",
            hint="Supply each, or say that it is unknown and why: 'radvigil complaint assess'.",
        )


def link_complaints(
    tx: Session, one: Complaint, other: Complaint, kind: str, *, grounds: str, by: Actor,
    now: datetime,
) -> ComplaintLink:
    """Say that a complaint tells of the same as another; both stay as they are.

    Raises:
        NotAllowed: A service, or no role that may.
        InvalidInput: No such kind of link, a complaint and itself, or no grounds.
        Refused: Of another device, linked already, or a duplicate that leads back to itself.
    """
    if by.kind != "person":
        raise NotAllowed(f"'{by.name}' is no person: complaints are linked by people only.",
                         hint="Somebody looks at both, and signs in to link them.")  # fmt: skip
    require(by, Action.SCREEN_EVENT)
    if kind not in LINKS:
        raise InvalidInput(f"'{kind}' is no kind of link.", hint=f"Known: {', '.join(LINKS)}.")
    if one.id == other.id or not says(grounds):
        raise InvalidInput("A complaint is linked to another one, with the grounds.")
    known = select(ComplaintLink).where(or_(
        (col(ComplaintLink.complaint_id) == one.id) & (col(ComplaintLink.other_id) == other.id),
        (col(ComplaintLink.complaint_id) == other.id) & (col(ComplaintLink.other_id) == one.id),
    ))  # fmt: skip
    devices = {tx.get_one(Device, each.device_id).name for each in (one, other)}
    if len(devices) > 1 or tx.exec(known).first() is not None:
        raise Refused(f"{one.label} and {other.label} are of two devices, or linked already.")
    if kind == "duplicate" and _leads_to(tx, other, one):
        raise Refused(
            f"{other.label} is said to be a duplicate of {one.label} already, over other links: "
            "they would stand in a ring.",
            hint="Both count as one event already; no link is needed.",
        )
    made = ComplaintLink(complaint_id=one.id or 0, other_id=other.id or 0, kind=kind,
                         grounds=grounds.strip(), linked_by=by.name, linked_at=now)  # fmt: skip
    tx.add(made)
    tx.flush()
    return made


def _leads_to(session: Session, start: Complaint, end: Complaint) -> bool:
    """Whether 'duplicate' links, each followed as it was said, lead from one to another."""
    further: dict[int, list[int]] = {}
    for one, other in session.exec(select(ComplaintLink.complaint_id, ComplaintLink.other_id)
                                   .where(ComplaintLink.kind == "duplicate")):  # fmt: skip
        further.setdefault(one, []).append(other)
    ahead, seen = [start.id or 0], {start.id or 0}
    while ahead:
        new = set(further.get(ahead.pop(), ())) - seen
        seen |= new
        ahead += new
    return end.id in seen


def others_about(session: Session, one: Complaint) -> list[Complaint]:
    """The other complaints about the same device, whatever its revision then, in order."""
    name = session.get_one(Device, one.device_id).name
    query = (
        select(Complaint).join(Device, col(Device.id) == Complaint.device_id)
        .where(Device.name == name, Complaint.id != one.id).order_by(col(Complaint.id))
    )
    return list(session.exec(query))


def links_of(session: Session, one: Complaint) -> list[ComplaintLink]:
    """The links of a complaint, in either direction."""
    query = select(ComplaintLink).where(or_(
        col(ComplaintLink.complaint_id) == one.id, col(ComplaintLink.other_id) == one.id
    ))  # fmt: skip
    return list(session.exec(query.order_by(col(ComplaintLink.id))))


def told_together(links: Iterable[tuple[int, int]]) -> list[set[int]]:
    """The groups of complaints that links join, in whatever direction and over however many.

    >>> told_together([(1, 2), (4, 5), (3, 2)])
    [{1, 2, 3}, {4, 5}]
    """
    beside: dict[int, set[int]] = {}
    for one, other in links:
        beside.setdefault(one, set()).add(other)
        beside.setdefault(other, set()).add(one)
    groups: list[set[int]] = []
    seen: set[int] = set()
    for start in beside:
        if start in seen:
            continue
        group, ahead = {start}, [start]
        while ahead:
            new = beside[ahead.pop()] - group
            group |= new
            ahead += new
        seen |= group
        groups.append(group)
    return groups


def same_event_links(session: Session) -> list[tuple[int, int]]:
    """Every pair of complaints that a person said to tell of the same event, the later one first.

    A duplicate tells it again, a follow-up tells more of it: of both kinds one event is counted.
    """
    return list(session.exec(select(ComplaintLink.complaint_id, ComplaintLink.other_id)).all())


def told_again(session: Session) -> set[int]:
    """Complaints that tell of an event of which another one tells that counts already.

    Of those that links join the earliest counts that was not decided to be no complaint.
    """
    links = same_event_links(session)
    joined = {one for pair in links for one in pair}
    refused = select(Complaint.id).where(
        col(Complaint.id).in_(joined), Complaint.status == NO_COMPLAINT
    )
    none = set(session.exec(refused))
    return {one for group in told_together(links) for one in sorted(group - none)[1:]}
