"""Define a device: read the file, record the revision, accept it with two signatures."""

import re
from datetime import datetime
from pathlib import Path

from sqlmodel import Session, col, select

from monitoring.chart_levels import plan_content, with_subgroups
from monitoring.plan import parse_plan
from monitoring.promises import find_unmeasured
from records.accounts import acting_on
from records.base import digest_of
from records.definition import DeviceDefinition, load_definition
from records.errors import InvalidInput, Refused
from records.people import Actor, find_actor
from records.permissions import Action, require
from records.product import Device
from records.reasons import require_reason
from records.signatures import require_two_people
from records.store import Store
from records.surveillance import MonitoringPlan
from records.yaml_source import Location, read_yaml
from regulatory.authorized_plan import require_authorized_plan_kept


def load_device(path: Path) -> DeviceDefinition:
    """A definition whose plan parses and whose promises can be measured.

    Raises:
        InvalidInput: With file, line and reason, for each fault.
    """
    definition = load_definition(path)
    faults = find_unmeasured(definition)
    try:
        parse_plan(plan_content(definition))
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
        NotAllowed: The person may not define a device; the trail says so.
    """
    reason = require_reason(reason)
    definition = load_device(path)
    digest = digest_of(definition.model_dump(mode="json"))
    with store.reader() as reader:
        person = find_actor(reader, actor)
    with acting_on(store, person, "definition", actor=actor, reason=reason, now=now) as tx:
        require(find_actor(tx, actor), Action.DEFINE_DEVICE)
        query = select(Device).where(Device.name == definition.name)
        newest = tx.exec(query.order_by(col(Device.revision).desc())).first()
        if newest is not None and newest.definition_digest == digest:
            return newest
        return draft_device(tx, definition, revision=newest.revision + 1 if newest else 1, now=now)


def draft_device(
    tx: Session, definition: DeviceDefinition, *, revision: int, now: datetime
) -> Device:
    """Record a definition as a draft, which promises nothing until two people have signed."""
    content = definition.model_dump(mode="json")
    device = Device(
        name=definition.name, revision=revision, trade_name=definition.trade_name,
        definition=content, definition_digest=digest_of(content), defined_at=now,
    )
    tx.add(device)
    tx.flush()
    return device


def accept_revision(
    store: Store, device_id: int, *, accepted_by: str, reason: str, now: datetime
) -> MonitoringPlan:
    """Put a signed revision into force as this person; a refused attempt is on record.

    Raises:
        NotAllowed: The person may not; the trail says so.
        Refused: Without valid signatures of two people in different roles, or it is no draft.
    """
    with store.reader() as reader:
        known = reader.get_one(Device, device_id)
    with acting_on(store, known, "acceptance", actor=accepted_by, reason=reason, now=now) as tx:
        return accept_device(
            tx, tx.get_one(Device, device_id), by=find_actor(tx, accepted_by), now=now
        )


def accept_device(tx: Session, device: Device, *, by: Actor, now: datetime) -> MonitoringPlan:
    """Put a signed revision into force, its monitoring plan with it; the one before is superseded.

    Raises:
        NotAllowed: The person may not.
        Refused: Without valid signatures of two people in different roles, or it alters an
            authorized change control plan.
    """
    require(by, Action.ACCEPT_DEVICE)
    require_two_people(tx, device)
    if device.status != "draft":
        raise Refused(f"{device.label} is '{device.status}'; only a draft is accepted.")
    require_authorized_plan_kept(tx, device)
    earlier = select(Device).where(Device.name == device.name, Device.status == "accepted")
    for one in tx.exec(earlier):
        one.status = "superseded"
        tx.add(one)
    device.status = "accepted"
    assert device.id is not None
    content = with_subgroups(
        device.definition["monitoring_plan"], device.definition.get("subgroups", [])
    )
    plan = MonitoringPlan(
        device_id=device.id, content=content, content_digest=digest_of(content), effective_at=now
    )
    tx.add_all([device, plan])
    tx.flush()
    return plan
