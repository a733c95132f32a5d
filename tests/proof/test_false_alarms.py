"""The plan's promise, measured: 100 seeds without drift, and the delay with drift of 1 SD."""

from __future__ import annotations

import os

import pytest

from monitoring.baselines import claim_bounds
from monitoring.drill import Drill, Shift, drill
from monitoring.plan import parse_plan
from records.definition import find_definition, load_definition
from tests.monitoring.example_plan import BOUNDS, example_content

in_full = pytest.mark.skipif(
    os.environ.get("RADVIGIL_PROOF") != "full", reason="more drills: make proof"
)
SITES = ("North", "East", "South")


@pytest.mark.proof
@in_full
@pytest.mark.parametrize("reference_n", [80, 150])
def test_over_100_seeds_without_drift_false_alerts_stay_within_the_budget(reference_n: int) -> None:
    """The horizon is the drill's 60 days, so that the whole budget could be spent."""
    plan = parse_plan(example_content() | {"horizon_days": 60})
    found = drill(
        plan, Drill(SITES, days=60, reference_n=reference_n), seeds=range(100), bounds=BOUNDS
    )
    print(found.false_alarms)
    assert found.false_alarms.value is not None
    assert found.false_alarms.value <= plan.false_alarm_budget


@pytest.mark.proof
def test_the_shipped_device_stays_within_its_own_budget_over_100_seeds() -> None:
    """The plan of the demonstration's device, over its whole horizon, as it comes."""
    definition = load_definition(find_definition("chest-radiograph-pneumonia"))
    plan = parse_plan(definition.monitoring_plan)
    found = drill(
        plan, Drill(SITES, days=plan.horizon_days, reference_n=150), seeds=range(100),
        bounds=claim_bounds(definition),
    )
    print("shipped device:", found.false_alarms)
    assert found.false_alarms.value is not None
    assert found.false_alarms.value <= plan.false_alarm_budget


@pytest.mark.proof
@in_full
@pytest.mark.parametrize(
    ("column", "chart"), [("sharpness", "input_appearance"), ("score", "score_distribution")]
)
def test_a_shift_of_one_sd_is_found_within_days(column: str, chart: str) -> None:
    plan = parse_plan(example_content())
    arrangement = Drill(("East",), days=60, shift=Shift("East", 35, 1.0, (column,)))
    found = drill(plan, arrangement, seeds=range(100), bounds=BOUNDS)
    delay = found.median_delay(chart)
    print(chart, delay, found.found(chart))
    assert delay is not None
    assert delay <= 5
    assert found.found(chart) >= 95
