"""The out-of-distribution rate: judged against the reference, told in its own unit."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from monitoring.detectors import DETECTORS
from monitoring.detectors.base import ChartResult, NotWatchable, SiteDay, State
from tests.monitoring.example_plan import MONDAY, context, defaults

CHART = DETECTORS["share_beyond"]


def weeks(*strange: float, seed: int = 1) -> list[ChartResult]:
    rng = np.random.default_rng(seed)
    prepared = CHART.prepare(
        {"out_of_distribution": rng.random(400)}, context=context("strange"),
        parameters=defaults("share_beyond") | {"window": "week"},
    )
    found: list[ChartResult] = []
    state: State | None = None
    for day in range(7 * len(strange)):
        values = np.where(rng.random(20) < strange[day // 7], 0.99, rng.random(20))
        today = SiteDay(
            "North", MONDAY + timedelta(days=day), {"out_of_distribution": values}
        )
        found.append(CHART.step(prepared, state, today))
        state = found[-1].state
    return found[6::7]


def test_more_strange_studies_are_found_within_weeks_and_the_usual_ones_are_not() -> None:
    found = weeks(0.0, 0.0, 0.25, 0.25)
    assert [one.signal for one in found] == [False, False, True, True]
    last = found[-1]
    assert last.details["column"] == "out_of_distribution"
    assert last.value == pytest.approx(0.29, abs=0.08)
    sentence = CHART.sentence(last)
    assert sentence.startswith("share of studies with out_of_distribution at or above 0.95 is 0.")


def test_a_reference_without_the_column_is_refused_with_the_number() -> None:
    with pytest.raises(NotWatchable, match="0 reference studies with out_of_distribution"):
        CHART.prepare(
            {"score": np.ones(90)}, context=context("strange"), parameters=defaults("share_beyond")
        )
