"""Studies come by dcmtk's storescu, results go to Orthanc and are found and fetched there."""

import io
import random
import shutil
import socket
import socketserver
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Thread

import highdicom
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import ComprehensiveSRStorage, SegmentationStorage

from imaging.node import dicomweb, sending
from imaging.node.calling import Called, echo
from imaging.node.dicomweb import Web
from imaging.node.negotiation import RESULTS
from imaging.node.secured import client_context, server_context
from imaging.node.storage import NodeSettings
from imaging.results.delivering import deliver
from imaging.results.identified import Identifying
from imaging.results.make import make_results
from journeys.fetch_study import FETCHED, fetch_study
from journeys.return_results import Ways, return_results
from journeys.run_node import run_node
from records.application_entities import ApplicationEntity, register_entity
from records.clock import mark_workspace
from records.errors import InvalidInput, NotFound, Refused, Unavailable
from records.lookup import find_events, list_records
from records.people import Role, find_actor, register_person
from records.product import WorkspaceKind
from records.result_deliveries import ResultDelivery
from records.store import Store
from records.vault import Vault
from tests.cli.conftest import write_radiograph
from tests.conftest import require
from tests.imaging.node.papers import write_papers
from tests.imaging.results.readings import READING, simulated
from tests.imaging.results.test_identified import vaulted
from tests.imaging.sources.test_simulator import TOO_NEW
from tests.journeys.returning import NOW, SITE, receive_at, taken_in_care
from tests.services.pacs import DICOM, DICOM_TLS, HTTP, SECURED, TITLE, Hospital

pytestmark = pytest.mark.service



def clear(hospital: Hospital) -> Called:
    return Called(TITLE, hospital.address, DICOM, "RADVIGIL", seconds=30)


def secured(hospital: Hospital) -> Called:
    papers = hospital.folder
    tls = client_context(papers / "node.pem", papers / "caller.pem", papers / "caller.key")
    return Called(SECURED, hospital.address, DICOM_TLS, "RADVIGIL", tls, seconds=30)


def other_numbers() -> int:
    """Two PACS serve all tests of a run: each test sends studies of its own."""
    return random.randrange(10, 10**8) * 10


@pytest.mark.parametrize("way", ["C-STORE", "C-STORE over TLS", "STOW-RS"])
def test_a_study_sent_by_dcmtk_comes_back_to_the_pacs_as_a_result_of_the_same_patient(
    store: Store, tmp_path: Path, hospital: Hospital, way: str
) -> None:
    first = other_numbers()
    sources = [
        write_radiograph(
            tmp_path / f"{number}.dcm", first + number, AccessionNumber=f"A{first + number}",
            SpecificCharacterSet="ISO_IR 100", PatientName="Müller^Änne", StudyTime="101112",
            PatientBirthDate="19610523",
        )
        for number in (1, 2)
    ]
    taken_in_care(store, sent_by_dcmtk(store, sources))
    web, papers = Web(TITLE, hospital.web), hospital.folder
    if way == "C-STORE":
        receive_at(store, TITLE, host=hospital.address, port=DICOM)
    elif way == "STOW-RS":
        receive_at(store, TITLE, web=hospital.web)
    else:
        receive_at(store, SECURED, host=hospital.address, port=DICOM_TLS, tls=True)
        web = Web(SECURED, hospital.web_of_secured)
    ways = Ways("RADVIGIL", papers / "node.pem", papers / "caller.pem", papers / "caller.key")
    report = return_results(
        store, replace(ways, authorities=None, certificate=None, key=None)
        if way == "STOW-RS" else ways, actor="service:results", clock=lambda: NOW,
    )  # fmt: skip
    assert (report.delivered, report.faults) == (2, {})
    with store.reader() as reader:
        rows = {one.instance_uid: one for one in list_records(reader, ResultDelivery)}
    vault = Vault(store.workspace.vault)
    for number in (1, 2):
        (study,) = dicomweb.search(web, "studies", AccessionNumber=f"A{first + number}")
        assert study.PatientID == f"QX-{first + number}"
        assert str(study.PatientName) == "Müller^Änne"
        (fetched,) = dicomweb.retrieve(web, str(study.StudyInstanceUID))
        row = rows[str(fetched.SOPInstanceUID)]
        sent = Identifying(store).identified(vault.fetch(row.digest, of=row.label))
        assert same(fetched, sent), "what is fetched is what was sent"
        called = secured(hospital) if way == "C-STORE over TLS" else clear(hospital)
        (found,) = sending.find(called, "STUDY", AccessionNumber=f"A{first + number}",
                                PatientName="", StudyInstanceUID="")  # fmt: skip
        assert str(found.PatientName) == "Müller^Änne"
        assert found.StudyInstanceUID == dcmread(sources[number - 1]).StudyInstanceUID


