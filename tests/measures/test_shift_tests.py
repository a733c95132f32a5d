from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from measures.rank_statistics import ks_tail
from measures.reference_summary import CountTable, level_table, summarise_categories
from measures.reference_summary import summarise_numbers as summarised
from measures.shift_distances import ks_distance
from measures.shift_permutation import coarse_table, permutation_p
from measures.shift_tests import (
    chi_square_test,
    cramer_von_mises_test,
    ks_test,
    mann_whitney_test,
    welch_test,
)

TESTS = {
    "ks": ks_test,
    "cramer_von_mises": cramer_von_mises_test,
    "mann_whitney": mann_whitney_test,
    "welch": welch_test,
}


@pytest.mark.parametrize("moved", [0.0, 0.1, 0.5])
def test_large_samples_agree_with_scipy(moved: float) -> None:
    rng = np.random.default_rng(4)
    before, now = rng.normal(size=900), rng.normal(moved, 1.2, size=400)
    a, b = summarised(before), summarised(now)
    expected = {
        "ks": scipy.stats.ks_2samp(before, now, method="asymp").pvalue,
        "cramer_von_mises": scipy.stats.cramervonmises_2samp(
            before, now, method="asymptotic"
        ).pvalue,
        "mann_whitney": scipy.stats.mannwhitneyu(before, now, method="asymptotic").pvalue,
        "welch": scipy.stats.ttest_ind(before, now, equal_var=False).pvalue,
    }
    for name, test in TESTS.items():
        found = test(a, b)
        assert found.method == "asymptotic"
        assert found.p_value == pytest.approx(expected[name], abs=1e-7), name


def test_mann_whitney_takes_ties_as_scipy_does() -> None:
    rng = np.random.default_rng(5)
    before, now = rng.integers(0, 5, 300), rng.integers(0, 6, 200)
    found = mann_whitney_test(summarised(before), summarised(now))
    expected = scipy.stats.mannwhitneyu(now, before, method="asymptotic")
    assert found.p_value == pytest.approx(expected.pvalue, abs=1e-12)
    assert found.statistic == pytest.approx(expected.statistic / (300 * 200))


def test_chi_square_agrees_with_scipy_and_drops_no_level() -> None:
    rng = np.random.default_rng(6)
    before = summarise_categories(rng.choice(list("abcd"), 800))
    now = summarise_categories(rng.choice(list("abcde"), 300))
    table = level_table(before, now)
    expected = scipy.stats.chi2_contingency(
        np.stack([table.reference, table.current]), correction=False
    )
    found = chi_square_test(table)
    assert (found.statistic, found.p_value) == pytest.approx(
        (expected.statistic, expected.pvalue), rel=1e-9
    )


@pytest.mark.parametrize("name", TESTS)
def test_small_samples_agree_with_every_arrangement_counted(name: str) -> None:
    """6 and 5 studies have 462 arrangements: the drawn p-value estimates the counted one."""
    from itertools import combinations

    before, now = [1.0, 2.0, 2.0, 4.0, 6.0, 7.0], [3.0, 6.0, 8.0, 8.0, 9.0]
    pooled = np.array(before + now)
    far: Any = {
        "ks": lambda a, b: abs(scipy.stats.ks_2samp(a, b, method="asymp").statistic),
        "mann_whitney": lambda a, b: abs(
            np.mean(np.sign(b[:, None] - a[None, :]) / 2.0)
        ),
        "welch": lambda a, b: abs(b.mean() - a.mean()),
        "cramer_von_mises": lambda a, b: sum(
            ((a <= x).mean() - (b <= x).mean()) ** 2
            * ((a == x).mean() + (b == x).mean()) / 2.0
            for x in np.unique(pooled)
        ),
    }[name]  # fmt: skip
    seen = []
    for chosen in combinations(range(11), 5):
        side = np.isin(np.arange(11), chosen)
        seen.append(far(pooled[~side], pooled[side]))
    counted = np.mean(np.array(seen) >= seen[-1] - 1e-9)  # the last: places 6 to 10, as given
    found = TESTS[name](summarised(before), summarised(now), permutations=20_000)
    assert found.method == "20000 permutations"
    assert found.p_value == pytest.approx(counted, abs=0.012)


