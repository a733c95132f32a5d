from datetime import date
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imaging.sources.assign import assign_missing, drop_duplicates
from imaging.sources.base import SourceRefused
from imaging.sources.rows import TableRow
from imaging.sources.table import read_table


def _row(number: int, patient: str, **facts: object) -> TableRow:
    return TableRow(f"{number}.png", number, patient, number % 2, **facts)  # type: ignore[arg-type]


def test_site_and_date_are_drawn_from_the_seed_and_marked() -> None:
    rows = [_row(i, f"p{i % 30}") for i in range(90)]
    once = assign_missing(rows, 4, ("a", "b"))
    assert once == assign_missing(rows, 4, ("a", "b"))
    assert once != assign_missing(rows, 5, ("a", "b"))
    assert {row.site for row in once} == {"a", "b"}
    assert all(row.assigned == {"site", "date"} for row in once)
    assert all(row.age is None and row.sex is None for row in once)


def test_a_patient_stays_at_one_site_whoever_else_comes() -> None:
    rows = assign_missing([_row(i, f"p{i % 5}") for i in range(40)], 1, ("a", "b", "c"))
    places = {row.patient: row.site for row in rows}
    assert all(places[row.patient] == row.site for row in rows)
    alone = assign_missing([_row(7, "p2")], 1, ("a", "b", "c"))
    assert alone[0].site == places["p2"]
    assert alone[0].date == rows[7].date


def test_what_the_table_says_stays() -> None:
    said = _row(1, "p", site="z", date=date(2020, 1, 2))
    (row,) = assign_missing([said], 1, ("a",))
    assert row == said


def test_dates_lie_in_the_period_asked_for() -> None:
    first, last = date(2026, 6, 1), date(2026, 6, 5)
    rows = assign_missing([_row(i, "p") for i in range(60)], 1, ("a",), first=first, last=last)
    assert {row.date for row in rows} == {date(2026, 6, day) for day in range(1, 6)}


def test_nowhere_and_never_are_refused() -> None:
    with pytest.raises(SourceRefused, match="at least one site"):
        assign_missing([], 1, ())
    with pytest.raises(SourceRefused, match="lies before"):
        assign_missing([], 1, ("a",), first=date(2026, 2, 1), last=date(2026, 1, 1))


def test_the_same_pixels_are_kept_once_in_each_split_and_for_one_patient(tmp_path: Path) -> None:
    table = "file,y,patient,split\n"
    for name, grey, line in (
        ("a", 10, "1,p1,train"), ("b", 20, "0,p2,train"), ("c", 10, "1,p3,train"),
        ("d", 10, "1,p4,test"), ("e", 30, "0,p1,test"),
        ("f", 40, "0,p5,train"), ("g", 40, "1,p5,test"), ("h", 40, "0,p6,train"),
    ):  # fmt: skip
        Image.fromarray(np.full((4, 4), grey, dtype=np.uint8)).save(tmp_path / f"{name}.png")
        table += f"{name}.png,{line}\n"
    (tmp_path / "t.csv").write_text(table)
    told: list[int] = []
    found = drop_duplicates(read_table(tmp_path, finding="x"), progress=told.append)
    assert [row.file for row in found.rows] == ["a.png", "b.png", "d.png", "e.png"]
    assert [row.patient for row in found.rows] == ["p1", "p2", "p1", "p1"]
    assert (found.copies, found.across_splits, found.across_patients) == (1, 2, 2)
    assert found.conflicting_labels == 1, "a picture with and without the finding is left out"
    assert told == [1, 2, 3, 4, 5, 6, 7, 8]
