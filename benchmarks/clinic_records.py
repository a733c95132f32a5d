"""A simulated clinic on record without images: what it sent, as the product's own records hold it.

Studies, what the own device and another maker's product said, what clinicians answered, the
findings of the reports, later verification, and an audit sample that the product has drawn and a
blinded panel has read on the product's queue. For questions about estimates that need thousands of
studies and many repeats; the journey with files, sockets and pages is ``radvigil demo``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from sqlmodel import Session

from imaging.sources.cases import PNEUMONIA, Case, draw_case, uid
from imaging.sources.clinic_products import OTHER_MAKER, OWN_DEVICE, SimulatedProduct, output_of
from imaging.sources.clinic_studies import ClinicStudy, Response, draw_clinic_studies
from imaging.sources.clinics import CLINICS
from imaging.sources.simulator import operation_day_plan
from journeys.define import draft_device, load_device
from journeys.demonstration_clinic import OTHER_DEVICE, PANEL, read_queue
from journeys.demonstration_setup import DEMO_PASSWORD
from monitoring.draw_adjudication import draw_audit_sample
from records.batches import add_batch
from records.cases import Prediction, ReaderAssessment, ReferenceStandard, Study
from records.definition import find_definition
from records.held_definition import definition_of
from records.people import Role, find_actor, register_person
from records.product import DatasetVersion, Deployment, Device, ModelVersion, Site
from records.reports import CANCELLED, CORRECTED, RadiologyReport
from records.reports import FINAL as REPORTED
from records.store import Store

BEGIN = datetime(2026, 5, 20, 8, tzinfo=UTC)
OWN = "chest-radiograph-pneumonia"
"""The definition of the own device; its plan says what is drawn for the audit sample."""
QUALITY = "benchmark.quality"
"""Who draws the sample."""
ANSWERS = {
    Response.ACCEPTED: "accepted", Response.CHANGED: "changed", Response.REJECTED: "rejected",
}  # fmt: skip


@dataclass(frozen=True)
class OnRecord:
    """What was put on record: the versions, and by study id the whole truth."""

    own: ModelVersion
    other: ModelVersion
    studies: Sequence[ClinicStudy]
    truth: dict[int, bool]


def drawn_studies(seed: int, *, days: int, daily: int) -> list[ClinicStudy]:
    """The studies of all simulated sites, so many a day at each, with what became of them."""
    plans = [
        plan for day in range(days) for site in CLINICS
        for plan in operation_day_plan(seed, site, day, daily, False) if plan.defect is None
    ]
    said = {uid(plan, "study"): output_of(draw_case(plan), OWN_DEVICE) for plan in plans}
    return draw_clinic_studies(plans, said)


def register_people(store: Store) -> None:
    """The accounts of who draws and who reads; once, as a password is slow to keep by design."""
    with store.transaction("service:simulation", "people of a simulated clinic", now=BEGIN) as tx:
        for name, full_name, role in (
            (QUALITY, "Benchmark Quality", Role.QUALITY),
            *((name, full_name, Role.CLINICIAN) for name, full_name in PANEL),
        ):
            register_person(tx, name, full_name=full_name, roles=[role],
                            password=DEMO_PASSWORD, now=BEGIN)  # fmt: skip


def put_on_record(store: Store, studies: Sequence[ClinicStudy], *, seed: int) -> OnRecord:
    """Put these studies on record in a store that knows the people and nothing else, then draw an
    audit sample of all days by the device's plan and have it read."""
    now = datetime.combine(max(one.plan.day for one in studies), time(23), UTC)
    with store.transaction("service:simulation", "a simulated clinic", now=now) as tx:
        sites = {name: Site(name=name, registered_at=BEGIN) for name in CLINICS}
        tx.add_all(sites.values())
        own, other = _versions(tx)
        tx.flush()
        deployments = [
            Deployment(model_version_id=version.id or 0, site_id=site.id or 0, mode=mode,
                       started_at=BEGIN)
            for version, mode in ((own, "live"), (other, "shadow")) for site in sites.values()
        ]  # fmt: skip
        tx.add_all(deployments)
        tx.flush()
        numbers = add_batch(tx, Study, [
            {"study_uid": one.study_uid, "patient": one.case.patient.patient_id,
             "site_id": sites[one.plan.site].id, "purpose": "clinical",
             "arrived_on": one.plan.day, "received_at": one.taken_at, "rows": 8, "columns": 8}
            for one in studies
        ])  # fmt: skip
        at = {(one.model_version_id, one.site_id): one.id for one in deployments}
        for version, field in ((own, "device"), (other, "other")):
            add_batch(tx, Prediction, [
                {"study_id": number, "model_version_id": version.id, "score": said.score,
                 "decision": bool(said.decision), "out_of_distribution": 0.0,
                 "deployment_id": at[version.id or 0, sites[one.plan.site].id or 0],
                 "returned_to_care": field == "device", "predicted_at": one.taken_at}
                for number, one in zip(numbers, studies, strict=True)
                for said in [getattr(one, field)]
            ])  # fmt: skip
        _answers(tx, numbers, studies)
        _truths(tx, numbers, studies, now)
    _audit(store, own, dict(zip(numbers, (one.case for one in studies), strict=True)), seed=seed,
           now=now)  # fmt: skip
    truth = {
        number: bool(one.case.finding) for number, one in zip(numbers, studies, strict=True)
    }
    return OnRecord(own, other, studies, truth)


