"""Incidents of a period, and what the rules said of each: what trends, PSUR and page rest on."""

from datetime import UTC, date, datetime, time, timedelta

from sqlmodel import Session, col, select

from records.incidents import Incident
from records.product import Device
from records.reportabilities import ClockInstance, Reportability


def incidents_in_period(
    session: Session, device: str, since: date, until: date
) -> list[Incident]:
    """The incidents opened from one day to another (UTC), both included."""
    first = datetime.combine(since, time(), UTC)
    after = datetime.combine(until + timedelta(days=1), time(), UTC)
    query = (
        select(Incident).join(Device, col(Device.id) == Incident.device_id)
        .where(Device.name == device, Incident.opened_at >= first, Incident.opened_at < after)
    )
    return list(session.exec(query.order_by(col(Incident.id))))


def seriousness_of(session: Session, incidents: list[Incident]) -> dict[int, str]:
    """By number of each incident that the EU rules were asked of: serious, not serious, no
    incident (MDR Art. 2(64)), or open."""
    query = (
        select(Reportability.incident_id, ClockInstance)
        .join(Reportability, col(Reportability.id) == ClockInstance.reportability_id)
        .where(col(Reportability.incident_id).in_([one.id for one in incidents]),
               Reportability.jurisdiction == "EU")
        .order_by(col(ClockInstance.version))
    )  # fmt: skip
    said = {number: one.answer for number, one in session.exec(query)}
    return {
        number: "no incident" if answer.get("incident") is False
        else "serious" if answer.get("serious_incident") is True
        else "not serious" if answer.get("serious_incident") is False else "open"
        for number, answer in said.items()
    }
