"""One patient's measurements over time: joined by pseudonym, a change called only beyond error."""

import json
from datetime import datetime, timedelta

import pytest
from typer.testing import CliRunner

from cli.app import app
from journeys.follow_patient import follow_patient
from monitoring.repeats import RETAKEN
from records.base import digest_of
from records.cases import Prediction, Study
from records.definition import find_definition, load_definition
from records.errors import Refused
from records.product import DatasetVersion, Device, ModelVersion, Site
from records.store import Store
from records.surveillance import VALIDATION, Evaluation, EvaluationResult

AREAS = (1000.0, 1020.0, 1100.0, 900.0)


def add_device(tx: object, name: str, now: datetime) -> None:
    content = load_definition(find_definition(name)).model_dump(mode="json")
    tx.add(Device(name=name, revision=1, trade_name="D", definition=content,  # type: ignore[attr-defined]
                  definition_digest=digest_of(content), defined_at=now))  # fmt: skip


@pytest.fixture
def followed(store: Store, now: datetime) -> Store:
    """Four studies of one patient, one of another; the version's validation states 60 mm²."""
    with store.transaction("setup", now=now) as tx:
        tx.add(Site(name="north", registered_at=now))
        add_device(tx, "lung-fields", now)
        add_device(tx, "chest-radiograph-pneumonia", now)
        tx.flush()
        tx.add(DatasetVersion(
            device_id=1, name="d", manifest_digest="0", content_digest="0", vault_path="d",
            commit="0", studies=0, patients=0, splits={}, datasheet={}, frozen_at=now,
        ))  # fmt: skip
        tx.flush()
        tx.add(ModelVersion(
            device_id=1, dataset_version_id=1, name="m", version_digest="1", weights_hash="1",
            architecture="unet", model={"task": "segmentation"}, operating_point=0.5, params={},
            dvc_lock_digest="0", code_digest="0", commit="0", vault_path="m", trained_at=now,
        ))  # fmt: skip
        tx.flush()
        tx.add(Evaluation(
            model_version_id=1, dataset_version_id=1, purpose=VALIDATION, evaluated_at=now,
            attempt=1, studies=90, patients=90, inputs_digest="0", figures={},
        ))  # fmt: skip
        tx.flush()
        tx.add(EvaluationResult(
            evaluation_id=1, measure="area_repeatability_mm2", subgroup=RETAKEN, n=90,
            value=60.0, low=52.0, high=70.0, level=0.95, method="chi-squared",
        ))  # fmt: skip
        for number, area in enumerate((*AREAS, 5000.0), start=1):
            tx.add(Study(
                study_uid=f"2.25.{number}", patient="P1" if number < 5 else "P2", site_id=1,
                purpose="clinical", arrived_on=now.date() + timedelta(days=number),
                received_at=now, rows=24, columns=24,
            ))  # fmt: skip
            tx.flush()
            tx.add(Prediction(
                study_id=number, model_version_id=1, score=0.9, decision=True,
                out_of_distribution=0.0, returned_to_care=True, predicted_at=now,
                outputs={"unit": "mm", "area": area, "longest": 40.0, "across": 9.0, "parts": 1},
            ))  # fmt: skip
    return store


def test_each_study_stands_beside_the_one_before_and_the_first(followed: Store) -> None:
    with followed.reader() as reader:
        device = reader.get_one(Device, 1)
        rows = follow_patient(reader, reader.get_one(Study, 3), device)
        area = [one for one in rows if one.measurement == "area"]
        assert [one.value for one in area] == list(AREAS), "nobody else's"
        assert {one.unit for one in area} == {"mm²"}
        assert [one.difference for one in area] == [None, 20.0, 80.0, -200.0]
        assert [one.change for one in area] == ["", "within repeatability", "more", "less"]
        assert [one.since_first for one in area] == ["", "within repeatability", "more", "less"]
        longest = [one for one in rows if one.measurement == "longest"]
        assert {one.change for one in longest} == {""}
        assert "states the repeatability" in longest[-1].reason
        with pytest.raises(Refused, match="measures nothing: its task is classification"):
            follow_patient(reader, reader.get_one(Study, 3), reader.get_one(Device, 2))


def test_the_command_tells_the_same(followed: Store) -> None:
    asked = ["study", "follow", "STU-0002", "--device", "lung-fields",
             "--home", str(followed.workspace.home)]  # fmt: skip
    shown = CliRunner().invoke(app, [*asked, "--json"])
    assert shown.exit_code == 0, shown.output
    found = json.loads(shown.stdout)
    assert [one["study"] for one in found[:4]] == [f"STU-000{at}" for at in (1, 2, 3, 4)]
    assert found[2]["change"] == "more"
    said = CliRunner().invoke(app, asked).stdout
    assert "within repeatability" in said
    assert "breathing and positioning are not in it" in said
