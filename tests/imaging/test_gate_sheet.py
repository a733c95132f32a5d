"""An acceptance check as a page: offending rows by label, nothing asked for outside the page."""

import re
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from imaging.gate import validate_batch
from imaging.gate_sheet import gate_sheet, rule_outcomes
from imaging.suite import load_suite
from records.cases import GateResult
from tests.imaging.test_gate import batch


def recorded(**changes: Any) -> GateResult:
    """The check of 60 rows, recorded as the journey records it."""
    frame: pd.DataFrame = batch(**changes)
    outcome = validate_batch(frame, load_suite("batch"), index_limit=3)
    return GateResult(
        id=7, suite=outcome.suite, suite_digest=outcome.digest, n=outcome.n,
        scope="clinical <arrivals> 2026-03-01", passed=outcome.passed,
        expectations=outcome.to_list(), checked_at=datetime(2026, 3, 1, 8, tzinfo=UTC),
    )


def test_the_page_says_which_records_broke_which_rule_and_by_how_many() -> None:
    sexes = ["?"] * 5 + ["F"] * 55
    page = gate_sheet(recorded(sex=sexes, age_years=200.0))
    assert "not passed" in page
    assert "INS-0001, INS-0002, INS-0003 and 2 more" in page
    assert load_suite("batch").digest in page
    assert "max 120" in page
    assert "&lt;arrivals&gt;" in page
    assert "<arrivals>" not in page


def test_the_page_asks_for_nothing_outside_itself() -> None:
    page = gate_sheet(recorded(sex="?"))
    assert not re.search(r"https?:|//|url\(|@import|<script|<link|<img|src=|href=", page)


def test_broken_rules_come_first_then_warnings() -> None:
    states = [one.state for one in rule_outcomes(recorded(sex="?", age_years=200.0))]
    assert states[:2] == ["broken", "warning"]
    assert set(states[2:]) == {"met"}


def test_rows_of_a_table_without_records_are_named_by_position() -> None:
    result = recorded(sex=["F"] * 4 + ["?"] + ["F"] * 55)
    for one in result.expectations:
        one["unexpected_records"] = []
    assert rule_outcomes(result)[0].rows == ("row 5",)
