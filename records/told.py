"""What a program that sent a study may be told of it: the reading returned to care, or why none."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session, col, select

from records.cases import (
    FindingSaid,
    Instance,
    Prediction,
    Quarantine,
    Study,
    findings_in,
    named_in,
    ranked,
)
from records.definition import TaskDefinition
from records.held_results import held_by
from records.product import Device, ModelVersion
from records.study_path import read_while_suspended, why_not_read

SHA256 = re.compile(r"[0-9a-f]{64}")
ONLY_A_SHADOW = "no version answers to care at its site: it was read by a shadow, or runs as one"


@dataclass(frozen=True, slots=True)
class Told:
    """A study with what was returned to care first; without a reading ``why`` says why."""

    study: Study
    reading: Prediction | None = None
    version: ModelVersion | None = None
    finding: str = ""
    why: str = ""
    class_name: str = ""
    """The class that the study was put into, or the findings that are named; '' of a device without
    classes."""
    probabilities: tuple[tuple[str, float], ...] = ()
    """Of each class, likeliest first."""
    findings: tuple[FindingSaid, ...] = ()
    """Of each finding that may be present beside others, the first in rank first."""


def told_of(reader: Session, study_ids: Iterable[int]) -> dict[int, Told]:
    """What may be told of each of these studies, by its number.

    The first reading that was returned to care stays the answer, whatever version reads the study
    later. What only a shadow said is not told, nor what was read before use of the device was
    suspended at its site.
    """
    ids = list(study_ids)
    studies = reader.exec(select(Study).where(col(Study.id).in_(ids))).all()
    readings = reader.exec(
        select(Prediction).where(col(Prediction.study_id).in_(ids)).order_by(col(Prediction.id))
    ).all()
    returned: dict[int, Prediction] = {}
    held_readings = held_by(reader, [one.id or 0 for one in readings if one.returned_to_care])
    held_since = {
        one.study_id: held_readings[one.id] for one in readings if one.id in held_readings
    }
    for one in readings:
        if one.returned_to_care and one.id not in held_readings:
            returned.setdefault(one.study_id, one)
    read = {one.study_id for one in readings}
    numbers = {one.model_version_id for one in returned.values()}
    versions = {
        one.id: one
        for one in reader.exec(select(ModelVersion).where(col(ModelVersion.id).in_(numbers)))
    }
    tasks = {
        number: TaskDefinition.model_validate(reader.get_one(Device, number).definition["task"])
        for number in {one.device_id for one in versions.values()}
    }
    found = {}
    for study in studies:
        assert study.id is not None
        reading = returned.get(study.id)
        if reading is not None:
            version = versions[reading.model_version_id]
            task = tasks[version.device_id]
            classes = task.classes
            found[study.id] = Told(
                study, reading, version, task.finding,
                class_name=named_in(reading, classes),
                probabilities=tuple(ranked(reading)) if classes else (),
                findings=findings_in(reading),
            )
        else:
            held = held_since.get(study.id, "")
            if not held and study.id in read:
                held = read_while_suspended(reader, study.id)
            why = held or (ONLY_A_SHADOW if study.id in read else why_not_read(reader, study))
            found[study.id] = Told(study, why=why)
    return found


def find_told(reader: Session, name: str) -> Told | dict[str, int] | None:
    """What may be told of a study by its pseudonymous UID, or by the SHA-256 of a file of it.

    Of a file that was refused the reasons with their number; None where nothing is known.
    """
    if SHA256.fullmatch(name):
        stored = studies_of_files(reader, [name])
        if name not in stored:
            codes = reader.exec(select(Quarantine.reason).where(Quarantine.source_digest == name))
            return dict(Counter(codes)) or None
        number: int | None = stored[name]
    else:
        number = reader.exec(select(Study.id).where(Study.study_uid == name)).first()
    return None if number is None else told_of(reader, [number])[number]


def studies_of_files(reader: Session, source_digests: Iterable[str]) -> dict[str, int]:
    """The study that each arrived file is stored as an image of, by the SHA-256 of the file."""
    query = select(Instance.source_digest, Instance.study_id)
    wanted = col(Instance.source_digest).in_(list(source_digests))
    return dict(reader.exec(query.where(wanted)).all())


def refusals_of_files(
    reader: Session, source_digests: Iterable[str], site_id: int | None
) -> dict[str, str]:
    """Why each file lies in quarantine for the site, as a code, by the SHA-256 of the file."""
    query = select(Quarantine.source_digest, Quarantine.reason).where(
        Quarantine.site_id == site_id, col(Quarantine.source_digest).in_(list(source_digests))
    )
    return dict(reader.exec(query).all())
