"""Three sites and sixty days in which the clinic answers, through the product: HL7 over sockets,
links, structured reports and tables of another maker's product, follow-up, an audit sample.

Without images: studies and what the device said are recorded as intake and reading record them.
"""

import os
import re
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, func, select

from imaging.identity import ISSUER, Identity, identity_store, keep_identities
from imaging.pseudonyms import workspace_deidentifier
from imaging.ris.applying import message_journal
from imaging.sources.base import StudyPlan
from imaging.sources.cases import OPERATION_START, draw_case, uid
from imaging.sources.clinic_products import OTHER_MAKER_CHANGE, OWN_DEVICE, output_of
from imaging.sources.clinic_studies import ClinicStudy
from imaging.sources.clinics import CLINICS
from imaging.sources.sites import OPERATION_SITES
from journeys import demonstration_clinic as clinic
from journeys.demonstration_order import DEVICE
from journeys.demonstration_setup import define_and_accept, prepare_workspace
from journeys.demonstration_steps import Course
from journeys.make_studies import Arrivals, write_arrivals
from journeys.simulated_clinic import VERSIONS, SimulatedClinic
from journeys.simulated_subjects import Scale
from records.batches import add_batch
from records.cases import Prediction, Quarantine, ReaderAssessment, ReferenceStandard, Study
from records.definition import find_definition
from records.product import DatasetVersion, Deployment, Device, ModelVersion
from records.queries import register_site
from records.reader_links import USED, ReaderLink
from records.reports import RadiologyReport
from records.store import Store
from records.study_corrections import Merges
from records.truth_kind_results import newest_comparisons
from records.verify import verify_records

pytestmark = [pytest.mark.proof, pytest.mark.timeout(3000)]

FULL = os.environ.get("RADVIGIL_PROOF") == "full"
DAYS, DAILY, SEED = (60, 6, 5) if FULL else (2, 2, 5)
if os.environ.get("MID"):
    DAYS, DAILY = 8, 5
BEGIN = datetime.combine(OPERATION_START - timedelta(days=1), time(8), UTC)


def begin(store: Store) -> Course:
    """Both products are defined, and the own one runs live at every site."""
    arrivals = Arrivals(
        "simulated", tuple(OPERATION_SITES), (), OPERATION_START, DAYS, DAILY, True
    )
    write_arrivals(store.workspace, arrivals)
    prepare_workspace(store, {"seed": SEED, "data": ""}, now=BEGIN)
    course = Course(
        store=store, order={}, seed=SEED, data=None, external=None, drift=False, columns={},
        workers=1, scale=Scale(DAYS, DAYS, 1, DAILY), advance=lambda _a, _b: None, now=BEGIN,
    )
    clinic_other = define_and_accept(store, find_definition(clinic.OTHER_DEVICE), now=BEGIN)
    own = define_and_accept(store, find_definition(DEVICE), now=BEGIN)
    assert clinic_other.id != own.id
    with store.transaction("service:training", "a version runs", now=BEGIN) as tx:
        data = DatasetVersion(
            device_id=own.id or 0, name="none", manifest_digest="0", content_digest="0",
            vault_path="none", commit="0", studies=0, patients=0, splits={}, datasheet={},
            frozen_at=BEGIN,
        )
        tx.add(data)
        tx.flush()
        version = ModelVersion(
            device_id=own.id or 0, dataset_version_id=data.id, name="own device 1",
            version_digest="1", weights_hash="0", architecture="none", model={},
            operating_point=0.5, params={}, dvc_lock_digest="0", code_digest="0", commit="0",
            vault_path="none", trained_at=BEGIN,
        )
        tx.add(version)
        tx.flush()
        for name in OPERATION_SITES:
            site = register_site(tx, name, origin="reported", now=BEGIN)
            tx.flush()
            tx.add(Deployment(model_version_id=version.id or 0, site_id=site.id or 0,
                              mode="live", started_at=BEGIN))  # fmt: skip
    return course


