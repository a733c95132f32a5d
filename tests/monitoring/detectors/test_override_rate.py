"""The chart of overruled outputs says the share overruled, and signals upwards only."""

from datetime import timedelta

import numpy as np
import pytest

from monitoring.alerts import decide_alerts
from monitoring.detectors import DETECTORS
from monitoring.detectors.base import ChartResult, SiteDay, State
from monitoring.plan import parse_plan
from tests.monitoring.example_plan import MONDAY, context, defaults, example_content

CHART = DETECTORS["override_rate"]


def watched(*days: list[int], highest: float = 0.2) -> list[ChartResult]:
    parameters = defaults("override_rate") | {"highest_share": highest}
    prepared = CHART.prepare({}, context=context("overrides"), parameters=parameters)
    found: list[ChartResult] = []
    state: State | None = None
    for number, answers in enumerate(days):
        today = SiteDay("North", MONDAY + timedelta(days=number), {},
                        overruled=np.array(answers, np.int8))  # fmt: skip
        found.append(CHART.step(prepared, state, today))
        state = found[-1].state
    return found


def test_the_value_is_the_share_overruled_with_its_interval() -> None:
    (first,) = watched([1, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    assert (first.value, first.n) == (pytest.approx(0.1), 10)
    assert first.low is not None and first.high is not None
    assert 0.0 <= first.low < 0.1 < first.high <= 1.0
    assert first.details["recent"]["value"] == pytest.approx(0.1)
    (few,) = watched([1, 0])
    assert few.value is None and few.reason == "2 answers, 5 needed for an estimate"
    assert watched([])[0].reason == "no reader answered an output"


def test_many_overruled_raise_an_alert_in_words_and_few_do_not() -> None:
    many, few = watched(*[[1] * 6 + [0] * 4] * 8), watched(*[[0] * 10] * 30)
    assert any(one.signal for one in many)
    assert not any(one.signal for one in few)
    content = example_content()
    content["charts"].append({"name": "overrides", "detector": "override_rate"})
    (alert,) = decide_alerts([many[-1]], parse_plan(content), open_alerts=[]).raise_now
    assert "readers overrule the output more often than 0.20 of the time: 0.6" in alert.summary
