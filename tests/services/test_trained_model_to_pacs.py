"""From the scanner to the PACS with a model that was trained and released: nothing is made up."""

import shutil
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path

import highdicom
import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import ComprehensiveSRStorage, SecondaryCaptureImageStorage, SegmentationStorage

from imaging.node import dicomweb
from imaging.node.dicomweb import Web
from imaging.node.storage import NodeSettings
from imaging.pixels import parse_file, read_pixels
from imaging.results.identified import studies_of_accession
from imaging.results.make import make_results
from imaging.results.naming import device_uid
from imaging.results.statement import statement_of
from imaging.sources.acquisition import draw_exposure
from imaging.sources.cases import Case, draw_case, stream
from imaging.sources.opacities import pneumonia
from imaging.sources.phantom import draw_chest
from imaging.sources.simulator import operation_day_plan, study_bytes
from imaging.sources.sites import SITES
from journeys.return_results import Ways, return_results
from journeys.run_node import run_node
from journeys.watch_day import predict_day, take_in_day, watch_of
from models.predict import Predictor
from records.application_entities import ApplicationEntity, Receiving, register_entity
from records.cases import Instance, Prediction, Study
from records.frozen_files import frozen_folder
from records.lookup import list_records
from records.people import find_actor
from records.product import ModelVersion
from records.result_deliveries import Kept, queue_results
from records.store import Store
from records.vault import Vault
from records.verify_workspace import verify_workspace
from tests.conftest import require
from tests.services.pacs import TITLE, Hospital
from tests.services.test_results_to_pacs import valid
from tests.services.trained import DEVICE, release_trained

pytestmark = [pytest.mark.service, pytest.mark.timeout(900)]  # a model is trained

SITE = "northfield"
SENT = 6