def take_in(course: Course, plans: list[StudyPlan], now: datetime) -> None:
    """The studies of a day with what the device said, as intake and reading record them."""
    store, identities, rows = course.store, [], []
    for plan in plans:
        if plan.defect is not None:
            continue
        case = draw_case(plan)
        names = workspace_deidentifier(store, site=plan.site)
        patient = names.patient_pseudonym(case.patient.patient_id)
        name = names.study_pseudonym(uid(plan, "study"))
        identities += [
            Identity(patient, "patient", (
                ("PatientID", case.patient.patient_id), ("PatientName", case.patient.name),
                ("PatientBirthDate", f"{case.patient.birth_date:%Y%m%d}"),
                (ISSUER, CLINICS[plan.site].assigner),
            )),
            Identity(name, "study", (
                ("StudyInstanceUID", uid(plan, "study")), ("StudyDate", f"{plan.day:%Y%m%d}"),
                ("AccessionNumber", f"A{uid(plan, 'accession')[-10:]}"),
            )),
        ]  # fmt: skip
        rows.append((name, patient, plan, output_of(case, OWN_DEVICE)))
    keep_identities(store, identity_store(store), identities)
    with store.transaction("service:intake", f"studies of {now.date()}", now=now) as tx:
        sites = {one: register_site(tx, one, origin="reported", now=now).id or 0
                 for one in OPERATION_SITES}  # fmt: skip
        known, runs = Merges(tx), {one.site_id: one for one in tx.exec(
            select(Deployment).order_by(col(Deployment.id).desc()).where(Deployment.mode == "live")
        )}  # fmt: skip
        numbers = add_batch(tx, Study, [
            {"study_uid": name, "patient": known.current(patient), "site_id": sites[plan.site],
             "purpose": "clinical", "arrived_on": plan.day, "received_at": now, "rows": 160,
             "columns": 160, "modality": "DX", "age_years": 60.0, "sex": "F"}
            for name, patient, plan, _ in rows
        ])  # fmt: skip
        own = tx.exec(select(ModelVersion).where(ModelVersion.name == "own device 1")).one()
        add_batch(tx, Prediction, [
            {"study_id": number, "model_version_id": own.id, "score": said.score,
             "decision": bool(said.decision), "out_of_distribution": 0.0, "returned_to_care": True,
             "deployment_id": runs[sites[plan.site]].id, "predicted_at": now}
            for number, (_, _, plan, said) in zip(numbers, rows, strict=True)
        ])  # fmt: skip


