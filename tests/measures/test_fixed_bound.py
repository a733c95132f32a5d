"""The exact test against a fixed bound, and its sizes, against brute force and simulation."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from measures.estimate import Estimate
from measures.fixed_bound import (
    auc_above_size,
    interval_above_size,
    p_above,
    p_below,
    share_above_power,
    share_above_size,
)
from measures.proportions import clopper_pearson
from measures.roc import auc


@pytest.mark.parametrize(("hits", "n", "bound"), [(95, 100, 0.9), (0, 20, 0.5), (20, 20, 0.7)])
def test_p_values_of_shares_are_the_exact_binomial_ones(hits: int, n: int, bound: float) -> None:
    share = clopper_pearson("sensitivity", hits, n)
    expected = binomtest(hits, n, bound, alternative="greater").pvalue
    assert p_above(share, bound) == pytest.approx(expected, rel=1e-9)
    expected = binomtest(hits, n, bound, alternative="less").pvalue
    assert p_below(share, bound) == pytest.approx(expected, rel=1e-9)


def test_the_lower_limit_and_the_p_value_decide_alike() -> None:
    for hits in range(101):
        share = clopper_pearson("sensitivity", hits, 100)
        assert share.low is not None
        assert (share.low > 0.9) is (p_above(share, 0.9) < 0.025)
        measured = Estimate("auc", 100, share.value, share.low, share.high, method="DeLong")
        assert (share.low > 0.9) is (p_above(measured, 0.9) < 0.025)


@pytest.mark.parametrize(
    ("share", "bound", "alpha", "power"), [(0.95, 0.85, 0.05, 0.8), (0.9, 0.75, 0.025, 0.9)]
)
def test_the_size_is_that_of_brute_force_and_every_larger_one_keeps_the_power(
    share: float, bound: float, alpha: float, power: float
) -> None:
    def reached(n: int) -> float:
        critical = next(c for c in range(n + 2) if binom.sf(c - 1, n, bound) <= alpha)
        return float(binom.sf(critical - 1, n, share))

    found = [reached(n) for n in range(1, 200)]
    last_short = max(n for n, one in enumerate(found, 1) if one < power)
    size = share_above_size(share, bound, alpha=alpha, power=power)
    assert size.n == last_short + 1
    assert size.reached == pytest.approx(found[size.n - 1])
    assert any(one > other for one, other in pairwise(found)), "power is a saw-tooth"
    assert share_above_power(share, bound, size.n, alpha=alpha) == pytest.approx(size.reached)


def test_the_size_of_an_auc_has_the_power_that_it_promises() -> None:
    size = auc_above_size(0.92, 0.85, power=0.8)
    diseased, healthy = size.groups["diseased"], size.groups["healthy"]
    rng, apart = np.random.default_rng(3), 2**0.5 * 1.4050715603  # normal quantile of 0.92
    truth = np.repeat([1, 0], [diseased, healthy])
    shown = 0
    for _ in range(400):
        score = np.concatenate([rng.normal(apart, 1, diseased), rng.normal(0, 1, healthy)])
        low = auc(truth, score).low
        shown += low is not None and low > 0.85
    assert 0.72 <= shown / 400 <= 0.88


def test_more_spread_asks_for_more_studies() -> None:
    narrow = Estimate("dice", 100, 0.9, 0.88, 0.92, method="bootstrap")
    wide = Estimate("dice", 100, 0.9, 0.86, 0.94, method="bootstrap")
    one, other = (interval_above_size(each, 0.9, 0.85).n for each in (narrow, wide))
    assert other == pytest.approx(4 * one, abs=4)


@pytest.mark.parametrize(("value", "bound"), [(0.8, 0.8), (0.7, 0.8), (1.0, 0.9), (0.9, 0.0)])
def test_what_no_number_of_studies_shows_is_refused(value: float, bound: float) -> None:
    with pytest.raises(ValueError, match="bound < value"):
        share_above_size(value, bound)
    with pytest.raises(ValueError, match="bound < value"):
        auc_above_size(value, bound)
