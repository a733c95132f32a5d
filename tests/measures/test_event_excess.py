"""Excess of counts, exactly: against sums over the law itself and published worked values."""

import math
from math import comb

import pytest
from scipy.stats import binom, fisher_exact, poisson

from measures.event_excess import conditional_excess, fixed_rate_excess, severity_excess


@pytest.mark.requirement("REG-126")
@pytest.mark.parametrize("events", [0, 1, 5, 18, 21, 40])
def test_a_known_rate_is_summed_over_poissons_law(events: int) -> None:
    found = fixed_rate_excess(events, 50_000, 0.0002)
    below = sum(math.exp(-10) * 10**k / math.factorial(k) for k in range(events))
    assert found.p_value == pytest.approx(1 - below, abs=1e-12)
    assert found.p_value == pytest.approx(poisson.sf(events - 1, 10), rel=1e-9)
    assert found.statistic == pytest.approx(events / 10)


@pytest.mark.parametrize(("x", "m"), [(0, 3), (3, 0), (18, 10), (21, 100), (1, 1)])
def test_a_counted_baseline_brings_its_own_uncertainty(x: int, m: int) -> None:
    found = conditional_excess(x, 2.0, m, 3.0)
    assert found.p_value == pytest.approx(binom.sf(x - 1, x + m, 0.4), rel=1e-9)
    assert (found.statistic is None) == (m == 0)
    known = fixed_rate_excess(21, 50_000, 0.0002).p_value
    wide = conditional_excess(21, 50_000, 10, 50_000).p_value
    assert known is not None
    assert wide is not None
    assert known < wide


@pytest.mark.parametrize("table", [(12, 30, 4, 40), (3, 30, 4, 40), (0, 5, 0, 5), (5, 5, 0, 5)])
def test_graver_events_are_fishers_test(table: tuple[int, int, int, int]) -> None:
    a, n, b, m = table
    found = severity_excess(*table)
    theirs = fisher_exact([[a, n - a], [b, m - b]], alternative="greater").pvalue
    assert found.p_value == pytest.approx(theirs, rel=1e-9)
    assert found.n == n + m


def test_the_lady_tasting_tea() -> None:
    """Fisher, The Design of Experiments (1935): all four of four by chance is 1 in 70."""
    assert severity_excess(4, 4, 0, 4).p_value == pytest.approx(1 / comb(8, 4))


def test_what_cannot_be_counted_is_refused() -> None:
    assert severity_excess(0, 0, 1, 3).reason == "a period without events"
    for wrong in ((-1, 1.0, 0.1), (1.5, 1.0, 0.1), (1, 0.0, 0.1), (1, 1.0, 0.0)):
        with pytest.raises(ValueError, match=r"is no whole number|above 0"):
            fixed_rate_excess(*wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="above 0"):
        conditional_excess(1, 1.0, 1, 0.0)
    with pytest.raises(ValueError, match="cannot be"):
        severity_excess(3, 2, 0, 1)
