"""The chart of the model's features: false signals within alpha; a new scanner and another body
part are found. The figures: docs/charts.md."""

from __future__ import annotations

import os
from datetime import date, timedelta

import numpy as np
import pytest

from measures.proportions import wilson
from monitoring.detectors import DETECTORS
from monitoring.detectors.base import ChartContext, FloatArray, SiteDay, State
from monitoring.detectors.embedding_drift import EMBEDDING_COLUMNS

pytestmark = [pytest.mark.proof, pytest.mark.timeout(3600)]
FULL = os.environ.get("RADVIGIL_PROOF") == "full"
CHART = DETECTORS["embedding_drift"]
FIRST = date(2026, 1, 5)
TURN = np.linalg.qr(np.random.default_rng(5).normal(size=(16, 16)))[0] * np.linspace(0.5, 1.5, 16)


def features(rng: np.random.Generator, n: int) -> FloatArray:
    """Correlated features with heavy tails, one of them skewed."""
    spread = np.sqrt(rng.gamma(4.0, 0.25, size=(n, 1)))
    rows = (rng.normal(size=(n, 16)) / spread) @ TURN
    rows[:, 0] = np.exp(0.4 * rows[:, 0])
    return np.asarray(rows)


def first_signal(
    seed: int, daily: int, *, alpha: float, days: int, since: int = 10_000, shift: float = 0.0,
    part: float = 0.0,
) -> int | None:  # fmt: skip
    """The first day of a signal. shift: of all features together, in SD, in a direction of the
    seed; part: share of studies that lie far out, as another body part does; both from a day on."""
    rng = np.random.default_rng([seed, daily])
    reference = features(rng, 400)
    prepared = CHART.prepare(
        dict(zip(EMBEDDING_COLUMNS, reference.T, strict=True)),
        context=ChartContext("features", "North", alpha, 90, daily, 5, seed=seed),
        parameters={"columns": list(EMBEDDING_COLUMNS), "least_reference": 50},
    )
    spread, direction = reference.std(axis=0), rng.normal(size=16)
    direction /= np.linalg.norm(direction)
    state: State | None = None
    for day in range(days):
        rows = features(rng, int(rng.poisson(daily)))
        if day >= since:
            rows = rows + shift * spread * direction
            far = rng.random(len(rows)) < part
            rows[far] = 2.0 * rows[far] + spread * np.sign(direction)
        values = dict(zip(EMBEDDING_COLUMNS, rows.T, strict=True))
        found = CHART.step(prepared, state, SiteDay("North", FIRST + timedelta(days=day), values))
        if found.signal:
            return day
        state = found.state
    return None


@pytest.mark.parametrize(
    ("daily", "replays"), [(30, 200 if FULL else 12), (200, 60 if FULL else 4)]
)
def test_false_signals_of_a_horizon_stay_within_alpha(daily: int, replays: int) -> None:
    wrong = sum(
        first_signal(seed, daily, alpha=0.05, days=90) is not None for seed in range(replays)
    )
    print(f"\n{daily} a day: {wrong} of {replays} horizons with a false signal at 0.05")
    assert (wilson("false signals", wrong, replays).low or 0.0) <= 0.05


@pytest.mark.parametrize(("daily", "shift", "part", "within"), [
    (30, 1.0, 0.0, 14), (200, 0.75, 0.0, 7), (30, 0.0, 0.1, 14), (200, 0.0, 0.1, 7),
])  # fmt: skip
def test_a_new_scanner_and_another_body_part_are_found(
    daily: int, shift: float, part: float, within: int
) -> None:
    delays = []
    for seed in range(21 if FULL else 3):
        found = first_signal(
            1000 + seed, daily, alpha=0.0013, days=90, since=30, shift=shift, part=part
        )
        delays.append(999 if found is None else found - 29)
    print(f"\n{daily} a day, shift {shift}, part {part}: days {sorted(delays)}")
    assert np.median(delays) <= within
