"""200 simulated device-years without a change: each chart and the whole plan within its budget.

The budget is shared among the sites; of one site it is spent there. The figures:
docs/monitoring-verification.md.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.in_control_years import (
    PLANS,
    Kept,
    findings,
    tables,
    verdict,
    years_of,
)
from monitoring.drill import Arrangement, drill, streams
from monitoring.drill_files import simulated_for
from monitoring.drill_report import DrillReport, drill_report
from monitoring.drill_shifts import Shift
from monitoring.drill_studies import SimulatedSites
from monitoring.plan import parse_plan
from monitoring.plan_of_table import plan_of_table
from monitoring.replay_plan import ReplayPlan, read_replay_plan
from monitoring.replay_tables import WatchTable
from records.settings import REPOSITORY

pytestmark = [pytest.mark.proof, pytest.mark.timeout(7200)]
FULL = os.environ.get("RADVIGIL_PROOF") == "full"
YEARS = 200 if FULL else 3
NONE, YEAR = Shift.of("none"), Arrangement(before=0, after=365)


def told(name: str, plan: ReplayPlan, source: SimulatedSites, years: int) -> DrillReport:
    """Each chart's alerts a year, printed; refused above budget."""
    repeats = drill(plan, source, NONE, YEAR, seeds=range(years))
    found = drill_report(plan, repeats, YEAR, sites=source.sites, shifted=False)
    print(f"\n{name}: {years} device-years, {len(source.sites)} sites")
    for one in (*found.charts, found.whole):
        print(f"| {one.name} | {one.budget:.3f} | {one.false_alerts} | {one.disturbed} |")
        assert one.false_alerts.low is not None
        assert one.false_alerts.low <= one.budget, one.name
        assert one.judged > 0, one
    return found


def test_a_shipped_plan_stays_within_its_budget_chart_by_chart() -> None:
    plan = read_replay_plan(REPOSITORY / "devices" / "chest-radiograph-pneumonia.yaml")
    found = told("chest-radiograph-pneumonia", plan, simulated_for(plan, sites=1), YEARS)
    assert found.whole.false_alerts.value is not None
    if FULL:
        assert found.whole.false_alerts.value <= found.whole.budget


def planned(sites: SimulatedSites, budget: float) -> tuple[ReplayPlan, WatchTable]:
    """What `radvigil monitor plan` makes for a reference of these sites."""
    reference, _ = streams(sites, NONE, Arrangement(0, 7), seed=99)
    made = plan_of_table(reference, alerts_per_year=budget)
    return ReplayPlan(parse_plan(made.content["monitoring_plan"])), reference


def test_a_plan_made_for_a_table_stays_within_its_budget_chart_by_chart() -> None:
    sites = SimulatedSites(("East", "North"), daily_n=30, reference_n=30 * 7 * 26)
    plan, _ = planned(sites, 1.0)
    found = told("monitor plan, budget 1", plan, sites, YEARS if FULL else 1)
    assert found.whole.false_alerts.value is not None
    if FULL:
        assert found.whole.false_alerts.value <= found.whole.budget


@pytest.mark.skipif(not FULL, reason="every shipped plan: make proof")
@pytest.mark.parametrize("name", PLANS)
def test_every_shipped_plan_stays_within_its_budget(name: str) -> None:
    """Of each plan 200 device-years of its own, at one site."""
    kept = Kept(None)
    assert len([*years_of(name, YEARS, kept)]) == YEARS
    _, found = findings(name, kept)
    print(f"\n{tables([(name, found, YEARS)])}")
    assert {one.name: verdict(one) for one in (found.whole, *found.charts)} == {
        one.name: "within" if one.name == "the plan" else verdict(one)
        for one in (found.whole, *found.charts) if verdict(one) not in ("above", "not judged")
    }


def test_a_study_of_years_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    name = "chest-prognosis"
    whole = Kept(None)
    assert [*years_of(name, 2, whole)] == [0, 1]
    first = Kept.of(tmp_path, name, "of this code")
    assert [*years_of(name, 1, first)] == [0]
    assert first.path is not None
    with first.path.open("a") as file:
        file.write('{"year": 1, "alerts": [{"day"')  # stopped in the middle of a line
    again = Kept.of(tmp_path, name, "of this code")
    assert [*again.years] == [0]
    assert [*years_of(name, 2, again)] == [0, 1]
    assert findings(name, again)[1].charts == findings(name, whole)[1].charts
    assert Kept.of(tmp_path, name, "of another code").years == {}
