"""Absence: who stands in for whom, from when until when, recorded beforehand or when it is known.

A substitute gets no role by it: what he or she does for somebody absent must be allowed to the own
roles, and separation of duties counts human beings as ever. Who does such an act while standing in
does it 'for NAME', which stands in the reason of its events (ISO 13485 5.5.1).
"""

from datetime import date, datetime
from typing import ClassVar

from sqlmodel import Field, Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from records.base import Record
from records.errors import InvalidInput, NotFound, Refused
from records.lifecycle import check_transition
from records.people import Actor, Meaning
from records.permissions import SIGNING, Action, may, require
from records.reasons import require_reason

OWNED: tuple[Action, ...] = (
    Action.ACKNOWLEDGE_ALERT, Action.CLOSE_ALERT, Action.DECLARE_GAPS, Action.APPROVE_DOCUMENT,
    Action.ACCEPT_DEVICE, Action.CONFIRM_SITE, Action.RELEASE_CHANGE, Action.REFUSE_CHANGE,
    Action.ACKNOWLEDGE_NOTICE, *SIGNING.values(),
)  # fmt: skip
"""The acts that wait for a person, and that a substitute answers for."""

_DEEDS: dict[tuple[str, str], Action] = {
    ("Alert", "acknowledgement"): Action.ACKNOWLEDGE_ALERT,
    ("Alert", "closing"): Action.CLOSE_ALERT,
    ("Document", "declaration"): Action.DECLARE_GAPS,
    ("Document", "approval"): Action.APPROVE_DOCUMENT,
    ("Device", "acceptance"): Action.ACCEPT_DEVICE,
    ("Site", "confirmation"): Action.CONFIRM_SITE,
    ("ChangeRequest", "decision"): Action.RELEASE_CHANGE,
    ("Notice", "acknowledgement"): Action.ACKNOWLEDGE_NOTICE,
}
"""What a deed on a kind of record is, in the words of `records.accounts.acting_on`."""


class Absence(Record, table=True):
    """That somebody is away, who stands in meanwhile, and why; it counts until it was ended."""

    __tablename__ = "absence"
    PREFIX: ClassVar[str] = "ABS"

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="actor.id", index=True)
    substitute_id: int = Field(foreign_key="actor.id", index=True)
    first_day: date
    last_day: date
    """The last day on which it counts."""
    reason: str
    recorded_by: str
    recorded_at: datetime
    status: str = "recorded"
    ended_by: str = ""
    ended_at: datetime | None = None


def record_absence(
    tx: Session, person: Actor, *, substitute: Actor, first_day: date, last_day: date, reason: str,
    by: Actor, now: datetime,
) -> Absence:
    """Somebody is away on these days, both included, and the substitute stands in.

    People record their own absence; that of others needs a role.

    Raises:
        NotAllowed: The one who records is somebody else without a role that may.
        InvalidInput: Days that are past or in the wrong order, no reason, or no two active people.
        Refused: The substitute may do nothing that waits for the person, or is away too; or the
            person's absence on one of the days is recorded already.
    """
    if by.name != person.name:
        require(by, Action.RECORD_ABSENCE)
    _require_two_people(person, substitute)
    if not now.date() <= last_day or first_day > last_day:
        raise InvalidInput(
            f"{first_day} to {last_day} is past, or ends before it begins.",
            hint="Name the first and the last day of the absence.",
        )
    if not covered(person, substitute):
        raise Refused(
            f"'{substitute.name}' may do nothing of what waits for '{person.name}': standing in "
            "gives no role.",
            hint="Name somebody with a role that may.",
        )
    for one, words in ((person, "is recorded as away already"), (substitute, "is away too")):
        if found := _away_between(tx, one, first_day, last_day):
            raise Refused(
                f"'{one.name}' {words}, {found.first_day} to {found.last_day} ({found.label}).",
                hint="Name other days or somebody else, or end that: 'radvigil user returned'.",
            )
    assert person.id is not None and substitute.id is not None
    absence = Absence(
        person_id=person.id, substitute_id=substitute.id, first_day=first_day, last_day=last_day,
        reason=require_reason(reason), recorded_by=by.name, recorded_at=now,
    )
    tx.add(absence)
    tx.flush()
    return absence


def _require_two_people(person: Actor, substitute: Actor) -> None:
    for one in (person, substitute):
        if one.kind != "person" or not one.active:
            raise InvalidInput(f"'{one.name}' is not an active person.")
    if person.name == substitute.name:
        raise InvalidInput("Nobody stands in for himself or herself.", hint="Name somebody else.")


def end_absence(tx: Session, absence: Absence, *, by: Actor, now: datetime) -> Absence:
    """The person is back before the last day, or never goes: nobody stands in any more.

    Raises:
        NotAllowed: The one who ends it is somebody else without a role that may.
        TransitionRefused: It was ended before.
    """
    if by.id != absence.person_id:
        require(by, Action.RECORD_ABSENCE)
    check_transition("Absence", absence.subject, absence.status, "ended")
    absence.status = "ended"
    absence.ended_by, absence.ended_at = by.name, now
    tx.add(absence)
    tx.flush()
    return absence


def absence_of(session: Session, person: Actor, *, on: date) -> Absence:
    """The absence of a person that counts on a day, else the next that is recorded.

    Raises:
        NotFound: None is.
    """
    found = session.exec(
        _counting().where(Absence.person_id == person.id, col(Absence.last_day) >= on)
    ).first()
    if found is None:
        raise NotFound(f"No absence of '{person.name}' is recorded.")
    return found


def absences_on(session: Session, on: date) -> list[Absence]:
    """The absences that count on a day, in the order of their numbers."""
    return list(
        session.exec(
            _counting().where(col(Absence.first_day) <= on, col(Absence.last_day) >= on)
        )
    )


def covered(person: Actor, substitute: Actor) -> list[Action]:
    """The acts that wait for a person and that the substitute's own roles allow."""
    return [action for action in OWNED if may(person, action) and may(substitute, action)]


def stands_in_for(session: Session, person: Actor, action: Action, *, on: date) -> list[Actor]:
    """Those who are away on this day, may do this, and have this person as substitute."""
    away = [
        session.get_one(Actor, one.person_id)
        for one in absences_on(session, on) if one.substitute_id == person.id
    ]
    return [one for one in away if action in covered(one, person)]


def spoken_for(
    session: Session, person: Actor, record: Record, deed: str, *, meaning: str = "", on: date
) -> str:
    """'for Ada Lovelace (ada)', where a deed on a record is also done for somebody away."""
    if deed == "signature" and meaning in set(Meaning):
        action: Action | None = SIGNING[Meaning(meaning)]
    else:
        action = _DEEDS.get((type(record).__name__, deed))
    if action is None:
        return ""
    away = stands_in_for(session, person, action, on=on)
    return "for " + ", ".join(f"{one.full_name} ({one.name})" for one in away) if away else ""


def _away_between(session: Session, person: Actor, first: date, last: date) -> Absence | None:
    return session.exec(
        _counting().where(
            Absence.person_id == person.id,
            col(Absence.first_day) <= last, col(Absence.last_day) >= first,
        )
    ).first()


def _counting() -> SelectOfScalar[Absence]:
    return select(Absence).where(Absence.status == "recorded").order_by(col(Absence.id))
