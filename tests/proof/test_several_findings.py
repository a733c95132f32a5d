"""Findings that may be present together, from somebody's folder and table to the report."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sqlmodel import select
from typer.testing import CliRunner

import journeys.validate_version
from cli.app import app
from models.artefacts import read_columns, read_json
from records.cases import ReferenceStandard
from records.definition import find_definition, load_definition
from records.frozen_files import frozen_folder
from records.lookup import find_record
from records.product import DatasetVersion, ModelVersion
from records.settings import REPOSITORY, Workspace
from records.store import open_store
from records.vault import Vault
from tests.validation_parts import missing

pytestmark = [
    pytest.mark.proof, pytest.mark.timeout(600),
    pytest.mark.skipif(
        os.environ.get("RADVIGIL_PROOF") != "full", reason="a whole training: make proof"
    ),
]

DEVICE = "chest-findings"
FINDINGS = ("pneumonia", "pneumothorax")
COUNTS = {"train": 130, "tuning": 70, "test": 90}


def folder(path: Path) -> Path:
    """28 x 28 pictures of noise with a bright square for one finding, a dark one for the other;
    of a fifth nobody knows the second."""
    path.mkdir()
    rng, lines = np.random.default_rng(8), ["file,patient,split,pneumonia,pneumothorax"]
    for split, count in COUNTS.items():
        for at in range(count):
            picture = rng.normal(110, 20, (28, 28))
            there = rng.random(2) < (0.45, 0.4)
            for finding, (left, shade) in enumerate(((2, 80), (16, -80))):
                top = rng.integers(2, 16)
                picture[top : top + 10, left : left + 10] += shade * there[finding]
            name = f"{split}{at:03d}.png"
            Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).save(path / name)
            second = "" if rng.random() < 0.2 else int(there[1])
            lines.append(f"{name},{name},{split},{int(there[0])},{second}")
    (path / "labels.csv").write_text("\n".join(lines) + "\n")
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
        ("input_size: 80", "input_size: 32"), ("width: 16", "width: 8"),
        ("max_epochs: 30", "max_epochs: 8"), ("shift: 0.08", "shift: 0.0"),
        ("processes: 2", "processes: 1"), ("learning_rate: 0.0015", "learning_rate: 0.004"),
    ):  # fmt: skip
        assert before in text
        text = text.replace(before, after)
    (tmp_path / "short.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr("models.training.params_file", lambda *_: tmp_path / "short.yaml")
    few = journeys.validate_version.validate_version.__kwdefaults__ | {"most": 20}
    monkeypatch.setattr(journeys.validate_version.validate_version, "__kwdefaults__", few)


@pytest.mark.usefixtures("short")
def test_findings_present_together_go_from_a_table_to_a_report(tmp_path: Path) -> None:
    home, data = tmp_path / "home", folder(tmp_path / "pictures")
    made = run(home, "model", "train", "--device", DEVICE, "--data", str(data), "--seed", "4")
    counted = made["splits"]["internal_test"]["findings"]["pneumothorax"]
    assert counted["not_known"] > 5
    assert sum(counted.values()) == COUNTS["test"]
    held_out = made["measures"]["internal_test"]
    assert held_out["macro_auc"]["value"] > 0.9
    assert held_out["finding_auc class=pneumonia"]["n"] == COUNTS["test"]
    assert held_out["finding_auc class=pneumothorax"]["n"] == (
        COUNTS["test"] - counted["not_known"]
    )
    read_twice_alike(home, data)

    assert missing(run(home, "model", "validate", "MDV-0001")) == []
    run(home, "document", "compile", as_json=False)
    run(home, "document", "export", "DOC-0001", "--out", str(tmp_path / "out"), as_json=False)
    (report,) = (tmp_path / "out").glob("DOC-22*-v1.json")
    text = report.read_text(encoding="utf-8")
    for said in ("Findings named against reference standard, internal test",
                 "Sensitivity for the finding", "named from a probability of",
                 "none of these findings", "Studies of which it is not known whether they show"):
        assert said in text  # fmt: skip


def read_twice_alike(home: Path, data: Path) -> None:
    """On record, asked again, and told of files: the same findings with the same numbers."""
    store = open_store(Workspace(home), url="")
    with store.reader() as reader:
        version = find_record(reader, ModelVersion, "MDV-0001")
        dataset = reader.get_one(DatasetVersion, version.dataset_version_id)
        truths = {one.finding for one in reader.exec(select(ReferenceStandard))}
        equivalence = version.model["equivalence"]
        model, frozen = (frozen_folder(Vault(store.workspace.vault), one)
                         for one in (version, dataset))
    store.close()
    assert equivalence["equal"]
    assert {"pneumonia|pneumothorax", "pneumonia|pneumothorax?", "none of these findings",
            "pneumothorax?"} <= truths  # fmt: skip
    assert [one["finding"] for one in read_json(model / "model.json")["each"]] == list(FINDINGS)
    assert set(read_columns(frozen / "manifest.parquet")["findings"]) == truths

    files = [f"test{at:03d}.png" for at in range(12)]
    few = home.parent / "few"
    few.mkdir()
    for name in files:
        (few / name).write_bytes((data / name).read_bytes())
    told = run(home, "model", "predict", "--model", "MDV-0001", str(few))["predictions"]
    points = load_definition(find_definition(DEVICE)).task.classes[1:]
    for one in told:
        said = one["outputs"]["findings"]
        assert {each["finding"] for each in said} == set(points)
        assert one["decision"] == any(each["present"] for each in said)
    shown = run(home, "model", "predict", "--model", "MDV-0001", str(few), as_json=False)["said"]
    assert "PRESENT" in shown or "none of these findings" in shown
    found = run(
        home, "model", "evaluate", "--model", "MDV-0001", "--data", str(data), "--part", "test"
    )
    by_name = {(one["measure"], one["subgroup"]): one for one in found["estimates"]}
    assert by_name["finding_sensitivity", "class=pneumonia"]["n"] > 20
    assert found["studies"] == COUNTS["test"]
