"""The node keeps what registered systems send, and lets nobody else in."""

import socket
import ssl
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from pydicom import dcmread

from imaging.node.calling import Called, echo
from imaging.node.secured import client_context, server_context
from imaging.node.storage import Caller, Desk, Node, NodeSettings, listening
from records.application_entities import Sender
from records.errors import InvalidInput, Unavailable
from tests.cli.conftest import write_radiograph
from tests.imaging.node.callers import associate, send
from tests.imaging.node.papers import write_papers

DAY = date(2026, 2, 14)


class Hospital:
    """What the node is told of the installation, and what it told."""

    def __init__(self, incoming: Path) -> None:
        self.known = {"PACS1": Sender("PACS1", "northfield", "", "AET-0001"),
                      "FAR": Sender("FAR", "westhaven", "192.0.2.7", "AET-0002")}
        self.broken: Exception | None = None
        self.refused: list[Caller] = []
        self.desk = Desk(incoming, self.senders, lambda: DAY, self.refused.append)

    def senders(self) -> dict[str, Sender]:
        if self.broken is not None:
            raise self.broken
        return self.known


@pytest.fixture
def hospital(tmp_path: Path) -> Hospital:
    return Hospital(tmp_path / "incoming")


@pytest.fixture
def node(hospital: Hospital) -> Iterator[Node]:
    with listening(NodeSettings("RADVIGIL", "127.0.0.1", 0, idle_seconds=5), hospital.desk) as node:
        yield node


@pytest.fixture
def radiographs(tmp_path: Path) -> list[Path]:
    return [write_radiograph(tmp_path / f"{number}.dcm", number) for number in (1, 2, 3)]


def kept(hospital: Hospital) -> list[Path]:
    return sorted(hospital.desk.incoming.rglob("*.dcm"))


@pytest.mark.requirement("R-P11-10h")
def test_what_a_registered_system_sends_is_kept_whole_for_its_site_and_day(
    node: Node, hospital: Hospital, radiographs: list[Path]
) -> None:
    assert send(node.port, *radiographs, *radiographs[:1]) == [0, 0, 0, 0]
    files = kept(hospital)
    assert len(files) == 3, "the same bytes again are kept once"
    assert {path.parent for path in files} == {hospital.desk.incoming / "northfield" / "2026-02-14"}
    sent = {dcmread(path).SOPInstanceUID: dcmread(path) for path in radiographs}
    for path in files:
        arrived = dcmread(path)
        assert arrived == sent[arrived.SOPInstanceUID]
        assert "Zwetschkenbaum" not in path.name
        assert path.stat().st_mode & 0o777 == 0o600
    assert (node.stored, node.failed, node.refused) == (4, 0, 0)


@pytest.mark.requirement("R-P11-10h")
def test_nobody_else_is_let_in_and_each_caller_is_told_of_once(
    node: Node, hospital: Hospital
) -> None:
    for _ in range(2):
        assert associate(node.port, title="STRANGER").is_rejected
    assert associate(node.port, title="FAR").is_rejected, "registered for another address"
    assert associate(node.port, called="SOMEBODY").is_rejected
    until = time.monotonic() + 5  # the caller is rejected first and put on record then
    while len(hospital.refused) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    assert [(one.title, one.address) for one in hospital.refused] == [
        ("STRANGER", "127.0.0.1"), ("FAR", "127.0.0.1")
    ]
    assert "another address" in hospital.refused[1].why
    assert not kept(hospital)


@pytest.mark.parametrize("failure", [Unavailable("The database is away."), RuntimeError("bug")])
def test_nobody_is_let_in_while_the_register_cannot_be_asked(
    node: Node, hospital: Hospital, failure: Exception
) -> None:
    hospital.broken = failure
    assert associate(node.port).is_rejected
    hospital.broken = None
    association = associate(node.port)
    assert association.is_established
    association.release()


def test_a_system_that_is_retired_during_a_call_sends_nothing_more(
    node: Node, hospital: Hospital, radiographs: list[Path]
) -> None:
    association = associate(node.port)
    assert association.send_c_store(dcmread(radiographs[0])).Status == 0
    hospital.known = {}
    assert association.send_c_store(dcmread(radiographs[1])).Status == 0x0124
    association.release()
    assert len(kept(hospital)) == 1


def test_what_cannot_be_written_is_not_acknowledged_and_leaves_nothing(
    node: Node, hospital: Hospital, radiographs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr("records.private.os.fsync", full)
        assert send(node.port, radiographs[0]) == [0xA700]
    assert not list(hospital.desk.incoming.rglob("*.*"))
    assert send(node.port, radiographs[0]) == [0], "sent again, it is kept"
    assert (node.stored, node.failed) == (1, 1)


def test_a_busy_port_is_named(node: Node, hospital: Hospital) -> None:
    with (
        pytest.raises(Unavailable, match=str(node.port)),
        listening(NodeSettings("RADVIGIL", "127.0.0.1", node.port), hospital.desk),
    ):
        pass


def test_the_node_answers_an_echo_and_asks_one(node: Node, hospital: Hospital) -> None:
    hospital.known["RV2"] = Sender("RV2", "northfield", "", "AET-0003")
    assert echo(Called("RADVIGIL", "127.0.0.1", node.port, "RV2")) < 10
    with pytest.raises(Unavailable, match="rejects"):
        echo(Called("RADVIGIL", "127.0.0.1", node.port, "STRANGER"))
    with pytest.raises(Unavailable, match="not reached"):
        echo(Called("RADVIGIL", "127.0.0.1", 1, "RV2", seconds=2))


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate and key that name 127.0.0.1 and vouch for themselves."""
    return write_papers(tmp_path_factory.mktemp("papers"))


def test_with_tls_only_callers_with_a_certificate_that_counts_are_heard(
    hospital: Hospital, radiographs: list[Path], papers: Path
) -> None:
    tls = server_context(papers / "node.pem", papers / "node.key", papers / "caller.pem")
    with listening(NodeSettings("RADVIGIL", "127.0.0.1", 0, tls), hospital.desk) as node:
        proved = client_context(papers / "node.pem", papers / "caller.pem", papers / "caller.key")
        assert send(node.port, radiographs[0], tls=proved) == [0]
        assert not heard(node.port, client_context(papers / "node.pem"))
        assert not heard(node.port, None), "nothing is heard in clear"
        other = client_context(papers / "caller.pem", papers / "caller.pem", papers / "caller.key")
        assert not heard(node.port, other), "the node is not another's"
    assert len(kept(hospital)) == 1


def heard(port: int, tls: ssl.SSLContext | None) -> bool:
    """Whether the node answers something to the first byte of a call."""
    with socket.create_connection(("127.0.0.1", port), 5) as raw:
        try:
            with tls.wrap_socket(raw) if tls else raw as line:
                line.sendall(b"\x01\x00" + bytes(72))
                answer = line.recv(1)
        except OSError:  # an SSLError among them
            return False
    return answer not in (b"", b"\x15")  # 0x15: a TLS alert


def test_papers_that_do_not_belong_together_are_refused(papers: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be used"):
        server_context(papers / "node.pem", papers / "caller.key")
    with pytest.raises(InvalidInput, match="cannot be used"):
        client_context(tmp_path / "none.pem")


def test_the_node_speaks_tls_1_2_and_newer_only(papers: Path) -> None:
    context = server_context(papers / "node.pem", papers / "node.key")
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
