"""A program sends a study over the network and is told what the device said of it."""

import hashlib
import json
from pathlib import Path

import pytest
import requests

from gateway.app import Waits
from journeys.serve_predictions import DeskLimits
from records.cases import Instance, Prediction, Quarantine, Study
from records.lookup import find_events, list_records
from records.permissions import Action
from records.product import ModelVersion
from records.store import Store
from records.verify import verify_records
from tests.gateway.operation import Caller, deploy, radiograph, served, token


def rows(store: Store, table: type) -> list:
    with store.reader() as reader:
        return list_records(reader, table)


def problem(answer: requests.Response, status: int, code: str) -> dict:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code
    return answer.json()


def test_a_study_is_answered_recorded_and_never_read_twice(
    store: Store, version: ModelVersion, secret: str, tmp_path: Path
) -> None:
    content = radiograph(tmp_path / "in", 1)
    with served(store, secret) as caller:
        first = caller.send(content)
        again = caller.send_files(content)
        assert first.status_code == again.status_code == 200, first.text
        said = first.json()
        assert again.json() == said
        asked = [
            caller.get(f"/studies/{said['study']}"),
            caller.get(f"/studies/{hashlib.sha256(content).hexdigest()}"),
        ]
        assert [one.json() for one in asked] == [said, said]
        problem(caller.get("/studies/2.25.1"), 404, "not_found")
    (read,) = rows(store, Prediction)
    (study,) = rows(store, Study)
    reading = said["reading"]
    assert (said["study"], said["record"]) == (study.study_uid, study.label)
    assert (reading["record"], reading["score"], reading["decision"]) == (
        read.label, read.score, read.decision
    )  # fmt: skip
    assert reading["out_of_distribution"] == read.out_of_distribution
    assert reading["model_version"] == version.label
    assert reading["operating_point"] == version.operating_point
    assert reading["latency_ms"] == read.latency_ms
    assert reading["statement"] == "for review by a physician"
    assert reading["finding"] == "pneumonia"
    assert (reading["class_name"], reading["probabilities"]) == ("", {})
    assert read.returned_to_care
    assert read.deployment_id == 1
    for one in (first.text, json.dumps(dict(first.headers))):
        assert "QX-1" not in one
        assert "Zwetschkenbaum" not in one
    with store.reader() as reader:
        actors = {
            one.actor for one in find_events(reader, actor="service:pacs-bridge")
            if one.subject.startswith(("Study:", "Prediction:"))
        }  # fmt: skip
        assert actors == {"service:pacs-bridge"}
        assert verify_records(reader).whole


def test_the_images_of_one_study_come_together_and_those_of_two_do_not(
    store: Store, secret: str, tmp_path: Path
) -> None:
    pair = [
        radiograph(tmp_path / "in", number, StudyInstanceUID="1.2.3", PatientID="QX-1")
        for number in (1, 2)
    ]
    other = [radiograph(tmp_path / "in", number) for number in (3, 4)]
    with served(store, secret) as caller:
        together = caller.send_files(*pair)
        assert together.json()["status"] == "read", together.text
        problem(caller.send_files(*other), 422, "several_studies")
        text_and_image = caller.send_files(b"not a radiograph", other[0])
        assert text_and_image.json()["refused"] == {"not_dicom": 1}
        assert text_and_image.json()["status"] == "read"
    assert len(rows(store, Instance)) == 3
    assert len(rows(store, Study)) == 2
    left = {one.stem for one in store.workspace.incoming.rglob("*.dcm")}
    assert hashlib.sha256(other[1]).hexdigest() not in left


@pytest.mark.requirement("REG-006")
def test_who_has_no_token_for_it_is_refused_on_record_and_nothing_is_kept(
    store: Store, secret: str, tmp_path: Path
) -> None:
    content = radiograph(tmp_path / "in", 1)
    other = token(store, "mirror", Action.EXPORT_TRAIL)
    with served(store, secret) as caller:
        for shown in ("", "rvt_made-up", other):
            stranger = Caller(caller.url, shown, caller.desk)
            sent = [stranger.send(content), stranger.send(content), stranger.get("/studies/1")]
            for answer in sent:
                problem(answer, 401, "unauthorised")
                assert answer.headers["www-authenticate"] == "Bearer"
    assert rows(store, Study) == []
    assert list(store.workspace.incoming.rglob("*.dcm")) == []
    with store.reader() as reader:
        refused = find_events(reader, action="token refused")
    assert [(one.actor, json.loads(one.new)["why"]) for one in refused] == [
        ("service:tokens", "it is no token of this workspace"),
        ("service:mirror",
         "TKN-0002 may not have studies read, and be told what the device said"),
    ]  # fmt: skip


