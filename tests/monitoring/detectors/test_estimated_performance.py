"""One window three ways: before its truth, with some of it, with all of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from measures.inputs import Numbers
from monitoring.detectors import DETECTORS
from monitoring.detectors.base import ChartResult, ChartStatus, NotWatchable, Prepared, SiteDay
from tests.monitoring.example_plan import MONDAY, context, defaults

CHART = DETECTORS["estimated_performance"]
CUT = 0.8


def studies(
    rng: np.random.Generator, n: int, *, apart: float = 1.6, prevalence: float = 0.2
) -> tuple[Numbers, Numbers]:
    truth = (rng.random(n) < prevalence).astype(float)
    return truth, rng.normal(size=n) + apart * truth


def prepared(measure: str = "sensitivity", bound: float | None = None, **given: Any) -> Prepared:
    truth, score = studies(np.random.default_rng(1), 8000)
    reference = {"truth": truth, "score": score, "decision": (score > CUT).astype(float)}
    told = replace(context("c"), bounds={} if bound is None else {measure: bound})
    return CHART.prepare(
        reference, context=told,
        parameters=defaults("estimated_performance")
        | {"measure": measure, "window": "week", "least_studies": 200} | given,
    )  # fmt: skip


def week(number: int, score: Numbers) -> SiteDay:
    day = MONDAY + timedelta(days=7 * number + 6)
    values = {"score": score, "decision": (score > CUT).astype(float)}
    return SiteDay("North", day, values)


def with_truth(today: SiteDay, truth: Numbers, score: Numbers, number: int) -> SiteDay:
    """The truth of studies of another week arrives."""
    done = (MONDAY + timedelta(days=7 * number)).toordinal()
    return replace(
        today, truth=truth.astype(np.int8), decision=(score > CUT).astype(np.int8),
        truth_score=score, truth_day=np.full(len(truth), float(done)),
    )  # fmt: skip


def value(figures: dict[str, Any], way: str) -> float | None:
    found: float | None = figures[way]["value"]
    return found


def test_a_window_is_estimated_then_steadied_by_a_sample_then_realised() -> None:
    chart, rng = prepared(), np.random.default_rng(2)
    truth, score = studies(rng, 2000)
    one = CHART.step(chart, None, week(0, score))
    assert one.details["way"] == "estimated"
    assert one.status is ChartStatus.IN_CONTROL
    drawn = rng.random(2000) < 0.3
    _, later = studies(rng, 2000)
    two = CHART.step(
        chart, json.loads(json.dumps(one.state)),
        with_truth(week(1, later), truth[drawn], score[drawn], 0),
    )
    (revised,) = two.details["revised"]
    real = float((score > CUT)[truth == 1].mean())
    powered = revised["figures"]["prediction-powered"]
    assert revised["known"] == int(drawn.sum())
    assert powered["low"] < real < powered["high"]
    assert one.high is not None and one.low is not None
    assert powered["high"] - powered["low"] < one.high - one.low + 0.1
    assert value(revised["figures"], "realised") is None
    _, latest = studies(rng, 2000)
    rest = with_truth(week(2, latest), truth[~drawn], score[~drawn], 0)
    three = CHART.step(chart, two.state, rest)
    final = next(one for one in three.details["revised"] if one["known"] == 2000)
    assert value(final["figures"], "realised") == pytest.approx(real)
    assert three.details["window_start"] == "2026-01-19"


def test_a_harder_disease_is_said_to_be_untellable_until_its_truth_comes_and_then_alerts() -> None:
    chart, rng = prepared(), np.random.default_rng(3)
    truth, score = studies(rng, 3000, apart=1.0)
    one = CHART.step(chart, None, week(0, score))
    assert one.status is ChartStatus.NO_DATA
    assert one.value is None
    assert "only truth can" in one.reason
    two = CHART.step(chart, one.state, with_truth(week(1, np.zeros(0)), truth, score, 0))
    assert two.status is ChartStatus.SIGNAL
    assert two.details["way"] == "realised"
    assert two.high is not None and two.high < chart["bound"]
    assert two.details["onset"] == "2026-01-05"


def test_without_truth_it_signals_where_every_explanation_lies_below_the_claim() -> None:
    _, score = studies(np.random.default_rng(4), 5000, prevalence=0.15)
    low, high = (
        CHART.step(prepared("ppv", bound=bound), None, week(0, score)) for bound in (0.3, 0.7)
    )
    assert low.status is ChartStatus.IN_CONTROL
    assert (high.status, high.details["way"]) == (ChartStatus.SIGNAL, "estimated")
    assert high.statistic is not None
    assert low.high is not None and low.high < high.statistic <= 0.7


def test_truth_of_alarms_only_is_no_random_sample_and_steadies_nothing() -> None:
    chart, rng = prepared("specificity"), np.random.default_rng(5)
    truth, score = studies(rng, 2000)
    one = CHART.step(chart, None, week(0, score))
    alarms = score > CUT
    two = CHART.step(
        chart, one.state, with_truth(week(1, np.zeros(0)), truth[alarms], score[alarms], 0)
    )
    powered = two.details["revised"][0]["figures"]["prediction-powered"]
    assert powered["value"] is None
    assert "no random part" in powered["reason"]


def test_a_thin_week_goes_on_and_truth_beyond_the_wait_is_counted_apart() -> None:
    chart, rng = prepared(truth_days=10), np.random.default_rng(6)
    truth, score = studies(rng, 300)
    one = CHART.step(chart, None, week(0, score[:120]))
    assert one.reason == "120 studies since 2026-01-05: the window goes on"
    two = CHART.step(chart, one.state, week(1, score[120:]))
    assert (two.details["window_start"], two.details["studies"]) == ("2026-01-05", 300)
    late = CHART.step(chart, two.state, week(3, np.zeros(0)))
    assert late.state["past"] == []
    older = CHART.step(chart, late.state, with_truth(week(4, np.zeros(0)), truth, score, 0))
    assert older.details["older"] == 300


def test_decisions_that_do_not_follow_from_the_scores_are_not_estimated_from_them() -> None:
    rng = np.random.default_rng(7)
    truth, score = studies(rng, 2000)
    reference = {"truth": truth, "score": score, "decision": truth}
    chart = CHART.prepare(
        reference, context=context("c"), parameters=defaults("estimated_performance")
    )
    assert chart["untrusted"] == "the decisions of the reference do not follow from its scores"
    found: ChartResult = CHART.step(chart, None, week(0, score))
    assert "do not follow" in found.reason


def test_nothing_claimed_and_nothing_known_is_refused() -> None:
    silent = replace(context("c"), bounds={})
    with pytest.raises(NotWatchable, match="nothing is claimed for sensitivity"):
        CHART.prepare(
            {"score": np.linspace(0, 1, 300)}, context=silent,
            parameters=defaults("estimated_performance"),
        )
