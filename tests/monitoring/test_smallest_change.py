"""What a chart could have seen: less with fewer cases, nothing without any, by the chart itself."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from monitoring.chart_levels import ChartLevel
from monitoring.detectors import find_detector
from monitoring.detectors.base import ChartContext, Prepared
from monitoring.plan import ChartPlan
from monitoring.smallest_change import DayLoad, SmallestChange, smallest_change

MONDAY = date(2026, 1, 5)
FEATURES = ["embedding_1", "embedding_2"]


def prepared(detector: str, **parameters: Any) -> tuple[ChartPlan, Prepared]:
    kind = find_detector(detector)
    whole = {one.name: one.default for one in kind.parameters} | parameters
    context = ChartContext("c", "north", 0.005, 90, 20, 5, bounds={"sensitivity": 0.8})
    rng = np.random.default_rng(3)
    reference = {"noise": rng.normal(10.0, 2.0, 200), "score": rng.random(200)}
    reference |= {name: rng.normal(size=200) for name in FEATURES}
    frozen = kind.prepare(reference, context=context, parameters=whole)
    return ChartPlan("c", detector, whole), frozen


def seen(chart: ChartPlan, frozen: Prepared, daily: int, cases: int = 0) -> SmallestChange:
    week = [DayLoad(MONDAY + timedelta(days=at), daily, cases) for at in range(7)]
    return smallest_change(chart, "north", frozen, week, last_details={}, seed=1, repeats=15)


@pytest.mark.requirement("REG-062")
@pytest.mark.parametrize(
    ("detector", "given"),
    [("rank_cusum", {"columns": ["noise"]}), ("claimed_performance", {"measure": "sensitivity"}),
     ("conformal_test", {}), ("stated_share", {}), ("embedding_drift", {"columns": FEATURES})],
)  # fmt: skip
def test_more_cases_show_less_and_none_show_nothing(detector: str, given: dict[str, Any]) -> None:
    chart, frozen = prepared(detector, **given)
    many, few, none = (seen(chart, frozen, n, n) for n in (60, 10, 0))
    assert many.change is not None
    assert few.change is None or few.change > many.change
    assert (none.change, none.words[:5]) == (None, "none:")
    assert many.found is not None
    assert many.found.n == 15
    assert "of 15 simulated weeks" in many.sentence
    assert many.words.startswith("at most ")  # the step below it was not tried or not enough


def test_what_needs_no_simulation_is_counted_or_quoted() -> None:
    chart, frozen = prepared("silent_days")
    assert seen(chart, frozen, 0).change == frozen["limit"]
    named, scanner = prepared("new_name", column="model_name", least=3)
    words = seen(named, scanner, 0).words
    assert words.startswith("3 entries with a name of model_name that is new, always")
    quoted = smallest_change(chart, "north", frozen, [], last_details={"findable": 0.21}, seed=1)
    assert (quoted.change, quoted.found) == (0.21, None)
    unknown = smallest_change(
        ChartPlan("c", "new kind", {}), "north", {}, [], last_details={}, seed=1
    )
    assert unknown.words.startswith("not estimable")


def test_a_chart_of_a_level_is_drawn_with_the_cases_of_its_level() -> None:
    chart, frozen = prepared("claimed_performance", measure="sensitivity")
    level = replace(chart, level=ChartLevel("sex", "F", "sex", "F"))
    assert seen(level, frozen, 60, 60).change == seen(chart, frozen, 60, 60).change is not None


def test_a_gap_is_seen_by_the_cases_of_both_sides() -> None:
    chart, frozen = prepared("subgroup_gap", measure="sensitivity")

    def found(cases: int, rest: int) -> SmallestChange:
        week = [DayLoad(MONDAY + timedelta(days=at), 99, cases) for at in range(7)]
        last = {"cases": 100, "rest_cases": rest, "rest_share": 0.9}
        return smallest_change(chart, "north", frozen, week, last_details=last, seed=1, repeats=15)

    many, few = found(60, 100), found(15, 100)
    assert many.change is not None
    assert few.change is None or few.change > many.change
    assert "further behind the others than the allowed 0.05" in many.words
    one_sided = found(60, 10)
    assert one_sided.change is None or one_sided.change >= many.change
