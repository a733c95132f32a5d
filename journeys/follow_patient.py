"""The measurements of one patient over time, and what has changed beyond the repeatability."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

from sqlmodel import Session, col, select

from measures.change import Change
from measures.estimate import Estimate
from models.tasks.segmentation import MM, PIXELS
from monitoring.repeats import FOLLOWED, RETAKEN, Measurement, change_of
from records.cases import Prediction, Study
from records.errors import Refused
from records.held_definition import definition_of
from records.product import Device, ModelVersion
from records.queries import evaluations_of, results_of
from records.surveillance import VALIDATION
from regulatory.gathering.edition import estimate_of

UNITS = {("area", MM): "mm²", ("longest", MM): MM, ("area", PIXELS): "pixels",
         ("longest", PIXELS): "pixels", ("volume_ml", MM): "ml",
         ("longest_mm", MM): MM}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Followed:
    """One measurement of one study, and what it is to the one before and to the first.

    percent: the difference, of the measurement before. change, since_first: "more", "less", "within
    repeatability", or '' where nothing is called, and
    then the reason says why. differences None where there is nothing to compare with.
    """

    study: str
    arrived_on: str
    version: str
    measurement: str
    value: float | None
    unit: str
    difference: float | None = None
    percent: float | None = None
    change: str = ""
    reason: str = ""
    difference_to_first: float | None = None
    since_first: str = ""


def follow_patient(reader: Session, study: Study, device: Device) -> list[Followed]:
    """The measured studies of the patient of this study, oldest first, each beside those before.

    Raises:
        Refused: The device measures nothing.
    """
    definition = definition_of(device)
    names = FOLLOWED.get(definition.task.kind)
    if names is None:
        raise Refused(
            f"{device.name} measures nothing: its task is {definition.task.kind}.",
            hint="Name a device that outlines, with --device.",
        )
    measured = _measured(reader, study.patient, device, names)
    stated = {
        one.label: _stated(reader, one)
        for one in {version.id: version for _, version in measured}.values()
    }
    found: list[Followed] = []
    for name in names:
        rows = [one for one, _ in measured]
        found += [_row(rows[: at + 1], name, stated[one.version]) for at, one in enumerate(rows)]
    return found


def _row(
    rows: Sequence[Measurement], name: str, coefficients: dict[str, Estimate]
) -> Followed:
    """The last of the rows beside the one before it and the first."""
    last = rows[-1]
    value = last.outputs.get(name)
    more: dict[str, Any] = {}
    if len(rows) > 1:
        now = change_of(rows[-2], last, name, coefficients)
        whole = change_of(rows[0], last, name, coefficients)
        more = {
            "difference": _number(now.difference), "percent": _percent(rows[-2], now, name),
            "change": now.called or "",
            "reason": now.reason, "difference_to_first": _number(whole.difference),
            "since_first": whole.called or "",
        }  # fmt: skip
    unit = UNITS[name, last.outputs.get("unit", MM)]
    number = None if value is None else float(value)
    return Followed(last.study, last.day, last.version, name, number, unit, **more)


def _measured(
    reader: Session, patient: str, device: Device, names: Sequence[str]
) -> list[tuple[Measurement, ModelVersion]]:
    """Of each study what the newest version that read it recorded, by day of arrival."""
    query = (
        select(Study, Prediction, ModelVersion)
        .join(Prediction, col(Prediction.study_id) == Study.id)
        .join(ModelVersion, col(ModelVersion.id) == Prediction.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Study.patient == patient, Device.name == device.name)
        .order_by(col(Study.arrived_on), col(Study.id), col(Prediction.id))
    )
    newest = {study.id: (study, said, version) for study, said, version in reader.exec(query)}
    return [
        (Measurement(study.label, str(study.arrived_on), version.label, said.outputs), version)
        for study, said, version in newest.values()
        if names[0] in said.outputs
    ]


def _stated(reader: Session, version: ModelVersion) -> dict[str, Estimate]:
    """The repeatability coefficients of its newest validation, by measure."""
    known = evaluations_of(reader, version, VALIDATION)
    if not known:
        return {}
    stored = [one for one in results_of(reader, known[-1]) if one.subgroup == RETAKEN]
    return {one.measure: estimate_of(one) for one in stored}


def _percent(before: Measurement, now: Change, name: str) -> float | None:
    earlier = before.outputs.get(name)
    return None if not earlier or isnan(now.difference) else 100 * now.difference / float(earlier)


def _number(value: float) -> float | None:
    return None if isnan(value) else value
