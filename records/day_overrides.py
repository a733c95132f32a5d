"""Another day than the computed one: signed, with its reason; the computed day stays beside it.

An override is for one computed day. Where later facts give another, it lapses: nobody decided on
that one. A day after the law's needs a regulatory role and is never set unknowingly.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import ClassVar

from sqlmodel import Field, Session, col, select

from records.base import Record
from records.errors import InvalidInput, Refused
from records.incidents import sign_decision
from records.owed_work import OwedWork
from records.people import Actor
from records.permissions import Action, require
from records.reasons import says


class DayOverride(Record, table=True):
    """That something is worked towards by another day than the computed one, and why."""

    __tablename__ = "day_override"
    PREFIX: ClassVar[str] = "OVR"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = (
        "key", "computed", "legal_day", "citation", "day", "beyond_law", "grounds", "decided_by",
        "decided_at",
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(index=True)
    """What is owed: its record, and the step where it owes several, such as CAPA-0001:planned."""
    computed: date
    legal_day: date | None = None
    """The law's last day; None where no law sets one."""
    citation: str
    day: date
    """The day that counts instead; the computed one takes an earlier override back."""
    beyond_law: bool = False
    grounds: str
    decided_by: str
    decided_at: datetime


def override_day(
    tx: Session, owed: OwedWork, day: date, *, grounds: str, by: Actor, password: str,
    now: datetime, beyond_law: bool = False,
) -> DayOverride:
    """Set another day for what is owed; the last decision counts, the others stay.

    beyond_law: says that the day is later than the law's, and is set knowingly.

    Raises:
        NotAllowed: No role that may, for a day after the law's no regulatory one; wrong password.
        InvalidInput: No grounds, or a day that is past and not the computed one.
        Refused: No day is computed, or it is later than the law's unknowingly.
    """
    require(by, Action.OVERRIDE_DAY)
    computed = owed.computed or owed.due
    if computed is None:
        raise Refused(f"{owed.key} has no computed day to set another for.",
                      hint="Assess it, or give what its rule needs.")  # fmt: skip
    if not says(grounds):
        raise InvalidInput("The day has no grounds.", hint="Say why it is another than computed.")
    if day < now.date() and day != computed:
        raise InvalidInput(f"{day} is past: {owed.key} cannot be worked towards by it.",
                           hint="Set a day from today on, or take an override back by the "
                           f"computed day, {computed}.")  # fmt: skip
    last = owed.last_legal_day
    later = last is not None and day > last
    if later:
        require(by, Action.OVERRIDE_LEGAL_DAY)
        if not beyond_law:
            raise Refused(
                f"{day} is later than the law's day for {owed.key}: {last} ({owed.citation}).",
                hint="Set an earlier day, or set it knowingly (--beyond-law), with the reason.",
            )
    made = DayOverride(
        key=owed.key, computed=computed, legal_day=last, citation=owed.citation, day=day,
        beyond_law=later, grounds=grounds.strip(), decided_by=by.name, decided_at=now,
    )
    sign_decision(tx, made, by=by, password=password, reason=grounds, now=now)
    return made


def overrides_standing(reader: Session) -> dict[str, DayOverride]:
    """By key the last override, whether or not it fits the day that is computed now."""
    query = select(DayOverride).order_by(col(DayOverride.id))
    return {one.key: one for one in reader.exec(query)}


def with_overrides(reader: Session, work: Sequence[OwedWork]) -> list[OwedWork]:
    """The same work with the days that people set; the computed ones stay beside them."""
    standing = overrides_standing(reader)
    return [_overridden(one, standing.get(one.key)) for one in work]


def _overridden(one: OwedWork, made: DayOverride | None) -> OwedWork:
    if made is None or made.computed != one.due or made.day == one.due:
        return one
    return replace(one, due=made.day, computed=one.due, override=made.label,
                   legal_day=one.last_legal_day)  # fmt: skip


def override_words(reader: Session, key: str, computed: date | None) -> list[str]:
    """What was set for a key, the last first, each beside the day that was computed then."""
    query = select(DayOverride).where(DayOverride.key == key).order_by(col(DayOverride.id).desc())
    said = []
    for place, one in enumerate(reader.exec(query)):
        stands = place == 0 and one.computed == computed
        state = "" if stands else "superseded: " if place else "lapsed, another day is computed: "
        law = f", knowingly after the law's day {one.legal_day}" if one.beyond_law else ""
        said.append(f"{state}{one.label}: {one.day} instead of the computed {one.computed} "
                    f"({one.citation}){law}, by {one.decided_by}: {one.grounds}")  # fmt: skip
    return said
