"""A table that is wrong is refused with file, column and row, and never with a value of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.replay_files import plan_file, replay_files
from monitoring.replay_tables import Roles, WatchTable, read_table
from monitoring.replay_times import days_of
from records.errors import InvalidInput, NotFound
from tests.monitoring.foreign_table import replayed, table, written

Wrong = Callable[[pd.DataFrame], pd.DataFrame]


def with_cell(column: str, row: int, value: object) -> Wrong:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        frame[column] = frame[column].astype(object)
        frame.loc[row - 1, column] = value
        return frame

    return change


def zones(first: str, second: str) -> Wrong:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        text = frame["time"].dt.strftime("%Y-%m-%dT%H:%M:%S")
        frame["time"] = text + np.where(np.arange(len(frame)) < 6, first, second)
        return frame.drop(columns=["truth", "truth_time"])

    return change


REFUSED: dict[str, tuple[Wrong, str]] = {
    "no time column": (lambda frame: frame.drop(columns="time"),
                       r"t\.csv: there is no column 'time'.*--time-column"),
    "an unreadable time": (with_cell("time", 4, "Müller"),
                           r"t\.csv, row 4, column 'time': this is no time"),
    "no time": (with_cell("time", 3, None), r"t\.csv, row 3, column 'time': there is no time"),
    "no time at all": (lambda frame: frame.assign(time=np.nan),
                       "row 1, column 'time': there is no time in any row"),
    "a time centuries off": (with_cell("time", 5, "2126-01-05 10:00:00"), "row 5, .* years from"),
    "a time in the future": (
        with_cell("time", 5, "2027-01-05 10:00:00"), r"row 5, .* days after all rows before it"
    ),
    "some zones": (zones("", "+01:00"), "row 7, column 'time': the rows before name no time zone"),
    "zones hours apart": (zones("+01:00", "+09:00"), "its time zone lies hours from"),
    "a row twice": (lambda frame: pd.concat([frame, frame.iloc[[10]]], ignore_index=True),
                    r"row 41: it repeats row 11 in every column; so do 1 row in all"),
    "a score in words": (with_cell("score", 8, "high"), "row 8, column 'score': a score is a num"),
    "a decision of 2": (with_cell("decision", 9, 2), "row 9, column 'decision': 1 or 0 is needed"),
    "truth without a day": (lambda frame: frame.assign(truth=1, truth_time=None),
                            "row 1, column 'truth_time': the truth is known, but not since when"),
    "no row": (lambda frame: frame.iloc[:0], "the table has no row"),
}  # fmt: skip


@pytest.mark.parametrize("fault", REFUSED)
def test_a_wrong_table_is_refused_by_file_column_and_row(tmp_path: Path, fault: str) -> None:
    change, said = REFUSED[fault]
    path = written(change(table(40, "2026-01-05", 30, seed=1)), tmp_path / "t.csv")
    with pytest.raises(InvalidInput, match=said) as refused:
        read_table(path, Roles())
    assert "Müller" not in str(refused.value)


def test_files_that_are_no_tables_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"no table gone\.csv"):
        read_table(tmp_path / "gone.csv", Roles())
    (tmp_path / "a.csv").write_text("time,x,x\n2026-01-05,1,2\n")
    with pytest.raises(InvalidInput, match="column 'x' stands there twice"):
        read_table(tmp_path / "a.csv", Roles())
    (tmp_path / "b.csv").write_text("time,x\n2026-01-05,1\n2026-01-05,1,2,3\n")
    with pytest.raises(InvalidInput, match=r"b\.csv, line 3: it cannot be read"):
        read_table(tmp_path / "b.csv", Roles())
    (tmp_path / "c.csv").write_bytes("time,x\n2026-01-05,ä\n".encode("latin-1"))
    with pytest.raises(InvalidInput, match=r"c\.csv: byte \d+ is no UTF-8"):
        read_table(tmp_path / "c.csv", Roles())
    for mark, word in ((";", "semicolons"), ("\t", "tabs")):
        (tmp_path / "e.csv").write_text(f"time{mark}x\n2026-01-05{mark}1\n")
        with pytest.raises(InvalidInput, match=rf"e\.csv: its columns are separated by {word}"):
            read_table(tmp_path / "e.csv", Roles())
    (tmp_path / "d.parquet").write_bytes(b"no parquet")
    with pytest.raises(InvalidInput, match="cannot be read as a table"):
        read_table(tmp_path / "d.parquet", Roles())


def test_two_tables_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    reference = table(2000, "2026-01-05", 60, seed=2)
    current = table(500, "2026-04-06", 30, seed=3)
    with pytest.raises(InvalidInput, match="share no site: East, North there, West here"):
        replayed(tmp_path, reference, current.assign(site="West"))
    with pytest.raises(InvalidInput, match=r"current\.csv: there is no column 'age'"):
        replayed(tmp_path, reference, current.drop(columns="age"))
    with pytest.raises(InvalidInput, match=r"current\.csv: there is no column of the score"):
        replayed(tmp_path, reference, current.drop(columns="score"))
    zoned = current.assign(time=current["time"].dt.tz_localize("UTC")).drop(
        columns=["truth", "truth_time"]
    )
    with pytest.raises(InvalidInput, match=r"current\.csv name a time zone"):
        replayed(tmp_path, reference, zoned)
    one = written(reference, tmp_path / "a.csv")
    plan_file(one, tmp_path / "p.json", columns={}, by="", alerts_per_year=1.0)
    empty = written(reference.assign(age=np.nan), tmp_path / "b.csv")
    with pytest.raises(InvalidInput, match="'age' has no value in any of 2000 rows"):
        replay_files(tmp_path / "p.json", empty, one, columns={})
    with pytest.raises(InvalidInput, match="the largest site has 22 studies; 50 are needed"):
        small = written(table(40, "2026-01-05", 30, seed=1), tmp_path / "small.csv")
        plan_file(small, tmp_path / "q.json", columns={}, by="", alerts_per_year=1.0)


def test_plans_that_are_wrong_are_refused_by_field(tmp_path: Path) -> None:
    path = written(table(100, "2026-01-05", 30, seed=1), tmp_path / "t.csv")
    plan = tmp_path / "p.json"
    for text, said in (
        ("{", r"p\.json, line"), ("[1]", "mapping"), ('{"monitoring_plan": 1}', "mapping"),
        ('{"horizon_days": 90}', r"p\.json: monitoring_plan\.false_alarm_budget"),
        ('{"bounds": {"x": "y"}, "monitoring_plan": {}}', "."),
    ):  # fmt: skip
        plan.write_text(text)
        with pytest.raises(InvalidInput, match=said):
            replay_files(plan, path, path, columns={})
    with pytest.raises(NotFound, match="radvigil monitor plan"):
        replay_files(tmp_path / "gone.json", path, path, columns={})


def test_the_same_table_as_csv_and_parquet_is_read_alike(tmp_path: Path) -> None:
    frame = table(300, "2026-01-05", 30, seed=4)
    frame["noise"] = np.random.default_rng(4).random(300) / 500  # 17 digits, to the last
    frame["rounds"] = pd.array(np.where(np.arange(300) % 3, 2, None), dtype="Int64")
    one, two = (
        read_table(written(frame, tmp_path / name), Roles()) for name in ("t.csv", "t.parquet")
    )
    assert one.facts.keys() == two.facts.keys()
    for name, column in one.facts.items():
        assert column.tolist() == two.facts[name].tolist(), name
    np.testing.assert_array_equal(one.truth_day, two.truth_day)
    assert set(one.facts["rounds"].tolist()) == {"2", None}


def test_columns_under_other_names_and_summer_time(tmp_path: Path) -> None:
    frame = table(300, "2026-03-20", 20, seed=5).drop(columns=["truth", "truth_time"])
    winter = frame["time"] < "2026-03-29"
    text = frame["time"].dt.strftime("%Y-%m-%dT%H:%M:%S")
    frame["time"] = text + np.where(winter, "+01:00", "+02:00")
    frame = frame.rename(columns={"time": "done_at", "site": "hospital"})
    roles = Roles(time="done_at", site="hospital")
    found: WatchTable = read_table(written(frame, tmp_path / "t.csv"), roles)
    assert found.sites == ("East", "North")
    assert found.zoned
    assert date.fromordinal(int(found.day.min())) == date(2026, 3, 20)


def test_dates_alone_may_make_two_studies_alike(tmp_path: Path) -> None:
    frame = pd.DataFrame({"time": ["2026-01-05"] * 60, "maker": ["a", "b"] * 30})
    assert read_table(written(frame, tmp_path / "t.csv"), Roles()).n == 60


SPAN = pd.Timestamp("2020-01-01").to_pydatetime(), pd.Timestamp("2030-01-01").to_pydatetime()
FORMS = ["%Y-%m-%d", "%Y%m%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.datetimes(*SPAN), min_size=1, max_size=5), st.sampled_from(FORMS))
def test_a_day_is_read_as_it_is_written(times: list[pd.Timestamp], form: str) -> None:
    column = pd.Series([one.strftime(form) for one in times])
    found = days_of("t", column, column="time", groups=np.zeros(len(times), np.int64))
    assert found.days.tolist() == [one.toordinal() for one in times]
    assert found.zoned is form.endswith("Z")


def test_a_table_of_times_alone_counts_studies(tmp_path: Path) -> None:
    days = table(60, "2026-01-05", 10, seed=1)[["time"]].assign(time="2026-01-05")
    assert read_table(written(days, tmp_path / "t.csv"), Roles()).day.size == 60


def test_a_column_that_tells_who_a_patient_is_is_not_watched(tmp_path: Path) -> None:
    """Few patients, often seen, would be names to watch, and an alert would repeat one."""
    frame = table(90, "2026-01-05", 30, seed=1)
    who = {name: [f"Doe^Jane{at % 3}" for at in range(90)]
           for name in ("PatientName", "patient_id", "MRN", "date of birth", "Accession No.")}
    read = read_table(written(frame.assign(**who), tmp_path / "t.csv"), Roles())
    assert set(who) <= set(read.left_out)
    assert {"age", "manufacturer", "view"} <= set(read.facts)
    assert "Doe" not in str(read.left_out)


def test_a_plan_never_replaces_the_reference_it_is_made_of(tmp_path: Path) -> None:
    path = written(table(400, "2026-01-05", 60, seed=1), tmp_path / "t.csv")
    kept = path.read_bytes()
    (tmp_path / "other.csv").symlink_to(path)
    for out in (path, tmp_path / "other.csv"):
        with pytest.raises(InvalidInput, match="that is the reference itself"):
            plan_file(path, out, columns={}, by="", alerts_per_year=1.0)
    assert path.read_bytes() == kept
