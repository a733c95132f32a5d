"""What happened in use and no item of the risk file names: told at once, owed until one does.

ISO 14971:2019, 10.3 and 10.4: information is judged for hazards that were not recognised. A kind of
event without an item is a new hazard until a version of the risk file in force points to it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session, col, select

from records.complaints import Complaint
from records.incidents import Incident
from records.owed_work import OwedWork
from records.permissions import Action
from records.product import Device
from records.risk import IN_FORCE, RiskFile, RiskItem, RiskReview, items_of
from records.work_steps import roles_of
from regulatory.risk_counts import COMPLAINTS, INCIDENTS, categories_of, counting_complaints

BASIS: Final = "ISO 14971 10.3, 10.4"


def points_to(item: RiskItem, source: str, kind: str) -> bool:
    """Whether an item of a risk file names events of a source and kind, for its rate or beside."""
    return any(
        one["source"] == source and (not one["of"] or kind in one["of"]) for one in item.observed
    )


def is_new(items: Sequence[RiskItem], source: str, kind: str) -> bool:
    """Whether no item of a risk file points to events of this kind."""
    return not any(points_to(item, source, kind) for item in items)


def owed_new_hazards(
    reader: Session, now: datetime  # noqa: ARG001  (every list of what is owed is asked alike)
) -> list[OwedWork]:
    """A line for each kind of event that no item of the device's risk file in force names: of every
    complaint and incident that is coded, and of the newest review of each device."""
    files = reader.exec(select(RiskFile).where(RiskFile.status == IN_FORCE)).all()
    roles = roles_of(Action.WORK_ON_RISKS)
    rows: list[OwedWork] = []
    for file in files:
        items = items_of(reader, file)
        seen: dict[tuple[str, str], tuple[str, datetime]] = {}
        for source, kind, label, at in (*_coded(reader, file.device_name),
                                        *_reviewed(reader, file.device_name)):
            if is_new(items, source, kind):
                seen.setdefault((source, kind), (label, at))
        rows += [
            OwedWork(label, "new hazard", f"take '{kind}' ({source}) into the risk file of "
                     f"{file.device_name}: no item of {file.label} points to it", roles, None,
                     BASIS, at, step=f"{source}: {kind}")
            for (source, kind), (label, at) in seen.items()
        ]  # fmt: skip
    return rows


def _coded(reader: Session, device: str) -> list[tuple[str, str, str, datetime]]:
    own = select(Device.id).where(Device.name == device)
    complaints = reader.exec(counting_complaints(reader, device).order_by(col(Complaint.id)))
    incidents = reader.exec(
        select(Incident).where(col(Incident.device_id).in_(own)).order_by(col(Incident.id))
    )
    return [
        (source, kind, one.label, one.opened_at if isinstance(one, Incident) else one.received_at)
        for source, found in ((COMPLAINTS, complaints), (INCIDENTS, incidents)) for one in found
        for kind in categories_of(one)
    ]


def _reviewed(reader: Session, device: str) -> list[tuple[str, str, str, datetime]]:
    query: Any = (
        select(RiskReview).join(RiskFile, col(RiskFile.id) == RiskReview.risk_file_id)
        .where(RiskFile.device_name == device).order_by(col(RiskReview.id).desc())
    )
    newest = reader.exec(query).first()
    return [
        (one["source"], one["kind"], newest.label, newest.made_at)
        for one in (newest.new_hazards if newest else ())
    ]
