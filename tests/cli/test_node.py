"""``radvigil node``: register a system, receive from it, take what it sent in."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from records.lookup import find_events
from records.settings import REPOSITORY
from records.store import open_reader
from tests.cli.conftest import Run, write_radiograph
from tests.conftest import require
from tests.imaging.node.callers import associate, send

REASON = ("--reason", "contract 7")


@contextmanager
def running(home: Path, *more: str) -> Iterator[tuple[int, "subprocess.Popen[str]"]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    node = subprocess.Popen(
        [sys.executable, "-c", "from cli.app import main; main()", "--home", str(home), "node",
         "run", "--port", str(port), *more],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, cwd=REPOSITORY,
    )  # fmt: skip
    assert node.stdout is not None
    try:
        assert "listens on" in node.stdout.readline()
        yield port, node
    finally:
        if node.poll() is None:
            node.kill()
        node.wait()
        node.stdout.close()


@pytest.mark.requirement("R-P11-10h")
def test_a_registered_system_sends_over_the_network_and_its_study_is_taken_in(
    run: Run, run_as: Run, home: Path, tmp_path: Path
) -> None:
    assert run_as("node", "register", "PACS1", "--site", "northfield", *REASON).exit_code == 0
    assert "PACS1" in run_as("node", "list").output
    paths = [write_radiograph(tmp_path / f"{number}.dcm", number) for number in (1, 2)]
    with running(home) as (port, node):
        assert send(port, *paths) == [0, 0]
        assert associate(port, title="STRANGER").is_rejected
        node.send_signal(signal.SIGTERM)
        assert node.wait(timeout=120) == 0
        assert node.stdout is not None
        assert "2 stored, 0 failed, 1 calls refused" in node.stdout.read()
    taken = run_as("study", "ingest", home / "incoming" / "northfield", "--site", "northfield",
                   "--json")  # fmt: skip
    assert json.loads(taken.output)["stored"] == 2, taken.output
    store = open_reader(home)
    try:
        with store.reader() as reader:
            (refused,) = find_events(reader, action="association refused")
    finally:
        store.close()
    assert refused.actor == "service:node"
    assert json.loads(refused.new) == {"title": "STRANGER", "address": "127.0.0.1"}


def test_what_was_acknowledged_outlives_a_kill(run_as: Run, home: Path, tmp_path: Path) -> None:
    assert run_as("node", "register", "PACS1", "--site", "northfield", *REASON).exit_code == 0
    paths = [write_radiograph(tmp_path / f"{number}.dcm", number) for number in range(1, 9)]
    acknowledged = 0
    with running(home) as (port, node):
        association = associate(port)
        association.dimse_timeout = 10  # an answer of the killed one is not waited for
        from pydicom import dcmread

        for number, path in enumerate(paths):
            if number == 5:
                node.kill()
                node.wait()
            try:
                status = association.send_c_store(dcmread(path))
            except RuntimeError:
                break
            acknowledged += getattr(status, "Status", 1) == 0
        association.abort()
    kept = list((home / "incoming" / "northfield").rglob("*.dcm"))
    assert acknowledged == 5
    assert len(kept) >= acknowledged


def test_a_system_is_asked_whether_it_answers(run_as: Run, home: Path) -> None:
    with running(home) as (port, _):
        assert run_as(
            "node", "register", "RADVIGIL", "--site", "northfield", "--host", "127.0.0.1",
            "--port", port, *REASON,
        ).exit_code == 0  # fmt: skip
        for _attempt in range(240):
            answered = run_as("node", "echo", "AET-0001")
            if answered.exit_code == 0:
                break
            time.sleep(0.25)
        assert "answers after" in answered.output
    assert run_as("node", "echo", "AET-0001").exit_code == 1
    assert run_as("node", "retire", "AET-0001", *REASON).exit_code == 0
    assert run_as("node", "retire", "AET-0001", *REASON).exit_code == 1


def test_bad_options_are_bad_input(run_as: Run, tmp_path: Path) -> None:
    paper = tmp_path / "a.pem"
    paper.write_text("x")
    assert run_as("node", "run", "--certificate", paper).exit_code == 2
    assert run_as("node", "run", "--certificate", paper, "--key", paper).exit_code == 2
    assert run_as("node", "run", "--title", "x" * 17).exit_code == 2
    assert run_as("node", "register", "PACS1", "--site", "../x", *REASON).exit_code == 2


@pytest.mark.service
def test_dcmtk_is_heard_too(run_as: Run, home: Path, tmp_path: Path) -> None:
    storescu, echoscu = shutil.which("storescu"), shutil.which("echoscu")
    require("dcmtk", bool(storescu and echoscu), "dcmtk is not installed")
    added = run_as("node", "register", "DCMTK", "--site", "northfield", "--asks", *REASON)
    assert "ask for the worklist" in added.output
    (row,) = json.loads(run_as("node", "list", "--json").output)
    assert (row["results"], row["asks"]) == ("none", "worklist")
    paths = [write_radiograph(tmp_path / f"{number}.dcm", number) for number in (1, 2, 3)]
    with running(home) as (port, _):
        call = ["-aet", "DCMTK", "-aec", "RADVIGIL", "127.0.0.1", str(port)]
        subprocess.run([str(echoscu), *call], check=True, timeout=120)
        subprocess.run([str(storescu), "-xs", *call, *map(str, paths)], check=True, timeout=120)
        stranger = ["-aet", "OTHER", "-aec", "RADVIGIL", "127.0.0.1", str(port)]
        assert subprocess.run([str(echoscu), *stranger], timeout=120).returncode != 0
    assert len(list((home / "incoming" / "northfield").rglob("*.dcm"))) == 3


def test_results_are_sent_listed_and_sent_again(run: Run, home: Path, tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from records.result_deliveries import PAUSES, ResultDelivery
    from records.settings import Workspace
    from records.store import open_store
    from tests.journeys.returning import free_port, in_care, pacs, receive_at

    port = free_port()
    store = open_store(Workspace(home), url="")
    in_care(store, tmp_path / "in")
    receive_at(store, "PACS1", port=port)
    store.close()
    call = lambda *words: run("--home", home, "node", *words, password="x" * 14)  # noqa: E731
    failed = call("send")
    assert (failed.exit_code, "RSD-0001" in failed.output) == (1, True)
    assert "is not reached" in failed.output
    (listed,) = json.loads(call("results", "--undelivered", "--json").stdout)
    assert (listed["status"], listed["kind"], listed["system"]) == ("waiting", "report", "AET-0001")
    assert listed["late"] is False
    store = open_store(Workspace(home), url="")
    with store.transaction("service:results", "given up", now=datetime.now(UTC)) as tx:
        one = tx.get_one(ResultDelivery, 1)
        one.status, one.attempts = "undeliverable", len(PAUSES)
    store.close()
    entered = run("--home", home, "user", "login", "ada", password="x" * 14)
    assert entered.exit_code == 0, entered.output
    assert call("resend", "RSD-0001", *REASON).exit_code == 0
    with pacs(port=port) as receiver:
        sent = call("send")
        assert "1 delivered" in sent.output, sent.output
    assert [str(one.AccessionNumber) for one in receiver.held.values()] == ["ACC-1"]
    assert json.loads(call("results", "--undelivered", "--json").stdout) == []
    for wrong in (("--web", "https://x"), ("--receives",)):
        assert call("register", "X", "--site", "northfield", *wrong, *REASON).exit_code == 2


@pytest.mark.service
def test_a_node_that_runs_returns_results_by_itself(home: Path, tmp_path: Path) -> None:
    from records.settings import Workspace
    from records.store import open_store
    from tests.journeys.returning import in_care, pacs, receive_at

    with pacs() as receiver:
        store = open_store(Workspace(home), url="")
        in_care(store, tmp_path / "in")
        receive_at(store, "PACS1", port=receiver.port)
        store.close()
        with running(home, "--results") as (_, node):
            until = time.monotonic() + 120
            while not receiver.held and time.monotonic() < until:
                time.sleep(0.2)
            assert [str(one.AccessionNumber) for one in receiver.held.values()] == ["ACC-1"]
            node.send_signal(signal.SIGTERM)
            assert node.wait(timeout=120) == 0


def test_a_folder_that_is_none_or_lies_in_the_workspace_is_not_watched(
    run: Run, home: Path
) -> None:
    for folder, words in ((home / "absent", "There is no folder"), (home, "lies in the workspace")):
        result = run("--home", home, "node", "watch", folder, "--site", "northfield")
        assert result.exit_code == 2
        assert words in result.stderr


@pytest.mark.parametrize("option", ["--every", "--settle", "--give-up"])
@pytest.mark.parametrize("value", ["inf", "-inf", "nan", "-1", "1e300", "soon", ""])
def test_a_watcher_is_told_how_long_to_wait_in_seconds_that_there_are(
    run: Run, home: Path, tmp_path: Path, option: str, value: str
) -> None:
    result = run("--home", home, "node", "watch", tmp_path, "--site", "northfield",
                 f"{option}={value}")  # fmt: skip
    assert result.exit_code == 2, result.output
    assert option in result.stderr
    assert not (home / "incoming" / ".taken.sqlite").exists()


def test_a_watcher_that_never_rests_is_refused(run: Run, home: Path, tmp_path: Path) -> None:
    result = run("--home", home, "node", "watch", tmp_path, "--site", "northfield", "--every", "0")
    assert result.exit_code == 2
    assert "or equal to 0.05" in result.stderr
