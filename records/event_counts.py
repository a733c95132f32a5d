"""What happened in a period, counted from the records: what the PSUR and the page both quote."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlmodel import Session, col, select

from records.complaints import Complaint
from records.errors import InvalidInput
from records.incidents import Incident
from records.product import Device
from records.reportabilities import ClockInstance, Reportability


@dataclass(frozen=True, slots=True)
class EventCounts:
    """Complaints received and incidents opened in a period (UTC days, both included).

    serious: by what the EU rules said of each incident: serious, not serious, open, not assessed.
    by_jurisdiction: for each how many are reportable, not reportable, not applicable, open.
    """

    device: str
    since: date
    until: date
    complaints: int = 0
    complaints_by_status: dict[str, int] = field(default_factory=dict)
    complaints_by_category: dict[str, int] = field(default_factory=dict)
    incidents: int = 0
    incidents_by_status: dict[str, int] = field(default_factory=dict)
    incidents_by_category: dict[str, int] = field(default_factory=dict)
    incidents_by_harm: dict[str, int] = field(default_factory=dict)
    serious: dict[str, int] = field(default_factory=dict)
    by_jurisdiction: dict[str, dict[str, int]] = field(default_factory=dict)


def events_in_period(session: Session, device: str, since: date, until: date) -> EventCounts:
    """The complaints received and the incidents opened from one day to another, both included.

    An event of several categories counts in each, so the categories may add up to more.

    Raises:
        InvalidInput: The period ends before it begins.
    """
    if until < since:
        raise InvalidInput(f"The period ends on {until}, before it begins on {since}.")
    complaints = _in_period(session, Complaint, Complaint.received_at, device, since, until)
    incidents = incidents_in_period(session, device, since, until)
    numbers = [one.id for one in incidents]
    rows = session.exec(
        select(Reportability).where(col(Reportability.incident_id).in_(numbers))
    ).all()
    by_place: dict[str, Counter[str]] = {}
    for row in rows:
        by_place.setdefault(row.jurisdiction, Counter())[row.status] += 1
    return EventCounts(
        device, since, until, len(complaints), _counted(one.status for one in complaints),
        _categories(complaints), len(incidents), _counted(one.status for one in incidents),
        _categories(incidents), _counted(one.harm for one in incidents),
        _seriousness(session, incidents, rows),
        {place: dict(found) for place, found in sorted(by_place.items())},
    )


def _in_period(
    session: Session, table: Any, dated: Any, device: str, since: date, until: date
) -> list[Any]:
    first = datetime.combine(since, time(), UTC)
    after = datetime.combine(until + timedelta(days=1), time(), UTC)
    query = (
        select(table).join(Device, col(Device.id) == table.device_id)
        .where(Device.name == device, col(dated) >= first, col(dated) < after)
    )
    return list(session.exec(query.order_by(table.id)))


def _counted(words: Any) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))


def _categories(events: list[Any]) -> dict[str, int]:
    return _counted(
        code["category"] for one in events for code in (one.codes or [{"category": "not coded"}])
    )


def _seriousness(
    session: Session, incidents: list[Incident], rows: Any
) -> dict[str, int]:
    """By the standing instance of the EU row of each incident."""
    found = {one: "serious" if said.get("serious_incident") is True
             else "not serious" if said.get("serious_incident") is False else "open"
             for one, said in _standing_in_eu(session, rows).items()}  # fmt: skip
    return _counted(found.get(one.id or 0, "not assessed") for one in incidents)


def _standing_in_eu(session: Session, rows: Any) -> dict[int, dict[str, Any]]:
    """What the EU rules said last, by number of the incident."""
    of_row = {row.id: row.incident_id for row in rows if row.jurisdiction == "EU"}
    query = select(ClockInstance).where(col(ClockInstance.reportability_id).in_(list(of_row)))
    return {
        of_row[one.reportability_id]: one.answer
        for one in session.exec(query.order_by(col(ClockInstance.version)))
    }


def incidents_in_period(
    session: Session, device: str, since: date, until: date
) -> list[Incident]:
    """The incidents opened from one day to another (UTC), both included."""
    return _in_period(session, Incident, Incident.opened_at, device, since, until)


def seriousness_of(session: Session, incidents: list[Incident]) -> dict[int, str]:
    """By number of each incident that the EU rules were asked of: serious, not serious, no
    incident (MDR Art. 2(64)), or open."""
    rows = session.exec(
        select(Reportability).where(
            col(Reportability.incident_id).in_([one.id for one in incidents]),
            Reportability.jurisdiction == "EU",
        )
    ).all()
    return {
        one: "no incident" if said.get("incident") is False
        else "serious" if said.get("serious_incident") is True
        else "not serious" if said.get("serious_incident") is False else "open"
        for one, said in _standing_in_eu(session, rows).items()
    }
