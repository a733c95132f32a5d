"""What a message says of patients (HL7 v2.5.1 ch. 3): who is who, and which two are one."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Final

from imaging.ris.faults import Fault, MessageRefused, Place
from imaging.ris.message import Header, Segment, read_segments, text_of

NUMBERS: Final = frozenset(("", "MR", "PI"))
"""Identifier types (table 0203) that can be a DICOM PatientID; others cannot."""
MAXIMUM_MERGES = 100
"""Pairs of patients in one message."""
FIRST_BIRTH: Final = date(1850, 1, 1)
"""Before X-rays (1895) by more than a childhood: an earlier birth date is a mistake."""
_SEX: Final = {"F": "F", "M": "M", "O": "O", "": "", "A": "", "N": "", "U": ""}
_TIME: Final = re.compile(r"(\d{4}|\d{6}|\d{8}|\d{10}|\d{12}|\d{14})(?:\.\d{1,4})?([+-]\d{4})?")


class Purpose(StrEnum):
    """What a message is for."""

    MERGE = "merge"
    UPDATE = "update"
    ORDER = "order"
    RESULT = "result"


READ: Final = {
    "ADT": {"A40": Purpose.MERGE, "A34": Purpose.MERGE, "A18": Purpose.MERGE,
            "A08": Purpose.UPDATE, "A31": Purpose.UPDATE},
    "ORM": {"O01": Purpose.ORDER}, "OMI": {"O23": Purpose.ORDER}, "OMG": {"O19": Purpose.ORDER},
    "ORU": {"R01": Purpose.RESULT},
}  # fmt: skip
"""The messages that are taken, by type and trigger event."""
_UNMERGES: Final = frozenset(("A37", "A41", "A42", "A43", "A44", "A45", "A46", "A47", "A48", "A49",
                              "A50", "A51"))  # fmt: skip
"""Events that part, move or renumber what was one (ch. 3.3.37 and 3.3.41 to 3.3.51)."""


@dataclass(frozen=True, slots=True)
class PatientNumber:
    """A patient identifier (CX) as DICOM has it: PatientID and IssuerOfPatientID."""

    number: str = field(repr=False)
    issuer: str


@dataclass(frozen=True, slots=True)
class Person:
    """A patient as PID describes one; what it does not say is empty.

    name: as a DICOM person name. born: YYYYMMDD. sex: F, M or O. sequence: which PID it is.
    """

    numbers: tuple[PatientNumber, ...]
    name: str = field(repr=False)
    born: str = field(repr=False)
    sex: str = field(repr=False)
    sequence: int = 1


@dataclass(frozen=True, slots=True)
class Merge:
    """Two patients are one: prior is given up, and surviving stays."""

    prior: PatientNumber
    surviving: PatientNumber
    person: Person


@dataclass(frozen=True, slots=True)
class Facts:
    """What a message says, and when that happened by its sender's clock (None: not told)."""

    purpose: Purpose
    said_at: datetime | None
    persons: tuple[Person, ...]
    merges: tuple[Merge, ...] = ()


def read_facts(header: Header, content: bytes) -> Facts:
    """Take a message apart.

    Raises:
        MessageRefused: It is malformed, or of a kind that is not read.
    """
    purpose = purpose_of(header)
    segments = read_segments(content)
    said_at = _said_at(header, segments)
    if purpose is Purpose.MERGE:
        merges = _merges(segments)
        return Facts(purpose, said_at, tuple(one.person for one in merges), merges)
    pids = [one for one in segments if one.name == "PID"]
    if len(pids) != 1:
        raise MessageRefused(Fault.SEGMENT, ("PID", min(len(pids), 1) + 1))
    if purpose in (Purpose.ORDER, Purpose.RESULT):
        _require_order(segments, purpose)
    return Facts(purpose, said_at, (_person(pids[0]),))


def require_born_in_time(facts: Facts, *, today: date) -> None:
    """Nobody of whom images are made was born after the day, or before 1850.

    A day later than today is let pass: where the patient was born it may be tomorrow already.

    Raises:
        MessageRefused: BIRTH_DATE.
    """
    for one in facts.persons:
        if one.born:
            born = date.fromisoformat(one.born)
            if born < FIRST_BIRTH or born > today + timedelta(days=1):
                raise MessageRefused(Fault.BIRTH_DATE, ("PID", one.sequence, 7))


def purpose_of(header: Header) -> Purpose:
    """What the message is for.

    Raises:
        MessageRefused: MESSAGE_TYPE or EVENT: it is not read here; UNMERGE: that is a person's.
    """
    events = READ.get(header.type)
    if events is None:
        raise MessageRefused(Fault.MESSAGE_TYPE, ("MSH", 1, 9))
    if header.event not in events:
        parts = header.type == "ADT" and header.event in _UNMERGES
        raise MessageRefused(Fault.UNMERGE if parts else Fault.EVENT, ("MSH", 1, 9))
    return events[header.event]


