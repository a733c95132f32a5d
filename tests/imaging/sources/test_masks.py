"""Masks of a table: what cannot be the outline of its picture is refused, and the row is named."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imaging.sources.base import SourceRefused
from imaging.sources.columns import ColumnMapping
from imaging.sources.masks import mask_of, mask_png
from imaging.sources.table import read_table

GOOD = np.zeros((6, 5), dtype=np.uint8)
GOOD[2:4, 1:4] = 255


def folder(tmp_path: Path, mask: np.ndarray, *, name: str = "m.png", header: str = "mask") -> Path:
    for file in ("a.png", "b.png"):
        Image.fromarray(np.full((6, 5), 90, dtype=np.uint8)).save(tmp_path / file)
    Image.fromarray(mask).save(tmp_path / name)
    Image.fromarray(GOOD).save(tmp_path / "good.png")
    (tmp_path / "t.csv").write_text(f"file,{header}\na.png,good.png\nb.png,{name}\n")
    return tmp_path


def test_a_mask_is_read_as_it_lies_and_the_label_is_that_it_is_there(tmp_path: Path) -> None:
    source = read_table(folder(tmp_path, GOOD // 255), finding="lungs", outlined=True)
    assert [row.label for row in source.rows] == [1, 1]
    assert np.array_equal(source.mask(source.rows[1]), GOOD > 0)
    assert np.array_equal(mask_of(mask_png(GOOD > 0)), GOOD > 0)


def test_the_same_mask_is_the_same_bytes(tmp_path: Path) -> None:
    source = read_table(folder(tmp_path, GOOD // 255), finding="lungs", outlined=True)
    one, other = (mask_png(source.mask(row)) for row in source.rows)
    assert one == other


@pytest.mark.parametrize(
    ("mask", "name", "why"),
    [
        (GOOD[:5], "m.png", "has 5 x 5 pixels, its picture 6 x 5 pixels"),
        (GOOD.T.copy(), "m.png", "has 5 x 6 pixels, its picture 6 x 5 pixels"),
        (np.zeros_like(GOOD), "m.png", "the mask m.png is empty"),
        (GOOD + np.eye(6, 5, dtype=np.uint8), "m.png", "the mask m.png has the values 0, 1, 255"),
        (GOOD // 2 + 7, "m.png", "the mask m.png has the values 7, 134"),
        (GOOD, "m.jpg", "the mask m.jpg is no PNG"),
    ],
)
def test_a_mask_that_fits_no_picture_is_refused_by_row(
    tmp_path: Path, mask: np.ndarray, name: str, why: str
) -> None:
    with pytest.raises(SourceRefused) as refused:
        read_table(folder(tmp_path, mask, name=name), finding="lungs", outlined=True)
    assert why in str(refused.value)
    assert "row 3" in str(refused.value)


def test_a_mask_that_is_not_there_is_refused_by_row_and_column(tmp_path: Path) -> None:
    (folder(tmp_path, GOOD) / "m.png").unlink()
    with pytest.raises(SourceRefused, match=r"row 3, column mask: there is no file 'm.png'"):
        read_table(tmp_path, finding="lungs", outlined=True)


def test_a_column_of_any_name_can_be_meant_and_none_is_refused(tmp_path: Path) -> None:
    data = folder(tmp_path, GOOD, header="truth")
    with pytest.raises(SourceRefused, match="no column names the masks of lungs"):
        read_table(data, finding="lungs", outlined=True)
    rows = read_table(
        data, finding="lungs", outlined=True, columns=ColumnMapping(mask="truth")
    ).rows
    assert [row.mask for row in rows] == ["good.png", "m.png"]


def test_rows_without_a_mask_are_left_out_and_counted(tmp_path: Path) -> None:
    data = folder(tmp_path, GOOD)
    (data / "t.csv").write_text("file,mask\na.png,good.png\nb.png,\n")
    source = read_table(data, finding="lungs", outlined=True)
    assert len(source.rows) == 1
    assert source.notes == {"image without a mask, left out": 1}


def test_a_classifier_reads_no_masks(tmp_path: Path) -> None:
    data = folder(tmp_path, GOOD)
    (data / "t.csv").write_text("file,mask,label\na.png,nowhere.png,1\nb.png,,0\n")
    assert [row.mask for row in read_table(data, finding="pneumonia").rows] == ["", ""]
