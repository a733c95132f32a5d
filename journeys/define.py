"""Define a device: read the file, record the revision, accept it with two signatures."""

import re
from datetime import datetime
from pathlib import Path

from sqlmodel import Session, col, select

from monitoring.plan import parse_plan
from monitoring.promises import find_unmeasured
from records.base import digest_of
from records.definition import DeviceDefinition, load_definition
from records.errors import InvalidInput, Refused
from records.product import Device
from records.reasons import require_reason
from records.signatures import require_two_people
from records.store import Store
from records.surveillance import MonitoringPlan
from records.yaml_source import Location, read_yaml


def load_device(path: Path) -> DeviceDefinition:
    """A definition whose plan parses and whose promises can be measured.

    Raises:
        InvalidInput: With file, line and reason, for each fault.
    """
    definition = load_definition(path)
    faults = find_unmeasured(definition)
    try:
        parse_plan(definition.monitoring_plan)
    except InvalidInput as wrong:
        faults.append(_placed(wrong))
    if faults:
        raise read_yaml(path).refusal(faults)
    return definition


def _placed(wrong: InvalidInput) -> tuple[Location, str]:
    """Where a plan's fault stands: its message opens with the field, monitoring_plan.a[0].b: ..."""
    field, _, words = wrong.message.partition(": ")
    parts = re.findall(r"[^.\[\]]+", field)
    location = tuple(int(part) if part.isdigit() else part for part in parts)
    return location, f"{words} {wrong.hint}".strip()


def define_device(
    store: Store, path: Path, *, actor: str, reason: str, now: datetime
) -> Device:
    """Record a definition file as a new draft revision; an unchanged file changes nothing.

    Raises:
        InvalidInput: With line and reason, for each fault of the file; or no reason was given.
    """
    reason = require_reason(reason)
    definition = load_device(path)
    content = definition.model_dump(mode="json")
    digest = digest_of(content)
    with store.transaction(actor, reason, now=now) as tx:
        query = select(Device).where(Device.name == definition.name)
        newest = tx.exec(query.order_by(col(Device.revision).desc())).first()
        if newest is not None and newest.definition_digest == digest:
            return newest
        device = Device(
            name=definition.name, revision=newest.revision + 1 if newest else 1,
            trade_name=definition.trade_name, definition=content, definition_digest=digest,
            defined_at=now,
        )
        tx.add(device)
        tx.flush()
        return device


def accept_device(tx: Session, device: Device, *, now: datetime) -> MonitoringPlan:
    """Put a signed revision into force, its monitoring plan with it; the one before is superseded.

    Raises:
        Refused: Without valid signatures of two people in different roles.
    """
    require_two_people(tx, device)
    if device.status != "draft":
        raise Refused(f"{device.label} is '{device.status}'; only a draft is accepted.")
    earlier = select(Device).where(Device.name == device.name, Device.status == "accepted")
    for one in tx.exec(earlier):
        one.status = "superseded"
        tx.add(one)
    device.status = "accepted"
    assert device.id is not None
    content = device.definition["monitoring_plan"]
    plan = MonitoringPlan(
        device_id=device.id, content=content, content_digest=digest_of(content), effective_at=now
    )
    tx.add_all([device, plan])
    tx.flush()
    return plan
