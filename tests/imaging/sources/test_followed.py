"""Facts and follow-up beside pictures: the latest before the study counts; later is leakage."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imaging.clinical_course import ClinicalCourse
from imaging.sources.base import SourceRefused
from imaging.sources.columns import ColumnMapping
from imaging.sources.fact_lines import read_facts
from imaging.sources.followed import facts_of_studies
from imaging.sources.rows import TableSource
from imaging.sources.table import read_table
from tests.imaging.sources.test_fact_lines import DECLARED, csv_of

HEAD = "file,patient,date,follow_up_days,event"
ROWS = ("a.png,p1,2026-01-05,30,1", "b.png,p2,2026-01-05,90,0", "c.png,p1,2026-03-01,12.5,yes")


def table(folder: Path, *rows: str, facts: tuple[str, ...] = (), head: str = HEAD) -> TableSource:
    for name in ("a.png", "b.png", "c.png"):
        Image.fromarray(np.full((30, 30), ord(name[0]), np.uint8)).save(folder / name)
    (folder / "manifest.csv").write_text("\n".join([head, *(rows or ROWS)]) + "\n")
    mapping = ColumnMapping(facts=csv_of(folder, *facts) if facts else None)
    return read_table(folder, finding="death", columns=mapping, declared=DECLARED)


def courses(source: TableSource) -> dict[str, ClinicalCourse]:
    return {row.file: ClinicalCourse.of(row.course) for row in source.rows}


def test_each_study_has_its_follow_up_and_the_latest_facts_before_it(tmp_path: Path) -> None:
    found = courses(source := table(
        tmp_path,
        facts=("p1,1988-5,8,mg/L,2026-01-03", "p1,1988-5,9,mg/L,2026-01-05T07:00",
               "p1,1988-5,10,mg/L,2026-02-28", "p1,72166-2,77176002,,2025-12-01"),
    ))  # fmt: skip
    assert found["a.png"].values == {"crp": 9.0, "smoking": "77176002"}
    assert found["a.png"].facts["smoking"].days_before == 35
    assert found["c.png"].values == {"crp": 10.0, "smoking": "77176002"}
    assert found["b.png"].values == {}
    assert [(one.followed_days, one.event) for one in found.values()] == [
        (30, True), (90, False), (12.5, True),
    ]  # fmt: skip
    assert source.notes == {"crp: study without it": 1, "smoking: study without it": 1}


def test_a_fact_later_than_the_study_is_leakage(tmp_path: Path) -> None:
    with pytest.raises(SourceRefused, match="leakage: crp was measured 1 days after") as refused:
        table(tmp_path, facts=("p1,1988-5,8,mg/L,2026-01-03", "p2,1988-5,8,mg/L,2026-01-06"))
    assert "facts.csv, row 3" in str(refused.value)
    assert "p2" not in str(refused.value)


def test_an_old_fact_is_missing_and_strangers_are_counted(tmp_path: Path) -> None:
    source = table(tmp_path, facts=("p2,1988-5,8,mg/L,2026-01-01", "zz,1988-5,8,mg/L,2026-01-01"))
    assert courses(source)["b.png"].values == {}
    assert source.notes["crp: older than 3 days, taken as missing"] == 1
    assert source.notes["fact of nobody in the table, left out"] == 1


def test_two_values_of_one_moment_contradict_and_the_same_value_does_not(tmp_path: Path) -> None:
    same = ("p2,1988-5,8,mg/L,2026-01-04", "p2,1988-5,8,mg/L,2026-01-04")
    assert courses(table(tmp_path, facts=same))["b.png"].values == {"crp": 8.0}
    with pytest.raises(SourceRefused, match="another value at the same time"):
        table(tmp_path, facts=(same[0], "p2,1988-5,9,mg/L,2026-01-04"))


def test_a_study_without_a_date_cannot_be_compared(tmp_path: Path) -> None:
    row = "b.png,p2,,90,0"
    with pytest.raises(SourceRefused, match="a study without a date"):
        table(tmp_path, row, ROWS[0], facts=("p2,1988-5,8,mg/L,2026-01-04",))


@pytest.mark.parametrize(("cell", "why"), [
    ("0", "no number of days above 0"), ("-3", "no number"), ("", "no number"), ("inf", "no num"),
])  # fmt: skip
def test_follow_up_is_a_number_of_days_above_zero(tmp_path: Path, cell: str, why: str) -> None:
    with pytest.raises(SourceRefused, match=why) as refused:
        table(tmp_path, ROWS[0], f"b.png,p2,2026-01-05,{cell},0")
    assert "row 3, column follow_up_days" in str(refused.value)


def test_a_table_without_follow_up_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceRefused, match="how many days each study was followed"):
        table(tmp_path, "a.png,p1,1", head="file,patient,event")


def test_the_content_of_the_facts_is_part_of_the_sources_name(tmp_path: Path) -> None:
    one = table(tmp_path, facts=("p1,1988-5,8,mg/L,2026-01-03",)).fingerprint()
    assert one != table(tmp_path, facts=("p1,1988-5,9,mg/L,2026-01-03",)).fingerprint()


def test_facts_of_files_are_held_against_their_own_study(tmp_path: Path) -> None:
    head = "file,code,value,unit,days_before"
    studies: list[tuple[str, str, date | None]] = [("a.png", "", None), ("b.png", "", None)]

    def known(*rows: str) -> Mapping[str, Mapping]:
        lines = read_facts(csv_of(tmp_path, *rows, head=head), DECLARED)
        return facts_of_studies(lines, studies, DECLARED, {})

    found = known("a.png,1988-5,3,mg/L,2", "a.png,1988-5,5,mg/L,1", "b.png,1988-5,3,mg/L,4")
    assert {file: {name: one.value for name, one in facts.items()}
            for file, facts in found.items()} == {"a.png": {"crp": 5.0}, "b.png": {}}
    with pytest.raises(SourceRefused, match=r"leakage: crp was measured 0\.5 days after"):
        known("a.png,1988-5,3,mg/L,-0.5")
