"""More events than expected: exact critical values, as published."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measures.poisson_sprt import (
    maxsprt_critical_value,
    maxsprt_evidence,
    maxsprt_performance,
)

KULLDORFF = {1: 2.853937, 2: 3.046977, 5: 3.297183, 10: 3.467952, 20: 3.628123, 50: 3.819903,
             100: 3.952321}  # fmt: skip
"""Critical values at alpha 0.05 by expected events at the end (Kulldorff et al. 2011, table 1)."""


@pytest.mark.parametrize(("upper", "printed"), KULLDORFF.items())
def test_critical_values_agree_with_the_printed_table(upper: float, printed: float) -> None:
    assert maxsprt_critical_value(upper=upper) == pytest.approx(printed, abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.floats(1.0, 40.0), st.sampled_from([0.01, 0.05]), st.integers(1, 3))
def test_the_critical_value_spends_exactly_alpha(upper: float, alpha: float, least: int) -> None:
    critical = maxsprt_critical_value(upper=upper, alpha=alpha, least=least)
    found = maxsprt_performance(critical, upper=upper, least=least)
    assert found.power == pytest.approx(alpha, rel=1e-6)
    worse = maxsprt_performance(critical, upper=upper, least=least, relative_risk=2.0)
    assert worse.power > found.power
    assert 0.0 < worse.time_to_signal < upper
    assert worse.length < found.length <= upper


def test_power_and_times_agree_with_simulation() -> None:
    rng, found = np.random.default_rng(2), maxsprt_performance(3.0, upper=8.0, relative_risk=1.8)
    times = np.cumsum(rng.exponential(1 / 1.8, (20_000, 60)), axis=1)
    counts = np.arange(1, 61)
    surprise = np.where(counts > times, counts * np.log(counts / times) - (counts - times), 0.0)
    signals = (surprise >= 3.0) & (times <= 8.0)
    first = np.where(signals.any(axis=1), times[np.arange(20_000), signals.argmax(axis=1)], np.nan)
    assert found.power == pytest.approx(np.isfinite(first).mean(), abs=0.012)
    assert found.time_to_signal == pytest.approx(np.nanmean(first), rel=0.03)
    assert found.length == pytest.approx(np.where(np.isnan(first), 8.0, first).mean(), rel=0.02)


@given(st.integers(0, 60), st.floats(0.1, 60.0))
def test_no_surprise_unless_more_came_than_expected(events: int, expected: float) -> None:
    found = maxsprt_evidence([events], [expected])[0]
    assert found >= 0.0
    assert (found == 0.0) == (events <= expected or found < 1e-12)
    assert maxsprt_evidence([events + 1], [expected])[0] >= found


@pytest.mark.parametrize(
    "call",
    [
        lambda: maxsprt_evidence([], []),
        lambda: maxsprt_evidence([1, nan], [1, 2]),
        lambda: maxsprt_evidence([1, 2], [1]),
        lambda: maxsprt_evidence([2, 1], [1, 2]),
        lambda: maxsprt_evidence([1], [0.0]),
        lambda: maxsprt_critical_value(upper=0.0),
        lambda: maxsprt_critical_value(upper=inf),
        lambda: maxsprt_critical_value(upper=1.0, alpha=0.0),
        lambda: maxsprt_critical_value(upper=1.0, least=0),
        lambda: maxsprt_critical_value(upper=0.1, least=5),
        lambda: maxsprt_performance(nan, upper=1.0),
        lambda: maxsprt_performance(3.0, upper=1.0, relative_risk=0.0),
    ],
)
def test_surveillance_that_cannot_be_is_refused(call: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        call()
