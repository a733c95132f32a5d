"""From an archive of three classes to a candidate, its locked tests and its validation report."""

import json
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from sqlmodel import select
from typer.testing import CliRunner

import journeys.validate_version
from cli.app import app
from models.artefacts import read_json
from records.cases import Prediction, ReferenceStandard, named_in
from records.settings import REPOSITORY
from records.store import open_reader
from tests.validation_parts import missing

pytestmark = pytest.mark.proof

DEVICE = "breast-ultrasound-lesion"
CLASSES = ("normal", "benign", "malignant")
COUNTS = {"train": 150, "val": 75, "test": 90}


def archive(path: Path) -> Path:
    """28 x 28 pictures of noise: nothing, a bright square, or a dark one."""
    rng = np.random.default_rng(8)
    content = {}
    for part, count in COUNTS.items():
        label = np.arange(count) % 3
        pictures = rng.normal(110, 20, (count, 28, 28))
        for at in range(count):
            top, left = rng.integers(3, 14, 2)
            pictures[at, top : top + 11, left : left + 11] += (0, 80, -80)[label[at]]
        content[f"{part}_images"] = np.clip(pictures, 0, 255).astype(np.uint8)
        content[f"{part}_labels"] = label[:, None].astype(np.uint8)
    np.savez(path, **content)
    return path


def run(home: Path, *words: str, as_json: bool = True) -> dict:
    done = CliRunner().invoke(
        app, ["--home", str(home), *words, *(["--json"] if as_json else [])]
    )
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout) if as_json else {"said": done.stdout}


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The device's own parameters, but small pictures, a thin network and few epochs."""
    text = (REPOSITORY / "params" / f"{DEVICE}.yaml").read_text(encoding="utf-8")
    for before, after in (
        ("input_size: 96", "input_size: 32"), ("width: 32", "width: 8"),
        ("min_epochs: 80", "min_epochs: 6"), ("max_epochs: 80", "max_epochs: 6"),
        ("shift: 0.15", "shift: 0.0"),
    ):  # fmt: skip
        assert before in text
        text = text.replace(before, after)
    (tmp_path / "short.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr("models.training.params_file", lambda *_: tmp_path / "short.yaml")
    few = journeys.validate_version.validate_version.__kwdefaults__ | {"most": 20}
    monkeypatch.setattr(journeys.validate_version.validate_version, "__kwdefaults__", few)


@pytest.mark.usefixtures("short")
def test_a_device_of_several_classes_goes_from_an_archive_to_its_report(tmp_path: Path) -> None:
    home, data = tmp_path / "home", archive(tmp_path / "pictures.npz")
    made = run(home, "model", "train", "--device", DEVICE, "--data", str(data), "--seed", "4")
    assert made["splits"]["train"]["classes"] == dict.fromkeys(CLASSES, 50)
    held_out = made["measures"]["internal_test"]
    assert held_out["macro_auc"]["value"] > 0.9
    assert held_out["class_sensitivity class=malignant"]["n"] == 30

    model = home / "vault" / "training" / DEVICE / "model"
    assert read_json(model / "equivalence.json")["equal"]
    assert read_json(model / "model.json")["classes"] == list(CLASSES)

    asked = ("model", "evaluate", "--model", made["name"], "--data", str(data), "--part", "test")
    outside = {
        (one["measure"], one["subgroup"]): one for one in run(home, *asked)["estimates"]
    }
    for title, known in held_out.items():
        if isinstance(known, dict) and "value" in known:
            measure, _, subgroup = title.partition(" ")
            found = outside[measure, subgroup or "all"]
            assert found["value"] == pytest.approx(known["value"], abs=1e-6), title
            assert found["low"] == pytest.approx(known["low"], abs=1e-6), title

    judged = {one["criterion"]: one for one in run(home, "model", "evaluate", "MDV-0001")}
    assert judged["AC-2"]["observed"] == held_out["class_sensitivity class=malignant"]["value"]
    assert judged["AC-4"]["verdict"] == "not available"

    with closing(open_reader(home)) as store, store.reader() as reader:
        truths = {one.study_id: one for one in reader.exec(select(ReferenceStandard))}
        said = reader.exec(select(Prediction)).all()
    assert len(said) == 90
    assert {one.finding for one in truths.values()} == set(CLASSES)
    assert all(one.present == (one.finding != "normal") for one in truths.values())
    for one in said:
        assert set(one.outputs) == set(CLASSES)
        assert sum(one.outputs.values()) == pytest.approx(1.0)
        assert one.score == pytest.approx(1.0 - one.outputs["normal"])
    right = np.mean([named_in(one, CLASSES) == truths[one.study_id].finding for one in said])
    assert right == pytest.approx(held_out["accuracy"]["value"])

    validated(run(home, "model", "validate", "MDV-0001"), held_out["macro_auc"]["value"])
    run(home, "document", "compile", as_json=False)
    run(home, "document", "export", "DOC-0001", "--out", str(tmp_path / "out"), as_json=False)
    (report,) = (tmp_path / "out").glob("DOC-22*-v1.json")
    text = report.read_text(encoding="utf-8")
    assert "Internal test: Macro AUC (mean over classes or findings)" in text
    assert "temperature on the tuning split" in text
    assert "probability of each of normal, benign and malignant" in text
    assert "Platt" not in text
    assert "Device decision against reference standard" not in text  # a table of two classes
    for said in ("macro AUC difference", "rotation at 20", "Brier score: malignant",
                 "which is no probability of a finding"):
        assert said.casefold() in text.casefold(), said


def validated(found: dict, macro_auc: float) -> None:
    """Blur and noise cost macro AUC or not, but each level says it; classes are calibrated each."""
    assert missing(found) == []
    by = {(one["measure"], one["subgroup"]): one for one in found["estimates"]}
    assert by["macro_auc", "part=internal test"]["value"] == pytest.approx(macro_auc, abs=1e-6)
    for level in ("noise=0.1", "blur=4", "rotation=20"):
        assert by["macro_auc_difference", level]["n"] == 20
    for name in CLASSES:
        assert by["brier", f"class={name}"]["n"] == 90
    assert set(found["figures"]["failures"]) == {"confusion"}
    assert not any("net_benefit" in one for one in found["figures"]["thresholds"])
