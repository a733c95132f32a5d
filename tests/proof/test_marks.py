"""From pictures with boxes to a candidate that marks lesions, its validation and its report."""

import csv
import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sqlmodel import select
from typer.testing import CliRunner

import journeys.validate_version
import models.training
from cli.app import app
from imaging.boxes import BoxedPicture
from models.artefacts import read_json
from models.params import load_params, params_text
from records.cases import BOXES, Prediction, ReferenceStandard
from records.named_bytes import named_bytes
from records.settings import REPOSITORY
from records.store import open_reader
from records.vault import Vault
from tests.validation_parts import missing

pytestmark = pytest.mark.proof

DEVICE = "pneumonia-opacities"
PARTS = {"train": 100, "val": 40, "test": 60}


def table(folder: Path) -> Path:
    """Pictures of 48 x 64 pixels of noise with up to two bright discs, each in a box."""
    rng = np.random.default_rng(5)
    down, right = np.indices((48, 64))
    rows, boxes = [], []
    folder.mkdir()
    for part, count in PARTS.items():
        for number in range(count):
            name, picture = f"{part}-{number}.png", rng.normal(80, 12, (48, 64))
            for side in range(number % 3):  # none, one, or one on either side
                y, x = rng.uniform(10, 38), rng.uniform(10, 22) + 32 * side
                radius = rng.uniform(5, 8)
                picture += 90 * ((down - y) ** 2 + (right - x) ** 2 <= radius**2)
                boxes.append({"image": name, "x": round(x - radius, 2), "y": round(y - radius, 2),
                              "w": round(2 * radius, 2), "h": round(2 * radius, 2)})  # fmt: skip
            Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).save(folder / name)
            rows.append({"file": name, "patient": name, "age": 40, "sex": "FM"[number % 2],
                         "view": "PA", "split": part})  # fmt: skip
    for file, lines in (("pictures.csv", rows), ("boxes.csv", boxes)):
        with (folder / file).open("w", newline="") as handle:
            writer = csv.DictWriter(handle, lines[0])
            writer.writeheader()
            writer.writerows(lines)
    return folder


def run(home: Path, *words: str, as_json: bool = True) -> dict:
    said = ["--home", str(home), *words, *(["--json"] if as_json else [])]
    done = CliRunner().invoke(app, said)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout) if as_json else {}


@pytest.fixture
def short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small network on small pictures, and few of them degraded."""
    shipped = load_params(REPOSITORY / "params" / f"{DEVICE}.yaml")
    small = replace(
        shipped, decode=replace(shipped.decode, input_size=64),
        fit=replace(shipped.fit, width=6, min_epochs=14, max_epochs=14, batch_size=16),
    )  # fmt: skip
    (tmp_path / "params.yaml").write_text(params_text(small))
    monkeypatch.setattr(models.training, "params_file", lambda *_: tmp_path / "params.yaml")
    few = journeys.validate_version.validate_version.__kwdefaults__ | {"most": 10}
    monkeypatch.setattr(journeys.validate_version.validate_version, "__kwdefaults__", few)


@pytest.mark.usefixtures("short")
def test_a_model_trained_on_boxes_marks_lesions_and_comes_to_its_report(tmp_path: Path) -> None:
    home, data = tmp_path / "home", table(tmp_path / "data")
    given = ("--data", str(data), "--boxes", str(data / "boxes.csv"))
    made = run(home, "model", "train", "--device", DEVICE, *given, "--seed", "3")
    counts = {name: (one["studies"], one["positive"]) for name, one in made["splits"].items()}
    assert counts == {"train": (100, 66), "tuning": (40, 26), "internal_test": (60, 40),
                      "external_test": (0, 0)}  # fmt: skip
    known = made["measures"]["internal_test"]
    assert known["lesion_sensitivity"]["value"] > 0.9
    assert known["lesion_sensitivity"]["n"] == 60
    assert made["measures"]["tuning"]["false_positives_per_image"]["value"] <= 0.5
    model = home / "vault" / "training" / DEVICE / "model"
    assert read_json(model / "equivalence.json")["equal"]

    asked = ("model", "evaluate", "--model", made["name"], *given, "--part", "test")
    found = run(home, *asked)
    overall = {one["measure"]: one for one in found["estimates"] if one["subgroup"] == "all"}
    for measure, one in known.items():
        if isinstance(one, dict) and "value" in one:
            assert overall[measure]["value"] == pytest.approx(one["value"], abs=1e-6), measure

    (answer,) = run(home, "model", "predict", "--model", made["name"], str(data / "test-1.png"))[
        "predictions"
    ]
    with (data / "boxes.csv").open() as handle:
        true = next(one for one in csv.DictReader(handle) if one["image"] == "test-1.png")
    best = answer["marks"][0]
    assert best["shown"]
    for side, column in (("x", "x"), ("y", "y"), ("width", "w"), ("height", "h")):
        assert best[side] == pytest.approx(float(true[column]), abs=4)

    assert missing(run(home, "model", "validate", made["model_version"])) == []
    on_record(home)
    run(home, "document", "compile", as_json=False)
    run(home, "document", "export", "DOC-0001", "--out", str(tmp_path / "out"), as_json=False)
    (report,) = (tmp_path / "out").glob("DOC-22*-v1.json")
    text = report.read_text(encoding="utf-8")
    for said in (
        "Internal test: Lesion sensitivity", "Free-response ROC curve", "no more than 0.5 false",
        "marks of pneumonia: boxes on the picture's own grid", "boxes of lesions, as the source",
        "a mark is on a lesion where its centre lies in the lesion's box",
        "studies with any mark at the operating point", "rotation at 20",
    ):  # fmt: skip
        assert said in text, said
    assert "calibrated probability of pneumonia, from 0 to 1" not in text


def on_record(home: Path) -> None:
    """Boxes are recorded as truth, also of studies without a lesion; marks as predictions."""
    with closing(open_reader(home)) as store, store.reader() as reader:
        truths = reader.exec(select(ReferenceStandard)).all()
        said = reader.exec(select(Prediction)).all()
        vault = Vault(store.workspace.vault)
        named = {digest for digest, _ in named_bytes(reader, vault)}
        regions = [one for one in truths if one.region]
        assert len(regions) == 200
        assert len(truths) == 400  # the finding of each study, and where it lies
        assert {one.region for one in regions} <= named
        for one in regions[:20]:
            boxes = BoxedPicture.of(vault.fetch(one.region, of=one.label).decode()).boxes
            assert one.present == bool(boxes)
            assert one.source == f"{BOXES} of pneumonia"
    assert len(said) == 60
    for one in said:
        assert one.outputs["marked"] == sum(mark["shown"] for mark in one.outputs["marks"])
        assert one.score == max(mark["score"] for mark in one.outputs["marks"])
        assert one.decision == bool(one.outputs["marked"])