def sent_by_dcmtk(store: Store, sources: list[Path]) -> list[Path]:
    """Send files to this workspace's node by dcmtk; where they lie then."""
    storescu = shutil.which("storescu")
    require("dcmtk", storescu is not None, "dcmtk is not installed")
    with store.transaction("setup", "setup", now=NOW) as tx:
        register_person(tx, "eve", full_name="Eve Quality", now=NOW, password="x" * 14,
                        roles=[Role.QUALITY])  # fmt: skip
        register_entity(tx, "DCMTK", SITE, by=find_actor(tx, "eve"), now=NOW)
    with run_node(store, NodeSettings("RADVIGIL", "127.0.0.1", 0), actor="service:node") as node:
        call = ["-aet", "DCMTK", "-aec", "RADVIGIL", "127.0.0.1", str(node.port)]
        subprocess.run([str(storescu), *call, *map(str, sources)], check=True, timeout=120)
    arrived = sorted((store.workspace.incoming / SITE).rglob("*.dcm"))
    assert len(arrived) == len(sources)
    return arrived


def same(one: Dataset, other: Dataset) -> bool:
    """Whether two objects hold the same, read from bytes as a file is."""
    return plain(one) == plain(other)


def plain(one: Dataset) -> Dataset:
    stream = io.BytesIO()
    one.save_as(stream, enforce_file_format=True)
    read = dcmread(io.BytesIO(stream.getvalue()))
    read.remove_private_tags()
    return read


@pytest.mark.parametrize("way", ["C-STORE", "STOW-RS"])
def test_report_segmentation_and_heat_map_are_fetched_as_they_were_made(
    store: Store, hospital: Hospital, tmp_path: Path, way: str
) -> None:
    image, mask = simulated()
    first = other_numbers()
    image.StudyInstanceUID, image.SOPInstanceUID = f"1.2.3.{first}", f"1.2.3.{first}.1"
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    kept = vaulted(store, [image])
    uid = str(kept[0].SOPInstanceUID)
    made = make_results(READING, kept, masks={uid: mask}, maps={uid: mask * 0.8})
    web = Web(TITLE, hospital.web)
    address = web if way == "STOW-RS" else clear(hospital)
    contents = [partial(bytes, one.content) for one in made]
    for ask_first in (False, True):
        assert deliver(
            address, contents, Identifying(store), ask_first=[ask_first] * 3
        ) == ["", "", ""]
    fetched = {str(one.SOPClassUID): one for one in dicomweb.retrieve(web, f"1.2.3.{first}")}
    assert set(fetched) == set(RESULTS), "one of each, though they were sent twice"
    segmentation = fetched[SegmentationStorage]
    read = highdicom.seg.Segmentation.from_dataset(segmentation)
    again = read.get_pixels_by_source_instance([image.SOPInstanceUID])
    assert np.array_equal(again[0, :, :, 0].astype(bool), mask)
    (report,) = (fetched[one] for one in fetched if one == ComprehensiveSRStorage)
    assert (report.CompletionFlag, report.VerificationFlag) == ("COMPLETE", "UNVERIFIED")
    for one in fetched.values():
        assert str(image.SOPInstanceUID) in {
            str(e.value) for e in one.iterall() if e.keyword == "ReferencedSOPInstanceUID"
        }
        assert not valid(one, tmp_path)


def valid(one: Dataset, folder: Path) -> list[str]:
    """The errors that the validator finds in what the PACS gave back."""
    validator = shutil.which("dciodvfy")
    require("dcmtk", validator is not None, "dicom3tools is not installed")
    path = folder / "fetched.dcm"
    one.save_as(path, enforce_file_format=True)
    done = subprocess.run(
        [str(validator), "-new", str(path)], capture_output=True, text=True, timeout=120
    )
    said = [line for line in done.stderr.splitlines() if TOO_NEW not in line]
    return [line for line in said if line.startswith("Error")]


def wrong_title(hospital: Hospital) -> str:
    """How a call to another title ends: on a busy machine the line may be closed before the
    library has read the rejection, which then looks like no DICOM."""
    with pytest.raises(Unavailable) as refused:
        echo(replace(clear(hospital), title="SOMEBODY"))
    return "rejects" if "rejects" in refused.value.message else refused.value.message


