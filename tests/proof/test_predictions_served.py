"""The prediction service under load: a full queue, a change of version, an end, a kill."""

import hashlib
import os
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import requests

from journeys.serve_predictions import DeskLimits
from journeys.serving_versions import load_verified
from journeys.watch_day import predict_day, take_in_day, watch_of
from records.cases import Instance, Prediction, Study
from records.lookup import find_events, list_records
from records.product import ModelVersion
from records.store import Store
from records.verify import verify_records
from tests.gateway.conftest import secret, version
from tests.gateway.operation import DEVICE, SITE, deploy, frozen, radiograph, running, served
from tests.models.conftest import model_folder, tiny_dataset, tiny_params, training_folder

__all__ = ["model_folder", "secret", "tiny_dataset", "tiny_params", "training_folder", "version"]

pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]

STUDIES = 600 if os.environ.get("RADVIGIL_PROOF") == "full" else 200


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("sent")
    return [radiograph(folder, number) for number in range(1, STUDIES + 1)]


def rows(store: Store, table: type) -> list[Any]:
    with store.reader() as reader:
        return list_records(reader, table)


def test_many_at_once_against_a_small_queue_are_answered_or_sent_away_and_all_are_read_once(
    store: Store, secret: str, contents: list[bytes]
) -> None:
    seen: Counter[int] = Counter()
    most = 0

    with served(store, secret, limits=DeskLimits(queue=20, workers=2)) as caller:
        def send(content: bytes) -> dict[str, Any]:
            nonlocal most
            while True:
                answer = caller.send(content)
                most = max(most, caller.desk.waiting)
                seen[answer.status_code] += 1
                if answer.status_code == 200:
                    return dict(answer.json())
                assert answer.status_code == 503, answer.text
                time.sleep(float(answer.headers["retry-after"]) * 0.2)

        with ThreadPoolExecutor(200) as pool:
            answers = list(pool.map(send, contents))
        assert caller.desk.waiting == 0
    print(f"\n{dict(seen)} answers, at most {most} waited")
    assert seen[200] == STUDIES
    assert seen[503] > 0
    assert most <= 20
    assert len({one["study"] for one in answers}) == STUDIES
    assert len(rows(store, Prediction)) == len(rows(store, Study)) == STUDIES
    with store.reader() as reader:
        assert verify_records(reader).whole


def test_a_version_takes_over_under_load_and_no_request_fails(
    store: Store, model_folder: Path, secret: str, contents: list[bytes]
) -> None:
    begun, warm = Event(), Event()

    def slowly(one: Store, version: ModelVersion) -> Any:
        if version.name == "m2":
            begun.set()
            warm.wait(300)
        return load_verified(one, version)

    with served(store, secret, load=slowly) as caller:
        second = frozen(store, model_folder, "m2")
        waiting = iter(contents)
        answers: list[tuple[bool, requests.Response]] = []

        def send(content: bytes) -> None:
            during = begun.is_set() and not warm.is_set()
            answers.append((during, caller.send(content)))

        with ThreadPoolExecutor(6) as pool:
            sent = [pool.submit(send, next(waiting)) for _ in range(40)]
            deploy(store, second)
            assert begun.wait(120)
            sent += [pool.submit(send, next(waiting)) for _ in range(30)]
            for one in sent:
                one.result()
            warm.set()
            until = time.monotonic() + 120
            while time.monotonic() < until and answers[-1][1].json()["reading"][
                "model_version"
            ] != second.label:
                pool.submit(send, next(waiting)).result()
    assert {one.status_code for _, one in answers} == {200}
    during = {one.json()["reading"]["model_version"] for flag, one in answers if flag}
    assert during == {"MDV-0001"}, "the version before goes on while the new one warms up"
    assert answers[-1][1].json()["reading"]["model_version"] == "MDV-0002"
    with store.reader() as reader:
        events = find_events(reader, action="serving begun")
    assert sorted(one.subject for one in events) == ["ModelVersion:1", "ModelVersion:2"]


def _send_until_gone(
    address: str, secret: str, contents: list[bytes], answers: dict[str, int]
) -> None:
    for content in contents:
        try:
            answer = requests.post(
                f"{address}/studies", data=content, timeout=120,
                headers={"Authorization": f"Bearer {secret}", "Content-Type": "application/dicom"},
            )
        except requests.exceptions.ConnectionError:
            return
        answers[hashlib.sha256(content).hexdigest()] = answer.status_code


def _under_load(
    store: Store, secret: str, contents: list[bytes], ending: signal.Signals
) -> dict[str, int]:
    """Send from eight programs at once and end the service in the middle; the answers."""
    answers: dict[str, int] = {}
    with running(store.workspace.home) as (address, server):
        threads = [
            Thread(target=_send_until_gone, args=(address, secret, contents[at::8], answers))
            for at in range(8)
        ]
        for one in threads:
            one.start()
        while len(answers) < 30:
            time.sleep(0.01)
        server.send_signal(ending)
        server.wait(timeout=120)
        for one in threads:
            one.join()
    return answers


def test_an_end_under_load_answers_all_that_was_accepted(
    store: Store, secret: str, contents: list[bytes]
) -> None:
    answers = _under_load(store, secret, contents, signal.SIGTERM)
    assert 30 <= len(answers) < STUDIES
    assert set(answers.values()) <= {200, 503}
    kept = {one.stem for one in store.workspace.incoming.rglob("*.dcm")}
    stored = {one.source_digest for one in rows(store, Instance)}
    print(f"\n{Counter(answers.values())} answered, {len(kept)} kept, {len(stored)} stored")
    assert {digest for digest, status in answers.items() if status == 200} <= stored
    assert kept == stored, "what was accepted is taken in"
    assert len(rows(store, Prediction)) == len(stored)


def test_after_a_kill_the_days_surveillance_reads_what_was_accepted(
    store: Store, secret: str, contents: list[bytes]
) -> None:
    answers = _under_load(store, secret, contents, signal.SIGKILL)
    kept = {one.stem for one in store.workspace.incoming.rglob("*.dcm")}
    assert {digest for digest, status in answers.items() if status == 200} <= kept
    with store.reader() as reader:
        watch = watch_of(reader, DEVICE)
        first = list_records(reader, Study)[0]
    day, now = first.arrived_on, first.received_at
    take_in_day(store, watch, SITE, day, actor="service:intake", now=now)
    predict_day(store, watch, day, actor="service:surveillance", now=now)
    stored = {one.source_digest for one in rows(store, Instance)}
    print(f"\n{len(answers)} answered, {len(kept)} kept, {len(stored)} stored")
    assert kept == stored
    assert len(rows(store, Prediction)) == len(stored)
    with store.reader() as reader:
        assert verify_records(reader).whole