def _versions(tx: Session) -> tuple[ModelVersion, ModelVersion]:
    found = []
    for product, name in ((OWN_DEVICE, OWN), (OTHER_MAKER, OTHER_DEVICE)):
        device = draft_device(tx, load_device(find_definition(name)), revision=1, now=BEGIN)
        dataset = DatasetVersion(
            device_id=device.id or 0, name="none", manifest_digest="0", content_digest="0",
            vault_path="none", commit="0", studies=0, patients=0, splits={}, datasheet={},
            frozen_at=BEGIN,
        )
        tx.add(dataset)
        tx.flush()
        found.append(_version(product, device.id or 0, dataset.id or 0))
        tx.add(found[-1])
    return found[0], found[1]


def _version(product: SimulatedProduct, device: int, dataset: int) -> ModelVersion:
    return ModelVersion(
        device_id=device, dataset_version_id=dataset, name=f"{product.name} {product.version}",
        version_digest=product.version, weights_hash="0", architecture="none", model={},
        operating_point=0.5, params={}, dvc_lock_digest="0", code_digest="0", commit="0",
        vault_path="none", trained_at=BEGIN,
    )


def _truths(
    tx: Session, numbers: Sequence[int], studies: Sequence[ClinicStudy], now: datetime
) -> None:
    """The finding of the report that stands unless it only suspects it, and what was verified."""
    rows: list[dict[str, Any]] = []
    for number, one in zip(numbers, studies, strict=True):
        told = one.standing_report
        if told is not None and not (one.hedged and not one.corrected):
            rows.append(_truth(number, bool(told), "report text", one.plan.day, now))
        if (found := one.verification) is not None and found.known_on <= now.date():
            rows.append(_truth(number, bool(found.finding), found.kind, found.known_on, now))
    add_batch(tx, ReferenceStandard, rows)
    add_batch(tx, RadiologyReport, [
        _report(number, one, now) for number, one in zip(numbers, studies, strict=True)
    ])  # fmt: skip


def _report(number: int, study: ClinicStudy, now: datetime) -> dict[str, Any]:
    """The version of its report that stands, as the rules read it; its text is not kept here."""
    told, hedged = study.standing_report, study.hedged and not study.corrected
    said = "uncertain" if told and hedged else "present" if told else "absent"
    status = CANCELLED if told is None else CORRECTED if study.corrected else REPORTED
    return {
        "study_id": number, "report_key": study.study_uid, "origin": "ORU", "status": status,
        "text_digest": "0", "source_digest": study.study_uid, "rules": "none", "rules_digest": "0",
        "findings": {PNEUMONIA: {"said": said}}, "reader": study.reader,
        "reported_on": study.plan.day, "received_at": now,
    }


def _truth(number: int, present: bool, kind: str, known_on: Any, now: datetime) -> dict[str, Any]:
    return {"study_id": number, "finding": PNEUMONIA, "present": present, "source": kind,
            "kind": kind, "known_on": known_on, "received_at": now}  # fmt: skip


def _answers(tx: Session, numbers: Sequence[int], studies: Sequence[ClinicStudy]) -> None:
    """What clinicians answered the own device; who did not accept says what the report says."""
    add_batch(tx, ReaderAssessment, [
        {"study_id": number, "reader": one.reader_code, "finding": PNEUMONIA,
         "present": bool(one.device.decision if word == "accepted" else one.report_finding),
         "saw_output": True, "assessed_on": one.answered_at.date(), "response": word,
         "received_at": one.answered_at, "origin": "link"}
        for number, one in zip(numbers, studies, strict=True)
        if one.device is not None and (word := ANSWERS.get(one.response))
    ])  # fmt: skip


def _audit(
    store: Store, version: ModelVersion, cases: Mapping[int, Case], *, seed: int, now: datetime
) -> None:
    """Draw the audit sample of what a version read, and have the blinded panel work through it."""
    with store.transaction(QUALITY, "audit sample of all days", now=now) as tx:
        draw_audit_sample(
            tx, tx.get_one(ModelVersion, version.id), since=BEGIN.date(), until=now.date(),
            seed=seed, by=find_actor(tx, QUALITY), now=now,
        )
    with store.reader() as reader:
        device = reader.get_one(Device, version.device_id)
    for name, _ in PANEL:
        read_queue(store, device, definition_of(device).task, name, cases, now=now)
