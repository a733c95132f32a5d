"""The benchmark's peers give what the tools give, by the measures that oracles hold to them."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.detection_peers import Stream, evidently, nannyml, released_cusum
from measures.baseline_cusum import cusum_against_baseline
from measures.reference_summary import summarise_categories, summarise_numbers
from measures.shift_evidently import evidently_drift
from measures.shift_nannyml import nannyml_chunks

RNG = np.random.default_rng(4)
NOTHING = np.full(1400, np.nan)


def stream(column: np.ndarray, days: int) -> Stream:
    """20 studies a day, no truth."""
    n = len(column)
    score = np.full(n, 0.5)
    return Stream({"x": column, "score": score}, np.arange(n) // 20, days, NOTHING[:n], NOTHING[:n])


def test_a_column_of_numbers_is_as_far_away_as_the_tools_say() -> None:
    before, now = RNG.normal(size=1400), RNG.normal(0.4, 1.2, size=140)
    one, two = stream(before, 70), stream(now, 7)
    chunks = nannyml_chunks(before, now, method="jensen_shannon", chunk_size=20)
    own = nannyml_chunks(before, before, method="jensen_shannon", chunk_size=20).values
    told = nannyml(one, two, length=1)
    assert told == pytest.approx((chunks.values - own.mean()) / own.std())
    assert ((told > 3.0) == chunks.alerts).all()
    distance = evidently_drift(
        summarise_numbers(before), summarise_numbers(now[:20]), method="wasserstein"
    )
    assert evidently(one, two, length=1)[0] == pytest.approx(distance.value / 0.1)


def test_a_column_of_names_is_as_far_away_as_evidently_says() -> None:
    before = RNG.choice(["a", "b", "c"], 1400).astype(object)
    now = RNG.choice(["a", "b", "d"], 140).astype(object)
    told = evidently(stream(before, 70), stream(now, 7), length=7)[6]
    distance = evidently_drift(
        summarise_categories(before.tolist()), summarise_categories(now.tolist()),
        method="jensenshannon",
    )  # fmt: skip
    assert told == pytest.approx(distance.value / 0.1)


def test_the_sums_of_aim_cu_are_ours_but_for_its_rounding() -> None:
    values = RNG.normal(0.84, 0.03, 60)
    exact = cusum_against_baseline(values, baseline=60, allowance=0.5, limit=4)
    told = released_cusum(values, mean=exact.mean, sd=exact.sd)
    both = np.maximum(exact.series.high, exact.series.low)
    assert told == pytest.approx(np.round(both, 2))
    assert (told != both).any()
