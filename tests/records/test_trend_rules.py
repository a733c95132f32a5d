"""The section `trend` of a monitoring plan: read, checked, refused by field; its periods."""

from copy import deepcopy
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.errors import InvalidInput
from records.trend_rules import (
    MONTHS,
    CountedBaseline,
    Period,
    RateBaseline,
    TrendRules,
    read_trend_rules,
)

PLAN: dict[str, Any] = {
    "period_months": 3, "exposure": "studies read", "minimum_exposure": 1000, "alpha": 0.05,
    "categories": [
        {"name": "missed", "events": ["finding missed"],
         "baseline": {"rate": 0.0002, "source": "risk file, R-01"}},
        {"name": "failures", "events": ["crash or freeze", "data lost"],
         "baseline": {"from": "2025-01-01", "until": "2025-12-31"}},
    ],
    "severity": {"grave_from": "TEMPORARY",
                 "baseline": {"grave": 4, "events": 40, "source": "clinical evaluation"}},
}  # fmt: skip


def read(**changes: Any) -> TrendRules:
    found = read_trend_rules({"trend": deepcopy(PLAN) | changes})
    assert found is not None
    return found


def test_a_plan_without_the_section_says_nothing() -> None:
    assert read_trend_rules({"minimum_n": 5}) is None


def test_a_section_is_read_with_its_defaults_and_terms() -> None:
    rules = read()
    assert (rules.minimum_events, rules.minimum_ratio, rules.watch_alpha) == (3, 1.5, 0.05)
    assert rules.categories[0].baseline == RateBaseline(0.0002, "risk file, R-01")
    assert rules.categories[0].terms == ("False Negative Result",)
    assert isinstance(rules.categories[1].baseline, CountedBaseline)
    assert rules.baselines == (Period(date(2025, 1, 1), date(2025, 12, 31)),)
    assert rules.questions == ("missed", "failures", "severity")
    assert rules.period_alpha == pytest.approx(0.0125)
    assert 3 * rules.severity_alpha == pytest.approx(rules.period_alpha)
    assert rules.family_alpha + rules.severity_alpha == pytest.approx(rules.period_alpha)
    assert rules.severity is not None
    assert [rules.severity.is_grave(one) for one in ("NONE", "TEMPORARY", "DEATH", "UNKNOWN")] == [
        False, True, True, None
    ]


def category(**changes: Any) -> dict[str, Any]:
    return {"categories": [deepcopy(PLAN["categories"][0]) | changes]}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"period_months": 5}, "trend.period_months: 5 does not fill a year"),
        ({"period_months": True}, "trend.period_months: True does not fill"),
        ({"exposure": "installed base"}, "trend.exposure: 'installed base' is nothing"),
        ({"exposure": ["x"]}, "trend.exposure"),
        ({"minimum_exposure": 0}, "trend.minimum_exposure: a whole number from 1"),
        ({"alpha": 0.5}, "trend.alpha: a number from 0.0001 to 0.2 is needed, not 0.5"),
        ({"alpha": None}, "trend.alpha"),
        ({"watch_alpha": 0.001}, "trend.watch_alpha: 0.001 is stricter"),
        ({"direction": "decrease"}, "trend.direction: 'decrease' is no direction"),
        ({"colour": 1}, "trend: unknown field colour"),
        ({"categories": []}, r"trend.categories: list at least one"),
        (category(events=["bad luck"]), r"categories\[0\].events: 'bad luck' is no category"),
        (category(events="finding missed"), r"categories\[0\].events: a list"),
        (category(name="severity"), r"categories\[0\].name: 'severity' is no name"),
        (category(baseline={"rate": 0}), r"baseline.rate: a number from 1e-09"),
        (category(baseline={"rate": 0.1}), r"baseline.source: say where the number is from"),
        (category(baseline={"from": "2025-01-01", "rate": 1}), r"baseline: rate beside a period"),
        (category(baseline={"from": "May"}), r"baseline.from: a day such as"),
        (category(baseline={"from": "2025-02-01", "until": "2025-01-01"}), "before it begins"),
        ({"categories": PLAN["categories"][:1] * 2}, "missed named twice"),
        ({"severity": {"grave_from": "NONE", "baseline": {}}}, "grave_from: 'NONE' is no grave"),
        ({"severity": {"grave_from": "DEATH", "baseline": {"grave": 5, "events": 4}}},
         "5 grave events of 4"),
        ({"report_within_days": 0}, "trend.report_within_days"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_field(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as wrong:
        read(**changes)
    assert wrong.value.message.startswith("monitoring_plan.trend")


@given(st.sampled_from(MONTHS), st.dates(date(2020, 1, 1), date(2040, 12, 31)))
def test_periods_fill_the_calendar_without_a_gap(months: int, day: date) -> None:
    rules = read(period_months=months)
    one = rules.period_of(day)
    assert one.first <= day <= one.last
    assert one.first.day == 1
    year = list(rules.periods(date(day.year, 1, 1), date(day.year, 12, 31)))
    assert (len(year), year[0].first, year[-1].last) == (
        12 // months, date(day.year, 1, 1), date(day.year, 12, 31)
    )
    assert all((b.first - a.last).days == 1 for a, b in pairwise(year))


def test_a_period_that_began_before_the_plan_is_none_of_its() -> None:
    periods = list(read().periods(date(2026, 1, 5), date(2026, 9, 29)))
    assert [str(one) for one in periods] == ["2026-04-01 to 2026-06-30"]
