"""A simulated clinic on record without images: what it sent, as the product's own records hold it.

Studies, what the own device and another maker's product said, the findings of the reports, later
verification, and an audit sample that a blinded panel has read. For questions about estimates
that need thousands of studies and many repeats; the journey with files, sockets and pages is
``radvigil demo``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

import numpy as np
from sqlmodel import Session

from imaging.sources.cases import PNEUMONIA, draw_case, uid
from imaging.sources.clinic_panel import panel_finding
from imaging.sources.clinic_products import OTHER_MAKER, OWN_DEVICE, SimulatedProduct, output_of
from imaging.sources.clinic_studies import ClinicStudy, draw_clinic_studies
from imaging.sources.clinics import CLINICS
from imaging.sources.simulator import operation_day_plan
from records.base import digest_of
from records.batches import add_batch
from records.cases import Prediction, ReferenceStandard, Study
from records.known_by_kind import Drawn
from records.product import DatasetVersion, Deployment, Device, ModelVersion, Site
from records.reports import CANCELLED, CORRECTED, RadiologyReport
from records.reports import FINAL as REPORTED
from records.store import Store

BEGIN = datetime(2026, 5, 20, 8, tzinfo=UTC)
AUDIT = {"flagged": 0.12, "not flagged": 0.12}
"""The share drawn for the audit sample by the own device's decision."""


@dataclass(frozen=True)
class OnRecord:
    """What was put on record: the versions, and by study id the whole truth and the audit sample,
    its strata and chances beside what the panel said."""

    own: ModelVersion
    other: ModelVersion
    studies: Sequence[ClinicStudy]
    truth: dict[int, bool]
    drawn: dict[int, Drawn]


def drawn_studies(seed: int, *, days: int, daily: int) -> list[ClinicStudy]:
    """The studies of all simulated sites, so many a day at each, with what became of them."""
    plans = [
        plan for day in range(days) for site in CLINICS
        for plan in operation_day_plan(seed, site, day, daily, False) if plan.defect is None
    ]
    said = {uid(plan, "study"): output_of(draw_case(plan), OWN_DEVICE) for plan in plans}
    return draw_clinic_studies(plans, said)


def put_on_record(store: Store, studies: Sequence[ClinicStudy], *, seed: int) -> OnRecord:
    """Put these studies on record in an empty store; one transaction."""
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
        _truths(tx, numbers, studies, now)
        drawn = _audited(numbers, studies, seed)
    truth = {
        number: bool(one.case.finding) for number, one in zip(numbers, studies, strict=True)
    }
    return OnRecord(own, other, studies, truth, drawn)


def _versions(tx: Session) -> tuple[ModelVersion, ModelVersion]:
    found = []
    for product in (OWN_DEVICE, OTHER_MAKER):
        content = {"name": product.name}
        device = Device(name=product.name.replace(" ", "-"), revision=1, trade_name=product.name,
                        definition=content, definition_digest=digest_of(content),
                        defined_at=BEGIN)  # fmt: skip
        tx.add(device)
        tx.flush()
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


def _audited(
    numbers: Sequence[int], studies: Sequence[ClinicStudy], seed: int
) -> dict[int, Drawn]:
    """A random sample by the own device's decision, and what the panel said of it; who cannot be
    told lowers the chance of its stratum, as it does on the queue."""
    rng = np.random.default_rng([seed, 77])
    found: dict[int, Drawn] = {}
    for stratum, share in AUDIT.items():
        here = [
            (number, one) for number, one in zip(numbers, studies, strict=True)
            if one.device is not None and bool(one.device.decision) == (stratum == "flagged")
        ]
        chosen = set(rng.choice(len(here), round(share * len(here)), replace=False).tolist())
        said = {here[at][0]: panel_finding(here[at][1].case) for at in chosen}
        told = sum(one is not None for one in said.values())
        for number, _ in here:
            agreed = said.get(number)
            found[number] = Drawn(
                stratum, told / len(here), None if agreed is None else bool(agreed)
            )
    return found
