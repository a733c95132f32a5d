"""A table of readings is taken whole or not at all, and no cell of it is repeated in an error."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imaging.sources.assessments import COLUMNS, read_assessments_csv
from imaging.sources.base import SourceRefused

HEAD = ",".join(COLUMNS)


def read(path: Path, *lines: str) -> list:
    path.write_text("\n".join([HEAD, *lines]) + "\n", encoding="utf-8")
    return read_assessments_csv(path)


def test_readings_are_read_line_by_line(tmp_path: Path) -> None:
    found = read(tmp_path / "r.csv", "STU-0001,R07,1,0,2026-02-14", "1.2.3,R08,0,1,2026-02-15")
    assert [(one.study, one.reader, one.present, one.saw_output) for one in found] == [
        ("STU-0001", "R07", True, False), ("1.2.3", "R08", False, True),
    ]  # fmt: skip
    assert found[1].line == 3


def test_every_wrong_line_is_named_and_no_name_is_repeated(tmp_path: Path) -> None:
    with pytest.raises(SourceRefused) as refused:
        read(tmp_path / "r.csv", "STU-0001,Dr. Zwetschkenbaum,1,0,2026-02-14", "1.2.3,R08,ja,2,",
             "STU-0002,R07,1,0,2026-02-14", "STU-0002,R07,0,0,2026-02-14", ",R07,1,0,2026-02-14")
    said = str(refused.value)
    for expected in ("line 2, column reader", "line 3, column present", "line 3, column saw_output",
                     "line 3, column read_on", "line 5, columns study, reader and saw_output",
                     "line 6, column study"):  # fmt: skip
        assert expected in said, expected
    assert "Zwetschkenbaum" not in said
    assert "ja" not in said


def test_missing_columns_are_named(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("study,reader\nSTU-0001,R07\n", encoding="utf-8")
    with pytest.raises(SourceRefused, match="columns missing: present, saw_output, read_on"):
        read_assessments_csv(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(st.text(max_size=30), max_size=6))
def test_any_text_is_read_or_refused_with_a_line(tmp_path: Path, lines: list[str]) -> None:
    path = tmp_path / "any.csv"
    path.write_bytes("\n".join([HEAD, *lines]).encode("utf-8", "replace"))
    try:
        found = read_assessments_csv(path)
    except SourceRefused as refused:
        assert "line" in str(refused)
    else:
        assert all(one.study and one.reader for one in found)
