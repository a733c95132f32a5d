from typing import Any

import pytest
import yaml

from gateway.answers import answered
from records.base import digest_of
from records.cases import Prediction, Study
from records.definition import find_definition
from records.product import DatasetVersion, Device, ModelVersion, Site
from records.store import Store
from records.told import told_of
from tests.conftest import NOW

ULTRASOUND = "breast-ultrasound-lesion"


def read_by_classes(store: Store, decision: bool, **probabilities: float) -> int:
    """A study that a device of three classes has read; its number."""
    return read_by(
        store, ULTRASOUND, decision=decision, score=1 - probabilities["normal"],
        outputs=probabilities,
    )


def read_by(store: Store, name: str, **said: Any) -> int:
    """A study that a device which comes with Radvigil has read; its number."""
    content = yaml.safe_load(find_definition(name).read_text())
    with store.transaction("setup", now=NOW) as tx:
        device = Device(name=name, revision=1, trade_name="U", definition=content,
                        definition_digest=digest_of(content), defined_at=NOW)  # fmt: skip
        site = Site(name="northfield", registered_at=NOW)
        tx.add_all([device, site])
        tx.flush()
        dataset = DatasetVersion(
            device_id=device.id or 0, name="d", manifest_digest="0", content_digest="0",
            vault_path="d", commit="0", studies=0, patients=0, splits={}, datasheet={},
            frozen_at=NOW,
        )
        study = Study(
            study_uid="2.25.1", patient="P1", site_id=site.id or 0, purpose="clinical",
            arrived_on=NOW.date(), received_at=NOW, rows=1, columns=1,
        )
        tx.add_all([dataset, study])
        tx.flush()
        version = ModelVersion(
            device_id=device.id or 0, dataset_version_id=dataset.id or 0, name="m",
            version_digest="m", weights_hash="m", architecture="residual", model={}, params={},
            dvc_lock_digest="0", code_digest="0", operating_point=0.5, commit="0",
            vault_path="models/m", trained_at=NOW, files={},
        )
        tx.add(version)
        tx.flush()
        tx.add(Prediction(
            study_id=study.id or 0, model_version_id=version.id or 0, out_of_distribution=0.5,
            returned_to_care=True, predicted_at=NOW, **said,
        ))  # fmt: skip
        return study.id or 0


@pytest.mark.parametrize(("decision", "named"), [(True, "malignant"), (False, "normal")])
def test_a_device_of_several_classes_names_the_class_and_the_probability_of_each(
    store: Store, decision: bool, named: str
) -> None:
    number = read_by_classes(store, decision, benign=0.2, malignant=0.3, normal=0.5)
    with store.reader() as reader:
        told = told_of(reader, [number])[number]
    reading = answered(told, {}).model_dump(mode="json")["reading"]
    assert reading["class_name"] == named
    assert list(reading["probabilities"].items()) == [
        ("normal", 0.5), ("malignant", 0.3), ("benign", 0.2)
    ]
    assert reading["finding"] == "breast lesion"


@pytest.mark.parametrize("named", [(True, True), (False, True), (False, False)])
def test_a_device_of_findings_present_together_names_all_that_are_or_none(
    store: Store, named: tuple[bool, bool]
) -> None:
    findings = [
        {"finding": name, "probability": 0.3, "operating_point": 0.2, "present": one}
        for name, one in zip(("pneumothorax", "pneumonia"), named, strict=True)
    ]
    number = read_by(
        store, "chest-findings", decision=any(named), score=0.7, outputs={"findings": findings}
    )
    with store.reader() as reader:
        told = told_of(reader, [number])[number]
    reading = answered(told, {}).model_dump(mode="json")["reading"]
    expected = [one["finding"] for one in findings if one["present"]]
    assert reading["class_name"] == (", ".join(expected) or "none of these findings")
    assert reading["findings"] == findings
    assert list(reading["probabilities"]) == ["pneumothorax", "pneumonia"]