@pytest.fixture
def version(
    store: Store, tmp_path: Path, hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> ModelVersion:
    """The released version; a scanner that sends and a PACS that receives are registered."""
    monkeypatch.setenv("RADVIGIL_TEST_WORKSPACE", "true")
    made = release_trained(store, tmp_path)
    with store.transaction("ada", "contract 7", now=datetime.now(UTC)) as tx:
        ada, now = find_actor(tx, "ada"), datetime.now(UTC)
        register_entity(tx, "DCMTK", SITE, by=ada, now=now)
        register_entity(tx, TITLE, SITE, receiving=Receiving(hospital.web), by=ada, now=now)
    return made


def cases() -> list[Case]:
    """Patients who came on a day of operation, those with pneumonia first."""
    plans = operation_day_plan(11, SITE, 0, 40, False)
    drawn = [draw_case(plan) for plan in plans if plan.defect is None]
    once = {case.patient.patient_id: case for case in drawn}.values()
    return sorted(once, key=lambda case: not case.finding)[:2] + [
        case for case in once if not case.finding
    ][: SENT - 2]  # fmt: skip


def sent(store: Store, files: list[Path]) -> date:
    """Send files by dcmtk; the day on which they arrived."""
    storescu = shutil.which("storescu")
    require("dcmtk", storescu is not None, "dcmtk is not installed")
    folder = store.workspace.incoming / SITE
    before = set(folder.iterdir())
    with run_node(store, NodeSettings("RADVIGIL", "127.0.0.1", 0), actor="service:node") as node:
        call = ["-aet", "DCMTK", "-aec", "RADVIGIL", "127.0.0.1", str(node.port)]
        subprocess.run([str(storescu), *call, *map(str, files)], check=True, timeout=120)
    (day,) = set(folder.iterdir()) - before
    return date.fromisoformat(day.name)


def lesion(case: Case) -> NDArray[np.bool_]:
    """Where the simulator put the opacity, as the image is stored."""
    exposure = draw_exposure(case, SITES[case.plan.site], stream(case.plan, "exposure"))
    chest = draw_chest(
        case.patient.anatomy, exposure.pose, stream(case.plan, "chest"), pixels=case.plan.pixels
    )
    added = pneumonia(case, chest.lungs, stream(case.plan, "pneumonia"))
    mask: NDArray[np.bool_] = added > 0.25 * float(added.max())
    return mask


def test_what_the_trained_model_said_lands_in_the_pacs_under_the_original_patient(
    store: Store, tmp_path: Path, hospital: Hospital, version: ModelVersion
) -> None:
    assert version.status == "released"
    patients, files = cases(), []
    for number, case in enumerate(patients):
        files.append(tmp_path / f"{number}.dcm")
        files[-1].write_bytes(study_bytes(case))
    day, now = sent(store, files), datetime.now(UTC)
    with store.reader() as reader:
        watch = watch_of(reader, DEVICE)
    intake = take_in_day(store, watch, SITE, day, actor="service:intake", now=now)
    assert (intake.stored, intake.quarantined) == (SENT, {})
    assert predict_day(store, watch, day, actor="service:surveillance", now=now) == SENT
    queue_drawings(store, patients[0], dcmread(files[0]), now)
    report = return_results(
        store, Ways("RADVIGIL"), actor="service:results", clock=lambda: datetime.now(UTC)
    )
    assert (report.delivered, report.faults) == (SENT + 2, {})

    scores = read_again(store, version, files)
    web = Web(TITLE, hospital.web)
    for number, path in enumerate(files):
        source = dcmread(path)
        (study,) = dicomweb.search(web, "studies", AccessionNumber=str(source.AccessionNumber))
        assert study.StudyInstanceUID == source.StudyInstanceUID
        fetched = {str(one.SOPClassUID): one
                   for one in dicomweb.retrieve(web, str(source.StudyInstanceUID))}  # fmt: skip
        drawings = {SegmentationStorage, SecondaryCaptureImageStorage} if number == 0 else set()
        assert set(fetched) == {ComprehensiveSRStorage} | drawings
        for one in fetched.values():
            assert not valid(one, tmp_path)
            for name in ("PatientID", "PatientName", "PatientBirthDate", "AccessionNumber",
                         "StudyDate", "StudyID"):  # fmt: skip
                assert one[name].value == source[name].value, name
            (equipment,) = one.ContributingEquipmentSequence
            assert equipment.DeviceUID == device_uid(version.version_digest)
            assert version.version_digest[:12] in equipment.SoftwareVersions
        said = fetched[ComprehensiveSRStorage]
        assert (said.CompletionFlag, said.VerificationFlag) == ("COMPLETE", "UNVERIFIED")
        stated = [float(one.value) for one in said.iterall() if one.keyword == "NumericValue"]
        assert round(scores[number] * 100, 4) in [pytest.approx(one, abs=2e-4) for one in stated]
        texts = [str(one.value) for one in said.iterall() if one.keyword == "TextValue"]
        assert any(f"probability {version.operating_point:.6g}" in one for one in texts)
        if drawings:
            read = highdicom.seg.Segmentation.from_dataset(fetched[SegmentationStorage])
            again = read.get_pixels_by_source_instance([source.SOPInstanceUID])
            assert np.array_equal(again[0, :, :, 0].astype(bool), lesion(patients[0]))
    assert len({round(one, 4) for one in scores}) > 1, "a model that says the same of all is none"
    with store.reader() as reader:
        assert verify_workspace(store, reader).whole


def queue_drawings(store: Store, case: Case, source: Dataset, now: datetime) -> None:
    """Segmentation and heat map of the simulator's own mask, by the call that models will use."""
    (uid,) = studies_of_accession(store, str(source.AccessionNumber))
    vault = Vault(store.workspace.vault)
    with store.reader() as reader:
        study = next(one for one in list_records(reader, Study) if one.study_uid == uid)
        (image,) = [one for one in list_records(reader, Instance) if one.study_id == study.id]
        (prediction,) = [
            one for one in list_records(reader, Prediction) if one.study_id == study.id
        ]
        statement = statement_of(reader, prediction)
    mask = lesion(case)
    made = make_results(
        statement, [parse_file(vault.fetch(image.digest, of=image.label))],
        masks={image.instance_uid: mask}, maps={image.instance_uid: mask * 0.8},
    )
    kept = [Kept(str(one.kind), one.sop_class, one.uid, vault.put(one.content)) for one in made]
    with store.transaction("service:results", "return results", now=now) as tx:
        to = [one for one in list_records(tx, ApplicationEntity) if one.receives]
        current = tx.get_one(Prediction, prediction.id)
        assert len(queue_results(tx, current, kept, to, now=now)) == 3


def read_again(store: Store, version: ModelVersion, files: list[Path]) -> list[float]:
    """What the frozen version says of the files as they were sent, read here anew."""
    folder = frozen_folder(Vault(store.workspace.vault), version)
    predictor = Predictor.load(folder, weights_hash=version.weights_hash)
    arrays = [read_pixels(parse_file(path.read_bytes())).array for path in files]
    return [float(one.score) for one in predictor.predict(arrays)]
