"""Tables for people, JSON for programs, progress on standard error."""

from datetime import UTC, datetime

import pytest

from cli.printing import print_fields, print_rows
from cli.progress import counting


def test_a_table_shows_words_not_python(capsys: pytest.CaptureFixture[str]) -> None:
    row = {
        "a_name": "x [red]y", "when": datetime(2026, 1, 5, 8, tzinfo=UTC), "value": 0.123456,
        "none": None, "yes": True, "roles": ["a", "b"], "count": {"F": 3},
    }
    print_rows([row], as_json=False, empty="")
    said = capsys.readouterr().out
    for words in ("a name", "x [red]y", "2026-01-05 08:00 UTC", "0.1235", "yes", "a, b", "F: 3"):
        assert words in said
    assert "None" not in said


def test_fields_are_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    print_fields({"a": 1, "long_name": "x"}, as_json=False)
    assert capsys.readouterr().out == "a          1\nlong name  x\n"


def test_without_a_terminal_progress_is_a_line_a_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    with counting("intake", 20) as progress:
        for _ in range(20):
            progress(1)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 10
    assert lines[-1] == "intake: 20 of 20"


@pytest.mark.parametrize(("total", "quiet"), [(0, False), (5, True)])
def test_progress_can_be_silent(
    total: int, quiet: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with counting("intake", total, quiet=quiet) as progress:
        progress(1)
    assert capsys.readouterr().err == ""
