"""What a version differs in from the one that was cleared or certified last: the sum of all changes
since, not the last step (FDA, Deciding When to Submit a 510(k) for a Software Change, 2017).
"""

from dataclasses import asdict, dataclass
from typing import Any

from sqlmodel import Session, col, select

from records.clearances import Clearance
from records.product import DatasetVersion, Device, ModelVersion
from records.quality import ChangeRequest
from records.queries import evaluations_of, results_of

ABSENT = "not recorded"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same; ``before`` and ``after`` as they are recorded."""

    what: str
    before: Any
    after: Any


def difference_to(
    session: Session, version: ModelVersion, clearance: Clearance
) -> dict[str, Any]:
    """Everything that changed between the cleared version and this one.

    Changes of all versions in between, also refused ones, with what became of them; architecture,
    operating point, calibration, preprocessing, data and definition; and the stored estimates of
    both side by side. Nothing is computed here: an estimate that is not stored is None.
    """
    cleared = session.get_one(ModelVersion, clearance.model_version_id)
    return {
        "version": version.label,
        "against": {
            "clearance": clearance.label, "authority": clearance.authority,
            "number": clearance.number, "cleared_on": clearance.cleared_on,
            "version": cleared.label,
        },
        "same": version.id == cleared.id,
        **between(session, cleared, version),
    }


def between(session: Session, cleared: ModelVersion, version: ModelVersion) -> dict[str, Any]:
    """The changes after one version up to another, what differs, and their stored estimates."""
    changes = [
        {"change": one.label, "version": ModelVersion.label_of(one.model_version_id),
         "title": one.title, "reason": one.reason, "status": one.status,
         "pccp_inside": one.assessment.get("pccp", {}).get("inside"),
         "proposed_at": one.proposed_at}
        for one in _changes(session, cleared, version)
    ]  # fmt: skip
    return {
        "changes": changes,
        "differences": [asdict(one) for one in _differences(session, cleared, version)],
        "performance": _performance(session, cleared, version),
    }


def difference_between(
    session: Session, before: ModelVersion, after: ModelVersion
) -> tuple[list[Difference], list[dict[str, Any]]]:
    """How two versions were made differently, and the stored estimates of both side by side."""
    return _differences(session, before, after), _performance(session, before, after)


def _changes(
    session: Session, cleared: ModelVersion, version: ModelVersion
) -> list[ChangeRequest]:
    """The changes of the device's versions after the cleared one up to this one."""
    name = session.get_one(Device, version.device_id).name
    query = (
        select(ChangeRequest)
        .join(Device, col(Device.id) == ChangeRequest.device_id)
        .where(
            Device.name == name, col(ChangeRequest.model_version_id) > cleared.id,
            col(ChangeRequest.model_version_id) <= version.id,
        )
        .order_by(col(ChangeRequest.id))
    )
    return list(session.exec(query))


def _differences(
    session: Session, cleared: ModelVersion, version: ModelVersion
) -> list[Difference]:
    pairs: list[Difference] = [
        Difference("architecture", cleared.architecture, version.architecture),
        Difference("weights", cleared.weights_hash, version.weights_hash),
        Difference("operating point", cleared.operating_point, version.operating_point),
        Difference("training code", cleared.code_digest, version.code_digest),
    ]
    names = sorted(set(cleared.model) | set(version.model))
    pairs += [
        Difference(f"model: {name}", cleared.model.get(name, ABSENT),
                   version.model.get(name, ABSENT))
        for name in names
    ]  # fmt: skip
    names = sorted(set(cleared.params) | set(version.params))
    pairs += [
        Difference(f"training: {name}", cleared.params.get(name, ABSENT),
                   version.params.get(name, ABSENT))
        for name in names
    ]  # fmt: skip
    pairs += _data(session, cleared, version)
    before, after = (
        session.get_one(Device, one.device_id) for one in (cleared, version)
    )
    pairs += [
        Difference(f"definition: {name}", before.definition.get(name, ABSENT),
                   after.definition.get(name, ABSENT))
        for name in sorted(set(before.definition) | set(after.definition))
    ]  # fmt: skip
    return [one for one in pairs if one.before != one.after]


def _data(
    session: Session, cleared: ModelVersion, version: ModelVersion
) -> list[Difference]:
    before, after = (
        session.get(DatasetVersion, one.dataset_version_id) if one.dataset_version_id else None
        for one in (cleared, version)
    )

    def of(one: DatasetVersion | None, field: str) -> Any:
        return getattr(one, field) if one is not None else ABSENT

    return [
        Difference(f"data: {words}", of(before, field), of(after, field))
        for words, field in (
            ("version", "label"), ("manifest", "manifest_digest"), ("studies", "studies"),
            ("patients", "patients"), ("splits", "splits"),
        )
    ]


def _performance(
    session: Session, cleared: ModelVersion, version: ModelVersion
) -> list[dict[str, Any]]:
    """The latest stored estimates of each purpose beside each other, all studies together."""
    told: dict[tuple[str, str, str], dict[str, Any]] = {}
    for place, one in (("before", cleared), ("after", version)):
        for purpose in ("internal_test", "external_test"):
            known = evaluations_of(session, one, purpose)
            if not known:
                continue
            for found in results_of(session, known[-1]):
                if found.subgroup != "all":
                    continue
                row = told.setdefault(
                    (purpose, found.measure, found.subgroup),
                    {"split": purpose, "measure": found.measure, "before": None, "after": None},
                )
                row[place] = {
                    "value": found.value, "low": found.low, "high": found.high,
                    "level": found.level, "n": found.n, "reason": found.reason,
                    "record": found.label,
                }
    return [told[key] for key in sorted(told)]
