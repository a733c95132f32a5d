"""A small development on record: two sites, eighteen studies, a judged and refused version."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlmodel import Session

from monitoring.chart_levels import plan_content
from records.base import digest_of
from records.cases import GateResult, Instance, Quarantine, ReferenceStandard, Study
from records.definition import DeviceDefinition, find_definition, load_definition
from records.people import Actor, find_actor
from records.product import DatasetVersion, Device, ModelVersion, Site
from records.surveillance import AcceptanceResult, Evaluation, EvaluationResult, MonitoringPlan
from regulatory.changes import assess_change, propose_change, refuse_change

START = datetime(2026, 5, 11, 8, tzinfo=UTC)
DEVICE = "chest-radiograph-pneumonia"
SITES = ("northfield", "westhaven")
INTERNAL, EXTERNAL = 12, 6
WITHOUT_TRUTH = 1


def at(days: int, hour: int = 8) -> datetime:
    """An instant so many days after the definition was accepted."""
    return START.replace(hour=hour) + timedelta(days=days)


@cache
def definition() -> DeviceDefinition:
    """The definition that comes with Radvigil; it is frozen, and read once."""
    return load_definition(find_definition(DEVICE))


def add(tx: Session, row: Any) -> int:
    """Record a row; its number."""
    tx.add(row)
    tx.flush()
    assert row.id is not None
    return int(row.id)


def add_device(tx: Session) -> Device:
    """The device with its monitoring plan and the people."""
    declared = definition()
    content = declared.model_dump(mode="json")
    device = Device(
        name=DEVICE, revision=1, trade_name=declared.trade_name, definition=content,
        definition_digest=digest_of(content), defined_at=START,
    )
    number = add(tx, device)
    plan = plan_content(declared)
    add(tx, MonitoringPlan(
        device_id=number, content=plan, content_digest=digest_of(plan), effective_at=START,
    ))  # fmt: skip
    for name, role in (("demo.quality", "quality"), ("demo.engineer", "engineer")):
        add(tx, Actor(
            name=name, full_name=f"Demo {role.title()}", kind="person", roles=[role],
            registered_at=START,
        ))  # fmt: skip
    for site in SITES:
        add(tx, Site(name=site, registered_at=at(7)))
    return device


def add_study(
    tx: Session, number: int, *, site_id: int, purpose: str, day: datetime, sex: str = "F"
) -> int:
    """A study with one image; an odd number has the finding, in the truth as in the score."""
    study = add(tx, Study(
        study_uid=f"2.25.{number}", patient=f"P{number:016d}", site_id=site_id, purpose=purpose,
        arrived_on=day.date(), received_at=day, modality="DX", body_part="CHEST", view="PA",
        age_years=40.0 + number % 20, sex=sex, manufacturer="Maker", model_name="DX-1",
        rows=160, columns=160, assigned=["date"],
    ))  # fmt: skip
    quality: dict[str, Any] = dict.fromkeys(
        ("brightness", "contrast", "sharpness", "noise", "entropy", "saturation"), 0.5
    )
    add(tx, Instance(
        study_id=study, instance_uid=f"2.25.9{number}", digest=digest_of(number),
        source_digest=digest_of(["source", number]),
        deidentification={"profile": "basic 1", "counts": {"K": 4, "X": 2},
                          "burned_in": "NO", "verdict": "clean"},
        **quality,
    ))  # fmt: skip
    return study


def add_truth(tx: Session, study: int, *, present: bool, day: datetime) -> int:
    """What a study turned out to be, by three readers."""
    return add(tx, ReferenceStandard(
        study_id=study, finding="pneumonia", present=present, source="consensus",
        reader="a+b+c", known_on=day.date(), received_at=day,
    ))  # fmt: skip


def add_development(tx: Session, device: Device) -> DatasetVersion:
    """Studies taken in for development, some refused, and the dataset frozen from them."""
    for number in range(1, INTERNAL + EXTERNAL + WITHOUT_TRUTH + 1):
        outside = INTERNAL < number <= INTERNAL + EXTERNAL
        study = add_study(
            tx, number, site_id=2 if outside else 1, day=at(7),
            purpose="external" if outside else "development", sex="M" if number == 3 else "F",
        )
        if number <= INTERNAL + EXTERNAL:
            add_truth(tx, study, present=number % 2 == 1, day=at(7))
    for number, reason in enumerate(("not_dicom", "truncated", "truncated")):
        add(tx, Quarantine(
            source_digest=f"refused {number}", site_id=1, reason=reason, size_bytes=9,
            arrived_on=at(7).date(), received_at=at(7),
        ))  # fmt: skip
    add(tx, GateResult(
        suite="dataset", scope="dataset datasets/small", n=18, passed=True,
        expectations=[{"passed": True}, {"passed": True}], checked_at=at(8),
    ))  # fmt: skip
    assert device.id is not None
    dataset = DatasetVersion(
        device_id=device.id, name="small", manifest_digest=digest_of("manifest"),
        content_digest="0.dir", vault_path="datasets/small", commit="c0ffee", studies=18,
        patients=18, splits=_splits(), frozen_at=at(8),
        datasheet={
            "source": "made by hand", "excluded": {"no reference standard": WITHOUT_TRUTH},
            "patient_overlap": 0, "not_recorded": {"age_years": 0, "sex": 2, "view": 0},
            "reference_standard": "consensus of readers",
        },
    )
    add(tx, dataset)
    return dataset


def _splits() -> dict[str, Any]:
    counts = {"train": (6, 3, 0), "tuning": (2, 1, 0), "internal_test": (4, 2, 0),
              "external_test": (6, 3, 1)}  # fmt: skip
    return {
        split: {"studies": n, "patients": n, "positive": k, "sites": {SITES[site]: n}}
        for split, (n, k, site) in counts.items()
    }


def add_version(
    tx: Session, device: Device, dataset: DatasetVersion, **frozen: Any
) -> ModelVersion:
    """A trained candidate; frozen: where its files lie, and their digests."""
    assert device.id is not None and dataset.id is not None
    version = ModelVersion(
        device_id=device.id, dataset_version_id=dataset.id, name="small-1", version_digest="v",
        weights_hash=digest_of("weights"), architecture="residual", operating_point=0.25,
        model={"input_size": 64, "calibration": {"slope": 1.5, "intercept": 0.1}, "seed": 7,
               "operating_rule": {"rule": "fixed_sensitivity", "target": 0.9},
               "preprocessing": {"levels": 256}, "software": {"torch": "2.13.0"}},
        params={"seed": 7, "fit": {"width": 16}}, dvc_lock_digest="d", code_digest="e",
        commit="f", trained_at=at(9), **{"vault_path": "models/small-1"} | frozen,
    )  # fmt: skip
    add(tx, version)
    return version


def add_evaluation(tx: Session, version: ModelVersion, purpose: str, **more: Any) -> Evaluation:
    """An evaluation with overall estimates and one group by site and one by sex."""
    assert version.id is not None
    told: dict[str, Any] = {"attempt": 1, "evaluated_at": at(10)} | more
    evaluation = Evaluation(
        model_version_id=version.id, purpose=purpose, studies=4, patients=4, inputs_digest="i",
        figures={
            "two_by_two": {"true_positive": 2, "false_positive": 1, "false_negative": 0,
                           "true_negative": 1},
            "roc": {"sensitivity": [0.0, 0.5, 1.0], "specificity": [1.0, 1.0, 0.0]},
            "reliability": [{"predicted": 0.3, "n": 4, "observed": 0.5, "low": 0.2, "high": 0.8}],
        },
        **told,
    )  # fmt: skip
    number = add(tx, evaluation)
    values = (("auc", 0.9, None), ("sensitivity", 1.0, (2, 2)), ("specificity", 0.5, (1, 2)),
              ("brier", 0.1, None))  # fmt: skip
    for group in ("all", f"site={SITES[0]}", "sex=F"):
        for measure, value, counts in values:
            add(tx, EvaluationResult(
                evaluation_id=number, measure=measure, subgroup=group, n=4, value=value,
                low=max(0.0, value - 0.3), high=min(1.0, value + 0.3), level=0.95,
                method="cluster bootstrap, expanded percentile, 4 patients, seed 7",
                numerator=counts[0] if counts else None,
                denominator=counts[1] if counts else None,
            ))  # fmt: skip
    return evaluation


def add_verdict(tx: Session, device: Device, version: ModelVersion) -> None:
    """The first criterion met, the second not, the third without data; the change refused."""
    assert version.id is not None
    for criterion, verdict in zip(
        definition().acceptance_criteria, ("met", "not met", "not available"), strict=False
    ):
        number = {"auc": 1, "sensitivity": 2}.get(criterion.measure)
        add(tx, AcceptanceResult(
            evaluation_id=1, model_version_id=version.id, criterion=criterion.id,
            evaluation_result_id=number, statement=criterion.statement, verdict=verdict,
            observed=0.6 if verdict == "not met" else None, bound=criterion.bound,
            reason="" if verdict == "not met" else "no data", judged_at=at(10),
        ))  # fmt: skip
    change = propose_change(
        tx, version, title="t", description="d", reason="r", proposed_by="demo.engineer",
        now=at(11),
    )
    quality = find_actor(tx, "demo.quality")
    refuse_change(tx, assess_change(tx, change), decided_by=quality, now=at(12))
