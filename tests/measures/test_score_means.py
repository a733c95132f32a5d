"""Mean scores of many studies against a reference: their law where all are one urn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.score_means import (
    ScoreSums,
    design_effects,
    mean_limit,
    onset_candidates,
    ridit_sums,
)
from measures.window_tests import cell_counts, cells_of, exact_share_limits, knots_of, least_odd

columns = st.lists(st.integers(-4, 4).map(float), min_size=1, max_size=40)


@given(columns, columns)
def test_the_mean_ridit_is_the_rank_statistic_of_mann_and_whitney(
    before: list[float], now: list[float]
) -> None:
    from scipy.stats import mannwhitneyu

    cells = cells_of(knots_of(before))
    own, sums = (ridit_sums(cells, cell_counts(cells, side)) for side in (before, now))
    assert own.total == pytest.approx(0.0, abs=1e-9)
    above = mannwhitneyu(now, before, method="asymptotic").statistic / (len(before) * len(now))
    assert sums.total / sums.n == pytest.approx(above - 0.5)


def sums_of(scores: np.ndarray) -> ScoreSums:
    return ScoreSums(len(scores), scores.sum(), (scores**2).sum(), (scores**3).sum())


@pytest.mark.parametrize("ones", [0.004, 0.05, 0.5])
def test_the_limit_is_no_looser_than_the_exact_law_of_a_mark(ones: float) -> None:
    """Scores of 0 and 1 are the hardest case, and have an exact law: hypergeometric."""
    n, m, alpha = 5000, 400, 1e-4
    hits = round(ones * n)
    for seen in range(0, m, 3):
        exact = exact_share_limits(hits, n, seen, m, alpha=alpha)
        found = mean_limit(
            ScoreSums(n, hits, hits, hits), ScoreSums(m, seen, seen, seen), alpha=alpha
        )
        if found.beyond:
            assert seen >= exact.high - 1 or seen <= exact.low + 1


def test_the_error_holds_where_few_studies_carry_the_spread() -> None:
    """A z test of such a column is wrong more than twice as often as stated."""
    rng, wrong, plain, draws, alpha = np.random.default_rng(1), 0, 0, 20_000, 0.002
    urn = np.where(rng.random(4000) < 0.004, 1.0, 0.0)
    seen = rng.hypergeometric(int(urn.sum()), int(4000 - urn.sum()), 150, draws)
    whole = sums_of(urn)
    limits = {}
    for one in np.unique(seen).tolist():
        rest = ScoreSums(3850, whole.total - one, whole.total - one, whole.total - one)
        limits[one] = mean_limit(rest, ScoreSums(150, one, one, one), alpha=alpha)
    for one in seen.tolist():
        wrong += limits[one].beyond
        plain += abs(limits[one].difference) > 3.09 * limits[one].error
    assert wrong <= draws * alpha
    assert plain > 2 * draws * alpha


@given(st.integers(0, 30), st.integers(1, 200), st.integers(0, 30), st.integers(1, 200),
       st.sampled_from([0.05, 0.001, 1e-5]))  # fmt: skip
def test_no_exact_test_rejects_below_the_least_odd(
    hits: int, n: int, seen: int, m: int, alpha: float
) -> None:
    hits, seen = min(hits, n), min(seen, m)
    limits = exact_share_limits(hits, n, seen, m, alpha=alpha)
    if not limits.low < seen < limits.high:
        pooled = (hits + seen) / (n + m)
        error = np.sqrt(max(pooled * (1 - pooled), 1e-12) * (1 / n + 1 / m))
        assert abs(seen / m - hits / n) / error >= least_odd(alpha)


def test_weeks_that_resemble_their_neighbours_cost_more_than_weeks_that_scatter() -> None:
    sizes, variance = np.full(40, 100.0), [1.0]
    rng = np.random.default_rng(2)
    apart = np.tile([-20.0, 20.0], 20)[:, None]
    alike = np.sort(apart, axis=0)
    lone = rng.normal(0.0, 10.0, (40, 1))
    assert design_effects(sizes, apart, variance)[0] == pytest.approx(4.1, abs=0.1)
    assert design_effects(sizes, alike, variance)[0] > 10.0
    assert design_effects(sizes, lone, variance)[0] < 2.0
    with pytest.raises(ValueError, match="1 blocks with studies"):
        design_effects([5.0, 0.0], [[1.0], [0.0]], [1.0])


def test_the_set_of_onsets_holds_the_true_one() -> None:
    rng, held, repeats = np.random.default_rng(3), 0, 400
    for _ in range(repeats):
        values = rng.normal(size=40)
        values[25:] += 1.0
        back = np.cumsum(values[::-1]) / np.sqrt(np.arange(1, 41))
        _, low, high = onset_candidates(back[::-1])
        held += low <= 25 <= high
    assert held >= 0.93 * repeats
    with pytest.raises(ValueError, match="no start"):
        onset_candidates([])


def test_what_cannot_be_compared_is_refused() -> None:
    one = ScoreSums(10, 0, 1, 0)
    with pytest.raises(ValueError, match="no means to compare"):
        mean_limit(one, ScoreSums(0, 0, 0, 0), alpha=0.01)
    with pytest.raises(ValueError, match="no means to compare"):
        mean_limit(one, one, alpha=1.0)
    flat = ScoreSums(10, 0, 0, 0)
    assert not mean_limit(flat, flat, alpha=0.01).beyond
