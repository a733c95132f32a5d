"""Refused files, studies without an answer, slow answers: the share, its reasons, its promise."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from monitoring.alerts import decide_alerts
from monitoring.detectors import DETECTORS
from monitoring.detectors.base import ChartResult, Column, SiteDay, State
from monitoring.plan import parse_plan
from tests.monitoring.example_plan import MONDAY, context, defaults, example_content

CHART = DETECTORS["stated_share"]


def watched(*days: Column, alpha: float = 0.01, **parameters: Any) -> list[ChartResult]:
    prepared = CHART.prepare(
        {}, context=context("refused", alpha=alpha),
        parameters=defaults("stated_share") | parameters,
    )
    found: list[ChartResult] = []
    state: State | None = None
    for number, entries in enumerate(days):
        name = parameters.get("column", "refused")
        day = SiteDay("North", MONDAY + timedelta(days=number), {}, streams={name: entries})
        found.append(CHART.step(prepared, state, day))
        state = found[-1].state
    return found


def files(refused: int, taken: int, reason: str = "out_of_scope") -> Column:
    return np.array([reason] * refused + [None] * taken, object)


def test_the_share_its_interval_and_its_reasons_are_told() -> None:
    first, second = watched(files(1, 9), files(2, 8, "undecodable"))
    assert (first.value, first.n) == (pytest.approx(0.1), 10)
    assert second.low is not None and second.high is not None
    assert second.low < 0.15 < second.high
    assert second.details["reasons"] == {"undecodable": 2, "out_of_scope": 1}
    assert second.details["reasons_today"] == {"undecodable": 2}
    (few,) = watched(files(0, 2))
    assert few.value is None and few.reason == "2 files, 5 needed for an estimate"
    assert watched(files(0, 0))[0].reason == "nothing came that refused tells of"


def test_a_share_above_the_stated_one_is_an_alert_with_its_reason_in_words() -> None:
    found = watched(*[files(6, 14, "undecodable")] * 4)
    assert found[-1].signal
    content = example_content()
    content["charts"].append({"name": "refused", "detector": "stated_share"})
    (alert,) = decide_alerts([found[-1]], parse_plan(content), open_alerts=[]).raise_now
    assert "share of files refused is above 0.05: 0.300 of 80 files" in alert.summary
    assert "undecodable 24" in alert.summary
    assert not any(one.signal for one in watched(*[files(1, 29)] * 60))


def test_only_the_reasons_that_the_plan_names_count() -> None:
    days = [files(10, 10, "synthetic_data")] * 10
    assert watched(*days)[-1].signal
    assert not watched(*days, reasons=["undecodable"])[-1].signal
    of_view = [files(10, 10, "out_of_scope:view")] * 10
    assert watched(*of_view, reasons=["out_of_scope"])[-1].signal


def test_numbers_count_from_their_limit_on_and_missing_ones_not_at_all() -> None:
    slow = np.array([100.0, np.nan, 40_000.0, 50.0, 30_000.0, 20.0])
    (found,) = watched(slow, column="latency_ms", at_least=30_000.0)
    assert (found.n, found.value) == (5, pytest.approx(0.4))
    days = watched(*[slow] * 10, column="latency_ms", at_least=30_000.0)
    sentence = CHART.sentence(days[-1])
    assert sentence.startswith("share of latency_ms at or above 30000 is above 0.05: 0.400 of 50")


def test_many_files_of_one_study_alarm_at_once_by_entries_and_not_by_days() -> None:
    days = [files(0, 300), files(300, 900), *[files(0, 300)] * 5]
    assert watched(*days, counted="each")[1].signal
    assert not any(one.signal for one in watched(*days, counted="days"))
    assert watched(*[files(150, 150)] * 8, counted="days")[-1].signal


@pytest.mark.parametrize("counted", ["each", "days"])
def test_at_the_highest_ordinary_share_false_signals_stay_within_alpha(counted: str) -> None:
    rng, wrong, replays = np.random.default_rng(3), 0, 12
    for _ in range(replays):
        days = [
            np.where(rng.random(20) < 0.05, "out_of_scope", None).astype(object)
            for _ in range(60)
        ]
        wrong += any(one.signal for one in watched(*days, alpha=0.2, counted=counted))
    assert wrong <= 6  # of 12 at 0.2 more than 6 come in 4 of 1000
