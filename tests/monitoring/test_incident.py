"""An incident held against charts: fired, should have, could not; no truth is no quiet chart."""

from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
import pytest

from monitoring.detectors.base import ChartContext, Prepared, SiteDay
from monitoring.incident import (
    COULD_NOT,
    FIRED,
    MISSED,
    NOT_EXPECTED,
    Incident,
    chart_found,
    conclusion_of,
    stated_knob,
)
from monitoring.plan import ChartPlan, parse_plan
from monitoring.site_charts import prepare_chart, step_chart
from records.errors import InvalidInput
from records.surveillance import ChartPoint

BEGIN = date(2026, 3, 2)
DAYS = 10
INCIDENT = Incident("north", BEGIN, BEGIN + timedelta(days=DAYS - 1), "the gain was changed")
CONTENT: dict[str, Any] = {
    "horizon_days": 90, "false_alarm_budget": 0.05, "minimum_n": 5,
    "charts": [
        {"name": "image appearance", "detector": "rank_cusum",
         "parameters": {"smallest_shift": 0.5}},
        {"name": "sensitivity in use", "detector": "claimed_performance",
         "parameters": {"measure": "sensitivity"}},
    ],
}  # fmt: skip
IMAGE, SENSITIVITY = parse_plan(CONTENT).charts


@cache
def prepared_of(name: str) -> Prepared:
    chart = next(one for one in (IMAGE, SENSITIVITY) if one.name == name)
    rng = np.random.default_rng(1)
    columns = {
        name: rng.normal(0.5, 0.1, 200)
        for name in ("brightness", "contrast", "sharpness", "noise", "entropy", "saturation")
    }
    context = ChartContext(chart.name, "north", 0.01, 90, 20, 5, {"sensitivity": 0.8}, 1)
    return prepare_chart(chart, columns, context=context)


def prepared(chart: ChartPlan) -> Prepared:
    return prepared_of(chart.name)


def days(shift: float = 0.0, *, right: float = 1.0, truths: int = 0) -> list[SiteDay]:
    rng = np.random.default_rng(2)
    found = []
    for number in range(DAYS):
        values: dict[str, Any] = {
            name: rng.normal(0.5, 0.1, 20)
            for name in ("brightness", "contrast", "sharpness", "noise", "entropy", "saturation")
        }
        values["noise"] = values["noise"] + shift * 0.1
        said = (np.arange(truths) < round(right * truths)).astype(np.int8)
        found.append(SiteDay("north", BEGIN + timedelta(days=number), values,
                             np.ones(truths, np.int8), said))  # fmt: skip
    return found


def points(chart: ChartPlan, given: list[SiteDay]) -> list[ChartPoint]:
    """What the chart recorded, stepped through the days."""
    found, state = [], None
    for one in given:
        result = step_chart(chart, prepared(chart), state, one)
        state = result.state
        found.append(ChartPoint(run_id=1, chart=chart.name, site="north", day=one.day, n=one.n,
                                signal=result.signal, details=result.details))  # fmt: skip
    return found


def quiet(given: list[SiteDay]) -> list[ChartPoint]:
    return [ChartPoint(run_id=1, chart="x", site="north", day=one.day, n=one.n) for one in given]


def test_a_chart_that_fired_says_when_and_how_long_after() -> None:
    given = days(2.0)
    found = chart_found(IMAGE, INCIDENT, prepared(IMAGE), "", points(IMAGE, given), given, seed=1)
    assert found.verdict == FIRED
    assert found.fired_on == found.stepped_on
    assert found.days_after is not None
    assert 0 <= found.days_after < DAYS
    assert found.size == pytest.approx(2.0, abs=0.25)
    assert "Image appearance fired first" in conclusion_of(INCIDENT, [found])


def test_a_chart_that_kept_quiet_beside_a_large_change_should_have_fired() -> None:
    given = days(2.0)
    found = chart_found(IMAGE, INCIDENT, prepared(IMAGE), "", quiet(given), given, seed=1)
    assert found.verdict == MISSED
    assert found.stepped_on is not None
    assert "noise lay" in found.words
    assert "Should have fired and did not: image appearance" in conclusion_of(INCIDENT, [found])


def test_a_change_too_small_for_the_chart_was_not_to_be_seen() -> None:
    given = days(0.05)
    found = chart_found(IMAGE, INCIDENT, prepared(IMAGE), "", quiet(given), given, seed=1)
    assert found.verdict == NOT_EXPECTED
    assert found.size is not None and found.findable is not None
    assert found.size < found.findable


def test_a_chart_of_truth_without_truth_could_not_have_fired_and_says_so() -> None:
    given = days(truths=0)
    found = chart_found(
        SENSITIVITY, INCIDENT, prepared(SENSITIVITY), "", quiet(given), given, seed=1
    )
    assert found.verdict == COULD_NOT
    assert "truth had not come" in found.words
    assert "Could not have fired: sensitivity in use: truth had not come" in conclusion_of(
        INCIDENT, [found]
    )


def test_with_truth_the_fall_stands_beside_what_could_be_found() -> None:
    given = days(truths=8, right=0.25)
    found = chart_found(
        SENSITIVITY, INCIDENT, prepared(SENSITIVITY), "", quiet(given), given, seed=1
    )
    assert found.verdict == MISSED
    assert "sensitivity was 0.250 (95 % CI" in found.words
    assert "n = 80" in found.words


def test_a_chart_that_cannot_run_there_says_why() -> None:
    found = chart_found(IMAGE, INCIDENT, None, "fewer than 50 studies", [], [], seed=1)
    assert (found.verdict, "fewer than 50 studies" in found.words) == (COULD_NOT, True)
    assert "No chart fired (0 of 1 chart fired)" in conclusion_of(INCIDENT, [found])


def test_a_knob_gives_the_size_that_was_measured() -> None:
    assert stated_knob("noise=3") == ("noise", 3.0)
    assert stated_knob("noise was higher") is None
    with pytest.raises(InvalidInput, match="'salt' is no knob"):
        stated_knob("salt=3")
    with pytest.raises(InvalidInput, match="'banana' is no grade of noise") as refused:
        stated_knob("noise=banana")
    assert "blur" in refused.value.hint
    assert stated_knob("the gain = higher, by the log") is None
    of_knob = Incident("north", BEGIN, INCIDENT.last, "noise=3", ("noise", 3.0))
    given = days(0.0)
    found = chart_found(IMAGE, of_knob, prepared(IMAGE), "", quiet(given), given, seed=1)
    assert "noise at 3 moves" in found.words
