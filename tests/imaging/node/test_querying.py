"""A registered system that may ask is told what waits; nobody else, and nothing too much."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE

from imaging.node.negotiation import MODALITY_WORKLIST, UPS_QUERY
from imaging.node.querying import MOST_ANSWERS, MOST_BYTES, Waiting, WorklistDesk
from imaging.node.storage import Desk, Node, NodeSettings, listening
from imaging.node.worklist import WaitingItem, items_for
from records.application_entities import Sender
from records.errors import IntegrityBroken
from tests.imaging.node.test_matching import dataset
from tests.imaging.node.test_storage import DAY, Hospital

BEGIN = datetime(2026, 2, 14, 9, tzinfo=UTC)


def waits(number: int, *, high: bool = False) -> WaitingItem:
    return WaitingItem(
        f"STU-{number:04d}", high, BEGIN + timedelta(minutes=number), "Read DX CHEST",
        "in its turn", "F", {"PatientName": f"M\u00fcller^{number}", "PatientID": f"QX-{number}"},
        {"StudyInstanceUID": f"1.2.3.{number}", "AccessionNumber": f"A{number}"},
    )  # fmt: skip


class Reading(Hospital):
    """A hospital whose reading room has a list."""

    def __init__(self, incoming: Path) -> None:
        super().__init__(incoming)
        self.list = Waiting([waits(3, high=True), waits(1), waits(2)])
        self.damaged: Exception | None = None
        self.known["RIS"] = Sender("RIS", "northfield", "", "AET-0003", asks=True)
        self.told: list[str] = []
        self.desk = Desk(
            incoming, self.senders, lambda: DAY, self.refused.append, WorklistDesk(self.waiting)
        )

    def waiting(self, sender: Sender) -> Waiting:
        self.told.append(sender.label)
        if self.damaged is not None:
            raise self.damaged
        return self.list


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    return Reading(tmp_path / "incoming")


@pytest.fixture
def node(reading: Reading) -> Iterator[Node]:
    with listening(NodeSettings("RADVIGIL", "127.0.0.1", 0, idle_seconds=60), reading.desk) as one:
        yield one


def ask(
    node: Node, query: Dataset, *, title: str = "RIS", service: str = UPS_QUERY
) -> tuple[list[Dataset], Dataset]:
    """The answers, and the last status."""
    entity = AE(ae_title=title)
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = 60
    entity.add_requested_context(service)
    association = entity.associate("127.0.0.1", node.port, ae_title="RADVIGIL")
    assert association.is_established
    try:
        heard: list[tuple[Any, Any]] = list(association.send_c_find(query, service))
    finally:
        association.release()
    return [one for _, one in heard if one is not None], heard[-1][0]


ASKED = dataset(
    PatientName="",
    PatientID="",
    ScheduledProcedureStepPriority="",
    SOPInstanceUID="",
    ScheduledProcedureStepStartDateTime="",
    ReferencedRequestSequence=[],
)


def test_the_list_comes_in_the_order_of_reading_with_priority_and_original_numbers(
    node: Node, reading: Reading
) -> None:
    found, status = ask(node, ASKED)
    assert status.Status == 0
    assert [one.PatientID for one in found] == ["QX-3", "QX-1", "QX-2"]
    assert [one.ScheduledProcedureStepPriority for one in found] == ["HIGH", "MEDIUM", "MEDIUM"]
    assert str(found[0].PatientName) == "M\u00fcller^3"
    assert found[0].ReferencedRequestSequence[0].AccessionNumber == "A3"
    again, _ = ask(node, ASKED)
    assert [one.SOPInstanceUID for one in found] == [one.SOPInstanceUID for one in again]
    assert len({one.SOPInstanceUID for one in found}) == 3
    assert (node.asked, reading.told) == (2, ["AET-0003"] * 2)


def test_the_older_service_tells_the_same_and_a_scanner_that_asks_for_its_own_gets_nothing(
    node: Node,
) -> None:
    def query(modality: str) -> Dataset:
        step = dataset(Modality=modality, ScheduledProcedureStepStartDate="",
                       ScheduledProcedureStepStartTime="")  # fmt: skip
        return dataset(PatientID="", AccessionNumber="", RequestedProcedurePriority="",
                       ScheduledProcedureStepSequence=[step])  # fmt: skip

    found, status = ask(node, query(""), service=MODALITY_WORKLIST)
    assert status.Status == 0
    assert [one.AccessionNumber for one in found] == ["A3", "A1", "A2"]
    assert [one.RequestedProcedurePriority for one in found] == ["HIGH", "MEDIUM", "MEDIUM"]
    for modality in ("DX", "CR", "CT", "MR", "MG", "US"):
        assert ask(node, query(modality), service=MODALITY_WORKLIST)[0] == []


def test_keys_narrow_the_list_and_a_strange_key_is_passed_over(node: Node) -> None:
    query = dataset(PatientID="QX-2", ScheduledProcedureStepPriority="")
    (found,), _ = ask(node, query)
    assert found.PatientID == "QX-2"
    high, _ = ask(node, dataset(PatientID="", ScheduledProcedureStepPriority="HIGH"))
    assert [one.PatientID for one in high] == ["QX-3"]
    within = dataset(PatientID="", ReferencedRequestSequence=[dataset(AccessionNumber="A1")])
    assert [one.PatientID for one in ask(node, within)[0]] == ["QX-1"]
    strange = dataset(PatientID="QX-1", PatientComments="whatever")
    (told,), status = ask(node, strange)
    assert ("PatientComments" in told, status.Status) == (False, 0)


def test_keys_within_sequences_narrow_the_list_and_choose_what_is_told(node: Node) -> None:
    def step(**keys: Any) -> tuple[list[Dataset], Dataset]:
        asked = dataset(ScheduledProcedureStepID="", **keys)
        query = dataset(AccessionNumber="", ScheduledProcedureStepSequence=[asked])
        return ask(node, query, service=MODALITY_WORKLIST)

    found, status = step(Modality="SR", ScheduledStationAETitle="READ*",
                         ScheduledProcedureStepStartDate="20260201-20260228")  # fmt: skip
    assert ([one.AccessionNumber for one in found], status.Status) == (["A3", "A1", "A2"], 0)
    (told,) = found[0].ScheduledProcedureStepSequence
    assert (told.Modality, told.ScheduledProcedureStepID) == ("SR", "STU-0003")
    assert "ScheduledProcedureStepStartTime" not in told
    for keys in (
        {"ScheduledStationAETitle": "CT1"}, {"ScheduledProcedureStepStartDate": "20260301-"},
        {"ScheduledProtocolCodeSequence": [dataset(CodeValue="X")]},
    ):  # fmt: skip
        found, status = step(**keys)
        assert (found, status.Status) == ([], 0), keys
    for empty in ([], [Dataset()], [dataset(CodeValue="", CodingSchemeDesignator="")]):
        query = dataset(PatientID="", ScheduledStationNameCodeSequence=empty)
        found, status = ask(node, query)
        assert ([one.PatientID for one in found], status.Status) == (["QX-3", "QX-1", "QX-2"], 0)
        assert list(found[0].ScheduledStationNameCodeSequence) == []
    station = dataset(CodeValue="CT1", CodingSchemeDesignator="99HOSPITAL")
    query = dataset(PatientID="", ScheduledStationNameCodeSequence=[station])
    assert ask(node, query)[0] == []


@pytest.mark.parametrize(("service", "tag", "vr", "value", "words"), [
    (UPS_QUERY, 0x00404025, "LO", "CT1", "ScheduledStationNameCodeSequence is a sequence"),
    (UPS_QUERY, 0x00404025, "IS", "3", "ScheduledStationNameCodeSequence is a sequence"),
    (UPS_QUERY, 0x00741200, "SQ", [Dataset()], "ScheduledProcedureStepPriority is no sequence"),
    (MODALITY_WORKLIST, 0x00400100, "DA", "20260214", "ScheduledProcedureStepSequence is a "
     "sequence"), (MODALITY_WORKLIST, 0x00100020, "SQ", [Dataset()], "PatientID is no sequence"),
])  # fmt: skip
def test_a_value_in_place_of_a_sequence_is_refused_by_name(
    node: Node, service: str, tag: int, vr: str, value: Any, words: str
) -> None:
    query = Dataset()
    query.add_new(tag, vr, value)
    found, status = ask(node, query, service=service)
    assert (found, status.Status, status.ErrorComment) == ([], 0xA900, words)
    within = dataset(ReferencedRequestSequence=[query])
    assert ask(node, within)[1].ErrorComment == words


@pytest.mark.requirement("R-P11-10h")
def test_who_may_only_send_is_told_nothing_and_is_on_record_once(
    node: Node, reading: Reading
) -> None:
    for _ in range(2):
        found, status = ask(node, ASKED, title="PACS1")
        assert (found, status.Status) == ([], 0x0124)
    assert reading.told == []
    assert [(one.title, one.what) for one in reading.refused] == [("PACS1", "worklist")]


def test_a_node_without_a_worklist_has_no_such_service(tmp_path: Path) -> None:
    hospital = Hospital(tmp_path / "incoming")
    hospital.known["RIS"] = Sender("RIS", "northfield", "", "AET-0003", asks=True)
    with listening(NodeSettings("RADVIGIL", "127.0.0.1", 0), hospital.desk) as node:
        entity = AE(ae_title="RIS")
        entity.add_requested_context(UPS_QUERY)
        association = entity.associate("127.0.0.1", node.port, ae_title="RADVIGIL")
        assert not association.is_established


def test_a_list_that_is_not_whole_says_so_and_why(node: Node, reading: Reading) -> None:
    reading.list = Waiting([waits(number) for number in range(MOST_ANSWERS + 3)])
    found, status = ask(node, dataset(PatientID=""))
    assert (len(found), status.Status) == (MOST_ANSWERS, 0xA700)
    reading.list = Waiting([waits(1)], unnamed=2)
    found, status = ask(node, dataset(PatientID=""))
    assert (len(found), status.Status) == (1, 0xC001)
    assert status.ErrorComment == "2 more wait whose patient is not known"


def test_what_goes_wrong_is_answered_and_names_nobody(
    node: Node, reading: Reading, caplog: pytest.LogCaptureFixture
) -> None:
    for damage in (IntegrityBroken("the mapping is damaged"), OSError(5, "disk of QX-1")):
        reading.damaged = damage
        found, status = ask(node, dataset(PatientID="QX-1"))
        assert (found, status.Status) == ([], 0xC001)
    found, status = ask(node, dataset(PatientID="", PatientComments="x" * (MOST_BYTES + 2)))
    assert (found, status.Status) == ([], 0xA900)
    assert "QX-1" not in caplog.text


@pytest.mark.parametrize("content", [
    b"\x10\x00\x20\x00\xff\xff\xff\x7fQX", b"\x10", b"\x00" * 40000,
    b"\x08\x00\x96\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * 4000,
])  # fmt: skip
def test_no_query_can_end_the_node(reading: Reading, content: bytes) -> None:
    from pynetdicom.dsutils import decode

    class Event:
        request = SimpleNamespace(Identifier=BytesIO(content), AffectedSOPClassUID=UPS_QUERY)
        is_cancelled = False

        @property
        def identifier(self) -> Dataset:
            return decode(BytesIO(content), True, True)

    sender = reading.known["RIS"]
    assert reading.desk.worklist is not None
    for status, _ in reading.desk.worklist.answers(Event(), sender):
        assert status in (0xFF00, 0xFF01) or status.Status == 0xA900  # type: ignore[union-attr]


def test_a_query_that_is_called_off_ends_at_once(reading: Reading) -> None:
    event = SimpleNamespace(
        request=SimpleNamespace(Identifier=BytesIO(b""), AffectedSOPClassUID=UPS_QUERY),
        identifier=Dataset(),
        is_cancelled=True,
    )
    assert reading.desk.worklist is not None
    assert list(reading.desk.worklist.answers(event, reading.known["RIS"])) == [(0xFE00, None)]


def test_sorted_by_priority_and_time_the_list_keeps_its_order() -> None:
    items = items_for(UPS_QUERY, [waits(1, high=True), waits(4, high=True), waits(2), waits(3)])
    again = sorted(items, key=lambda one: (
        one.ScheduledProcedureStepPriority, one.ScheduledProcedureStepStartDateTime
    ))  # fmt: skip
    assert again == items
    assert {one.ScheduledProcedureStepPriority for one in items} == {"HIGH", "MEDIUM"}
