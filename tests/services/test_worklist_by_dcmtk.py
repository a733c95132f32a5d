"""The reading order as dcmtk's findscu, a system that we did not write, gets it; TLS included."""

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from imaging.node.secured import server_context
from imaging.node.storage import NodeSettings
from journeys.run_node import run_node
from records.application_entities import register_entity
from records.identity_access import REIDENTIFIED
from records.lookup import find_events
from records.people import find_actor
from records.store import Store
from tests.conftest import require
from tests.imaging.node.papers import write_papers
from tests.journeys.returning import NOW, SITE, in_care
from tests.journeys.test_tell_worklist import DEVICE, at

pytestmark = pytest.mark.service

STEP = "ScheduledProcedureStepSequence[0]."
KEYS = (
    "PatientName",
    "PatientID",
    "AccessionNumber",
    "StudyInstanceUID",
    "RequestedProcedurePriority",
    STEP + "Modality",
    STEP + "ScheduledProcedureStepStartDate",
    STEP + "ScheduledProcedureStepStartTime",
    STEP + "CommentsOnTheScheduledProcedureStep",
)


@pytest.fixture
def waiting(store: Store, tmp_path: Path) -> Store:
    """Four studies, five minutes apart: the third is flagged, the fourth was not answered."""
    in_care(store, tmp_path / "in", studies=4, scores=(0.1, 0.1, 0.9, None))
    with store.transaction("ada", "contract 7", now=NOW) as tx:
        ada = find_actor(tx, "ada")
        register_entity(tx, "RIS", SITE, asks=True, by=ada, now=NOW)
        register_entity(tx, "CR1", SITE, by=ada, now=NOW)
    return store


def asked(
    port: int, folder: Path, *keys: str, title: str = "RIS", tls: tuple[str, ...] = ()
) -> tuple[int, str, list[Dataset]]:
    """findscu's exit status and words, and the answers in the order in which they came."""
    findscu = shutil.which("findscu")
    require("dcmtk", findscu is not None, "dcmtk is not installed")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    wanted = [word for key in (*KEYS, *keys) for word in ("-k", key)]
    done = subprocess.run(
        [str(findscu), "-v", "-W", "-X", "-od", str(folder), "-aet", title, "-aec", "RADVIGIL",
         *tls, *wanted, "127.0.0.1", str(port)],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    answers = [dcmread(path, force=True) for path in sorted(folder.glob("rsp*.dcm"))]
    return done.returncode, done.stdout + done.stderr, answers


def test_findscu_gets_the_order_the_priority_and_the_original_patients(
    waiting: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = NodeSettings("RADVIGIL", "127.0.0.1", 0)
    with run_node(waiting, settings, actor="service:node", worklist_of=DEVICE) as node:
        at(waiting, monkeypatch, 20)
        status, words, found = asked(node.port, tmp_path / "answers")
        assert status == 0, words
        assert [str(one.AccessionNumber) for one in found] == ["ACC-3", "ACC-1", "ACC-2", "ACC-4"]
        priorities = [str(one.RequestedProcedurePriority) for one in found]
        assert priorities == ["HIGH", "MEDIUM", "MEDIUM", "MEDIUM"]
        assert str(found[0].PatientName) == "Zwetschkenbäumle^Ottilie"
        (step,) = found[3].ScheduledProcedureStepSequence
        assert step.Modality == "SR"
        assert step.CommentsOnTheScheduledProcedureStep.startswith("AI did not run")
        arrived = datetime.strptime(
            step.ScheduledProcedureStepStartDate + step.ScheduledProcedureStepStartTime,
            "%Y%m%d%H%M%S",
        ).replace(tzinfo=UTC)
        assert arrived == NOW + timedelta(minutes=15)

        for keys, numbers in (
            (("AccessionNumber=ACC-2",), ["ACC-2"]), (("PatientID=QX-?",), None),
            (("RequestedProcedurePriority=HIGH",), ["ACC-3"]), ((STEP + "Modality=DX",), []),
            (("PatientName=zwetschken*",), None),
            ((STEP + "Modality=SR", STEP + "ScheduledStationAETitle=READING"), None),
            ((STEP + f"ScheduledProcedureStepStartDate={NOW:%Y%m%d}-{NOW:%Y%m%d}",), None),
            ((STEP + "ScheduledStationAETitle=CT1",), []),
            ((STEP + "ScheduledProcedureStepStartDate=-19991231",), []),
            ((STEP + "ScheduledProtocolCodeSequence[0].CodeValue",), None),
            ((STEP + "ScheduledProtocolCodeSequence[0].CodeValue=X",), []),
        ):  # fmt: skip
            _, words, found = asked(node.port, tmp_path / "answers", *keys)
            got = [str(one.AccessionNumber) for one in found]
            assert got == (["ACC-3", "ACC-1", "ACC-2", "ACC-4"] if numbers is None else numbers), (
                keys, words,
            )  # fmt: skip

        at(waiting, monkeypatch, 126)  # the cap is 120 minutes: nobody waits longer unflagged
        _, _, found = asked(node.port, tmp_path / "answers")
        assert [str(one.AccessionNumber) for one in found] == ["ACC-1", "ACC-2", "ACC-3", "ACC-4"]
        assert [str(one.RequestedProcedurePriority) for one in found] == ["HIGH"] * 3 + ["MEDIUM"]
    with waiting.reader() as reader:
        events = find_events(reader, action=REIDENTIFIED)
    assert {one.subject for one in events} == {f"Study:{number}" for number in range(1, 5)}
    assert not any("ACC-" in one.new or "QX-" in one.new for one in events)


def test_findscu_is_told_nothing_where_its_title_may_only_send(
    waiting: Store, tmp_path: Path
) -> None:
    settings = NodeSettings("RADVIGIL", "127.0.0.1", 0)
    with run_node(waiting, settings, actor="service:node", worklist_of=DEVICE) as node:
        _, words, found = asked(node.port, tmp_path / "answers", title="CR1")
        assert found == []
        assert "0x124" in words, words
        status, _, found = asked(node.port, tmp_path / "answers", title="STRANGER")
        assert (status != 0, found) == (True, [])


def test_over_tls_findscu_shows_a_certificate_and_gets_the_list(
    waiting: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(waiting, monkeypatch, 20)
    papers = write_papers(tmp_path)
    tls = server_context(papers / "node.pem", papers / "node.key", papers / "caller.pem")
    settings = NodeSettings("RADVIGIL", "127.0.0.1", 0, tls)
    shown = ("+tls", str(papers / "caller.key"), str(papers / "caller.pem"),
             "+cf", str(papers / "node.pem"))  # fmt: skip
    with run_node(waiting, settings, actor="service:node", worklist_of=DEVICE) as node:
        status, words, found = asked(node.port, tmp_path / "answers", tls=shown)
        assert (status, len(found)) == (0, 4), words
        status, _, found = asked(node.port, tmp_path / "answers")
        assert (status != 0, found) == (True, []), "in clear"
        anonymous = ("+tla", "+cf", str(papers / "node.pem"))
        status, _, found = asked(node.port, tmp_path / "answers", tls=anonymous)
        assert (status != 0, found) == (True, []), "without a certificate"
