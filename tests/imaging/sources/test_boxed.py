"""Boxes of a table: in its own columns or in a second one; what cannot be a box is refused."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imaging.boxes import Box, BoxedPicture
from imaging.sources.base import SourceRefused
from imaging.sources.columns import ColumnMapping
from imaging.sources.rows import TableSource
from imaging.sources.simulated_boxes import BoxedSet
from imaging.sources.table import read_table
from records.settings import REPOSITORY

TWO = "file,patient\na.png,1\nb.png,2\n"


def folder(tmp_path: Path, pictures: str, boxes: str = "") -> Path:
    for number, file in enumerate(("a.png", "b.png")):
        picture = np.full((30, 40), 90 + number, dtype=np.uint8)
        Image.fromarray(picture).save(tmp_path / file)
    (tmp_path / "pictures.csv").write_text(pictures)
    if boxes:
        (tmp_path / "boxes.csv").write_text(boxes)
    return tmp_path


def read(data: Path, finding: str = "nodule", **columns: object) -> TableSource:
    second = data / "boxes.csv"
    mapping = ColumnMapping(boxes=second if second.is_file() else None, **columns)  # type: ignore[arg-type]
    return read_table(data, finding=finding, columns=mapping, boxed=True)


def test_one_row_a_box_is_one_picture_with_all_its_boxes(tmp_path: Path) -> None:
    table = "image,patient,x,y,w,h\na.png,1,2,3,10,5\na.png,1,20,3,4.5,6\nb.png,2,,,,\n"
    source = read(folder(tmp_path, table))
    assert [(row.file, row.label) for row in source.rows] == [("a.png", 1), ("b.png", 0)]
    boxes = (Box(2, 3, 10, 5), Box(20, 3, 4.5, 6))
    assert source.boxes(source.rows[0]) == BoxedPicture(30, 40, boxes)
    assert source.boxes(source.rows[1]) == BoxedPicture(30, 40, ())
    kept = source.boxes(source.rows[0])
    assert BoxedPicture.of(kept.text) == kept


def test_a_label_beside_the_boxes_of_the_same_table_is_read(tmp_path: Path) -> None:
    head = "file,label,x,y,width,height\n"
    data = folder(tmp_path, head + "a.png,0,2,3,4,5\nb.png,0,,,,\n")
    with pytest.raises(SourceRefused, match=r"a\.png has a box, but pictures\.csv says that it is"):
        read(data)
    (data / "pictures.csv").write_text(head + "a.png,uncertain,2,3,4,5\nb.png,0,,,,\n")
    with pytest.raises(SourceRefused, match="column 'label' does not say where 'nodule'"):
        read(data)
    (data / "pictures.csv").write_text(head + "a.png,1,,,,\nb.png,1,2,3,4,5\n")
    source = read(data)
    assert [(row.file, row.label) for row in source.rows] == [("b.png", 1)]
    assert source.notes == {"image with nodule but without a box, left out": 1}


def test_a_second_table_holds_the_boxes_of_the_finding_and_others_are_counted(
    tmp_path: Path,
) -> None:
    boxes = "file,finding,x,y,width,height\nb.png,Nodule,1,1,3,3\na.png,Mass,1,1,3,3\n"
    source = read(folder(tmp_path, TWO, boxes))
    assert [(row.file, row.label) for row in source.rows] == [("a.png", 0), ("b.png", 1)]
    assert source.notes == {"box of 'Mass', not read": 1}
    both = read(tmp_path, positive=("Nodule", "Mass"))
    assert [row.label for row in both.rows] == [1, 1]
    assert both.fingerprint() != source.fingerprint()


def test_a_picture_with_the_finding_but_without_a_box_is_left_out(tmp_path: Path) -> None:
    data = folder(tmp_path, "file,label\na.png,nodule\nb.png,normal\n", "file,x,y,width,height\n")
    with pytest.raises(SourceRefused, match="no rows"):
        read(data)
    (data / "pictures.csv").write_text("file,label\na.png,nodule\nb.png,nodule\n")
    (data / "boxes.csv").write_text("file,x,y,width,height\nb.png,1,1,3,3\n")
    source = read(data)
    assert [row.file for row in source.rows] == ["b.png"]
    assert source.notes == {"image with nodule but without a box, left out": 1}


@pytest.mark.parametrize(
    ("line", "why", "where"),
    [
        ("a.png,35,3,10,5", "reaches 5 pixels beyond the right edge of a picture of 30", "row 2"),
        ("a.png,-1,3,10,5", "reaches 1 pixel beyond the left edge", "row 2"),
        ("a.png,3,3,0,5", "has no area: 0 wide and 5 high", "row 2"),
        ("a.png,3,3,4,-2", "has no area: 4 wide and -2 high", "row 2"),
        ("a.png,3,3,four,2", "'four' is no number of pixels", "row 2, column width"),
        ("a.png,3,nan,4,2", "'nan' is no number of pixels", "row 2, column y"),
        ("a.png,3,,4,2", "'' is no number of pixels", "row 2, column y"),
        ("a.png,,,,", "the box is empty", "row 2"),
        ("c.png,3,3,4,2", "there is no file 'c.png'", "row 2"),
    ],
)  # fmt: skip
def test_what_is_no_box_of_its_picture_is_refused_by_row(
    tmp_path: Path, line: str, why: str, where: str
) -> None:
    with pytest.raises(SourceRefused) as refused:
        read(folder(tmp_path, TWO, f"file,x,y,width,height\n{line}\n"))
    assert why in str(refused.value)
    assert where in str(refused.value)


def test_tables_that_contradict_themselves_are_refused(tmp_path: Path) -> None:
    data = folder(tmp_path, "file,label\na.png,normal\nb.png,nodule\n",
                  "file,x,y,width,height\na.png,1,1,3,3\n")  # fmt: skip
    with pytest.raises(SourceRefused, match=r"a\.png has a box, but pictures\.csv says"):
        read(data)
    (data / "pictures.csv").write_text("file\na.png\n")
    (data / "boxes.csv").write_text("file,x,y,width,height\nb.png,1,1,3,3\n")
    with pytest.raises(SourceRefused, match=r"a picture that pictures\.csv does not list"):
        read(data)
    (data / "boxes.csv").unlink()
    with pytest.raises(SourceRefused, match="no columns hold the boxes of nodule"):
        read(data)
    two = "file,sex,x,y,width,height\na.png,F,1,1,3,3\na.png,M,5,1,3,3\n"
    (data / "pictures.csv").write_text(two)
    with pytest.raises(SourceRefused, match=r"row 2 says something else of a\.png"):
        read(data)


@pytest.mark.service
def test_the_public_boxes_fit_their_pictures_when_scaled_and_are_refused_when_not(
    real_data: Path, tmp_path: Path
) -> None:
    script = runpy.run_path(str(REPOSITORY / "scripts" / "write_boxed_set.py"))
    rows, boxes = script["real"](tmp_path, real_data)
    assert (len(rows), len(boxes)) == (289, 18)
    BoxedSet(rows, boxes).write(tmp_path)
    source = read(tmp_path, "pneumonia")
    assert sum(row.label for row in source.rows) == 18
    BoxedSet(rows, [boxes[0] | {"x": float(boxes[0]["x"]) * 4}]).write(tmp_path)
    with pytest.raises(SourceRefused, match="beyond the right edge of a picture of 256 x 256"):
        read(tmp_path, "pneumonia")
