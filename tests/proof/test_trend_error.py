"""False trends in years without a change stay within alpha; doubled rates are found.

The figures: docs/statistics/trend-error.md, by `python -m benchmarks.trend_error`.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from benchmarks.trend_error import (
    ALPHA,
    CLUSTERS,
    EARLIER,
    QUIET,
    STUDIES,
    Setting,
    Year,
    drawn,
    false_years,
    found_by,
    trends_of,
)
from records.event_terms import event_terms
from records.trend_counts import Counted, Graded, PeriodCounts
from records.trend_rules import Period, TrendRules, read_trend_rules
from regulatory.trends import TREND, TrendFacts, judge_trends

pytestmark = [pytest.mark.proof, pytest.mark.timeout(3600)]
FULL = os.environ.get("RADVIGIL_PROOF") == "full"
YEARS, JUDGED = (50_000, 200) if FULL else (1_500, 6)
NOW, BEFORE = (Period(date(2026, 1, 1), date(2026, 3, 31)),
               Period(date(2025, 1, 1), date(2025, 12, 31)))  # fmt: skip


@pytest.mark.requirement("REG-068")
@pytest.mark.parametrize("setting", QUIET, ids=[one.name for one in QUIET])
def test_a_year_without_a_change_shows_a_trend_no_more_often_than_alpha(setting: Setting) -> None:
    found = false_years(setting, YEARS, seed=11)
    print(f"\n{found}")
    assert found.high is not None
    assert found.high <= ALPHA


def test_clusters_are_not_covered_and_the_page_says_so() -> None:
    found = false_years(CLUSTERS[-1], YEARS, seed=11)
    assert found.low is not None
    assert found.low > ALPHA


def test_a_doubled_rate_is_found_the_sooner_the_more_events_there_are() -> None:
    shares = []
    for expected in (2.0, 10.0, 20.0):
        setting = Setting("doubled", (expected,) * 5, times=2.0)
        at_once, ever = (one.value or 0.0 for one in found_by(setting, YEARS, seed=11))
        print(f"\n{expected:g} expected: {at_once:.3f} at once, {ever:.3f} within a year")
        assert ever >= at_once
        shares.append(ever)
    assert shares == sorted(shares)
    assert shares[1] > 0.85
    assert shares[2] > 0.99


@pytest.mark.parametrize("counted", [0, 4])
def test_the_simulated_verdicts_are_those_that_the_program_gives(counted: int) -> None:
    quiet = Setting("", (3.0, 8.0, 20.0), counted=counted, times=1.8, grave_times=3.0)
    random = np.random.default_rng(5)
    said: set[bool] = set()
    for _ in range(JUDGED):
        year = drawn(quiet, random)
        for setting in (quiet, replace(quiet, bare=True)):
            ours = trends_of(setting, year)
            rules = _rules(setting, year)
            for quarter in range(4):
                rows = judge_trends(_facts(rules, year, quarter))
                theirs = [one["verdict"] == TREND for one in rows]
                assert ours[quarter].tolist() == theirs
                said |= set(theirs)
    assert said == {True, False}


def _rules(setting: Setting, year: Year) -> TrendRules:
    events = list(event_terms()["terms"])
    found = read_trend_rules({"trend": {
        "period_months": 3, "exposure": "studies read", "minimum_exposure": 1, "alpha": ALPHA,
        "minimum_events": 1 if setting.bare else 3, "minimum_ratio": 1.0 if setting.bare else 1.5,
        "categories": [
            {"name": f"c{at}", "events": [events[at]], "baseline": (
                {"from": BEFORE.first.isoformat(), "until": BEFORE.last.isoformat()}
                if setting.counted else {"rate": mean / STUDIES, "source": "simulated truth"}
            )} for at, mean in enumerate(setting.expected)
        ],
        "severity": {"grave_from": "TEMPORARY", "baseline": {
            "grave": year.grave_before, "events": EARLIER, "source": "simulated truth"}},
    }})  # fmt: skip
    assert found is not None
    return found


def _facts(rules: TrendRules, year: Year, quarter: int) -> TrendFacts:
    def counts(period: Period, events: list[int], grave: int, exposure: int) -> PeriodCounts:
        return PeriodCounts(
            period, exposure, severity=Graded(grave=grave, certain=sum(events)),
            categories={f"c{at}": Counted(n) for at, n in enumerate(events)},
        )  # fmt: skip

    return TrendFacts(
        "MPL-0001", date(2025, 12, 1), rules,
        counts(NOW, year.events[quarter].tolist(), int(year.grave[quarter]), STUDIES),
        {BEFORE: counts(BEFORE, year.before.tolist(), 0, 4 * STUDIES)},
    )  # fmt: skip
