"""What sites have announced, each with the alerts that it accounts for, whichever came first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from records.planned_changes import PlannedChange, announcing
from records.product import Site
from records.surveillance import Alert

__all__ = ["Announcement", "announcements"]


@dataclass(frozen=True, slots=True)
class Announcement:
    """An announcement as pages and lists show it.

    status: announced, or withdrawn by which record. alerts: each by its label; one that was raised
    before the announcement says so.
    """

    label: str
    site: str
    kind: str
    first_day: date
    last_day: date
    description: str
    announced_by: str
    announced_at: datetime
    after_the_fact: bool
    status: str
    alerts: tuple[str, ...]


def announcements(session: Session) -> list[Announcement]:
    """Every announcement, the latest first day first; three questions, whatever there is."""
    rows = list(session.exec(
        select(PlannedChange, Site.name)
        .join(Site, col(Site.id) == PlannedChange.site_id)
        .order_by(col(PlannedChange.first_day).desc(), col(PlannedChange.id).desc())
    ))  # fmt: skip
    taken_back = {one.withdraws_id: one for one, _ in rows if one.withdraws_id is not None}
    made = [(one, site) for one, site in rows if one.withdraws_id is None]
    if not made:
        return []
    first = min(one.first_day for one, _ in made)
    raised = list(session.exec(
        select(Alert).where(col(Alert.raised_on) >= first).order_by(col(Alert.id))
    ))  # fmt: skip
    return [
        Announcement(
            one.label, site, one.kind, one.first_day, one.last_day, one.description,
            one.announced_by, one.announced_at, one.after_the_fact,
            f"withdrawn by {taken_back[one.id].label}" if one.id in taken_back else "announced",
            _accounted(one, site, raised, taken_back.get(one.id or 0)),
        )
        for one, site in made
    ]


def _accounted(
    change: PlannedChange, site: str, raised: list[Alert], withdrawal: PlannedChange | None
) -> tuple[str, ...]:
    """Alerts that hold the announcement, and those that it would account for and do not: raised
    before it, or explained otherwise when they were raised. None since it was withdrawn."""
    found = []
    for alert in raised:
        named = (alert.evidence.get("announced") or {}).get("change")
        if named == change.label:
            found.append(alert.label)
        elif named is None and alert.site == site:
            over = withdrawal is not None and withdrawal.announced_at <= alert.raised_at
            if not over and announcing(alert.evidence, alert.raised_on, [change]) is not None:
                early = alert.raised_at < change.announced_at
                found.append(
                    f"{alert.label}{' (raised before it was announced)' if early else ''}"
                )
    return tuple(found)
