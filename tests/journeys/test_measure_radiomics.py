"""A DICOM picture is measured in its millimetres; one that cannot be read is named by its row."""

import csv
from datetime import date
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image

from imaging.secondary_capture import CaptureFacts, write_secondary_capture
from imaging.sources.base import SourceRefused
from journeys.measure_radiomics import RadiomicsOrder, measure_table
from models.radiomics import RadiomicsSettings
from records.errors import InvalidInput

SPOT = np.zeros((40, 40), dtype=bool)
SPOT[10:30, 12:28] = True


@pytest.fixture
def order(tmp_path: Path) -> RadiomicsOrder:
    folder = tmp_path / "pictures"
    folder.mkdir()
    grey = np.random.default_rng(2).integers(0, 255, (40, 40)).astype(np.uint8)
    facts = CaptureFacts("1", "1", "P1", "north", date(2026, 1, 5))
    write_secondary_capture(grey, facts, folder / "a.dcm")
    dataset = pydicom.dcmread(folder / "a.dcm")
    dataset.ImagerPixelSpacing = ["0.5", "0.25"]
    dataset.save_as(folder / "a.dcm")
    Image.fromarray(SPOT).save(folder / "a.png")
    (folder / "table.csv").write_text("file,mask,label\na.dcm,a.png,1\n", encoding="utf-8")
    return RadiomicsOrder(folder, "spot", {}, RadiomicsSettings())


def test_a_dicom_picture_is_measured_in_its_own_millimetres(order: RadiomicsOrder) -> None:
    out = order.data.parent / "features.csv"
    found = measure_table(order, out, report=lambda _: None)
    with out.open(encoding="utf-8", newline="") as file:
        (line,) = csv.DictReader(file)
    assert (line["row_mm"], line["column_mm"], line["label"]) == ("0.5", "0.25", "1")
    assert float(line["shape2d_area_pixels"]) == pytest.approx(SPOT.sum() * 0.125)
    assert 0 < float(line["stat_mean"]) < 1
    assert found.notes == ()


def test_a_picture_that_cannot_be_read_is_named_by_its_row_and_leaves_no_table(
    order: RadiomicsOrder,
) -> None:
    dataset = pydicom.dcmread(order.data / "a.dcm")
    dataset.PixelData = dataset.PixelData[:100]
    dataset.save_as(order.data / "a.dcm")
    out = order.data.parent / "features.csv"
    with pytest.raises(SourceRefused, match="row 2: the picture cannot be read"):
        measure_table(order, out, report=lambda _: None)
    assert [one.name for one in out.parent.iterdir()] == ["pictures"]


def test_a_file_that_is_there_is_not_written_over(order: RadiomicsOrder) -> None:
    out = order.data.parent / "features.csv"
    out.write_text("mine", encoding="utf-8")
    with pytest.raises(InvalidInput, match="is there already"):
        measure_table(order, out, report=lambda _: None)
    assert out.read_text(encoding="utf-8") == "mine"
