"""Corrections as a PACS sends them: dcmtk's dcmodify changes the objects, its storescu sends."""

import shutil
import subprocess
from pathlib import Path

import pytest
from pydicom import dcmread

from imaging.identity import identity_store
from imaging.ingest import Arrival, IngestReport, ingest
from imaging.node.storage import NodeSettings
from journeys.run_node import run_node
from records.application_entities import register_entity
from records.cases import Prediction, Study
from records.lookup import list_records
from records.people import find_actor
from records.store import Store
from records.study_corrections import StudyCorrection
from tests.cli.conftest import write_radiograph
from tests.conftest import require
from tests.imaging.rejecting import note_about
from tests.journeys.returning import NOW, SITE, taken_in_care

pytestmark = pytest.mark.service


def sent(store: Store, *files: Path) -> None:
    """Send files to this workspace's node."""
    storescu = shutil.which("storescu")
    require("dcmtk", storescu is not None, "dcmtk is not installed")
    with run_node(store, NodeSettings("RADVIGIL", "127.0.0.1", 0), actor="service:node") as node:
        call = ["-R", "-aet", "DCMTK", "-aec", "RADVIGIL", "127.0.0.1", str(node.port)]
        subprocess.run([str(storescu), *call, *map(str, files)], check=True, timeout=120)


def modified(source: Path, target: Path, *changes: str) -> Path:
    """A copy of the file with these changes, as a PACS makes it."""
    shutil.copy(source, target)
    words = [word for one in changes for word in ("-m", one)]
    subprocess.run(["dcmodify", "-nb", "-imt", *words, str(target)], check=True, timeout=120)
    return target


def taken_in(store: Store) -> IngestReport:
    arrived = sorted((store.workspace.incoming / SITE).rglob("*.dcm"))
    return ingest(
        store, arrived, Arrival(SITE, "clinical", NOW.date()), actor="service:intake", now=NOW
    )


def test_merge_correction_and_rejection_by_dcmtk(store: Store, tmp_path: Path) -> None:
    first = write_radiograph(tmp_path / "1.dcm", 1, AccessionNumber="A1", StudyTime="101112",
                             PatientBirthDate="19610523", SpecificCharacterSet="ISO_IR 100")
    taken_in_care(store, [first])
    with store.transaction("ada", "contract 7", now=NOW) as tx:
        register_entity(tx, "DCMTK", SITE, by=find_actor(tx, "ada"), now=NOW)
    merged = modified(first, tmp_path / "2.dcm", "PatientID=NEW-7", "PatientName=Nussbaum^Rosa")
    sent(store, merged)
    assert taken_in(store).corrected == 1
    sent(store, modified(merged, tmp_path / "3.dcm", "AccessionNumber=A99"))
    assert taken_in(store).corrected == 1
    note = tmp_path / "note.dcm"
    note.write_bytes(note_about("113001", [str(dcmread(first).SOPInstanceUID)]))
    sent(store, note)
    assert taken_in(store).corrected == 1
    with store.reader() as reader:
        (study,), (reading,) = list_records(reader, Study), list_records(reader, Prediction)
        kinds = [one.kind for one in list_records(reader, StudyCorrection)]
    assert kinds == ["patient", "details", "rejected"]
    assert reading.study_id == study.id
    mapping = identity_store(store)
    assert mapping.reveal(study.patient)["PatientName"] == "Nussbaum^Rosa"
    assert mapping.reveal(study.study_uid)["AccessionNumber"] == "A99"
    assert taken_in(store).corrected == 0
