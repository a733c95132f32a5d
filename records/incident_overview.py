"""Every incident on one line: how it stands, and how it stands in each jurisdiction."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from records.awareness import AwarenessCandidate
from records.complaints import Complaint
from records.day_overrides import overrides_standing
from records.event_work import rows_reported
from records.incidents import Incident
from records.product import Device, ModelVersion
from records.reportabilities import ClockInstance, Reportability, latest_instances


@dataclass(frozen=True, slots=True)
class IncidentLine:
    """One incident: its status, by jurisdiction what is known, and the next day to work towards.

    due: the earliest day of its rows that are open, or reportable and not reported yet; None where
    no clock runs.
    """

    label: str
    status: str
    site: str
    harm: str
    jurisdictions: dict[str, str]
    due: date | None
    opened_at: datetime
    opened_by: str
    words: str


def incident_lines(reader: Session) -> list[IncidentLine]:
    """Every incident, the latest first; a few queries, whatever their number."""
    rows: dict[int, list[Reportability]] = defaultdict(list)
    for row in reader.exec(select(Reportability).order_by(col(Reportability.id))):
        rows[row.incident_id].append(row)
    days, reported = _days(reader), set(reader.exec(rows_reported()))
    return [
        IncidentLine(
            one.label, one.status, one.site, one.harm,
            {row.jurisdiction: row.status for row in rows[one.id or 0]},
            min((days[row.id] for row in rows[one.id or 0]
                 if row.id in days and (row.status == "open" or (
                     row.status == "reportable" and row.id not in reported))), default=None),
            one.opened_at, one.opened_by, one.words,
        )
        for one in reader.exec(select(Incident).order_by(col(Incident.id).desc()))
    ]  # fmt: skip


def _days(reader: Session) -> dict[int | None, date]:
    """By row of a jurisdiction the day to work towards, as a person set it where one did."""
    latest = latest_instances()
    query = select(ClockInstance).join(
        latest, (latest.c.reportability_id == ClockInstance.reportability_id)
        & (latest.c.version == ClockInstance.version),
    ).where(col(ClockInstance.work_by).is_not(None))
    found: dict[int | None, date] = {
        one.reportability_id: one.work_by for one in reader.exec(query) if one.work_by
    }
    for label, one in overrides_standing(reader).items():
        number = _number(label)
        if found.get(number) == one.computed:
            found[number] = one.day
    return found


def _number(label: str) -> int | None:
    prefix, _, number = label.partition("-")
    return int(number) if prefix == Reportability.PREFIX else None


def incident_facts(reader: Session, one: Incident) -> dict[str, Any]:
    """An incident's own fields as people read them: records by their labels, none by an id."""
    fields: dict[str, Any] = one.model_dump(
        exclude={"id", "device_id", "model_version_id", "complaint_id", "candidate_id"}
    )
    device = reader.get_one(Device, one.device_id)
    named = {"device": f"{device.label} ({device.name})"}
    for name, table, number in (
        ("version", ModelVersion, one.model_version_id),
        ("complaint", Complaint, one.complaint_id),
        ("candidate", AwarenessCandidate, one.candidate_id),
    ):
        if number is not None:
            named[name] = table.label_of(number)
    return {"incident": one.label, **named, **fields}