def test_what_is_wrong_with_the_way_is_said(hospital: Hospital) -> None:
    assert echo(clear(hospital)) < 30
    assert echo(secured(hospital)) < 30
    assert "rejects" in (wrong_title(hospital), wrong_title(hospital), wrong_title(hospital))
    with pytest.raises(Unavailable, match="does not speak DICOM in this way"):
        echo(replace(secured(hospital), tls=None, seconds=5))
    other = client_context(hospital.folder / "caller.pem")
    with pytest.raises(Unavailable, match="does not speak DICOM in this way"):
        echo(replace(secured(hospital), tls=other, seconds=5))
    with pytest.raises(Unavailable, match="status 404"):
        dicomweb.search(Web(TITLE, hospital.web + "/none"), "studies", PatientID="QX-9")
    with pytest.raises(Unavailable, match="not reached") as away:
        dicomweb.search(Web(TITLE, "http://127.0.0.1:1"), "studies", PatientID="QX-9")
    assert "QX-9" not in str(away.value)


def test_a_study_is_fetched_by_its_accession_number_and_taken_in(
    store: Store, hospital: Hospital, tmp_path: Path
) -> None:
    number = other_numbers()
    wanted = write_radiograph(tmp_path / "a.dcm", number, AccessionNumber=f"B{number}")
    other = write_radiograph(tmp_path / "b.dcm", number + 1, AccessionNumber=f"B{number + 1}")
    web = Web(TITLE, hospital.web)
    assert dicomweb.store_results(web, [dcmread(wanted), dcmread(other)]) == ["", ""]
    with store.transaction("setup", "setup", now=NOW) as tx:
        mark_workspace(tx, WorkspaceKind.LIVE, now=NOW)
        register_person(tx, "ada", full_name="Ada Quality", now=NOW, password="x" * 14,
                        roles=[Role.QUALITY, Role.ADMINISTRATOR])  # fmt: skip
    receive_at(store, TITLE, web=hospital.web)
    receive_at(store, "DIMSE", host=hospital.address, port=DICOM)
    with store.reader() as reader:
        ada = find_actor(reader, "ada")
        system, dimse = list_records(reader, ApplicationEntity)
    for _ in range(2):
        found = fetch_study(store, system, f"B{number}", Ways(), by=ada, now=NOW)
        assert (found.studies, found.kept, found.left_out) == (1, 1, 0)
    (arrived,) = (store.workspace.incoming / SITE / NOW.date().isoformat()).iterdir()
    assert same(dcmread(arrived), dcmread(wanted)), "as it was stored there"
    with pytest.raises(NotFound, match="holds nothing"):
        fetch_study(store, system, f"C{number}", Ways(), by=ada, now=NOW)
    with pytest.raises(InvalidInput, match="no accession number"):
        fetch_study(store, system, "B*", Ways(), by=ada, now=NOW)
    with pytest.raises(Refused, match="no DICOMweb address"):
        fetch_study(store, dimse, f"B{number}", Ways(), by=ada, now=NOW)
    with store.reader() as reader:
        events = find_events(reader, action=FETCHED)
    assert {(one.actor, one.subject) for one in events} == {("ada", system.subject)}
    assert not any(f"B{number}" in one.new + one.old + one.reason for one in events)


@contextmanager
def behind_tls(hospital: Hospital, folder: Path) -> Iterator[str]:
    """The DICOMweb services of the PACS over TLS: Debian's Orthanc answers nothing over its own."""
    papers = write_papers(folder)
    tls = server_context(papers / "node.pem", papers / "node.key", papers / "caller.pem")

    def forward(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while part := source.recv(65536):
                target.sendall(part)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    class Front(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                line = tls.wrap_socket(self.request, server_side=True)
            except OSError:
                return
            with line, socket.create_connection((hospital.address, HTTP)) as pacs:
                back = Thread(target=forward, args=(pacs, line))
                back.start()
                forward(line, pacs)
                back.join()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Front) as server:
        server.daemon_threads = True
        serving = Thread(target=server.serve_forever)
        serving.start()
        try:
            yield f"https://127.0.0.1:{server.server_address[1]}/dicom-web"
        finally:
            server.shutdown()
            serving.join()


def test_stow_over_tls_shows_our_certificate_and_checks_theirs(
    hospital: Hospital, tmp_path: Path
) -> None:
    number = other_numbers()
    wanted = dcmread(write_radiograph(tmp_path / "a.dcm", number, AccessionNumber=f"D{number}"))
    with behind_tls(hospital, tmp_path) as address:
        ours = Web(TITLE, address, tmp_path / "node.pem", tmp_path / "caller.pem",
                   tmp_path / "caller.key")  # fmt: skip
        assert dicomweb.store_results(ours, [wanted]) == [""]
        (found,) = dicomweb.search(ours, "studies", AccessionNumber=f"D{number}")
        assert found.StudyInstanceUID == wanted.StudyInstanceUID
        for wrong in (
            replace(ours, authorities=None), replace(ours, authorities=tmp_path / "caller.pem"),
            replace(ours, certificate=None, key=None),
        ):
            with pytest.raises(Unavailable, match="not reached"):
                dicomweb.search(wrong, "studies", AccessionNumber=f"D{number}")
