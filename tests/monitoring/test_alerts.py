"""Points become alerts: one per chart and site, in a sentence a person can act on."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from monitoring.alerts import Severity, decide_alerts
from monitoring.detectors.base import ChartResult, ChartStatus
from monitoring.plan import parse_plan
from tests.monitoring.example_plan import example_content

PLAN = parse_plan(example_content())
DAY = date(2026, 2, 11)
SHIFT = {
    "column": "sharpness", "direction": "down", "shift_sd": -1.34, "studies_since_onset": 61,
    "onset": "2026-02-09", "beyond": ["noise", "sharpness"],
}  # fmt: skip


def point(
    chart: str = "input_appearance",
    *,
    status: ChartStatus = ChartStatus.SIGNAL,
    details: dict[str, Any] | None = None,
    value: float | None = -1.2,
) -> ChartResult:
    return ChartResult(
        chart, "East", DAY, 20, status, 5.0, value=value, statistic=6.0, details=details or SHIFT
    )


def test_the_sentence_names_site_column_size_since_when_and_chart() -> None:
    found = decide_alerts([point()], PLAN, open_alerts=[]).raise_now[0]
    assert found.summary == (
        "East: sharpness is 1.3 SD lower over 61 studies, also noise since about 2026-02-09 "
        "(chart input_appearance, 2026-02-11)."
    )
    assert found.onset_estimate == date(2026, 2, 9)
    assert found.severity is Severity.HIGH
    assert found.evidence["detector"] == "rank_cusum"


def test_an_open_alert_is_kept_and_not_raised_again() -> None:
    found = decide_alerts([point()], PLAN, open_alerts=[("input_appearance", "East")])
    assert found.raise_now == ()
    assert found.keep == (("input_appearance", "East"),)


def test_an_open_alert_is_calmed_by_a_chart_that_came_down_and_not_by_an_empty_day() -> None:
    opened = [("input_appearance", "East")]
    quiet = point(status=ChartStatus.IN_CONTROL)
    assert decide_alerts([quiet], PLAN, open_alerts=opened).calmed == (opened[0],)
    empty = point(status=ChartStatus.NO_DATA, value=None)
    assert decide_alerts([empty], PLAN, open_alerts=opened).calmed == ()


def test_two_signals_of_one_chart_and_site_make_one_alert() -> None:
    assert len(decide_alerts([point(), point()], PLAN, open_alerts=[]).raise_now) == 1


def test_an_open_alert_elsewhere_does_not_hide_this_one() -> None:
    found = decide_alerts([point()], PLAN, open_alerts=[("input_appearance", "West")])
    assert len(found.raise_now) == 1


@pytest.mark.parametrize(
    ("chart", "details", "words", "severity"),
    [
        (
            "score_distribution",
            SHIFT | {"column": "score", "direction": "wider", "beyond": []},
            "score spreads wider than in the reference since about 2026-02-09",
            Severity.HIGH,
        ),
        (
            "sensitivity",
            {"column": "sensitivity", "share_since_onset": 0.71, "studies_since_onset": 38,
             "bound": 0.85, "onset": "2026-02-01"},
            "sensitivity is below its bound of 0.850: 0.710 over 38 cases since about 2026-02-01",
            Severity.HIGH,
        ),
        (
            "silence",
            {"silent_days": 5, "onset": "2026-02-07"},
            "too few studies for 5 days in a row, since 2026-02-07 (chart",
            Severity.MODERATE,
        ),
    ],
)  # fmt: skip
def test_each_chart_speaks_in_its_own_words(
    chart: str, details: dict[str, Any], words: str, severity: Severity
) -> None:
    found = decide_alerts([point(chart, details=details)], PLAN, open_alerts=[]).raise_now[0]
    assert words in found.summary
    assert found.severity is severity
