"""Every worked case of the collection: each key of what it expects, by the rules that it names."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from records.settings import REPOSITORY
from regulatory.rules.applying import apply_rules
from regulatory.rules.calendars import calendar

DATA = Path(os.environ.get("RADVIGIL_DATA", REPOSITORY.parent / "shared" / "data"))
FILE = DATA.parent / "regulatory" / "cases.json"
CONTENT: dict[str, Any] = json.loads(FILE.read_text()) if FILE.is_file() else {}
CASES: list[dict[str, Any]] = CONTENT.get("cases", [])
absent = pytest.mark.skipif(not CASES, reason=f"the worked cases {FILE.name} are absent")


@absent
@pytest.mark.requirement("REG-068", "REG-078")
@pytest.mark.parametrize("case", CASES, ids=[one["id"] for one in CASES])
def test_a_worked_case_comes_out_as_worked(case: dict[str, Any]) -> None:
    answer = apply_rules(case["rule_ids"], case["input"])
    found = {name: answer.get(name, "absent") for name in case["expected"]}
    assert found == case["expected"], case["derivation"]


@absent
def test_the_calendars_are_those_of_the_worked_cases_on_every_weekday() -> None:
    for name, days in CONTENT["calendars"].items():
        weekdays = {day for day in days if not _weekend(day)}
        ours = {
            day.isoformat() for day in calendar(name).holidays
            if 2026 <= day.year <= 2028 and day.weekday() < 5
        }  # fmt: skip
        assert ours == weekdays, name


def _weekend(day: str) -> bool:
    from datetime import date

    return date.fromisoformat(day).weekday() >= 5
