"""Chance-corrected agreement: equal to statsmodels, within bounds, symmetric."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.estimate import Estimate
from measures.kappa import Weights, category_counts, cohen_kappa, fleiss_kappa, gwet_ac1

OVER_READERS: list[Callable[..., Estimate]] = [fleiss_kappa, gwet_ac1]
LABELS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40)
COUNTS = st.integers(2, 5).flatmap(
    lambda readers: st.lists(
        st.lists(st.integers(0, 2), min_size=readers, max_size=readers), min_size=2, max_size=25
    ).map(lambda rows: np.array([np.bincount(row, minlength=3) for row in rows], dtype=float))
)


@pytest.mark.parametrize("weights", ["none", "linear", "quadratic"])
@given(pairs=LABELS)
def test_cohens_kappa_and_its_error_agree_with_statsmodels(
    weights: Weights, pairs: list[tuple[int, int]]
) -> None:
    from statsmodels.stats.inter_rater import cohens_kappa

    table = np.zeros((4, 4))
    for one, two in pairs:
        table[one, two] += 1
    first, second = zip(*pairs, strict=True)
    found = cohen_kappa(first, second, categories=range(4), weights=weights)
    if found.value is None or found.low is None or found.high is None:
        assert found.reason == "both chose one category throughout"
        return
    with np.errstate(all="ignore"):
        theirs = cohens_kappa(table, wt=None if weights == "none" else weights)
    assert found.value == pytest.approx(theirs.kappa, abs=1e-9)
    if "Fisher" in found.method:
        width = math.atanh(found.high) - math.atanh(found.low)
        expected = 2 * 1.959963984540054 * theirs.std_kappa / (1 - theirs.kappa**2)
        assert width == pytest.approx(expected, rel=1e-6)


@given(pairs=LABELS)
def test_cohens_kappa_is_symmetric_and_bounded(pairs: list[tuple[int, int]]) -> None:
    first, second = zip(*pairs, strict=True)
    one, two = cohen_kappa(first, second), cohen_kappa(second, first)
    assert (one.value is None) == (two.value is None)
    if one.value is not None and one.low is not None and one.high is not None:
        assert two.value == pytest.approx(one.value)
        assert (two.low, two.high) == pytest.approx((one.low, one.high))
        assert one.low <= one.value <= one.high <= 1.0
        assert one.high > one.low


@given(counts=COUNTS)
def test_fleiss_kappa_agrees_with_statsmodels(counts: Any) -> None:
    from statsmodels.stats.inter_rater import fleiss_kappa as theirs

    found = fleiss_kappa(counts)
    if found.value is None:
        assert found.reason == "one category throughout"
    else:
        assert found.value == pytest.approx(theirs(counts), abs=1e-9)


@pytest.mark.parametrize("measure", OVER_READERS)
@given(counts=COUNTS, seed=st.integers(0, 99))
def test_neither_the_order_of_studies_nor_of_categories_counts(
    measure: Callable[..., Estimate], counts: Any, seed: int
) -> None:
    random = np.random.default_rng(seed)
    mixed = random.permutation(counts, axis=0)[:, random.permutation(counts.shape[1])]
    one, two = measure(counts), measure(mixed)
    assert (one.value is None) == (two.value is None)
    if one.value is not None and one.low is not None and one.high is not None:
        assert two.value == pytest.approx(one.value)
        assert two.low == pytest.approx(one.low)
        assert one.low <= one.value <= one.high <= 1.0
        assert one.high > one.low


def test_published_ac1_is_met() -> None:
    # Gwet 2008, Br J Math Stat Psychol 61:29, Table 2: 118 + 5 + 2 + 0 of 125; kappa is -0.023
    # where readers agree on 94 of 100, AC1 is 0.94.
    both, one, two = [[2, 0]] * 118, [[1, 1]] * 5, [[1, 1]] * 2
    assert gwet_ac1(both + one + two).value == pytest.approx(0.940, abs=1e-3)
    kappa = cohen_kappa([1] * 118 + [1] * 5 + [2] * 2, [1] * 118 + [2] * 5 + [1] * 2)
    assert kappa.value == pytest.approx(-0.0234, abs=1e-4)


def test_published_fleiss_kappa_is_met() -> None:
    # Fleiss 1971, as in the textbook example of 10 subjects, 14 readers, 5 categories
    counts = [[0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
              [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0],
              [0, 2, 2, 3, 7]]  # fmt: skip
    assert fleiss_kappa(counts).value == pytest.approx(0.210, abs=1e-3)


def test_perfect_agreement_is_not_certainty() -> None:
    few = cohen_kappa([1, 0, 1, 0], [1, 0, 1, 0])
    many = cohen_kappa([1, 0] * 100, [1, 0] * 100)
    assert few.value == many.value == 1.0
    assert few.low is not None
    assert many.low is not None
    assert few.low < 0.0 < 0.9 < many.low < 1.0
    assert few.high == 1.0


def test_no_limit_is_below_the_least_a_kappa_can_be() -> None:
    one_chose_always_the_same = cohen_kappa([1] * 4, [1, 1, 1, 0])
    assert one_chose_always_the_same.value == 0.0
    assert one_chose_always_the_same.low == -1.0


def test_readers_may_change_from_study_to_study() -> None:
    even, odd = fleiss_kappa([[2, 0], [1, 1], [0, 2]]), fleiss_kappa([[2, 0], [2, 1], [0, 4]])
    assert even.estimable
    assert odd.estimable


def test_counts_come_from_readings() -> None:
    found = category_counts(
        ["x", "y", "z"], ["s", "s", "t"], ["a", "b", "b"], categories=["b", "a", "c"]
    )
    assert found.tolist() == [[1, 1, 0], [1, 0, 0]]
    with pytest.raises(ValueError, match="read a study twice"):
        category_counts(["x", "x"], ["s", "s"], ["a", "b"])
    with pytest.raises(ValueError, match="not listed: b"):
        category_counts(["x"], ["s"], ["b"], categories=["a"])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: cohen_kappa([1, 2], [1]), "first has 2, second has 1"),
        (lambda: cohen_kappa(["1", ""], [1, 2]), "an entry is missing"),
        (lambda: cohen_kappa([1, math.nan], [1, 2]), "an entry is missing"),
        (lambda: cohen_kappa([1, 2], [1, 3], categories=[1, 2]), "not listed: 3"),
        (lambda: cohen_kappa([1, 2], [1, 2], weights="linear"), "weights need all categories"),
        (lambda: cohen_kappa([1], [1], weights="cubic"), "weights"),  # type: ignore[arg-type]
        (lambda: fleiss_kappa([[1.0, math.nan]]), "finite"),
        (lambda: fleiss_kappa([[2, -1]]), "not negative"),
        (lambda: fleiss_kappa([2, 1]), "per study and category"),
        (lambda: fleiss_kappa([[2], [2]]), "two categories"),
        (lambda: gwet_ac1([[2, 0], [1, 0]]), "fewer than two readers"),
    ],
)
def test_malformed_columns_are_refused(call: Callable[[], Estimate], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


def test_too_little_is_not_estimable() -> None:
    assert cohen_kappa([], []).reason == "no study"
    assert cohen_kappa([1, 1], [1, 1]).reason == "both chose one category throughout"
    assert fleiss_kappa([[2, 0]]).reason == "fewer than two studies"
    assert fleiss_kappa([[2, 0], [2, 0]]).reason == "one category throughout"
    sure = gwet_ac1([[2, 0], [2, 0]])
    assert sure.value == 1.0
    assert sure.low is not None
    assert sure.low < 0.5


def test_a_column_that_was_read_as_decimals_holds_the_same_categories() -> None:
    one, two = [0, 1, 0, 1, 1, 0], [0, 1, 1, 1, 1, 0]
    plain = cohen_kappa(one, two)
    assert cohen_kappa(one, [float(x) for x in two]) == plain
    assert cohen_kappa([bool(x) for x in one], two, categories=[0, 1]) == plain
    assert cohen_kappa([float(x) for x in one], two, categories=[0, 1]) == plain
    with pytest.raises(ValueError, match="missing"):
        cohen_kappa(one, [0.0, 1.0, float("nan"), 1.0, 1.0, 0.0])
    with pytest.raises(ValueError, match="not listed"):
        cohen_kappa(one, [0.5, 1.0, 1.0, 1.0, 1.0, 0.0], categories=[0, 1])
