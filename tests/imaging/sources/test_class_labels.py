from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imaging.sources.base import SourceRefused
from imaging.sources.columns import ColumnMapping
from imaging.sources.table import read_table

CLASSES = ("normal", "benign", "malignant")


def folder(tmp_path: Path, *labels: str, header: str = "file,label") -> Path:
    lines = [header]
    for number, label in enumerate(labels):
        Image.fromarray(np.full((6, 5), 20 * number, np.uint8)).save(tmp_path / f"{number}.png")
        lines.append(f"{number}.png,{label}")
    (tmp_path / "manifest.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


def numbers(path: Path, **columns: str) -> list[int]:
    found = read_table(
        path, finding="lesion", columns=ColumnMapping(**columns), classes=CLASSES
    )
    assert found.classes == CLASSES
    return [row.label for row in found.rows]


def test_names_become_the_numbers_of_their_classes(tmp_path: Path) -> None:
    assert numbers(folder(tmp_path, "benign", "Malignant", "normal", "no finding")) == [1, 2, 0, 0]


def test_the_column_of_names_is_found_beside_one_of_numbers(tmp_path: Path) -> None:
    path = folder(tmp_path, "0,benign", "2,normal", header="file,y,diagnosis")
    assert numbers(path) == [1, 0]
    assert numbers(path, label="diagnosis") == [1, 0]


def test_numbers_in_a_table_are_never_taken_for_classes(tmp_path: Path) -> None:
    with pytest.raises(SourceRefused, match="no column names the class") as refused:
        numbers(folder(tmp_path, "0", "1", "2"))
    assert "normal, benign, malignant" in str(refused.value)
    with pytest.raises(SourceRefused, match="'label' names no class"):
        numbers(tmp_path, label="label")


@pytest.mark.parametrize("odd", ["cyst", "", "benign|malignant", "benign?x"])
def test_a_cell_that_is_no_class_is_named_with_its_row(tmp_path: Path, odd: str) -> None:
    with pytest.raises(SourceRefused, match=r"no class.* in row 3") as refused:
        numbers(folder(tmp_path, "benign", odd, "normal"))
    assert repr(odd) in str(refused.value)


def test_words_for_one_finding_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceRefused, match="tells normal, benign, malignant apart"):
        read_table(
            folder(tmp_path, "benign"), finding="lesion", classes=CLASSES,
            columns=ColumnMapping(positive=("benign",)),
        )


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceRefused, match="no column 'truth'"):
        numbers(folder(tmp_path, "benign"), label="truth")


def archive(path: Path, labels: list[int]) -> Path:
    images = np.zeros((len(labels), 28, 28), np.uint8)
    np.savez(path, train_images=images, train_labels=np.array(labels)[:, None])
    return path


def test_an_archive_counts_the_classes_as_the_device_declares_them(tmp_path: Path) -> None:
    assert numbers(archive(tmp_path / "a.npz", [2, 0, 1])) == [2, 0, 1]


def test_an_archive_with_more_classes_than_the_device_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceRefused, match="not one a number from 0 to 2") as refused:
        numbers(archive(tmp_path / "a.npz", [0, 3]))
    assert "0 normal, 1 benign, 2 malignant" in str(refused.value)
