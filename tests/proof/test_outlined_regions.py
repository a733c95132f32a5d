"""From pictures and outlined regions to a model of radiomic features, and to its report."""

import csv
import json
import os
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage
from sqlmodel import Session, select
from typer.testing import CliRunner

import journeys.validate_version
from cli.app import app
from models.artefacts import read_json
from models.fit_regions import fit_regions
from models.params import load_params
from records.cases import Prediction, ReferenceStandard
from records.errors import Refused
from records.product import ModelVersion, Site
from records.quality import ChangeRequest
from records.store import open_reader
from regulatory.changes import deploy

pytestmark = pytest.mark.proof

DEVICE = "pneumonia-lung-radiomics"
PARTS = {"train": 100, "val": 50, "test": 64}


def table(folder: Path) -> Path:
    """Regions whose texture is coarse with the finding and fine without; some rows have no mask."""
    rng = np.random.default_rng(5)
    down, right = np.indices((40, 40))
    rows = []
    folder.mkdir()
    for part, count in PARTS.items():
        for number in range(count):
            name, ill = f"{part}-{number}", number % 2
            coarse = ndimage.gaussian_filter(rng.normal(0, 1, (40, 40)), 0.5 + 0.5 * ill)
            grey = 110 + 30 * coarse / coarse.std() + rng.normal(0, 9, (40, 40))
            height, width = rng.uniform(9, 13, 2)
            mask = ((down - 20) / height) ** 2 + ((right - 20) / width) ** 2 <= 1
            Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)).save(folder / f"{name}.png")
            (folder / "masks").mkdir(exist_ok=True)
            Image.fromarray(mask).save(folder / "masks" / f"{name}.png")
            rows.append({
                "file": f"{name}.png", "mask": f"masks/{name}.png", "label": ill,
                "patient": f"{part}-{number // 2}", "view": "PA", "date": "2026-01-05",
                "split": part,
            })  # fmt: skip
    rows[-1]["mask"] = ""
    with (folder / "pictures.csv").open("w", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder


def run(home: Path, *words: str, code: int = 0, as_json: bool = True) -> dict:
    said = ["--home", str(home), *words, *(["--json"] if as_json else [])]
    done = CliRunner().invoke(app, said)
    assert done.exit_code == code, done.output
    return json.loads(done.stdout) if as_json else {"said": done.output}


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few of the test regions are degraded."""
    said = journeys.validate_version.validate_version.__kwdefaults__ | {"most": 24}
    monkeypatch.setattr(journeys.validate_version.validate_version, "__kwdefaults__", said)


@pytest.mark.skipif(
    os.environ.get("RADVIGIL_PROOF") == "short", reason="the long proof: five stages and a report"
)
@pytest.mark.usefixtures("few")
def test_a_model_of_features_is_trained_on_outlines_and_comes_to_its_report(
    tmp_path: Path,
) -> None:
    home, data = tmp_path / "home", table(tmp_path / "data")
    given = ("--data", str(data))
    made = run(home, "model", "train", "--device", DEVICE, *given, "--seed", "3")
    known = made["measures"]["internal_test"]
    assert known["studies"] == 63
    assert known["auc"]["value"] > 0.85
    assert "image without a mask, left out: 1 row" in made["notes"]
    folder = home / "vault" / "training" / DEVICE / "model"
    compared = read_json(folder / "equivalence.json")
    assert compared["equal"] and compared["compared"] == "ONNX Runtime against scikit-learn"
    described = read_json(folder / "model.json")
    assert described["features"] and all(
        one["icc"]["low"] >= 0.75 for one in described["features"]
    )
    assert described["left_out"]["ih_max"] == "it has not two different values in training"

    again = fit_regions(
        home / "vault" / "training" / DEVICE / "decoded", tmp_path / "again",
        params=load_params(home / "vault" / "training" / DEVICE / "params.yaml"),
    )
    assert again == made["weights_hash"]

    found = run(home, "model", "evaluate", "--model", made["name"], *given, "--part", "test")
    overall = {one["measure"]: one for one in found["estimates"] if one["subgroup"] == "all"}
    for measure, one in known.items():
        if isinstance(one, dict) and "value" in one:
            assert overall[measure]["value"] == pytest.approx(one["value"], abs=1e-9), measure

    asked_of_files(home, data, made["name"])
    shown = run(home, "model", "validate", made["model_version"])
    by = {(one["measure"], one["subgroup"]): one for one in shown["estimates"]}
    for way in ("grown", "shrunk", "moved down", "moved right"):
        assert by["auc_difference", f"outline {way}"]["n"] == 24
    for one in described["features"]:
        stable = by["icc", f"feature={one['key']}"]
        assert stable["n"] > 0 and stable["method"].startswith("ICC(A,1)")
    assert ("auc", "rotation=5") in by
    on_record(home)
    run(home, "document", "compile", "validation_report", as_json=False)
    run(home, "document", "export", "DOC-0001", "--out", str(tmp_path / "out"), as_json=False)
    (report,) = (tmp_path / "out").glob("DOC-22*-v1.json")
    text = report.read_text(encoding="utf-8")
    for said in (
        "Radiomic features that the model reads", "Radiomic features that the model may not read",
        "Radiomic features when the outline is drawn otherwise, internal test",
        "and the outline of the lungs", "logistic regression on radiomic features",
        "outline shrunk",
    ):  # fmt: skip
        assert said in text, said


def asked_of_files(home: Path, data: Path, model: str) -> None:
    """One picture with its outline, and without one; a device without outlines takes none."""
    picture = str(data / "test-1.png")
    words = ("model", "predict", "--model", model, picture)
    (told,) = run(home, *words, "--outlines", str(data / "masks"))["predictions"]
    assert told["outcome"] == "predicted" and 0 < told["score"] < 1
    assert told["features_missing"] == [] and told["region_pixels"] > 100
    refused = run(home, *words, code=1)["predictions"][0]
    assert refused["reason"] == "no outline of the lungs comes with it"


def on_record(home: Path) -> None:
    """Finding and outline are recorded apart; the version cannot run at a site."""
    with closing(open_reader(home)) as store, store.reader() as reader:
        truths = reader.exec(select(ReferenceStandard)).all()
        outlines = [one for one in truths if one.region]
        assert len(outlines) == len(truths) - len(outlines) == 213
        assert {one.source for one in outlines} == {"outline of lungs"}
        said = reader.exec(select(Prediction)).all()
        assert len(said) == 63
        assert set(said[0].outputs) == {"features_missing", "region_pixels"}
        may_not_run(reader, reader.exec(select(ModelVersion)).one())


def may_not_run(reader: Session, version: ModelVersion) -> None:
    change = ChangeRequest(model_version_id=version.id)
    with pytest.raises(Refused, match="cannot run at a site, as its task is radiomics"):
        deploy(reader, change, sites=[Site(name="north")], mode="shadow", now=version.trained_at)
