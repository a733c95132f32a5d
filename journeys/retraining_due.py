"""Does the protocol let a retraining begin now, on which alert or schedule; if not, why."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from journeys.retraining_cases import (
    Material,
    gather_material,
    locked_test_uses,
    require_rules,
)  # fmt: skip
from monitoring.retraining import Standing, StartDecision, may_begin, why_alert_does_not_count
from records.definition import DeviceDefinition
from records.errors import Refused
from records.held_definition import definition_of
from records.lookup import find_record
from records.product import Device
from records.quality import ChangeRequest, Release
from records.queries import find_device
from records.retraining_rules import RetrainingRules
from records.retrainings import PROPOSED, STOPPED, RetrainingRun, retraining_runs
from records.store import Store
from records.surveillance import Alert, MonitoringPlan
from records.vault import Vault


@dataclass(frozen=True)
class Due:
    """The decision to begin, and what it rests on; ``number`` is that of the run it would be."""

    device: Device
    definition: DeviceDefinition
    rules: RetrainingRules
    runs: list[RetrainingRun]
    decision: StartDecision
    standing: Standing
    material: Material
    seed: int

    @property
    def number(self) -> int:
        """The number of the next run."""
        return len(self.runs) + 1


def retraining_due(
    store: Store, device_name: str, *, seed: int, now: datetime, alert: str | None = None
) -> Due:
    """Decide by the device's protocol from what is on record now; nothing is written.

    seed: of the first run; each later one counts it up, so that no attempt repeats another.

    Raises:
        Refused: The device declares no protocol, or no version is released.
        NotFound: There is no such alert.
    """
    with store.reader() as reader:
        device = find_device(reader, device_name)
        definition = definition_of(device)
        rules = require_rules(device, definition)
        runs = retraining_runs(reader, device_name)
        own = seed + len(runs)
        material = gather_material(
            reader, Vault(store.workspace.vault), device, definition, seed=own
        )
        named = _own_alert(reader, device, alert) if alert else None
        standing = _standing(reader, device, runs, material)
    decision = may_begin(rules, standing, now=now, alert=named)
    return Due(device, definition, rules, runs, decision, standing, material, own)


def _standing(
    reader: Session, device: Device, runs: list[RetrainingRun], material: Material
) -> Standing:
    released_at = max(
        (one.decided_at for one in reader.exec(
            select(Release).where(
                Release.model_version_id == material.in_use.id, Release.outcome == "released"
            )
        )), default=material.in_use.trained_at,
    )  # fmt: skip
    since = [one for one in runs if one.begun_at >= released_at]
    changes = {
        one.label: one.status for one in reader.exec(select(ChangeRequest))
    } if since else {}
    proposed = [str(one.said("ended")["change_request"]) for one in since
                if one.outcome == PROPOSED]  # fmt: skip
    undecided = [one for one in proposed if changes.get(one) in ("proposed", "assessed",
                                                                 "approved")]  # fmt: skip
    failed = sum(one.outcome == STOPPED and bool(one.said("ended").get("counts")) for one in since)
    failed += sum(changes.get(one) == "refused" for one in proposed)
    return Standing(
        released_at=released_at, last_begun=since[-1].begun_at if since else None,
        alerts=_alerts(reader, device), tried=frozenset(
            str(one.said("begun")["alert"]) for one in since if one.said("begun")["alert"]
        ),
        failed=failed, uses=locked_test_uses(reader, material),
        undecided=undecided[-1] if undecided else "", new_cases=len(material.selection.new),
    )


def _alerts(reader: Session, device: Device) -> list[Alert]:
    query = (
        select(Alert)
        .join(MonitoringPlan, col(MonitoringPlan.id) == Alert.plan_id)
        .join(Device, col(Device.id) == MonitoringPlan.device_id)
        .where(Device.name == device.name).order_by(col(Alert.id))
    )
    return list(reader.exec(query))


def _own_alert(reader: Session, device: Device, label: str) -> Alert:
    alert = find_record(reader, Alert, label)
    if alert.label not in {one.label for one in _alerts(reader, device)}:
        raise Refused(f"{alert.label} is no alert of {device.name}.")
    return alert


def proposal_on_alert(reader: Session, alert: Alert) -> str:
    """What the protocol says to an alert, in a sentence with the command; '' without a protocol.

    Cheap: how many new cases there are is counted when the command is given.
    """
    plan = reader.get_one(MonitoringPlan, alert.plan_id)
    name = reader.get_one(Device, plan.device_id).name
    rules = definition_of(find_device(reader, name)).retraining
    if rules is None:
        return ""
    began = [one for one in retraining_runs(reader, name) if one.said("begun")["alert"]
             == alert.label]  # fmt: skip
    if began and began[-1].outcome != STOPPED:
        return f"{began[-1].name} began on {alert.label}: {began[-1].outcome}."
    why = why_alert_does_not_count(rules, alert)
    if why:
        return f"The retraining protocol does not start on {alert.label}: {why}."
    least = rules.triggers.minimum_new_cases
    return (
        f"The retraining protocol may start on {alert.label}, once {least} new cases can be taken: "
        f"'radvigil model retrain --alert {alert.label} --device {name}'."
    )
