"""A small drill: quiet without a shift, and with one the right site is named within days."""

from __future__ import annotations

import pytest

from monitoring.drill import Drill, Shift, drill
from monitoring.plan import parse_plan
from tests.monitoring.example_plan import BOUNDS, example_content

PLAN = parse_plan(example_content())


def test_a_drill_without_a_shift_is_quiet() -> None:
    found = drill(PLAN, Drill(("North", "East"), days=40), seeds=range(4), bounds=BOUNDS)
    assert found.false_alarms.value == 0.0
    assert found.false_alarms.n == 4
    assert found.delays == {}


def test_a_shift_is_found_in_days_at_the_right_site_by_the_right_chart() -> None:
    arrangement = Drill(("North", "East"), days=20, shift=Shift("East", 10, 1.0))
    found = drill(PLAN, arrangement, seeds=range(5), bounds=BOUNDS)
    assert found.found("input_appearance") == 5
    assert found.found("silence") == 0
    assert found.median_delay("silence") is None
    assert (found.median_delay("input_appearance") or 99) <= 5
    assert {alert.site for alert in found.alerts} == {"East"}


def test_a_shift_of_the_score_is_found_by_the_score_chart() -> None:
    arrangement = Drill(("North",), days=20, shift=Shift("North", 10, 1.0, ("score",)))
    found = drill(PLAN, arrangement, seeds=range(5), bounds=BOUNDS)
    assert (found.median_delay("score_distribution") or 99) <= 5


def test_the_same_seeds_give_the_same_drill() -> None:
    arrangement = Drill(("North",), days=15, shift=Shift("North", 5, 1.0))
    first = drill(PLAN, arrangement, seeds=[7], bounds=BOUNDS)
    assert drill(PLAN, arrangement, seeds=[7], bounds=BOUNDS) == first


def test_bounds_that_the_simulated_device_does_not_reach_are_refused() -> None:
    with pytest.raises(ValueError, match="does not reach"):
        drill(PLAN, Drill(("North",)), seeds=[1], bounds={"sensitivity": 0.99})
