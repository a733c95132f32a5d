"""Who answers today: for each act that waits for a person, who may, and who stands in."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from records.absences import OWNED, Absence, absences_on, covered
from records.people import Actor, Meaning
from records.permissions import SIGNING, Action, may
from records.qualifications import qualified_people


@dataclass(frozen=True, slots=True)
class Answering:
    """Somebody who is there and may do an act, and for whom he or she stands in."""

    account: str
    full_name: str
    stands_in_for: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """As people read it: 'Ada Lovelace, also for Emil Post'."""
        away = ", ".join(self.stands_in_for)
        return f"{self.full_name}, also for {away}" if away else self.full_name


@dataclass(frozen=True, slots=True)
class Duty:
    """An act with those who answer for it on a day, and those who may but are away."""

    action: Action
    answering: tuple[Answering, ...]
    away: tuple[str, ...]
    uncovered: tuple[str, ...]
    """Of those away, whose substitute may not do this, or is away too."""


def duties_on(session: Session, on: date) -> list[Duty]:
    """Every act that waits for a person, with who answers for it on this day.

    Signing counts those only who are qualified on that day.
    """
    people = list(
        session.exec(
            select(Actor).where(Actor.kind == "person", col(Actor.active)).order_by(Actor.name)
        )
    )
    absences = {one.person_id: one for one in absences_on(session, on)}
    qualified = qualified_people(session, on=on)
    return [
        _duty(action, [one for one in people if _able(one, action, qualified)], absences)
        for action in OWNED
    ]


def _duty(action: Action, able: list[Actor], absences: dict[int, Absence]) -> Duty:
    away = [one for one in able if one.id in absences]
    there = [one for one in able if one.id not in absences]
    stands_in: dict[int | None, list[str]] = {}
    for one in away:
        stands_in.setdefault(absences[one.id or 0].substitute_id, []).append(one.full_name)
    present = {one.id for one in there}
    return Duty(
        action,
        tuple(
            Answering(one.name, one.full_name, tuple(stands_in.get(one.id, ()))) for one in there
        ),
        tuple(one.full_name for one in away),
        tuple(one.full_name for one in away if absences[one.id or 0].substitute_id not in present),
    )


def _able(person: Actor, action: Action, qualified: dict[Meaning, set[int]]) -> bool:
    meaning = next((one for one, signing in SIGNING.items() if signing is action), None)
    return may(person, action) and (meaning is None or person.id in qualified[meaning])


@dataclass(frozen=True, slots=True)
class StandIn:
    """An absence as the people concerned read it."""

    label: str
    person: Actor
    substitute: Actor
    first_day: date
    last_day: date
    reason: str
    status: str
    covers: tuple[Action, ...]

    @property
    def lacks(self) -> tuple[Action, ...]:
        """What waits for the person and the substitute may not do."""
        return tuple(
            one for one in OWNED if may(self.person, one) and one not in self.covers
        )


def told(session: Session, absence: Absence) -> StandIn:
    """An absence with its people and what the substitute may do."""
    person = session.get_one(Actor, absence.person_id)
    substitute = session.get_one(Actor, absence.substitute_id)
    return StandIn(
        absence.label, person, substitute, absence.first_day, absence.last_day, absence.reason,
        absence.status, tuple(covered(person, substitute)),
    )
