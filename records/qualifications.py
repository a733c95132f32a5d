"""Qualifications: what a person was trained for, until when, by which evidence.

Without a valid one nobody signs (21 CFR 11.10(i), ISO 13485 6.2). Nobody records their own.
"""

from datetime import date, datetime
from typing import ClassVar

from sqlmodel import Field, Session, col, select

from records.base import Record
from records.errors import InvalidInput, NotAllowed
from records.people import Actor, Meaning
from records.permissions import Action, require


class Qualification(Record, table=True):
    """What a person is qualified to sign, from when until when, and what shows it."""

    __tablename__ = "qualification"
    PREFIX: ClassVar[str] = "QLF"

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="actor.id", index=True)
    meaning: str
    """The meaning of the signatures that it is for."""
    valid_from: date
    valid_until: date
    """The last day on which it counts."""
    evidence: str
    recorded_by: str
    recorded_at: datetime


def qualify(
    tx: Session,
    person: Actor,
    meanings: list[Meaning],
    *,
    until: date,
    evidence: str,
    recorded_by: Actor,
    now: datetime,
) -> list[Qualification]:
    """Record from today on, until the end of a day, what a person is qualified to sign.

    Raises:
        NotAllowed: The one who records has no role that may, or is the person.
        InvalidInput: A service, no meaning, no evidence, or a day that is past.
    """
    require(recorded_by, Action.QUALIFY)
    if recorded_by.name == person.name:
        raise NotAllowed(
            f"'{person.name}' may not record a qualification of his or her own.",
            hint="Another administrator, or somebody of quality, does.",
        )
    if person.kind != "person":
        raise InvalidInput(f"'{person.name}' is a service: it signs nothing.")
    if not meanings:
        raise InvalidInput("Nothing was named that the person is qualified for.")
    if until < now.date():
        raise InvalidInput(f"{until} is past.", hint="Give the last day on which it counts.")
    if len(evidence.strip()) < 3:
        raise InvalidInput(
            "The evidence has fewer than three characters.",
            hint="Name the training and its record.",
        )
    assert person.id is not None
    made = [
        Qualification(
            person_id=person.id, meaning=meaning.value, valid_from=now.date(), valid_until=until,
            evidence=evidence.strip(), recorded_by=recorded_by.name, recorded_at=now,
        )
        for meaning in dict.fromkeys(meanings)
    ]
    tx.add_all(made)
    tx.flush()
    return made


QUALIFIED_BY: dict[Meaning, frozenset[Meaning]] = {
    Meaning.REJECTION: frozenset(
        {Meaning.REJECTION, Meaning.REVIEW, Meaning.APPROVAL, Meaning.RESPONSIBLE_PERSON}
    ),
}
"""Who is qualified to judge with one of these meanings may also sign with the first."""


def require_qualified(session: Session, person: Actor, meaning: Meaning, *, on: date) -> None:
    """Raise :class:`NotAllowed` unless a qualification of the person counts on that day."""
    enough = QUALIFIED_BY.get(meaning, {meaning})
    held = [one for one in qualifications_of(session, person) if one.meaning in enough]
    if any(one.valid_from <= on <= one.valid_until for one in held):
        return
    ended = max((one.valid_until for one in held if one.valid_until < on), default=None)
    why = f": the qualification ended on {ended}" if ended else ""
    raise NotAllowed(
        f"'{person.name}' is not qualified to sign with the meaning '{meaning.value}'{why}.",
        hint="An administrator or quality records it: 'radvigil user qualify'.",
    )


def qualifications_of(session: Session, person: Actor) -> list[Qualification]:
    """All that was recorded of a person, in that order."""
    query = select(Qualification).where(Qualification.person_id == person.id)
    return list(session.exec(query.order_by(col(Qualification.id))))


def qualified_people(session: Session, *, on: date) -> dict[Meaning, set[int]]:
    """Who is qualified to sign with each meaning on a day, by the numbers of the people."""
    query = select(Qualification).where(
        col(Qualification.valid_from) <= on, col(Qualification.valid_until) >= on
    )
    held = list(session.exec(query))
    return {
        meaning: {one.person_id for one in held if one.meaning in enough}
        for meaning in Meaning
        for enough in (QUALIFIED_BY.get(meaning, {meaning}),)
    }
