"""False signals of the chart of calibration, with small references and small windows."""

from __future__ import annotations

import os

import numpy as np
import pytest

from measures.inputs import Numbers
from measures.proportions import wilson
from monitoring.detectors import DETECTORS
from monitoring.detectors.base import SiteDay
from tests.monitoring.example_plan import MONDAY, context, defaults

FULL = os.environ.get("RADVIGIL_PROOF") == "full"
CHART = DETECTORS["calibration"]
REPEATS = 4000 if FULL else 100


def scored(rng: np.random.Generator, n: int, middle: float) -> tuple[Numbers, Numbers]:
    odds = rng.normal(middle, 1.5, n)
    score = 1.0 / (1.0 + np.exp(-odds))
    return (rng.random(n) < score).astype(float), score


@pytest.mark.proof
@pytest.mark.parametrize("share", [0.05, 0.005])
@pytest.mark.parametrize(("middle", "reference", "cases"), [
    (-3.0, 1000, 200), (-3.0, 5000, 1000), (-1.0, 400, 60), (-1.0, 5000, 500),
])  # fmt: skip
def test_unchanged_scores_are_called_changed_no_more_often_than_promised(
    middle: float, reference: int, cases: int, share: float
) -> None:
    rng = np.random.default_rng([41, reference, cases])
    wrong = judged = 0
    for repeat in range(REPEATS):
        if repeat % 10 == 0:
            truth, score = scored(rng, reference, middle)
            chart = CHART.prepare(
                {"truth": truth, "score": score}, context=context("c"),
                parameters=defaults("calibration") | {"floor": 0.0},
            ) | {"window_alpha": share}
        truth, score = scored(rng, cases, middle)
        today = SiteDay(
            "North", MONDAY, {"score": score}, truth.astype(np.int8),
            np.zeros(cases, np.int8), truth_score=score,
        )
        found = CHART.step(chart, None, today)
        judged += found.value is not None
        wrong += found.signal
    found_share = wilson("false", wrong, judged)
    print("|", round(float(1 / (1 + np.exp(-middle))), 2), "|", reference, "|", cases, "|", share,
          "|", f"{wrong} of {judged}", "|", found_share)  # fmt: skip
    assert (found_share.low or 0.0) <= share