def _require_order(segments: list[Segment], purpose: Purpose) -> None:
    """An order or a result names what was asked for; a result has observations."""
    names = {one.name for one in segments}
    wanted = ("OBR", "OBX") if purpose is Purpose.RESULT else ("ORC",)
    for name in wanted:
        if name not in names:
            raise MessageRefused(Fault.SEGMENT, (name, 1))


def _merges(segments: list[Segment]) -> tuple[Merge, ...]:
    """Each PID with the MRG that follows it: PID [PD1] MRG [PV1], repeated."""
    found: list[Merge] = []
    pid: Segment | None = None
    for one in segments:
        if one.name == "PID":
            if pid is not None:
                raise MessageRefused(Fault.SEGMENT, (one.name, one.sequence))
            pid = one
        elif one.name == "MRG":
            if pid is None:
                raise MessageRefused(Fault.SEGMENT, (one.name, one.sequence))
            found += _pairs(_person(pid), _numbers(one, 1), one.at(1))
            pid = None
    if pid is not None or not found:
        raise MessageRefused(Fault.SEGMENT, ("MRG" if pid is not None else "PID", 1))
    if len(found) > MAXIMUM_MERGES:
        raise MessageRefused(Fault.DATA_TYPE, ("MRG", MAXIMUM_MERGES + 1))
    return tuple(found)


def _pairs(person: Person, priors: tuple[PatientNumber, ...], at: Place) -> list[Merge]:
    """Prior and surviving numbers by their assigning authority; a lone one goes with a lone one.

    at: where the prior numbers lie.
    """
    made = []
    for prior in priors:
        fitting = [one for one in person.numbers if one.issuer == prior.issuer]
        if not fitting and len(priors) == 1:
            fitting = list(person.numbers)
        if len(fitting) != 1 or sum(one.issuer == prior.issuer for one in priors) != 1:
            raise MessageRefused(Fault.AMBIGUOUS, at)
        if fitting[0] == prior:
            raise MessageRefused(Fault.SAME_PATIENT, at)
        made.append(Merge(prior, fitting[0], person))
    return made


def _person(pid: Segment) -> Person:
    sex = pid.text(8).upper()
    if sex not in _SEX:
        raise MessageRefused(Fault.DATA_TYPE, pid.at(8))
    return Person(_numbers(pid, 3), _name(pid), _born(pid), _SEX[sex], pid.sequence)


def _numbers(segment: Segment, at: int) -> tuple[PatientNumber, ...]:
    """The identifiers of a list of CX that can be a PatientID, each once."""
    found: dict[PatientNumber, None] = {}
    for one in segment.parts(at):
        number, kind = text_of([one], 1), text_of([one], 5)
        issuer = text_of([one], 4) or text_of([one], 4, 2)
        if not number or kind not in NUMBERS:
            continue
        if len(number) > 64 or len(issuer) > 64 or any(sign in number + issuer for sign in "\n\\"):
            raise MessageRefused(Fault.DATA_TYPE, segment.at(at))  # what no LO can hold
        found[PatientNumber(number, issuer)] = None
    if not found:
        raise MessageRefused(Fault.REQUIRED, segment.at(at))
    return tuple(found)


def _name(pid: Segment) -> str:
    """PID-5 (XPN) as a person name of PS3.5 6.2.1, where prefix and suffix stand the other way."""
    parts = [pid.text(5, at) for at in (1, 2, 3, 5, 4)]
    if any(len(one) > 64 or re.search(r"[\^=\\\n]", one) for one in parts):
        raise MessageRefused(Fault.DATA_TYPE, pid.at(5))
    return "^".join(parts).rstrip("^")


def _born(pid: Segment) -> str:
    """The day of birth; a year or month alone says nothing."""
    text = pid.text(7)
    if not text:
        return ""
    moment = moment_of(text)
    if moment is None:
        raise MessageRefused(Fault.DATA_TYPE, pid.at(7))
    return text[:8] if len(re.split(r"[.+-]", text)[0]) >= 8 else ""


def _said_at(header: Header, segments: list[Segment]) -> datetime | None:
    """When it happened, by EVN-2 or MSH-7, to the second; None where that is not told."""
    events = [(one.text(2), one.at(2)) for one in segments if one.name == "EVN"]
    for text, at in (*events, (header.sent_at, ("MSH", 1, 7))):
        if text:
            moment = moment_of(text)
            if moment is None:
                raise MessageRefused(Fault.DATA_TYPE, at)
            return moment if len(re.split(r"[.+-]", text)[0]) == 14 else None
    return None


def moment_of(text: str) -> datetime | None:
    """The instant of a DTM; without an offset by the sender's clock, then taken for UTC."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    filled = found[1] + "00000101000000"[len(found[1]):]
    try:
        moment = datetime.strptime(filled, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        if found[2]:
            offset = timedelta(hours=int(found[2][1:3]), minutes=int(found[2][3:]))
            zone = timezone(offset if found[2][0] == "+" else -offset)
            moment = moment.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment
