"""Scores that promise too much or too little are found, and what would mend them is proposed."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from measures.inputs import Numbers
from monitoring.alerts import decide_alerts
from monitoring.detectors import DETECTORS
from monitoring.detectors.base import ChartResult, ChartStatus, NotWatchable, Prepared, SiteDay
from monitoring.plan import parse_plan
from tests.monitoring.example_plan import MONDAY, context, defaults

CHART = DETECTORS["calibration"]


def scored(
    rng: np.random.Generator, n: int, *, intercept: float = 0.0, slope: float = 1.0
) -> tuple[Numbers, Numbers]:
    """Scores, and truth whose log odds are so much of the score's."""
    odds = rng.normal(-1.0, 1.5, n)
    chance = 1.0 / (1.0 + np.exp(-(intercept + slope * odds)))
    return (rng.random(n) < chance).astype(float), 1.0 / (1.0 + np.exp(-odds))


def prepared() -> Prepared:
    truth, score = scored(np.random.default_rng(1), 3000)
    return CHART.prepare(
        {"truth": truth, "score": score}, context=context("calibration"),
        parameters=defaults("calibration"),
    )  # fmt: skip


def day(truth: Numbers, score: Numbers, number: int = 0) -> SiteDay:
    return SiteDay(
        "North", MONDAY + timedelta(days=number), {"score": score}, truth.astype(np.int8),
        np.zeros(len(truth), np.int8), truth_score=score,
    )  # fmt: skip


def judged(**changed: float) -> ChartResult:
    return CHART.step(prepared(), None, day(*scored(np.random.default_rng(2), 2000, **changed)))


def test_a_finding_become_commoner_is_found_and_an_intercept_proposed() -> None:
    found = judged(intercept=0.8)
    assert found.status is ChartStatus.SIGNAL
    assert found.details["changed"] == "in the large"
    assert found.value == pytest.approx(1.4, abs=0.2)
    assert found.low is not None and found.low > 1.0
    proposal = found.details["proposed_recalibration"]
    assert (proposal["kind"], proposal["slope"]) == ("intercept", 1.0)
    assert proposal["intercept"] == pytest.approx(0.8, abs=0.2)
    assert proposal["brier_after"]["value"] < proposal["brier_before"]["value"]
    plan = parse_plan({
        "horizon_days": 60, "false_alarm_budget": 0.1, "minimum_n": 5,
        "charts": [{"name": "calibration", "detector": "calibration"}],
    })  # fmt: skip
    (alert,) = decide_alerts([found], plan, open_alerts=[]).raise_now
    assert "a recalibration is proposed, not applied" in alert.summary
    assert alert.evidence["proposed_recalibration"] == proposal


def test_scores_become_too_extreme_are_found_by_their_slope() -> None:
    found = judged(slope=0.4, intercept=-0.7)
    assert found.status is ChartStatus.SIGNAL
    assert found.details["changed"] == "slope"
    proposal = found.details["proposed_recalibration"]
    assert proposal["kind"] == "intercept and slope"
    assert proposal["slope"] == pytest.approx(0.4, abs=0.1)


def test_unchanged_scores_are_quiet_and_few_cases_wait_or_are_underpowered() -> None:
    quiet = judged()
    assert quiet.status is ChartStatus.IN_CONTROL
    assert "proposed_recalibration" not in quiet.details
    chart, (truth, score) = prepared(), scored(np.random.default_rng(3), 60)
    few = CHART.step(chart, None, day(truth[:15], score[:15]))
    assert few.value is None
    assert "10 needed; they wait for the next window" in few.reason
    more = CHART.step(chart, few.state, day(truth[15:], score[15:], 1))
    assert more.n == 60
    assert more.status is ChartStatus.UNDERPOWERED
    assert "0.7 is worth finding" in more.reason


def test_scores_that_are_no_probabilities_are_refused() -> None:
    truth, score = scored(np.random.default_rng(4), 300)
    with pytest.raises(NotWatchable, match="not a probability"):
        CHART.prepare(
            {"truth": truth, "score": 3.0 * score}, context=context("calibration"),
            parameters=defaults("calibration"),
        )
