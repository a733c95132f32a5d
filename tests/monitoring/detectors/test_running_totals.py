"""Windows taken together: what no window shows and all of them say."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from monitoring.detectors import DETECTORS
from monitoring.detectors.base import ChartContext, ChartResult, ChartStatus, Prepared, SiteDay
from monitoring.detectors.reference_scatter import reference_effects
from monitoring.detectors.window_verdicts import (
    freeze_names,
    freeze_numbers,
    totals_of_names,
    totals_of_numbers,
    totals_of_reference,
)
from tests.monitoring.example_plan import MONDAY, defaults

WEEK, CHANGE = 210, 10
LEVELS = np.array(list("abcd"), object)
CHART = {"numbers": "fact_distribution", "names": "fact_distribution", "decision": "positive_rate"}


def drawn(kind: str, rng: np.random.Generator, n: int, size: float) -> Any:
    if kind == "names":
        return rng.choice(LEVELS, n, p=[0.35 - size, 0.3 + size, 0.2, 0.15])
    if kind == "decision":
        return (rng.random(n) < 0.2 + size).astype(float)
    if kind == "missing":
        return np.where(rng.random(n) < 0.02 + size, np.nan, rng.normal(size=n))
    return rng.normal(size, 1.0, n)


def prepared_for(kind: str, *, seed: int = 1, daily: int = 30, **given: Any) -> Prepared:
    detector = DETECTORS[CHART.get(kind, "fact_distribution")]
    rng = np.random.default_rng(seed)
    day = np.repeat(MONDAY.toordinal() - 182.0 + np.arange(182), daily)
    column = "decision" if kind == "decision" else "x"
    parameters = defaults(detector.name) | {"window": "week"} | given
    if column == "x":
        parameters |= {"column": "x", "kind": "names" if kind == "names" else "numbers"}
    return detector.prepare(
        {column: drawn(kind, rng, len(day), 0.0), "day": day},
        context=ChartContext("x", "North", 0.0125, 182, daily, 20), parameters=parameters,
    )  # fmt: skip


def weeks(
    kind: str, prepared: Prepared, sizes: list[float], *, n: int = WEEK, seed: int = 4
) -> list[ChartResult]:
    detector = DETECTORS[CHART.get(kind, "fact_distribution")]
    rng, state, found = np.random.default_rng(seed), None, []
    column = "decision" if kind == "decision" else "x"
    for number, size in enumerate(sizes):
        day = MONDAY + timedelta(days=7 * number + 6)
        values = drawn(kind, rng, n, size)
        found.append(detector.step(prepared, state, SiteDay("North", day, {column: values})))
        state = found[-1].state
    return found


def signalled(found: list[ChartResult]) -> list[int]:
    return [number for number, one in enumerate(found) if one.signal]


def test_studies_of_a_reference_without_a_day_are_left_out_of_its_weeks() -> None:
    rng = np.random.default_rng(8)
    day = np.repeat(MONDAY.toordinal() - 70.0 + 7.0 * np.arange(10), 30)
    values = rng.normal(size=300)

    def counted(part: Any) -> Any:
        return totals_of_numbers(freeze_numbers(values), part)

    whole = reference_effects({"day": day}, values, counted)
    undated = np.concatenate([day, np.full(40, np.nan)])
    again = reference_effects({"day": undated}, np.concatenate([values, np.ones(40)]), counted)
    assert whole
    assert again == whole
    assert reference_effects({"day": np.full(300, np.nan)}, values, counted) == {}


@pytest.mark.parametrize(
    ("kind", "size"), [("numbers", 0.15), ("names", 0.06), ("decision", 0.05), ("missing", 0.02)]
)
def test_a_small_shift_that_lasts_is_found_and_stays_found(kind: str, size: float) -> None:
    sizes = [0.0] * CHANGE + [size] * 30
    alone = weeks(kind, prepared_for(kind, adds_up="nothing"), sizes)
    together = weeks(kind, prepared_for(kind), sizes)
    first = signalled(together)[0]
    assert CHANGE <= first <= CHANGE + 14
    assert signalled(together) == list(range(first, len(sizes)))
    assert len(signalled(alone)) <= 5
    falls = together[first].details.get("level") == "a"
    assert together[first].details["direction"] == ("down" if falls else "up")
    assert together[first].n > WEEK
    for one in together[first:]:
        assert one.value is not None
        assert one.limit is not None
        assert one.value >= one.limit
    began = (MONDAY + timedelta(days=7 * CHANGE)).isoformat()
    found = together[first].details
    assert found["since_low"] <= began <= found["since_high"]
    apart = date.fromisoformat(found["onset"]) - date.fromisoformat(began)
    assert abs(apart.days) <= 35


def test_a_repaired_site_comes_down_and_its_past_is_forgotten() -> None:
    found = weeks("numbers", prepared_for("numbers"), [0.0] * 5 + [0.6] * 6 + [0.0] * 20)
    down = signalled(found)[-1] + 1
    assert signalled(found) == list(range(5, down))
    assert 11 <= down <= 12
    assert len(found[down].state["totals"]["rows"]) == 1
    assert len(found[-1].state["totals"]["rows"]) == len(found) - down


def test_weeks_too_small_to_judge_add_up() -> None:
    prepared = prepared_for("numbers", daily=15)
    found = weeks("numbers", prepared, [0.6] * 16, n=12)
    first = signalled(found)[0]
    assert {one.status for one in found[:first]} == {ChartStatus.NO_DATA}
    assert found[0].reason == "12 studies in the window, 20 needed"
    assert found[first].details["windows"] > 1


def test_a_week_without_a_study_keeps_what_was_known() -> None:
    prepared = prepared_for("numbers")
    before = weeks("numbers", prepared, [0.0] * 3)[-1].state
    empty = SiteDay("North", MONDAY + timedelta(days=27), {})
    found = DETECTORS["fact_distribution"].step(prepared, before, empty)
    assert found.status is ChartStatus.NO_DATA
    assert [row[1] for row in found.state["totals"]["rows"]] == [WEEK] * 3 + [0]


def test_what_a_chart_carries_does_not_grow_with_its_history() -> None:
    found = weeks("numbers", prepared_for("numbers"), [0.0] * 40)
    assert len(found[-1].state["totals"]["rows"]) == 32


def test_a_reference_of_which_the_weeks_differ_is_worth_fewer_studies() -> None:
    """Patients who come again and again: 6 studies each, of one mean a patient."""
    rng = np.random.default_rng(5)

    def clustered(days: int) -> tuple[Any, Any]:
        patient = np.repeat(rng.normal(0.0, 0.9, days * 5), 6)
        day = np.repeat(rng.integers(0, days, days * 5), 6) + rng.integers(0, 14, len(patient))
        return day, patient + rng.normal(0.0, 0.45, len(patient))

    day, values = clustered(182)
    parameters = defaults("fact_distribution") | {
        "column": "x", "kind": "numbers", "window": "week",
    }  # fmt: skip
    frozen = {"x": values, "day": day + MONDAY.toordinal() - 200.0}
    context = ChartContext("x", "North", 0.0125, 182, 30, 20)
    prepared = DETECTORS["fact_distribution"].prepare(
        frozen, context=context, parameters=parameters
    )
    ranks = prepared["totals"]["effects"][-1]
    assert ranks > 1.8
    without = DETECTORS["fact_distribution"].prepare(
        {"x": values}, context=context, parameters=parameters
    )
    assert without["totals"]["effects"][-1] == 1.0


@pytest.mark.parametrize("kind", ["numbers", "missing", "names"])
def test_the_frozen_reference_comes_to_what_its_studies_come_to(kind: str) -> None:
    values = drawn(kind, np.random.default_rng(6), 3000, 0.0)
    names = kind == "names"
    frozen = freeze_names(values) if names else freeze_numbers(values)
    counted = (totals_of_names if names else totals_of_numbers)(frozen, values)
    assert totals_of_reference(frozen).row(0) == pytest.approx(counted.row(0), abs=1e-5)


@pytest.mark.parametrize(
    ("usual", "other", "kind"),
    [("A", "B", "names"), (1.0, 2.0, "numbers"), (0.0, 999_999.0, "numbers")],
)
def test_a_constant_reference_is_quiet_until_another_value_comes(
    usual: Any, other: Any, kind: str
) -> None:
    """0 of 5,460 reference studies had another; 12 of 210 of a week have."""
    detector = DETECTORS["fact_distribution"]
    parameters = defaults(detector.name) | {"column": "x", "kind": kind, "window": "week"}
    whole = np.full(WEEK * 26, usual, object if kind == "names" else float)
    prepared = detector.prepare(
        {"x": whole}, context=ChartContext("x", "North", 0.0125, 182, 30, 20),
        parameters=parameters,
    )  # fmt: skip
    state, found = None, []
    for number, come in enumerate([0, 0, 12, 12]):
        values = whole[:WEEK].copy()
        values[:come] = other
        day = SiteDay("North", MONDAY + timedelta(days=7 * number + 6), {"x": values})
        found.append(detector.step(prepared, state, day))
        state = found[-1].state
    signalled = ChartStatus.SIGNAL
    assert [one.status for one in found] == [ChartStatus.IN_CONTROL] * 2 + [signalled] * 2
    assert found[2].details["level"] == "never seen in the reference"
    assert "is 0.057 and was 0.000" in detector.sentence(found[2])
    few = SiteDay("North", MONDAY + timedelta(days=6), {"x": whole[:30]})
    weak = detector.step(prepared, None, few)
    assert weak.status is ChartStatus.UNDERPOWERED, "30 studies show no change of 0.2"


def test_a_sentinel_that_few_studies_have_is_found_as_far_outside_the_range() -> None:
    """Ranks see 1 in 20 at the top; only how far they lie is odd. A value of 5 SD is not."""
    prepared = prepared_for("numbers")
    detector, rng, state, found = DETECTORS["fact_distribution"], np.random.default_rng(8), None, []
    for number in range(8):
        values = rng.normal(size=WEEK)
        values[: (0 if number < 3 else 10)] = 999_999.0
        values[-1] = 5.0
        day = SiteDay("North", MONDAY + timedelta(days=7 * number + 6), {"x": values})
        found.append(detector.step(prepared, state, day))
        state = found[-1].state
    assert signalled(found) == [3, 4, 5, 6, 7]
    assert found[3].details["level"] == "far above the reference's range"
    assert found[3].details["onset"] == (MONDAY + timedelta(days=21)).isoformat()
