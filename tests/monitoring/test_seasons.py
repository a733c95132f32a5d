"""A winter that the reference knows is quiet, in summer it is found; one year is too little."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from monitoring.detectors import DETECTORS
from monitoring.detectors.base import ChartContext, NotWatchable, SiteDay, read_parameters
from monitoring.plan import parse_plan
from monitoring.seasons import prepare_by_season, step_by_season
from records.errors import InvalidInput
from tests.monitoring.seasonal_studies import FIRST, watched_year

SUMMER = (182, 238)


def test_a_winter_as_the_reference_knows_it_is_quiet_and_without_the_season_it_is_not() -> None:
    assert watched_year(1, season=True).alerts == []
    assert len(watched_year(1, season=False).alerts) >= 2


def test_what_is_usual_in_winter_is_found_in_summer_within_a_week() -> None:
    found = watched_year(1, season=True, shift=SUMMER)
    begun = FIRST + timedelta(days=SUMMER[0])
    first = date.fromisoformat(found.alerts[0]["raised_at"])
    assert begun <= first < begun + timedelta(days=10)
    assert {one["state"] for one in found.points} <= {"quiet", "alert", "underpowered"}


def test_one_winter_in_the_reference_is_not_estimable_and_says_what_it_holds() -> None:
    points = watched_year(1, season=True, years=1).points
    assert {one["state"] for one in points} == {"not estimable"}
    assert "2 are needed" in points[0]["reason"]
    assert "365 days" in points[0]["reason"]


@pytest.mark.parametrize(
    ("detector", "season", "message"),
    [("claimed_performance", "yearly", "claimed_performance knows no season"),
     ("positive_rate", "winter", "'winter' is no season")],
)  # fmt: skip
def test_a_season_that_cannot_be_is_refused_by_field(
    detector: str, season: str, message: str
) -> None:
    chart: dict[str, Any] = {"name": "c", "detector": detector, "season": season}
    content = {"horizon_days": 90, "false_alarm_budget": 0.05, "minimum_n": 5, "charts": [chart]}
    with pytest.raises(InvalidInput, match=message) as refused:
        parse_plan(content)
    assert "charts[0].season" in refused.value.message


def prepared() -> Any:
    """Calls at a tenth in the first half of the year and at four tenths in the second."""
    day = np.repeat(np.arange(date(2024, 1, 1).toordinal(), date(2026, 1, 1).toordinal()), 20)
    late = np.array([date.fromordinal(int(one)).month > 6 for one in day])
    calls = (np.arange(len(day)) % 10 < np.where(late, 4, 1)).astype(np.float64)
    detector = DETECTORS["positive_rate"]
    parameters = read_parameters(detector, {}, where="here")
    return prepare_by_season(
        detector, {"decision": calls, "day": day.astype(np.float64)},
        context=ChartContext("c", "North", 0.01, 90, 20, 5), parameters=parameters,
    )


def test_the_chart_survives_json_and_holds_each_day_against_its_own_time_of_year() -> None:
    detector, frozen = DETECTORS["positive_rate"], json.loads(json.dumps(prepared()))
    seen = {}
    for month, high in ((3, False), (9, True)):
        calls = (np.arange(20) % 10 < (4 if high else 1)).astype(np.float64)
        today = SiteDay("North", date(2026, month, 20), {"decision": calls})
        found = step_by_season(detector, frozen, None, today)
        seen[month] = (found.signal, found.details["reference"])
        state = json.loads(json.dumps(found.state))
        again = step_by_season(detector, frozen, state, SiteDay("North", date(2026, 10, 2), {}))
        assert again.state["season"] == "18"
    assert seen[3] == (False, pytest.approx(0.1))
    assert seen[9] == (False, pytest.approx(0.4))


def test_a_reference_without_days_is_not_watchable() -> None:
    detector = DETECTORS["positive_rate"]
    with pytest.raises(NotWatchable, match="spans 0 days"):
        prepare_by_season(
            detector, {"decision": np.ones(90)},
            context=ChartContext("c", "North", 0.01, 90, 20, 5),
            parameters=read_parameters(detector, {}, where="here"),
        )
