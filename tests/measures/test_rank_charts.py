"""Ranks against a finite reference, and a limit that knows the reference is finite."""

from __future__ import annotations

import numpy as np
import pytest

from measures.rank_charts import (
    RankCusumDesign,
    normal_scores_against,
    rank_cusum_limit,
    share_per_column,
)


def test_scores_do_not_depend_on_the_distribution() -> None:
    rng = np.random.default_rng(1)
    reference, current = rng.normal(size=80), rng.normal(size=15)
    plain = normal_scores_against(reference, current)
    assert normal_scores_against(np.exp(reference), np.exp(current)) == pytest.approx(plain)


def test_exchangeable_studies_score_zero_on_average_even_with_heavy_ties() -> None:
    rng = np.random.default_rng(2)
    means = [
        normal_scores_against(pool[:60], pool[60:]).mean()
        for pool in (np.maximum(rng.normal(size=70), 0.3) for _ in range(4000))
    ]
    assert abs(float(np.mean(means))) < 4 * float(np.std(means)) / np.sqrt(4000)


def test_scores_of_a_new_lowest_and_highest_value_mirror_each_other() -> None:
    low, high = normal_scores_against(np.arange(99), [-5.0, 500.0])
    assert low == pytest.approx(-high)
    assert high == pytest.approx(2.576, abs=0.001)


def test_missing_values_and_an_empty_reference_are_refused() -> None:
    with pytest.raises(ValueError, match="drop missing"):
        normal_scores_against([1.0, 2.0], [float("nan")])
    with pytest.raises(ValueError, match="need a reference"):
        normal_scores_against([], [1.0])
    with pytest.raises(ValueError, match="too few studies"):
        RankCusumDesign(5, 20, 60, 0.5, 0.01)


def test_false_signals_stay_within_alpha_with_a_fresh_reference_each_time() -> None:
    design = RankCusumDesign(60, 10, 40, 0.5, 0.10)
    limit, unit = rank_cusum_limit(design), np.sqrt(design.daily_n)
    rng = np.random.default_rng(3)
    signals = 0
    for _ in range(600):
        reference = rng.gamma(2.0, size=60)
        high = low = most = 0.0
        for _ in range(40):
            day = normal_scores_against(reference, rng.gamma(2.0, size=10))
            allowance = 10 * design.allowance
            high = max(0.0, high + (day.sum() - allowance) / unit)
            low = max(0.0, low - (day.sum() + allowance) / unit)
            most = max(most, high, low)
        signals += most > limit
    assert 0.05 < signals / 600 < 0.13


def test_a_limit_that_took_the_reference_as_known_would_break_its_promise() -> None:
    careful = rank_cusum_limit(RankCusumDesign(60, 20, 90, 1.2, 0.01))
    nearly_known = rank_cusum_limit(RankCusumDesign(400, 20, 90, 1.2, 0.01))
    assert careful > 1.2 * nearly_known


def test_the_same_design_gives_the_same_limit_and_a_smaller_share_a_higher_one() -> None:
    design = RankCusumDesign(100, 20, 60, 0.5, 0.02)
    rank_cusum_limit.cache_clear()
    first = rank_cusum_limit(design)
    rank_cusum_limit.cache_clear()
    assert rank_cusum_limit(design) == first
    assert rank_cusum_limit(RankCusumDesign(100, 20, 60, 0.5, 0.005)) > first


def test_shares_of_columns_add_up_to_alpha_when_independent() -> None:
    share = share_per_column(0.05, 6)
    assert 1 - (1 - share) ** 6 == pytest.approx(0.05)


@pytest.mark.parametrize(("alpha", "columns"), [(0.0, 2), (1.0, 2), (float("nan"), 2), (0.05, 0)])
def test_a_share_of_nothing_is_refused(alpha: float, columns: int) -> None:
    with pytest.raises(ValueError, match="alpha"):
        share_per_column(alpha, columns)
