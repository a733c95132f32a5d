"""The real folders, as their README describes them."""

from pathlib import Path

import numpy as np
import pytest

from imaging.sources.assign import assign_missing, drop_duplicates
from imaging.sources.base import SourceRefused
from imaging.sources.capture import write_captures
from imaging.sources.columns import ColumnMapping
from imaging.sources.table import read_table


def test_kermany_at_224_is_read_with_its_patients_and_splits(real_data: Path) -> None:
    source = read_table(real_data / "cxr-kermany-224", finding="pneumonia")
    counts = {
        split: [sum(r.label == y for r in source.rows if r.split == split) for y in (0, 1)]
        for split in ("train", "test")
    }
    assert counts == {"train": [1210, 2380], "test": [234, 390]}
    assert source.columns["patient"] == "group_id"
    assert len({row.patient for row in source.rows}) < len(source.rows)
    assert all(row.age is None and row.sex is None for row in source.rows)


def test_nih_at_256_brings_age_sex_and_view(real_data: Path) -> None:
    rows = read_table(real_data / "cxr-nih-256", finding="pneumonia").rows
    assert [sum(row.label == y for row in rows) for y in (0, 1)] == [271, 246]
    assert {row.view for row in rows} == {"PA", "AP"}
    assert {row.sex for row in rows} == {"F", "M"}
    assert all(row.age is not None for row in rows)


def test_nih_at_64_has_two_meanings_and_asks_which(real_data: Path) -> None:
    folder = real_data / "cxr-nih-64"
    with pytest.raises(SourceRefused, match=r"'y' .*'findings' .*disagree in row"):
        read_table(folder, finding="pneumonia")
    abnormal = read_table(folder, finding="pneumonia", columns=ColumnMapping(label="y"))
    assert sum(row.label for row in abnormal.rows) == 500
    named = read_table(folder, finding="pneumonia", columns=ColumnMapping(label="findings"))
    assert 0 < sum(row.label for row in named.rows) < 100
    mixed = abnormal.rows[::50]
    assert all(abnormal.array(row).shape == (64, 64) for row in mixed)


def test_the_archive_has_the_duplicates_that_its_readme_names(real_data: Path) -> None:
    path = real_data / "cxr-kermany-28" / "pneumoniamnist_reassembled.npz"
    source = read_table(path, finding="pneumonia")
    assert len(source.rows) == 5856
    found = drop_duplicates(source)
    assert found.across_splits == 8
    assert found.copies == 18 + 3
    assert len(found.rows) == 5856 - found.copies


def test_real_pictures_are_written_pixel_by_pixel(real_data: Path, tmp_path: Path) -> None:
    import pydicom

    source = read_table(real_data / "cxr-nih-256", finding="pneumonia")
    rows = assign_missing(source.rows[::100], 1, ("north", "east"))
    for study in write_captures(source, rows, tmp_path, seed=1):
        dataset = pydicom.dcmread(study.path)
        assert np.array_equal(dataset.pixel_array, source.array(study.row))
        assert dataset.PhotometricInterpretation == "MONOCHROME2"
