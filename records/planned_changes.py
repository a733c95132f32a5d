"""Changes that a site announces: a scanner replaced, a protocol, other patients; before or after.

An announcement silences nothing: a planned change may break the device too. It says of an alert
that its cause was expected, so that whoever answers it knows whom to ask. Rows are never changed;
an announcement is withdrawn by a later row that names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, ClassVar, Final

from sqlmodel import Field, Session, col, select

from records.base import Record
from records.errors import InvalidInput, Refused
from records.people import Actor
from records.permissions import Action, require
from records.product import Site
from records.reasons import require_reason

__all__ = [
    "KINDS_OF_CHANGE", "PlannedChange", "announce_change", "announced_at_site", "announcing",
    "standing_changes", "withdraw_change",
]  # fmt: skip

KINDS_OF_CHANGE: Final[dict[str, tuple[str, ...]]] = {
    "scanner": ("new scanner", "acquisition change", "software"),
    "software": ("software", "acquisition change"),
    "protocol": ("acquisition change",),
    "mix": ("patient mix", "prevalence"),
}
"""What may be announced, with the likely causes of alerts that it accounts for. None accounts for
'device' or 'labels': that performance falls is never expected."""
MOST_DAYS: Final = 366
MOST_AHEAD: Final = 2 * MOST_DAYS
"""Days from today to the first day of a change that is announced."""


class PlannedChange(Record, table=True):
    """What was announced to change at a site, on which days; or that it is withdrawn."""

    __tablename__ = "planned_change"
    PREFIX: ClassVar[str] = "PLC"

    id: int | None = Field(default=None, primary_key=True)
    site_id: int = Field(foreign_key="site.id", index=True)
    kind: str
    first_day: date
    last_day: date
    description: str
    reason: str
    announced_by: str
    announced_at: datetime
    withdraws_id: int | None = Field(default=None, foreign_key="planned_change.id")
    """The announcement that this row takes back; empty for an announcement."""

    @property
    def after_the_fact(self) -> bool:
        """Whether it was announced only when it had begun."""
        return self.announced_at.date() > self.first_day

    @property
    def words(self) -> str:
        """As an alert's sentence and the pages say it."""
        late = ", announced after the fact" if self.after_the_fact else ""
        return f"{self.kind}, {self.first_day} to {self.last_day} ({self.label}{late})"


def announce_change(
    tx: Session, site: Site, *, kind: str, first_day: date, last_day: date, description: str,
    reason: str, by: Actor, now: datetime,
) -> PlannedChange:
    """Record what is going to change at a site, or has changed, on which days (both included).

    Raises:
        NotAllowed: The person may not.
        InvalidInput: No such kind, days in the wrong order, too many or too far off, or words
            missing.
        Refused: The site is closed, or the same stands announced there.
    """
    require(by, Action.ANNOUNCE_CHANGE)
    if kind not in KINDS_OF_CHANGE:
        raise InvalidInput(
            f"what: {kind!r} is no kind of change.", hint=f"One of: {', '.join(KINDS_OF_CHANGE)}."
        )
    if first_day > last_day or (last_day - first_day).days >= MOST_DAYS:
        raise InvalidInput(
            f"from, until: {first_day} to {last_day} ends before it begins, or is longer than a "
            "year.",
            hint="Name the first and the last day on which the change is made.",
        )
    if (first_day - now.date()).days > MOST_AHEAD:
        raise InvalidInput(
            f"from: {first_day} is more than two years from today, {now.date()}.",
            hint="Correct the year, or announce it when its days are known.",
        )
    if len(description.split()) < 2:
        raise InvalidInput(
            "description: say what changes, in a few words.",
            hint="Such as 'the X-ray unit of room 2 is replaced by a DR 600'.",
        )
    if site.status == "closed":
        raise Refused(f"{site.name} is closed: nothing is watched there.")
    _refuse_again(tx, site, kind, first_day, last_day, description)
    change = PlannedChange(
        site_id=site.id or 0, kind=kind, first_day=first_day, last_day=last_day,
        description=description.strip(), reason=require_reason(reason), announced_by=by.name,
        announced_at=now,
    )
    tx.add(change)
    tx.flush()
    return change


def _refuse_again(
    tx: Session, site: Site, kind: str, first_day: date, last_day: date, description: str
) -> None:
    words = " ".join(description.lower().split())
    for one in announced_at_site(tx, site.name):
        same = (one.kind, one.first_day, one.last_day) == (kind, first_day, last_day)
        if same and " ".join(one.description.lower().split()) == words:
            raise Refused(
                f"{one.label} announces the same at {site.name} already: {one.words}.",
                hint="Announce what differs, or withdraw that one first.",
            )


def withdraw_change(
    tx: Session, change: PlannedChange, *, reason: str, by: Actor, now: datetime
) -> PlannedChange:
    """Take an announcement back by a later record; alerts that it marked stay marked.

    Raises:
        NotAllowed: The person may not.
        Refused: It was withdrawn before, or is itself a withdrawal.
    """
    require(by, Action.ANNOUNCE_CHANGE)
    if change.withdraws_id is not None:
        raise Refused(f"{change.label} withdraws an announcement; it is none itself.")
    query = select(PlannedChange).where(PlannedChange.withdraws_id == change.id)
    if before := tx.exec(query).first():
        raise Refused(
            f"{change.label} was withdrawn by {before.label}.",
            hint="Announce anew what is planned.",
        )
    made = PlannedChange(
        site_id=change.site_id, kind=change.kind, first_day=change.first_day,
        last_day=change.last_day, description=change.description, reason=require_reason(reason),
        announced_by=by.name, announced_at=now, withdraws_id=change.id,
    )
    tx.add(made)
    tx.flush()
    return made


def standing_changes(
    session: Session, *, at: datetime | None = None
) -> list[tuple[PlannedChange, str]]:
    """The announcements that are not withdrawn, by first day, each with its site; at: as they were
    known at an instant."""
    query = (
        select(PlannedChange, Site.name)
        .join(Site, col(Site.id) == PlannedChange.site_id)
        .order_by(col(PlannedChange.first_day), col(PlannedChange.id))
    )
    if at is not None:
        query = query.where(col(PlannedChange.announced_at) <= at)
    rows = list(session.exec(query))
    withdrawn = {one.withdraws_id for one, _ in rows}
    return [
        (one, site) for one, site in rows if one.withdraws_id is None and one.id not in withdrawn
    ]


def announced_at_site(
    session: Session, site: str, *, at: datetime | None = None
) -> list[PlannedChange]:
    """What stands announced at a site."""
    return [one for one, name in standing_changes(session, at=at) if name == site]


def announcing(
    evidence: Mapping[str, Any], raised_on: date, changes: Iterable[PlannedChange]
) -> PlannedChange | None:
    """The announcement that accounts for an alert: its likeliest cause is of the kind, and its
    change may have begun within the announced days. None where none does.

    The set of onset days that are not ruled out is held against the announced days; where none
    could be estimated, the day of the alert.
    """
    explanation = evidence.get("explanation") or {}
    since = explanation.get("since") or evidence.get("since") or {}
    first, last = (
        date.fromisoformat(since[name]) if since.get(name) else raised_on
        for name in ("first", "last")
    )
    for change in changes:
        fits = explanation.get("cause") in KINDS_OF_CHANGE[change.kind]
        if fits and first <= change.last_day and change.first_day <= last:
            return change
    return None
