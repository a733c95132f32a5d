"""Performance estimated without truth, beside what the truth then shows, through the chart itself.

The scenarios of the study of other tools: a binormal score (d' 1.6, exactly calibrated, threshold
at a chance of 0.10), prevalence 10 %, a reference of 10,000.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from measures.inputs import Numbers
from measures.label_free import realised_performance
from measures.proportions import wilson
from monitoring.detectors import DETECTORS
from monitoring.detectors.base import Prepared, SiteDay
from tests.monitoring.example_plan import MONDAY, context, defaults

FULL = os.environ.get("RADVIGIL_PROOF") == "full"
CHART = DETECTORS["estimated_performance"]
MEASURES = ("auc", "sensitivity")
A_REFERENCE, EACH = 10_000, 20
WINDOWS = {500: 600 if FULL else 20, 5000: 200 if FULL else 20}
THRESHOLD = 0.10
SENSITIVITY = 0.788
"""The true one: 1 - Phi(0.8 - 1.6), the score at a chance of 0.10 being 0.8."""
Studies = tuple[Numbers, Numbers]


def draw(
    rng: np.random.Generator, n: int, *, prevalence: float = 0.1, apart: float = 1.6,
    noise: float = 0.0,
) -> Studies:  # fmt: skip
    truth = (rng.random(n) < prevalence).astype(float)
    mark = rng.normal(size=n) + apart * truth + noise * rng.normal(size=n)
    return truth, 1.0 / (1.0 + np.exp(-(1.6 * (mark - 0.8) + math.log(0.1 / 0.9))))


def other_patients(rng: np.random.Generator, n: int) -> Studies:
    """Covariate shift: higher scores are commoner, each means what it meant."""
    truth, score = draw(rng, 6 * n)
    mass = (score / (1.0 - score)) ** 0.44
    kept = rng.choice(score.size, n, replace=False, p=mass / mass.sum())
    return truth[kept], score[kept]


SCENARIOS: dict[str, Callable[[np.random.Generator, int], Studies]] = {
    "no shift": draw,
    "prevalence 10 to 3 %": lambda rng, n: draw(rng, n, prevalence=0.03),
    "prevalence 10 to 25 %": lambda rng, n: draw(rng, n, prevalence=0.25),
    "covariate shift": other_patients,
    "harder disease": lambda rng, n: draw(rng, n, apart=1.0),
    "noisier scores": lambda rng, n: draw(rng, n, noise=0.5),
}


def charts(
    rng: np.random.Generator, bounds: dict[str, float], size: int = A_REFERENCE
) -> dict[str, Prepared]:
    truth, score = draw(rng, size)
    reference = {"truth": truth, "score": score,
                 "decision": (score >= THRESHOLD).astype(float)}  # fmt: skip
    told = replace(context("c"), bounds=bounds)
    return {
        measure: CHART.prepare(
            reference, context=told,
            parameters=defaults("estimated_performance")
            | {"measure": measure, "least_studies": 200, "window": "day"},
        )
        for measure in MEASURES
    }  # fmt: skip


def day_of(score: Numbers) -> SiteDay:
    values = {"score": score, "decision": (score >= THRESHOLD).astype(float)}
    return SiteDay("North", MONDAY, values)


def told_of(chart: Prepared, score: Numbers, real: float) -> dict[str, bool]:
    """What the chart said before the truth, and whether that held."""
    found = CHART.step(chart, None, day_of(score)).details
    said = found["figures"]["estimated"]
    each: dict[str, Any] = found.get("explanations", {})
    lows, highs = ([one[end] for one in each.values()] for end in ("low", "high"))
    ranged = bool(each) and None not in (*lows, *highs)
    kept = each.get("meaning kept", {})
    alone = kept.get("low") is not None and kept["low"] <= real <= kept["high"]
    return {
        "covers": ranged and min(lows) <= real <= max(highs),
        "flagged": said["value"] is None,
        "held": said["value"] is None or said["low"] <= real <= said["high"],
        "meaning kept alone": alone,
    }


def percent(hits: int, n: int) -> str:
    found = wilson("share", hits, n)
    value, low, high = (100.0 * (one or 0.0) for one in (found.value, found.low, found.high))
    return f"{value:.1f} ({low:.1f} to {high:.1f})"


@pytest.mark.proof
@pytest.mark.parametrize("n", WINDOWS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_interval_covers_what_the_truth_shows_or_the_chart_says_that_it_cannot_know(
    scenario: str, n: int
) -> None:
    rng = np.random.default_rng([31, n, list(SCENARIOS).index(scenario)])
    counts = {measure: dict.fromkeys(
        ("covers", "flagged", "held", "meaning kept alone"), 0) for measure in MEASURES}
    prepared: dict[str, Prepared] = {}
    for window in range(WINDOWS[n]):
        if window % EACH == 0:
            prepared = charts(rng, {})
        truth, score = SCENARIOS[scenario](rng, n)
        real = realised_performance(truth.astype(int), score, score >= THRESHOLD)
        for measure in MEASURES:
            figure = real[measure]
            assert figure is not None
            for name, true in told_of(prepared[measure], score, figure).items():
                counts[measure][name] += true
    for measure, found in counts.items():
        shares = " | ".join(percent(one, WINDOWS[n]) for one in found.values())
        print("|", scenario, "|", n, "|", measure, "|", shares, "|")
        needed = found["covers" if scenario == "covariate shift" else "held"]
        if FULL:
            assert needed >= 0.9 * WINDOWS[n]
        else:
            assert (wilson("share", needed, WINDOWS[n]).high or 0.0) >= 0.9


@pytest.mark.proof
@pytest.mark.parametrize(
    "scenario", ["no shift", "prevalence 10 to 25 %", "harder disease", "noisier scores"]
)
def test_with_a_reference_of_400_as_operation_freezes_it(scenario: str) -> None:
    """A new reference every five windows of 500; what fits a small reference is trusted longer."""
    windows = 200 if FULL else 10
    rng = np.random.default_rng([77, list(SCENARIOS).index(scenario)])
    held = dict.fromkeys(MEASURES, 0)
    prepared: dict[str, Prepared] = {}
    for window in range(windows):
        if window % 5 == 0:
            prepared = charts(rng, {}, 400)
        truth, score = SCENARIOS[scenario](rng, 500)
        real = realised_performance(truth.astype(int), score, score >= THRESHOLD)
        for measure in MEASURES:
            figure = real[measure]
            assert figure is not None
            held[measure] += told_of(prepared[measure], score, figure)["held"]
    for measure, found in held.items():
        print("|", scenario, "|", measure, "|", percent(found, windows), "|")
        assert (wilson("share", found, windows).high or 0.0) >= 0.9


@pytest.mark.proof
@pytest.mark.parametrize("scenario", ["no shift", "prevalence 10 to 3 %", "prevalence 10 to 25 %"])
def test_while_the_sensitivity_is_exactly_at_its_limit_it_signals_no_more_often_than_promised(
    scenario: str,
) -> None:
    """Two verdicts a window: at its end with a third of its truth or none, and with all of it."""
    windows, share = (1000, 0.05) if FULL else (30, 0.05)
    rng = np.random.default_rng([32, list(SCENARIOS).index(scenario)])
    wrong = {"without truth": 0, "a third, then all": 0}
    for window in range(windows):
        if window % EACH == 0:
            (chart, *_) = [
                one | {"window_alpha": share} for name, one in
                charts(rng, {"sensitivity": SENSITIVITY, "auc": 0.5}).items()
                if name == "sensitivity"
            ]
        truth, score = SCENARIOS[scenario](rng, 2000)
        today = day_of(score)
        wrong["without truth"] += CHART.step(chart, None, today).signal
        some = np.random.default_rng(window).random(2000) < 1 / 3
        first = CHART.step(chart, None, with_truth(today, truth, score, some))
        rest = with_truth(
            replace(day_of(np.zeros(0)), day=MONDAY.replace(day=20)), truth, score, ~some
        )
        wrong["a third, then all"] += first.signal or CHART.step(chart, first.state, rest).signal
    for name, found in wrong.items():
        one = wilson("share", found, windows)
        print("|", scenario, "|", name, "|", f"{found} of {windows}", "|")
        assert (one.low or 0.0) <= share


def with_truth(today: SiteDay, truth: Numbers, score: Numbers, known: Any) -> SiteDay:
    return replace(
        today, truth=truth[known].astype(np.int8),
        decision=(score[known] >= THRESHOLD).astype(np.int8), truth_score=score[known],
        truth_day=np.full(int(known.sum()), float(MONDAY.toordinal())),
    )  # fmt: skip
