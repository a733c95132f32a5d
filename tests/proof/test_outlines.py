"""From pictures with masks beside them to a candidate that outlines, and the same asked again."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from sqlmodel import select
from typer.testing import CliRunner

import journeys.validate_version
import models.training
from cli.app import app
from imaging.pixels import parse_file
from imaging.results.make import make_results
from imaging.results.naming import ResultKind
from journeys.outline_images import predicted_masks
from models.params import load_params, params_text
from records.cases import Instance, Prediction, ReferenceStandard
from records.errors import Refused
from records.named_bytes import named_bytes
from records.settings import REPOSITORY, Workspace
from records.store import Store, open_store
from records.vault import Vault
from tests.imaging.results.readings import READING
from tests.validation_parts import missing

pytestmark = pytest.mark.proof

PARTS = {"train": 100, "val": 40, "test": 60}


def table(folder: Path) -> Path:
    """Pictures of 48 x 40 pixels of noise with a bright ellipse, which the mask outlines."""
    rng = np.random.default_rng(5)
    down, right = np.indices((48, 40))
    rows = []
    (folder / "masks").mkdir(parents=True)
    for part, count in PARTS.items():
        for number in range(count):
            middle, half = rng.uniform((18, 15), (30, 25)), rng.uniform(7, 13, 2)
            mask = ((down - middle[0]) / half[0]) ** 2 + ((right - middle[1]) / half[1]) ** 2 <= 1
            picture = rng.normal(90, 12, mask.shape) + 90 * mask
            name = f"{part}-{number}.png"
            Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).save(folder / name)
            Image.fromarray(mask).save(folder / "masks" / name)
            rows.append({"file": name, "mask": f"masks/{name}", "patient": name, "split": part})
    with (folder / "pictures.csv").open("w", newline="") as handle:
        writer = csv.DictWriter(handle, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return folder


def run(home: Path, *words: str) -> dict:
    done = CliRunner().invoke(app, ["--home", str(home), *words, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_model_trained_on_masks_outlines_alike_on_record_and_from_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = load_params(REPOSITORY / "params" / "lung-fields.yaml")
    small = replace(
        shipped,
        decode=replace(shipped.decode, input_size=32),
        fit=replace(shipped.fit, width=4, min_epochs=10, max_epochs=10),
    )
    params = tmp_path / "params.yaml"
    params.write_text(params_text(small))
    monkeypatch.setattr(models.training, "params_file", lambda _sources, _name: params)
    home, data = tmp_path / "home", table(tmp_path / "data")
    train = ("model", "train", "--device", "lung-fields", "--data", str(data), "--seed", "3")
    made = run(home, *train)
    counts = {name: split["studies"] for name, split in made["splits"].items()}
    assert counts == {"train": 100, "tuning": 40, "internal_test": 60, "external_test": 0}
    known = made["measures"]["internal_test"]
    assert known["dice"]["value"] > 0.9
    why = "no image states the spacing of its pixels"
    assert known["hd95_mm"] == {"n": 0, "not_estimable": why}

    asked = ("model", "evaluate", "--model", made["name"], "--data", str(data), "--part", "test")
    found = run(home, *asked)
    assert (found["studies"], found["refused"]) == (60, {})
    overall = {one["measure"]: one for one in found["estimates"] if one["subgroup"] == "all"}
    for measure in ("dice", "jaccard", "found", "hd95_px", "assd_px", "area_difference_px"):
        assert overall[measure]["value"] == pytest.approx(known[measure]["value"], abs=1e-6)
    said = run(home, "model", "predict", "--model", made["name"], str(data / "test-0.png"))
    (answer,) = said["predictions"]
    true = np.array(Image.open(data / "masks" / "test-0.png")).sum()
    assert answer["unit"] == "pixel"
    assert answer["area"] == pytest.approx(true, rel=0.2)

    run(home, "model", "evaluate", made["model_version"])
    few = journeys.validate_version.validate_version.__kwdefaults__ | {"most": 20}
    monkeypatch.setattr(journeys.validate_version.validate_version, "__kwdefaults__", few)
    beyond = run(home, "model", "validate", made["model_version"])
    assert missing(beyond) == []
    validated(beyond, known["dice"]["value"])
    store = open_store(Workspace(home), url="")
    try:
        on_record(store)
    finally:
        store.close()


def validated(found: dict, dice: float) -> None:
    """The worst perturbation costs overlap, a turned picture is judged by its turned outline, the
    parts stand beside each other, the areas agree within limits, and what makes no sense for
    outlines says so."""
    by = {(one["measure"], one["subgroup"]): one for one in found["estimates"]}
    # which of them costs most is the trained network's, and differs between processors
    costs = [by[key] for key in by if key[0] == "dice_difference" and "=" in key[1]]
    assert min(one["high"] for one in costs if one["value"] is not None) < 0
    assert by["dice_difference", "noise=0.1"]["value"] < 0
    assert by["dice", "rotation=20"]["value"] > 0.9
    assert by["dice", "part=training"]["n"] == 20
    assert by["dice", "part=internal test"]["value"] == pytest.approx(dice, abs=1e-6)
    assert ("dice_difference", "internal test minus tuning") in by
    low, high = (by[f"area_{side}_limit_of_agreement_px", "all"] for side in ("lower", "upper"))
    assert low["value"] < 0 < high["value"]
    assert by["area_bias_mm2", "all"]["reason"] == "no image states the spacing of its pixels"
    repeated = by["area_repeatability_px", "retaken"]
    assert 0 < repeated["low"] < repeated["value"] < repeated["high"]
    assert by["longest_repeatability_mm", "retaken"]["n"] == 0
    assert [one["part"] for one in found["figures"]["parts"] if one["reason"]] == [
        "external test", "in use",
    ]  # fmt: skip
    assert {"thresholds", "calibration", "comparison with the version before"} <= set(
        found["figures"]["not_asked"]
    )
    assert found["figures"]["thresholds"] == []


def on_record(store: Store) -> None:
    """Measurements and masks are recorded, and the outline is drawn again as it was recorded."""
    vault = Vault(store.workspace.vault)
    with store.reader() as reader:
        rows = reader.exec(select(Prediction)).all()
        regions = {one.region for one in reader.exec(select(ReferenceStandard))}
        named = {digest for digest, _ in named_bytes(reader, vault)}
        (image,) = reader.exec(select(Instance).where(Instance.study_id == rows[0].study_id))
    assert len(rows) == 60
    assert len(regions) == 200
    assert regions <= named  # verification reads the masks, and collection spares them
    source = parse_file(vault.fetch(image.digest, of=image.label))
    (mask,) = predicted_masks(store, rows[0], [source]).values()
    assert mask.shape == (source.Rows, source.Columns)
    assert rows[0].outputs["unit"] == "pixel"
    assert rows[0].outputs["area"] == mask.sum()
    (report, outline) = make_results(
        replace(READING, finding="lungs"), [source], masks={str(source.SOPInstanceUID): mask}
    )
    drawn = dcmread(io.BytesIO(outline.content))
    assert (report.kind, outline.kind) == (ResultKind.REPORT, ResultKind.SEGMENTATION)
    assert np.array_equal(drawn.pixel_array.astype(bool).reshape(mask.shape), mask)
    shown = drawn.SegmentSequence[0].SegmentedPropertyCategoryCodeSequence[0]
    assert shown.CodeMeaning == "Anatomical Structure"
    other = Prediction(**rows[0].model_dump(exclude={"outputs"}), outputs={"area": 1.0})
    with pytest.raises(Refused, match="does not measure what"):
        predicted_masks(store, other, [source])
