"""Winters of years that differ, against three years before: false alerts, and a summer's shift.

The figures: docs/seasons.md.
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import date, timedelta

import numpy as np
import pytest

from measures.event_rate import events_per_year
from tests.monitoring.seasonal_studies import BUDGET, FIRST, HORIZON, watched_year

pytestmark = [pytest.mark.proof, pytest.mark.timeout(3600)]
YEARS = 100 if os.environ.get("RADVIGIL_PROOF") == "full" else 10
SUMMER = (182, 238)


@pytest.mark.parametrize("season", [True, False])
def test_winters_stay_within_the_budget_where_the_season_is_known(*, season: bool) -> None:
    raised: Counter[str] = Counter()
    for seed in range(YEARS):
        raised += Counter(one["chart"] for one in watched_year(seed, season=season).alerts)
    found = events_per_year("false alerts a year", raised.total(), YEARS * 364)
    print(f"\nseason {season}: {found}; {dict(raised)}")
    allowed = BUDGET * 365.0 / HORIZON
    assert found.value is not None and found.low is not None
    if season:
        assert found.value <= allowed
    else:
        assert found.low > allowed  # else the winters are none


def test_the_same_change_in_summer_is_found() -> None:
    begun, days = FIRST + timedelta(days=SUMMER[0]), []
    for seed in range(YEARS):
        alerts = watched_year(seed, season=True, shift=SUMMER).alerts
        at = [(date.fromisoformat(one["raised_at"]) - begun).days + 1 for one in alerts]
        days.append(min((one for one in at if 0 < one <= SUMMER[1] - SUMMER[0]), default=999))
    print(f"\nfound in {sum(one < 999 for one in days)} of {YEARS}, median day {np.median(days)}")
    assert sum(one < 999 for one in days) >= 0.9 * YEARS
    assert np.median(days) <= 14
