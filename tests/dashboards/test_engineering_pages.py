"""Models, datasets and pipelines: what engineers see, what they may do, and what is withheld."""

import json
from typing import Any

import pytest

from dashboards.lineage_drawing import lineage_picture
from journeys import ask_pipelines
from records.lineage import Edge, Lineage, Node
from records.lookup import list_records
from records.quality import ChangeRequest
from records.settings import Workspace
from records.store import Store
from tests.dashboards.conftest import Visit, text_of, with_auditor
from tests.dashboards.small_workspace import TODAY
from tests.frozen_versions import freeze_versions


def test_a_candidate_is_put_forward_by_who_may(visit: Visit, records: Store) -> None:
    freeze_versions(records)
    app = visit("demo.engineer", "models")
    assert "Not put forward yet: MDV-0004, MDV-0003, MDV-0002" in text_of(app)
    assert "Lineage of chest-radiograph-pneumonia, left to right: 3 of data" in text_of(app)
    app.button(key="propose-submit-MDV-0004").click().run()
    assert "reason" in app.error[0].value
    app.text_input(key="propose-reason-MDV-0004").set_value("sees more")
    app.button(key="propose-submit-MDV-0004").click().run()
    assert "CHR-0002 puts MDV-0004 forward; it is assessed." in text_of(app)
    with records.reader() as reader:
        assert [one.proposed_by for one in list_records(reader, ChangeRequest)][-1] == (
            "demo.engineer"
        )
    with_auditor(records)
    assert "It is put forward by: engineer, quality" in text_of(
        visit("demo.regulatory", "models").selectbox(key="version").select_index(1).run()
    )


def test_two_versions_are_compared_and_failures_looked_at(visit: Visit, records: Store) -> None:
    freeze_versions(records)
    app = visit("demo.engineer", "models")
    app.radio(key="model-part").set_value("Compare two versions").run()
    app.selectbox(key="version").select_index(1).run()
    app.selectbox(key="beside").select_index(1).run()
    words = text_of(app)
    assert not app.exception
    assert "Internal test: MDV-0003 less MDV-0002" in words
    assert "0.125 (95 % CI" in words
    assert "Decided rightly by MDV-0003 alone: 1; by MDV-0002 alone: 1; McNemar" in words
    app.radio(key="model-part").set_value("Failure gallery").run()
    app.selectbox(key="failure-kind").set_value("false positive, internal test").run()
    assert not app.exception
    assert all(one in text_of(app) for one in ("STU-0003", "STU-0018", "false negative"))
    shown = [one.captions[0] for one in app.image]
    assert shown[0] == "STU-0004, north hospital: score 0.640"
    assert shown[-1] == "STU-0004, INS-0004: false positive, truth no pneumonia"
    app.slider(key="width-INS-0004").set_value(2.0).run()
    assert not app.exception


def test_two_datasets_are_held_against_each_other(visit: Visit, records: Store) -> None:
    freeze_versions(records)
    app = visit("demo.engineer", "datasets")
    app.selectbox(key="dataset-against").set_value("DSV-0002: 2").run()
    words = text_of(app)
    assert not app.exception
    assert "In DSV-0003" in words
    row = "<td>class</td><td>no pneumonia</td><td>12</td><td>10</td><td>0</td><td>1</td><td>0</td>"
    assert row in words
    assert "none yet: &#x27;radvigil document compile dataset_datasheet" in words


TOLD: dict[str, Any] = {
    "runs": [
        {"run": "60734faf-36af", "job": "watch_one_day", "status": "failure", "day": "2026-03-05",
         "started": 1772700000.0, "ended": 1772700009.0, "step": "predictions", "error": "Refused",
         "message": "Patient Zwetschkenbaum, born 3 May 1956, was sent twice"},
        {"run": "a1b2c3d4-36af", "job": "watch_one_day", "status": "failure", "day": "2026-03-04",
         "started": 1772600000.0, "ended": 1772600009.0, "step": "predictions",
         "error": "IntegrityBroken", "message": "model.onnx is missing"},
    ],
    "jobs": [{"name": "watch_one_day", "succeeded": 1772500000.0, "last": "failure"}],
    "assets": [{"name": "predictions", "made": 1772500000.0, "run": "x"},
               {"name": "trend_looks", "made": None, "run": ""}],
    "schedules": [{"name": "every_night", "on": True, "job": "watch_one_day",
                   "when": "0 2 * * *", "zone": "UTC"},
                  {"name": "every_hour", "on": False, "job": "anchor_the_trail",
                   "when": "0 * * * *", "zone": "UTC"}],
    "sensors": [], "read_at": 1772790000.0,
}  # fmt: skip


def test_a_failure_is_told_without_naming_a_patient(
    visit: Visit, populated: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    (populated.dagster / "history").mkdir(parents=True)
    (populated.dagster / "history" / "runs.db").touch()
    monkeypatch.setattr(ask_pipelines, "_told", lambda _workspace: json.loads(json.dumps(TOLD)))
    monkeypatch.setenv("RADVIGIL_DAGSTER_PAGE", "http://127.0.0.1:3000/")
    words = text_of(visit("demo.engineer", "pipelines"))
    assert "The last run failed of: watch_one_day" in words
    assert "Off: every_hour." in words
    assert "model.onnx is missing" in words
    assert "Zwetschkenbaum" not in words
    assert "not shown: it may tell who a patient is" in words
    assert 'href="http://127.0.0.1:3000/runs/60734faf-36af"' in words
    assert "2026-03-03 01:06 UTC" in words


def test_where_dagster_never_ran_it_says_what_to_do(populated: Workspace, records: Store) -> None:
    with records.reader() as reader:
        found = ask_pipelines.ask_pipelines(populated, reader, now=TODAY)
        assert "Dagster has not run in this workspace yet" in found.absent
        assert "dagster dev -m pipelines.definitions" in found.absent
        (populated.dagster / "dagster.yaml").unlink(missing_ok=True)
        populated.dagster.rmdir()
        without = ask_pipelines.ask_pipelines(populated, reader, now=TODAY)
    assert "has no folder for Dagster" in without.absent


def test_no_box_of_the_lineage_lies_over_another_and_nothing_runs_as_markup() -> None:
    nodes = [Node("DSV-0001", "data", "d"), *(
        Node(f"MDV-000{n}", "model", "<b>m</b>", "released") for n in (1, 2, 3)
    ), Node("EVA-0001", "evaluation", "internal test", "met"), Node("CHR-0001", "release", "t")]
    edges = [Edge("DSV-0001", f"MDV-000{n}", "trained on") for n in (1, 2, 3)]
    edges += [Edge("MDV-0003", "EVA-0001", "evaluated in"), Edge("EVA-0001", "CHR-0001", "x")]
    import base64
    import re

    light, words = lineage_picture(Lineage("d", tuple(nodes), tuple(edges)), dark=False)
    dark, _ = lineage_picture(Lineage("d", tuple(nodes), tuple(edges)), dark=True)
    picture = base64.b64decode(light.partition(",")[2]).decode()
    boxes = re.findall(r'<rect x="([\d.]+)" y="([\d.]+)"', picture)
    assert len(boxes) == len(set(boxes)) == len(nodes)
    assert picture.count("marker-end") == len(edges)
    assert "<b>" not in picture and dark != light
    assert words.startswith("Lineage of d, left to right: 1 of data, 3 of model")