@pytest.mark.parametrize("name", TESTS)
@given(
    values=st.lists(st.integers(0, 9), min_size=12, max_size=40),
    order=st.integers(0, 99),
)
def test_p_is_a_probability_the_same_for_any_order(
    name: str, values: list[int], order: int
) -> None:
    before, now = np.array([*values[:6], 20]), np.array([*values[6:], 21])
    test, rng = TESTS[name], np.random.default_rng(order)
    one = test(summarised(before), summarised(now), permutations=99)
    assert 0.0 < one.p_value <= 1.0
    shuffled = summarised(rng.permutation(before)), summarised(rng.permutation(now))
    assert test(*shuffled, permutations=99).p_value == one.p_value


def test_few_of_many_are_drawn_without_replacement() -> None:
    table = CountTable(np.array([3.0, 9_997.0]), np.array([2.0, 8.0]))
    # at least two of the rare five among ten of 10,010: hypergeometric, not binomial
    exact = scipy.stats.hypergeom(10_010, 5, 10).sf(1)
    found = permutation_p(table, lambda p, q: q[..., 0] - p[..., 0], permutations=400_000)
    assert found == pytest.approx(exact, abs=4.0 * np.sqrt(exact / 400_000) + 1.0 / 400_000)


def test_both_ways_of_drawing_give_the_same_law() -> None:
    counts = np.array([40.0, 30.0, 30.0])
    few = permutation_p(CountTable(counts * 20, np.array([9.0, 5.0, 6.0])), ks_distance, seed=1)
    pooled = CountTable(np.array([9.0, 5.0, 6.0]), counts * 20)  # sides exchanged
    assert few == pytest.approx(permutation_p(pooled, ks_distance, seed=1), abs=1e-12)


@given(counts=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=30, max_size=60))
def test_a_coarse_table_loses_no_study_and_moves_no_mean(counts: list[tuple[int, int]]) -> None:
    pairs = np.array([*counts, (1, 1)], dtype=float)
    pairs = pairs[pairs.sum(axis=1) > 0]
    table = CountTable(pairs[:, 0], pairs[:, 1], np.arange(len(pairs), dtype=float))
    coarse = coarse_table(table, most=10)
    assert coarse.values is not None
    assert table.values is not None
    assert coarse.values.size <= max(10, 1)
    assert coarse.reference.sum() == table.reference.sum()
    assert coarse.current.sum() == table.current.sum()
    both = (pairs.sum(axis=1) * table.values).sum()
    assert ((coarse.reference + coarse.current) * coarse.values).sum() == pytest.approx(both)


def test_refusals_name_what_is_wrong() -> None:
    some, none = summarised([1.0, 2.0]), summarised([])
    for test in TESTS.values():
        with pytest.raises(ValueError, match="current"):
            test(some, none)
    with pytest.raises(ValueError, match="reference: a spread needs two studies, 1 found"):
        welch_test(summarised([1.0]), some)
    with pytest.raises(ValueError, match="neither side varies"):
        welch_test(summarised([1.0, 1.0]), summarised([2.0, 2.0]))
    with pytest.raises(ValueError, match="only one is present"):
        chi_square_test(CountTable(np.array([5.0, 0.0]), np.array([3.0, 0.0])))
    with pytest.raises(ValueError, match="nothing to arrange"):
        permutation_p(CountTable(np.array([1.0]), np.array([0.0])), ks_distance)
    with pytest.raises(ValueError, match="nothing to arrange"):
        permutation_p(CountTable(np.ones(1), np.ones(1)), ks_distance, permutations=0)


def test_ks_tail_is_scipys_at_any_size() -> None:
    rng = np.random.default_rng(8)
    for n, m in ((30, 20), (500, 700), (12_000, 300)):
        before, now = rng.normal(size=n), rng.normal(0.1, size=m)
        expected = scipy.stats.ks_2samp(before, now)
        found = ks_tail(summarised(before), summarised(now), expected.statistic)
        assert found == pytest.approx(expected.pvalue, rel=1e-6)