def test_sixty_days_come_back_and_the_kinds_of_truth_stand_side_by_side(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    course = begin(store)
    hospitals = clinic.clinic_of(course)
    with hospitals.open(by="demo.administrator", now=course.now):
        for number in range(1, DAYS + 1):
            day = course.arrivals.day(number)
            plans = clinic.plans_of(course, number)
            take_in(course, plans, course.at(day, hour=20))
            hospitals.evening(plans, actor="service:intake", now=course.at(day, hour=21))
    adjudicated, compared = clinic.adjudicate(course), clinic.compare(course)
    sent, studies = hospitals.sent, len(hospitals.studies)
    assert sent.results == studies
    assert set(sent.acknowledged) == {"AA"}, sent.acknowledged
    with store.reader() as reader:
        journal = message_journal(store)
        kinds = {(one.kind, one.state, one.fault): one.messages
                 for one in journal.tallies() if one.state}  # fmt: skip
        journal.close()
        assert not any(state in ("received", "refused") for _, state, _ in kinds), kinds
        answers = reader.exec(select(ReaderAssessment).where(
            ReaderAssessment.origin == "link")).all()  # fmt: skip
        assert len(answers) == sum(sent.answers.values()) > 0
        assert all(one.identity == "by link, identity not verified" for one in answers)
        used = select(func.count()).select_from(ReaderLink).where(ReaderLink.status == USED)
        assert reader.exec(used).one() == len(answers)
        others = reader.exec(
            select(ModelVersion).join(Device, col(Device.id) == ModelVersion.device_id)
            .where(Device.name == clinic.OTHER_DEVICE)
        ).all()  # fmt: skip
        said = reader.exec(select(func.count()).select_from(Prediction).where(
            col(Prediction.model_version_id).in_([one.id for one in others]))).one()  # fmt: skip
        assert said == studies
        changed = OTHER_MAKER_CHANGE.day_index < DAYS
        assert len(others) == (2 if changed else 1)
        verified = reader.exec(select(func.count()).select_from(ReferenceStandard).where(
            col(ReferenceStandard.source).in_(["follow-up", "histology"]))).one()  # fmt: skip
        assert verified == sent.truths
        assert verify_records(reader).whole
        found = newest_comparisons(reader)
    assert len(found) == 1 + len(others)
    print(sent, adjudicated)
    for one in compared["kinds_of_truth"]:
        print(one)
    every_report_is_where_it_belongs(store, hospitals)
    named_in_nothing(store, hospitals.studies, caplog.text)


def every_report_is_where_it_belongs(store: Store, hospitals: SimulatedClinic) -> None:
    """The newest version of each report stands at its study and says what its reader found,
    whatever came late, twice or before it; what does not is held back with a reason."""
    names = {
        workspace_deidentifier(store, site=one.plan.site).study_pseudonym(one.study_uid): one
        for one in hospitals.studies
    }
    with store.reader() as reader:
        rows = reader.exec(
            select(Study.study_uid, RadiologyReport)
            .join(RadiologyReport, col(RadiologyReport.study_id) == Study.id)
            .order_by(col(RadiologyReport.version))
        ).all()
        held = reader.exec(select(func.count()).select_from(Quarantine)).one()
    newest = dict(rows)
    missing = 0
    for name, study in names.items():
        sent = hospitals.sent.reports.get(study.study_uid, set())
        if not sent:
            assert name not in newest
            continue
        if name not in newest:
            missing += 1
            continue
        last = max(sent, key=VERSIONS.index)
        assert newest[name].status == last, (study.study_uid, sent, newest[name].status)
        if last == "cancelled":
            continue
        finding = study.case.finding if last == "corrected" else study.report_finding
        hedged = study.hedged and last != "corrected"
        told = newest[name].findings["pneumonia"]["said"]
        assert told == ("uncertain" if finding and hedged else "present" if finding else "absent")
    print(f"{len(newest)} reports stand, {missing} are held back, {held} in quarantine")
    assert missing <= held


def named_in_nothing(store: Store, studies: list[ClinicStudy], logged: str) -> None:
    """No patient number, name or accession number in records, vault, exports or logs; the mapping
    and what waits of HL7 are apart, and what was laid into incoming is the sender's."""
    store.engine.dispose()
    home = store.workspace.home
    apart = {store.workspace.messages, home / "identity.sqlite"}
    held = logged.encode() + b"".join(
        one.read_bytes() for one in sorted(Path(home).rglob("*"))
        if one.is_file() and one not in apart and not one.is_relative_to(store.workspace.incoming)
    )
    found: set[bytes] = set()
    for form in (rb"[A-Z]{2}\d{9,10}", rb"A\d{10}", rb"2\.25\.\d{20,40}", rb"born [\d.]{10}"):
        found |= set(re.findall(form, held))
    for study in studies:
        case = study.case
        for word in (case.patient.patient_id, study.accession, study.study_uid,
                     f"born {case.patient.birth_date:%d.%m.%Y}"):
            assert word.encode() not in found, word[:2]
    for name in {one.case.patient.name for one in studies}:
        family, given = name.split("^")
        assert name.encode() not in held and f"{given} {family}".encode() not in held
