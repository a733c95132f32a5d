from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image

from imaging.sources.assign import assign_missing
from imaging.sources.base import SourceRefused
from imaging.sources.capture import write_captures
from imaging.sources.cases import draw_case
from imaging.sources.rows import TableSource
from imaging.sources.simulator import operation_day_plan, study_bytes
from imaging.sources.table import read_table
from imaging.sources.truth import read_truth_csv, write_truth_csv


@pytest.fixture
def source(tmp_path: Path) -> TableSource:
    folder = tmp_path / "pictures"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        Image.fromarray(rng.integers(0, 255, (41, 33), dtype=np.uint8)).save(folder / f"{name}.png")
    plan = operation_day_plan(1, "northfield", 0, 1, False)[0]
    (folder / "c.dcm").write_bytes(study_bytes(draw_case(plan)))
    (folder / "m.csv").write_text(
        "file,y,patient,age,sex,view\na.png,1,p1,50,F,PA\nb.png,0,p2,,,\nc.dcm,1,p3,,,\n"
    )
    return read_table(folder, finding="pneumonia")


def test_pictures_arrive_as_dicom_with_what_is_known_and_no_more(
    source: TableSource, tmp_path: Path
) -> None:
    rows = assign_missing(source.rows, 1, ("north",))
    one, two, _ = write_captures(source, rows, tmp_path / "in", seed=1)
    first, second = pydicom.dcmread(one.path), pydicom.dcmread(two.path)
    assert np.array_equal(first.pixel_array, source.array(source.rows[0]))
    assert (first.PatientAge, first.PatientSex, first.ViewPosition) == ("050Y", "F", "PA")
    assert "PatientAge" not in second and second.PatientSex == "" and "ViewPosition" not in second
    assert first.PatientID == "pictures:p1"
    assert first.StudyInstanceUID == one.study_uid == one.truth.study_uid
    assert one.path.parent == tmp_path / "in" / "north"
    assert (one.truth.finding, two.truth.finding) == (1, 0)
    assert one.truth.source == "table" and one.reading is None


def test_a_dicom_file_passes_as_it_is(source: TableSource, tmp_path: Path) -> None:
    rows = assign_missing(source.rows, 1, ("north",))
    study = write_captures(source, rows, tmp_path / "in", seed=1, degraded=lambda _: True)[2]
    assert study.path.read_bytes() == (source.path / "c.dcm").read_bytes()
    assert study.study_uid == pydicom.dcmread(study.path).StudyInstanceUID


def test_writing_again_changes_nothing_and_elsewhere_gives_the_same_bytes(
    source: TableSource, tmp_path: Path
) -> None:
    rows = assign_missing(source.rows, 1, ("north", "east"))
    told: list[int] = []
    once = write_captures(source, rows, tmp_path / "in", seed=1, progress=told.append)
    stamps = [study.path.stat().st_mtime_ns for study in once]
    assert write_captures(source, rows, tmp_path / "in", seed=1) == once
    assert [study.path.stat().st_mtime_ns for study in once] == stamps
    other = write_captures(source, rows, tmp_path / "there", seed=1)
    assert [s.path.read_bytes() for s in other] == [s.path.read_bytes() for s in once]
    assert told == [1, 2, 3]


def test_the_faulty_software_alters_the_chosen_pictures_and_their_identity(
    source: TableSource, tmp_path: Path
) -> None:
    rows = assign_missing(source.rows[:2], 1, ("north",))
    plain = write_captures(source, rows, tmp_path / "in", seed=1)
    faulty = write_captures(
        source, rows, tmp_path / "in", seed=1, degraded=lambda row: row.file == "a.png"
    )
    assert faulty[0].study_uid != plain[0].study_uid
    assert faulty[1] == plain[1]
    before, after = (pydicom.dcmread(s[0].path).pixel_array for s in (plain, faulty))
    assert before.shape == after.shape and not np.array_equal(before, after)


def test_the_same_picture_on_another_day_is_another_study(
    source: TableSource, tmp_path: Path
) -> None:
    row = replace(source.rows[0], site="north", date=date(2026, 6, 1))
    later = replace(row, date=date(2026, 6, 2))
    one, two = write_captures(source, (row, later), tmp_path / "in", seed=1)
    assert one.study_uid != two.study_uid and one.path != two.path


def test_a_row_without_site_or_date_and_a_false_dicom_file_are_refused(
    source: TableSource, tmp_path: Path
) -> None:
    with pytest.raises(SourceRefused, match="row 2: site or date is missing"):
        write_captures(source, source.rows, tmp_path / "in", seed=1)
    (source.path / "c.dcm").write_bytes(b"nothing")
    rows = assign_missing(source.rows[2:], 1, ("north",))
    with pytest.raises(SourceRefused, match=r"row 4: c\.dcm is no DICOM file"):
        write_captures(source, rows, tmp_path / "in", seed=1)


def test_a_truth_list_without_readers_reads_back(source: TableSource, tmp_path: Path) -> None:
    rows = assign_missing(source.rows, 1, ("north",))
    studies = write_captures(source, rows, tmp_path / "in", seed=1)
    write_truth_csv(studies, tmp_path / "truth.csv")
    assert read_truth_csv(tmp_path / "truth.csv") == [(study.truth, None) for study in studies]