def test_what_is_refused_says_why_and_names_nobody(
    store: Store, secret: str, tmp_path: Path
) -> None:
    whole = radiograph(tmp_path / "in", 1)
    cases = {
        "not_dicom": b"Zwetschkenbaum, Ottilie",
        "truncated": whole[: len(whole) // 2],
        "out_of_scope:modality": radiograph(tmp_path / "in", 2, Modality="MG"),
        "missing_identifiers": radiograph(tmp_path / "in", 3, PatientID=""),
    }
    with served(store, secret) as caller:
        for code, content in cases.items():
            said = problem(caller.send(content), 422, code)
            assert said["reasons"] == {code: 1}
            assert "Zwetschkenbaum" not in json.dumps(said)
            digest = hashlib.sha256(content).hexdigest()
            assert problem(caller.get(f"/studies/{digest}"), 422, code)["reasons"] == {code: 1}
    assert {one.reason for one in rows(store, Quarantine)} == set(cases)
    assert rows(store, Study) == []


def test_sizes_and_kinds_are_judged_before_anything_is_read(store: Store, secret: str) -> None:
    def endless():
        yield b"x"

    with served(store, secret, waits=Waits(max_bytes=1000)) as caller:
        problem(caller.send(b"x" * 1001), 413, "too_large")
        problem(caller.send(endless()), 411, "length_required")
        problem(caller.send(b""), 400, "no_study")
        for kind, status, code in (
            ("text/plain", 415, "media_type"), ("multipart/form-data", 415, "media_type"),
            ("multipart/form-data; boundary=x", 400, "ill_formed"),
        ):
            answer = requests.post(f"{caller.url}/studies", data=b"abc", timeout=120,
                                   headers={"Content-Type": kind, **caller.headers})  # fmt: skip
            problem(answer, status, code)
        problem(caller.send(b"x", params={"site": "mars"}), 400, "site")
        assert caller.desk.waiting == 0
        counted = requests.get(f"{caller.url}/metrics", timeout=120).text
        assert 'radvigil_studies_total{outcome="bad_request"} 7.0' in counted
    assert list(store.workspace.incoming.rglob("*.dcm")) == []


def test_what_only_a_shadow_reads_is_told_to_nobody(
    store: Store, version: ModelVersion, secret: str, tmp_path: Path
) -> None:
    deploy(store, version, mode="shadow")
    content = radiograph(tmp_path / "in", 1)
    with served(store, secret) as caller:
        said = caller.send(content).json()
        assert (said["status"], said["reading"]) == ("not_read", None)
        assert "shadow" in said["why"]
        assert caller.get(f"/studies/{said['study']}").json() == said
    (read,) = rows(store, Prediction)
    assert not read.returned_to_care
    assert str(round(read.score, 4)) not in json.dumps(said)


def test_an_answer_that_takes_long_is_asked_for_later(
    store: Store, secret: str, tmp_path: Path
) -> None:
    content = radiograph(tmp_path / "in", 1)
    with served(store, secret, waits=Waits(answer_seconds=0.01)) as caller:
        kept = caller.send(content)
        assert kept.status_code == 202
        assert kept.json()["status"] == "waiting"
        place = kept.headers["location"]
        answer = caller.get(place)
        while answer.status_code == 202:
            answer = caller.get(place)
        assert answer.json()["status"] == "read"


def test_the_service_says_how_it_stands(store: Store, version: ModelVersion, secret: str) -> None:
    with served(store, secret, limits=DeskLimits(queue=7, workers=1)) as caller:
        assert requests.get(f"{caller.url}/health", timeout=120).json() == {"status": "alive"}
        ready = requests.get(f"{caller.url}/ready", timeout=120)
        assert ready.json() == {"status": "ready", "sites": {"northfield": "MDV-0001"}, "fault": ""}
        figures = requests.get(f"{caller.url}/metrics", timeout=120).text
        assert "radvigil_queue_length 0.0" in figures
        assert "radvigil_queue_limit 7.0" in figures
        assert f'version="MDV-0001",weights_hash="{version.weights_hash}"' in figures
        page = requests.get(f"{caller.url}/openapi.json", timeout=120).json()
        assert set(page["paths"]) == {
            "/studies", "/studies/{study}", "/health", "/ready", "/metrics"
        }  # fmt: skip
        post = page["paths"]["/studies"]["post"]
        assert post["responses"]["200"]["content"]["application/json"]["example"]["reading"]
        assert {"401", "413", "422", "503"} <= set(post["responses"])
        assert requests.get(f"{caller.url}/docs", timeout=120).status_code == 404
