"""Charts by subgroup: false alarms of all levels together, at the edge of what is in control; and
how soon a fall of one level is found. The figures: docs/subgroups.md."""

from __future__ import annotations

import os
from datetime import timedelta

import numpy as np
import pytest

from measures.proportions import wilson
from monitoring.detectors.base import ChartContext, SiteDay
from monitoring.plan import ParsedPlan, allocate, parse_plan
from monitoring.site_charts import prepare_chart, step_chart
from tests.monitoring.example_plan import MONDAY

pytestmark = [pytest.mark.proof, pytest.mark.timeout(3600)]
FULL = os.environ.get("RADVIGIL_PROOF") == "full"
SEX = {"name": "sex", "field": "sex", "values": ["F", "M"]}
AGE = {"name": "age", "field": "age_years", "bins": [0, 18, 40, 65, 120]}
AGES = np.array([10.0, 30.0, 50.0, 70.0])
MIX = (0.05, 0.2, 0.4, 0.35)
BUDGET, DAYS, BOUND, GAP = 0.2, 90, 0.70, 0.10


def plan(detector: str) -> ParsedPlan:
    own = {"allowed_gap": GAP} if detector == "subgroup_gap" else {}
    return parse_plan({
        "horizon_days": DAYS, "false_alarm_budget": BUDGET, "minimum_n": 5,
        "subgroups": [SEX, AGE],
        "charts": [{"name": "c", "detector": detector, "subgroups": ["sex", "age"],
                    "parameters": {"measure": "sensitivity", **own}}],
    })  # fmt: skip


def stream(rng: np.random.Generator, *, right: dict[str, float], cases: int) -> list[SiteDay]:
    """Days of diseased cases with sex and age; right: the share called right, by sex."""
    days = []
    for day in range(DAYS):
        n = int(rng.poisson(cases))
        sex = np.where(rng.random(n) < 0.5, "F", "M").astype(object)
        chance = np.array([right[one] for one in sex], float)
        decision = (rng.random(n) < chance).astype(np.int8)
        facts = {"sex": sex, "age_years": rng.choice(AGES, n, p=MIX)}
        days.append(SiteDay("North", MONDAY + timedelta(days=day), {}, np.ones(n, np.int8),
                            decision, truth_facts=facts))  # fmt: skip
    return days


def first_signals(detector: str, days: list[SiteDay]) -> dict[str, int]:
    """By chart the number of the day of its first signal."""
    made = plan(detector)
    shares = allocate(made, sites=1)
    found = {}
    for chart in made.charts:
        context = ChartContext(chart.name, "North", shares.alpha_of(chart), DAYS, 20, 5,
                               {"sensitivity": BOUND})  # fmt: skip
        prepared, state = prepare_chart(chart, {}, context=context), None
        for number, today in enumerate(days):
            result = step_chart(chart, prepared, state, today)
            assert result.status != "failed", result.reason
            if result.signal:
                found[chart.name] = number
                break
            state = result.state
    return found


@pytest.mark.parametrize(
    ("detector", "right"),
    [
        ("claimed_performance", {"F": BOUND, "M": BOUND}),
        ("subgroup_gap", {"F": 0.82, "M": 0.92}),
    ],
)
def test_all_levels_together_keep_their_budget_at_the_edge_of_control(
    detector: str, right: dict[str, float]
) -> None:
    """Every level exactly at its bound, or women exactly the allowed gap behind."""
    runs, wrong = (400 if FULL else 15), 0
    for seed in range(runs):
        rng = np.random.default_rng([31, seed])
        wrong += bool(first_signals(detector, stream(rng, right=right, cases=8)))
    found = wilson("runs with a false alarm", wrong, runs)
    print(f"\n{detector}: {found}")
    assert (found.low or 0.0) <= BUDGET
    if FULL:
        assert (found.value or 0.0) <= BUDGET


def test_a_level_that_falls_behind_is_found_and_the_others_are_not_accused() -> None:
    runs, delays, others = (100 if FULL else 8), [], 0
    for seed in range(runs):
        rng = np.random.default_rng([32, seed])
        found = first_signals("subgroup_gap", stream(rng, right={"F": 0.6, "M": 0.9}, cases=8))
        delays.append(found.get("c [sex=F]", DAYS))
        others += "c [sex=M]" in found
    print(f"\nfound on day (median) {np.median(delays) + 1:.0f}; "
          f"{sum(one < DAYS for one in delays)} of {runs}")  # fmt: skip
    assert np.median(delays) < 60
    assert others == 0
