"""``radvigil radiomics``: pictures and masks in, named features out, and what they tell."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.radiomics import RadiomicsSettings
from tests.cli.conftest import Run

COUNT = 24


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Bright spots with the finding, dim ones without; a patient has one picture."""
    where = tmp_path / "pictures"
    where.mkdir()
    rng = np.random.default_rng(5)
    lines = ["file,mask,label,patient"]
    rows, columns = np.mgrid[:14, :14]
    for at in range(COUNT):
        spot = (rows - 7) ** 2 + (columns - 7) ** 2 < rng.integers(9, 30)
        grey = rng.integers(20, 60, size=spot.shape) + 60 * (at % 2) * spot
        Image.fromarray(grey.astype(np.uint8)).save(where / f"{at}.png")
        Image.fromarray((spot * 255).astype(np.uint8)).save(where / f"mask-{at}.png")
        lines.append(f"{at}.png,mask-{at}.png,{at % 2},P{at}")
    (where / "table.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return where


def test_features_of_a_table_are_written_by_their_names(run: Run, folder: Path) -> None:
    out = folder.parent / "features.csv"
    words = ("--data", folder, "--finding", "spot", "--out", out)
    said = run("radiomics", "features", *words, "--json")
    assert said.exit_code == 0, said.output
    facts = json.loads(said.stdout)
    assert (facts["regions"], facts["features"]) == (COUNT, 149)
    assert facts["notes"] == [f"spacing not stated, lengths in pixels: {COUNT} regions"]
    with out.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert {line["settings"] for line in lines} == {RadiomicsSettings().digest}
    inside = np.array(Image.open(folder / "mask-3.png")) > 0
    grey = np.array(Image.open(folder / "3.png"))
    assert float(lines[3]["stat_mean"]) == pytest.approx(grey[inside].mean())
    assert int(lines[3]["voxels"]) == inside.sum()

    text = out.read_text(encoding="utf-8").replace(RadiomicsSettings().digest, "other", 1)
    out.write_text(text, encoding="utf-8")
    mixed = run("radiomics", "classify", out, "--seed", "1")
    assert mixed.exit_code == 2
    assert "2 ways of preparing in one table" in mixed.stderr


@pytest.mark.proof
def test_features_of_a_table_tell_the_finding(run: Run, folder: Path) -> None:
    out = folder.parent / "features.csv"
    words = ("--data", folder, "--finding", "spot", "--out", out)
    assert run("radiomics", "features", *words).exit_code == 0
    judged = run("radiomics", "classify", out, "--seed", "1", "--folds", "2", "--json")
    assert judged.exit_code == 0, judged.output
    found = json.loads(judged.stdout)
    auc = next(one for one in found["estimates"] if one["measure"] == "auc")
    assert auc["value"] > 0.9
    assert auc["n"] == COUNT
    assert found["kept_in_folds"]["stat_mean"] == 2


def test_a_grid_in_millimetres_needs_the_side_of_a_pixel(run: Run, folder: Path) -> None:
    settings = folder.parent / "settings.yaml"
    settings.write_text("version: 1\nresample_mm: 0.5\nbins: 8\n", encoding="utf-8")
    out = folder.parent / "features.csv"
    words = ("radiomics", "features", "--data", folder, "--finding", "spot", "--out", out,
             "--settings", settings)  # fmt: skip
    refused = run(*words)
    assert refused.exit_code == 2
    assert "row 2: the picture states no spacing" in refused.stderr
    assert not out.exists()
    assert run(*words, "--pixel-mm", "0.6").exit_code == 0
    with out.open(encoding="utf-8", newline="") as file:
        line = next(csv.DictReader(file))
    assert line["row_mm"] == "0.6"
    inside = np.array(Image.open(folder / "mask-0.png")) > 0
    assert float(line["shape2d_area"]) == pytest.approx(0.36 * inside.sum(), rel=0.1)


@pytest.mark.parametrize(
    ("written", "named"),
    [("bins: 8", "missing"), ("version: 1\nbin: 8", "unknown fields"), ("- 8", "no settings"),
     ("{", "cannot be read as YAML")],
)  # fmt: skip
def test_settings_that_cannot_be_read_are_refused(
    run: Run, folder: Path, written: str, named: str
) -> None:
    settings = folder.parent / "settings.yaml"
    settings.write_text(written, encoding="utf-8")
    said = run("radiomics", "features", "--data", folder, "--finding", "spot", "--out",
               folder.parent / "out.csv", "--settings", settings)  # fmt: skip
    assert said.exit_code == 2
    assert named in said.stderr


def test_a_file_of_something_else_is_refused(run: Run, folder: Path) -> None:
    said = run("radiomics", "classify", folder / "table.csv", "--seed", "1")
    assert said.exit_code == 2
    assert "it lacks settings" in said.stderr


def test_millimetres_and_pixels_are_not_put_in_one_table(run: Run, tmp_path: Path) -> None:
    table = tmp_path / "features.csv"
    table.write_text(
        "patient,label,settings,row_mm,shape2d_area\nP1,0,x,,5\nP2,1,x,0.5,6\n", encoding="utf-8"
    )
    said = run("radiomics", "classify", table, "--seed", "1")
    assert said.exit_code == 2
    assert "some lengths are in mm and some in pixels" in said.stderr
