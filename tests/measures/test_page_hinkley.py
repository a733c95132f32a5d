"""A CUSUM around the running mean."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from measures.cusum import cusum_run_length
from measures.page_hinkley import PageHinkley, page_hinkley_run_length, page_hinkley_threshold
from measures.streams import StreamSignals, signals_of

LONG = (
    pytest.mark.proof,
    pytest.mark.skipif(os.environ.get("RADVIGIL_PROOF") != "full", reason="make proof: 24 s"),
)


@given(st.integers(0, 10_000), st.sampled_from([-8.0, 0.0, 16.0]))
def test_the_origin_of_the_stream_does_not_matter(seed: int, origin: float) -> None:
    stream = np.random.default_rng(seed).integers(-4, 5, 120).astype(float)
    stream[70:] += 3.0

    def signals(values: NDArray[np.float64]) -> StreamSignals:
        return signals_of(PageHinkley(threshold=7.3, alpha=1.0, delta=0.1), values)

    assert signals(stream + origin) == signals(stream)


def test_one_direction_is_watched_alone_when_asked() -> None:
    rising = [0.0] * 60 + [2.0] * 40
    assert signals_of(PageHinkley(threshold=5.0, mode="up"), rising).alarms
    assert not signals_of(PageHinkley(threshold=5.0, mode="down"), rising).alarms
    with pytest.raises(ValueError, match="mode"):
        PageHinkley(mode="sideways")
    with pytest.raises(ValueError, match="alpha"):
        PageHinkley(alpha=1.5)


def test_deviations_from_the_running_mean_are_independent_as_the_run_length_takes_them_to_be() -> (
    None
):
    x = np.random.default_rng(8).standard_normal((40_000, 12))
    away = x - np.cumsum(x, axis=1) / np.arange(1, 13)
    n = np.arange(2, 13)
    assert away[:, 1:].var(axis=0) == pytest.approx((n - 1) / n, rel=0.03)
    assert np.abs(np.corrcoef(away[:, 1:].T) - np.eye(11)).max() < 0.03


def test_where_runs_are_long_the_start_does_not_matter() -> None:
    assert page_hinkley_run_length(0.5, 9.0) == pytest.approx(cusum_run_length(0.5, 9.0), rel=0.01)


def test_the_threshold_undoes_the_run_length_in_any_unit() -> None:
    found = page_hinkley_threshold(0.5, run_length=300.0, sides=1)
    assert page_hinkley_run_length(0.5, found, sides=1) == pytest.approx(300.0, rel=1e-6)
    scaled = page_hinkley_threshold(1.0, run_length=300.0, sd=2.0, sides=1)
    assert scaled == pytest.approx(2.0 * found, rel=1e-9)


def test_with_forgetting_one_side_runs_as_long_as_was_solved() -> None:
    delta, threshold, alpha = 0.5, 3.0, 0.9
    rng = np.random.default_rng(5)
    total, mean, lowest = np.zeros(4000), np.zeros(4000), np.full(4000, np.inf)
    lengths, n = [], 0
    while total.size:
        n += 1
        x = rng.standard_normal(total.size)
        mean += (x - mean) / n
        total = alpha * total + (x - mean) - delta
        lowest = np.minimum(lowest, total)
        quiet = (total - lowest <= threshold) | (n < 10)
        lengths += [n] * int((~quiet).sum())
        total, mean, lowest = total[quiet], mean[quiet], lowest[quiet]
    solved = page_hinkley_run_length(delta, threshold, alpha=alpha, sides=1, least=10)
    assert np.mean(lengths) == pytest.approx(solved, rel=0.05)


@pytest.mark.proof
def test_forgetting_goes_over_into_the_test_without() -> None:
    near = page_hinkley_run_length(0.25, 3.0, alpha=0.9999, sides=1)
    assert near == pytest.approx(page_hinkley_run_length(0.25, 3.0, sides=1), rel=0.03)


@pytest.mark.proof
def test_the_threshold_with_forgetting_undoes_the_run_length() -> None:
    found = page_hinkley_threshold(0.5, run_length=60.0, sides=1, alpha=0.9)
    length = page_hinkley_run_length(0.5, found, sides=1, alpha=0.9)
    assert length == pytest.approx(60.0, rel=5e-3)


def test_what_forgetting_cannot_solve_is_refused() -> None:
    with pytest.raises(ValueError, match="simulate both"):
        page_hinkley_run_length(0.5, 5.0, alpha=0.99)
    with pytest.raises(ValueError, match="alpha"):
        page_hinkley_run_length(0.5, 5.0, alpha=0.0, sides=1)


@pytest.mark.parametrize("alpha", [1.0, pytest.param(0.999, marks=LONG)])
def test_a_mute_test_gives_no_alarm_before_it_may(alpha: float) -> None:
    assert page_hinkley_run_length(0.05, 1.0, alpha=alpha, sides=1, least=200) >= 200
