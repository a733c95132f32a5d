"""Poison, no room, an altered version, a lost database: the service stands and says what is so."""

import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from gateway.app import Waits
from imaging.pixels import parse_file, read_pixels
from journeys.serve_predictions import DeskLimits
from journeys.serving_versions import load_verified
from journeys.watch_day import predict_day, watch_of
from models.predict import Predictor
from records.cases import Prediction, Quarantine, Study
from records.lookup import find_events, list_records
from records.product import ModelVersion
from records.store import Store
from records.vault import Vault
from tests.gateway.operation import DEVICE, deploy, frozen, radiograph, served, until
from tests.gateway.poison import KILLS, STALLS, TRIED, standing_prey
from tests.gateway.test_studies import problem, rows

CLOSE = 1e-6


def test_batch_stream_and_http_give_the_same_numbers(
    store: Store, model_folder: Path, version: ModelVersion, secret: str, tmp_path: Path
) -> None:
    contents = [
        radiograph(tmp_path / "in", number, Rows=rows_, Columns=48,
                   PixelData=bytes(range(256)) * (rows_ * 96 // 256))
        if (rows_ := 64 + 32 * (number % 3)) > 64 else radiograph(tmp_path / "in", number)
        for number in range(1, 11)
    ]  # fmt: skip
    with served(store, secret) as caller, ThreadPoolExecutor(5) as pool:
        answers = [one.json() for one in pool.map(caller.send, contents)]
    by_http = [one["reading"]["score"] for one in answers]
    strange = [one["reading"]["out_of_distribution"] for one in answers]
    # the stream: a day's surveillance by a second version of the same files
    deploy(store, frozen(store, model_folder, "m2"))
    with store.reader() as reader:
        watch = watch_of(reader, DEVICE)
        day = list_records(reader, Study)[0].arrived_on
        now = list_records(reader, Study)[0].received_at
    assert predict_day(store, watch, day, actor="service:surveillance", now=now) == 10
    with store.reader() as reader:
        uids = {one.id: one.study_uid for one in list_records(reader, Study)}
        streamed = {
            uids[one.study_id]: one.score for one in list_records(reader, Prediction)
            if one.model_version_id == watch.version.id
        }  # fmt: skip
    # the batch: the model alone, over all files as they were sent
    predictor = Predictor.load(model_folder, weights_hash=version.weights_hash)
    batch = predictor.predict([read_pixels(parse_file(one)).array for one in contents])
    assert by_http == pytest.approx([one.score for one in batch], abs=CLOSE)
    assert by_http == pytest.approx([streamed[one["study"]] for one in answers], abs=CLOSE)
    assert strange == pytest.approx([one.out_of_distribution for one in batch], abs=CLOSE)
    assert len({round(one, 4) for one in by_http}) > 3


def test_a_file_that_kills_or_stalls_its_decoder_is_refused_and_all_others_are_answered(
    store: Store, secret: str, tmp_path: Path
) -> None:
    good = [radiograph(tmp_path / "in", number) for number in range(1, 7)]
    bad = [good[0] + KILLS, good[0] + STALLS]
    limits = DeskLimits(workers=2, seconds_per_file=6.0)
    with served(store, secret, limits=limits, receive=standing_prey) as caller:
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(caller.send, [good[0], bad[0], *good[1:4], bad[1], *good[4:]]))
        assert [one.status_code for one in answers] == [200, 422, 200, 200, 200, 422, 200, 200]
        problem(answers[1], 422, "crashed")
        problem(answers[5], 422, "timed_out")
        problem(caller.send(bad[1]), 422, "timed_out")  # by its record: it is not tried again
        (tried,) = store.workspace.incoming.rglob(f"*{TRIED}")
        assert tried.read_text() == "x"
        assert requests.get(f"{caller.url}/ready", timeout=120).status_code == 200
    assert len(rows(store, Prediction)) == 6
    assert {one.reason for one in rows(store, Quarantine)} == {"crashed", "timed_out"}


def test_a_decoder_that_dies_while_nothing_is_asked_costs_no_study(
    store: Store, secret: str, tmp_path: Path
) -> None:
    with served(store, secret) as caller:
        assert caller.send(radiograph(tmp_path / "in", 1)).status_code == 200
        (lane,) = caller.desk._reception.lanes  # type: ignore[union-attr]
        os.kill(lane.process.pid or 0, signal.SIGKILL)
        lane.process.join()
        assert caller.send(radiograph(tmp_path / "in", 2)).json()["status"] == "read"


class Stubborn:
    """A model that fails over certain pictures, and over every batch that holds one."""

    def __init__(self, inner: Predictor) -> None:
        self._inner, self.preprocessing = inner, inner.preprocessing

    def predict_prepared(self, prepared: list[Any], spacings: Any = ()) -> list[Any]:
        if any(one.shape == (96, 48) for one in prepared):
            raise ValueError("picture 0 of the batch: Zwetschkenbaum")
        return self._inner.predict_prepared(prepared, spacings)


def test_a_study_that_the_model_cannot_read_spoils_no_other(
    store: Store, secret: str, tmp_path: Path
) -> None:
    good = [radiograph(tmp_path / "in", number) for number in range(1, 5)]
    bad = radiograph(tmp_path / "in", 9, Rows=96, PixelData=bytes(96 * 96))
    load = lambda store, version: Stubborn(load_verified(store, version))  # noqa: E731
    with served(store, secret, load=load) as caller, ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(caller.send, [*good[:2], bad, *good[2:]]))
        assert [one.status_code for one in answers] == [200] * 5
        said = [one.json()["status"] for one in answers]
        assert said == ["read", "read", "not_read", "read", "read"]
        assert "reading failed" in answers[2].text
        assert "Zwetschkenbaum" not in answers[2].text
        assert caller.desk.waiting == 0
    assert len(rows(store, Prediction)) == 4
    assert len(rows(store, Study)) == 5  # taken in all the same


def test_with_no_room_a_study_is_sent_away_before_it_is_read(
    store: Store, secret: str, tmp_path: Path
) -> None:
    with served(store, secret, limits=DeskLimits(queue=1, workers=1)) as caller:
        caller.desk.reserve(10)
        answer = caller.send(radiograph(tmp_path / "in", 1))
        problem(answer, 503, "full")
        assert int(answer.headers["retry-after"]) >= 1
        assert list(store.workspace.incoming.rglob("*.dcm")) == []
        caller.desk.received(10)
        caller.desk.release()
        assert caller.send(radiograph(tmp_path / "in", 1)).status_code == 200


def test_a_body_that_does_not_come_gives_its_place_back(store: Store, secret: str) -> None:
    limits = DeskLimits(queue=1, workers=1)
    with served(store, secret, limits=limits, waits=Waits(body_seconds=2.0)) as caller:
        port = int(caller.url.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port)) as slow:
            slow.sendall(
                b"POST /studies HTTP/1.1\r\nHost: x\r\nContent-Type: application/dicom\r\n"
                b"Content-Length: 1000\r\nAuthorization: Bearer " + secret.encode() + b"\r\n\r\nabc"
            )
            until(lambda: caller.desk.waiting == 1)
            assert b"408" in slow.recv(4096).split(b"\r\n")[0]
        until(lambda: caller.desk.waiting == 0)
        with socket.create_connection(("127.0.0.1", port)) as gone:
            gone.sendall(
                b"POST /studies HTTP/1.1\r\nHost: x\r\nContent-Type: application/dicom\r\n"
                b"Content-Length: 1000\r\nAuthorization: Bearer " + secret.encode() + b"\r\n\r\nabc"
            )
        until(lambda: caller.desk.waiting == 0)


def test_a_version_that_was_altered_never_answers_and_the_one_before_goes_on(
    store: Store, model_folder: Path, secret: str, tmp_path: Path
) -> None:
    with served(store, secret) as caller:
        second = frozen(store, model_folder, "m2")
        file = next((Vault(store.workspace.vault).folder / "models" / "m2").glob("*.json"))
        file.write_text(file.read_text() + " ")
        deploy(store, second)
        caller.desk.versions.refresh()
        said = caller.send(radiograph(tmp_path / "in", 1)).json()
        assert said["reading"]["model_version"] == "MDV-0001"
        assert "MDV-0002 cannot be loaded" in requests.get(f"{caller.url}/ready", timeout=120).text
        caller.desk.versions.refresh()
    with store.reader() as reader:
        (event,) = find_events(reader, action="serving refused")
    assert event.subject == second.subject
    assert "IntegrityBroken" in event.new


def test_where_nothing_runs_any_more_nothing_answers(
    store: Store, version: ModelVersion, secret: str, tmp_path: Path
) -> None:
    with served(store, secret) as caller:
        deploy(store, version, mode="")
        caller.desk.versions.refresh()
        problem(caller.send(radiograph(tmp_path / "in", 1)), 503, "no_version")
        problem(requests.get(f"{caller.url}/ready", timeout=120), 503, "no_version")
        assert requests.get(f"{caller.url}/health", timeout=120).status_code == 200


def test_without_its_database_the_service_is_not_ready_and_lets_nobody_in(
    store: Store, secret: str, tmp_path: Path
) -> None:
    with served(store, secret) as caller:
        hidden = store.workspace.database.with_suffix(".away")
        store.engine.dispose()
        store.workspace.database.rename(hidden)
        try:
            assert requests.get(f"{caller.url}/ready", timeout=120).status_code == 503
            assert caller.send(radiograph(tmp_path / "in", 1)).status_code == 503
            caller.desk.versions.refresh()
            assert caller.desk.versions.posts
        finally:
            store.engine.dispose()
            hidden.rename(store.workspace.database)
        until(lambda: requests.get(f"{caller.url}/ready", timeout=120).status_code == 200)
