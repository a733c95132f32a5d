from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.comparison import (
    independent_difference,
    mcnemar,
    miettinen_nurminen_difference,
    newcombe_difference,
    paired_auc_difference,
    paired_proportion_difference,
    unpaired_auc_difference,
)
from measures.estimate import Estimate
from measures.proportions import wilson
from measures.roc import auc
from tests.measures.columns import Column, truth_and_score

BOTH = truth_and_score(both_classes=True)


@given(columns=BOTH, seed=st.integers(0, 99))
def test_delongs_paired_variance_is_that_of_the_definition(
    columns: tuple[Column, Column], seed: int
) -> None:
    truth, score = columns
    other = np.random.default_rng(seed).integers(0, 9, size=truth.size) / 9
    found = paired_auc_difference(truth, score, other)
    if found.statistic is None or not found.difference.value:
        return
    orders = [
        (np.sign(one[truth == 1][:, None] - one[truth == 0][None, :]) + 1) / 2
        for one in (score, other)
    ]
    variance = 0.0
    for axis in (0, 1):
        placed = np.stack([order.mean(axis=axis) for order in orders])
        c = np.cov(placed) / placed.shape[1]
        variance += c[0, 0] + c[1, 1] - 2 * c[0, 1]
    assert (found.difference.value / found.statistic) ** 2 == pytest.approx(variance, rel=1e-6)


@given(columns=BOTH, seed=st.integers(0, 99))
def test_swapping_the_two_scores_turns_the_difference(
    columns: tuple[Column, Column], seed: int
) -> None:
    truth, score = columns
    other = np.random.default_rng(seed).integers(0, 9, size=truth.size) / 9
    for there, back in [
        (paired_auc_difference(truth, score, other), paired_auc_difference(truth, other, score)),
        (
            unpaired_auc_difference((truth, score), (truth, other)),
            unpaired_auc_difference((truth, other), (truth, score)),
        ),
    ]:
        a, b = there.difference, back.difference
        assert a.value is not None
        assert a.low is not None
        assert a.high is not None
        assert (b.value, b.low, b.high) == pytest.approx((-a.value, -a.high, -a.low), abs=1e-9)
        assert -1.0 <= a.low <= a.value <= a.high <= 1.0
        assert a.high > a.low
        assert (there.p_value is None) == (back.p_value is None)


def test_two_perfect_scores_are_not_known_to_be_equal() -> None:
    truth = [1] * 15 + [0] * 15
    found = paired_auc_difference(truth, truth, [3 * y for y in truth])
    low = auc(truth, truth).low
    assert low is not None
    assert found.difference.value == 0.0
    assert found.difference.low == pytest.approx(low - 1.0)
    assert found.p_value is None
    assert "no test" in found.test


def test_a_pairing_sharpens_the_comparison() -> None:
    rng = np.random.default_rng(3)
    truth = np.repeat([1, 0], [50, 100])
    shared = rng.normal(size=150) + 1.2 * truth
    a, b = (shared + 0.3 * rng.normal(size=150) for _ in range(2))
    paired = paired_auc_difference(truth, a, b).difference
    unpaired = unpaired_auc_difference((truth, a), (truth, b)).difference
    assert paired.high - paired.low < 0.6 * (unpaired.high - unpaired.low)  # type: ignore[operator]


# Newcombe, Stat Med 1998;17:873, Table II, method 10: hits, n, hits, n, low, high
PUBLISHED_UNPAIRED = [
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (10, 10, 0, 20, 0.6791, 1.0000),
    (10, 10, 0, 10, 0.6075, 1.0000),
]


@pytest.mark.parametrize("row", PUBLISHED_UNPAIRED)
def test_published_unpaired_limits_are_met(row: tuple[int, int, int, int, float, float]) -> None:
    found = newcombe_difference(wilson("share", *row[:2]), wilson("share", *row[2:4]))
    assert (found.low, found.high) == pytest.approx(row[4:], abs=6e-5)
    assert found.n == row[1] + row[3]


@given(
    one=st.integers(1, 80).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    two=st.integers(1, 80).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
)
def test_unpaired_limits_agree_with_statsmodels(one: tuple[int, int], two: tuple[int, int]) -> None:
    from statsmodels.stats.proportion import confint_proportions_2indep

    found = newcombe_difference(wilson("share", *one), wilson("share", *two))
    theirs = confint_proportions_2indep(*one, *two, method="newcomb", compare="diff")
    assert (found.low, found.high) == pytest.approx(theirs, abs=1e-9)


# contingencytables' example bentur_2009 (rows 1 1 / 7 12) has limits -0.507 to -0.026 in
# Fagerland, Lydersen and Laake 2014; Altman 2000, Table 6.2 (14 5 / 0 22) 0.011 to 0.226.
PUBLISHED_PAIRED = [((1, 1, 7, 12), (-0.507, -0.026)), ((14, 5, 0, 22), (0.011, 0.226))]


def paired_columns(both: int, gained: int, lost: int, neither: int) -> tuple[Column, Column]:
    counts = [both, gained, lost, neither]
    return np.repeat([1.0, 1.0, 0.0, 0.0], counts), np.repeat([1.0, 0.0, 1.0, 0.0], counts)


@pytest.mark.parametrize(("table", "limits"), PUBLISHED_PAIRED)
def test_published_paired_limits_are_met(
    table: tuple[int, int, int, int], limits: tuple[float, float]
) -> None:
    found = paired_proportion_difference(*paired_columns(*table)).difference
    assert (found.low, found.high) == pytest.approx(limits, abs=6e-4)


@pytest.mark.requirement("REG-126")
@given(table=st.tuples(*[st.integers(0, 15)] * 4))
def test_mcnemar_agrees_with_statsmodels(table: tuple[int, int, int, int]) -> None:
    from statsmodels.stats.contingency_tables import mcnemar

    first, second = paired_columns(*table)
    found = paired_proportion_difference(first, second)
    if sum(table) == 0:
        assert found.difference.reason == "no study"
        return
    assert found.difference.low is not None
    assert found.difference.value is not None
    assert -1.0 <= found.difference.low <= found.difference.value + 1e-12
    if table[1] + table[2]:
        expected = mcnemar([[table[0], table[1]], [table[2], table[3]]], exact=True).pvalue
        assert found.p_value == pytest.approx(min(1.0, expected), abs=1e-9)
    else:
        assert found.p_value == 1.0


def test_published_mid_p_is_met() -> None:
    # Fagerland, Lydersen and Laake 2013: 1 and 7 differing, exact 0.0703, mid-p 0.0391
    first, second = paired_columns(1, 1, 7, 12)
    assert paired_proportion_difference(first, second, test="mid-p").p_value == pytest.approx(
        0.0391, abs=5e-5
    )


@given(gained=st.integers(0, 40), lost=st.integers(0, 40))
def test_mid_p_is_at_most_exact_and_symmetric(gained: int, lost: int) -> None:
    exact, mid = mcnemar(gained, lost), mcnemar(gained, lost, test="mid-p")
    assert 0.0 <= mid <= exact <= 1.0
    assert mid == mcnemar(lost, gained, test="mid-p")


@given(table=st.tuples(*[st.integers(0, 15)] * 4).filter(any))
def test_tangos_interval_holds_the_difference(table: tuple[int, int, int, int]) -> None:
    found = paired_proportion_difference(*paired_columns(*table), interval="tango").difference
    assert found.method == "Tango"
    assert found.low is not None
    assert found.value is not None
    assert found.high is not None
    assert -1.0 <= found.low <= found.value <= found.high <= 1.0


def test_the_score_interval_of_different_studies_is_the_right_one() -> None:
    # not statsmodels' (0.0526, 0.3440)
    one, two = wilson("share", 56, 70), wilson("share", 48, 80)
    found = miettinen_nurminen_difference(one, two)
    assert (found.low, found.high) == pytest.approx((0.0528, 0.3382), abs=5e-5)
    assert found.n == 150
    assert miettinen_nurminen_difference(one, wilson("share", 0, 0)).reason
    with pytest.raises(ValueError, match="same measure"):
        miettinen_nurminen_difference(one, wilson("ppv", 1, 2))


def test_single_intervals_squared_and_added_are_newcombes_where_they_are_wilsons() -> None:
    # Newcombe 1998, Table II, (a) 56/70 - 48/80: 0.0524 to 0.3339
    one, two = wilson("share", 56, 70), wilson("share", 48, 80)
    found, known = independent_difference(one, two), newcombe_difference(one, two)
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert (found.value, found.n, found.measure) == (known.value, known.n, known.measure)
    back = independent_difference(two, one)
    assert (back.low, back.high) == pytest.approx((-found.high, -found.low))
    none = independent_difference(one, wilson("share", 0, 0))
    assert none.reason
    assert (none.measure, none.n) == ("share_difference", 70)
    with pytest.raises(ValueError, match="same measure"):
        independent_difference(one, wilson("ppv", 1, 2))
    with pytest.raises(ValueError, match="between 0 and 1"):
        independent_difference(Estimate("d", 9, 3.0, 2.0, 4.0), Estimate("d", 9, 3.0, 2.0, 4.0))


def test_what_cannot_be_compared_is_refused_or_explained() -> None:
    with pytest.raises(ValueError, match="same measure"):
        newcombe_difference(wilson("ppv", 1, 2), wilson("npv", 1, 2))
    curve = auc([1, 1, 0, 0], [0.9, 0.4, 0.5, 0.1])
    with pytest.raises(ValueError, match="not a share"):
        newcombe_difference(curve, curve)
    assert newcombe_difference(wilson("ppv", 1, 2), wilson("ppv", 0, 0)).reason
    few = paired_auc_difference([1, 0, 0], [1, 0, 0], [0, 1, 0])
    assert few.difference.reason
    assert few.p_value is None
    assert unpaired_auc_difference(([1, 1, 0, 0], [4, 3, 2, 3]), ([1], [1])).difference.reason
    with pytest.raises(ValueError, match="interval"):
        paired_proportion_difference([1], [1], interval="wald")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="test"):
        paired_proportion_difference([1], [1], test="chi2")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="counts of studies"):
        mcnemar(-1, 2)
    with pytest.raises(ValueError, match="second: 1 of 1"):
        paired_proportion_difference([1], [float("nan")])
    with pytest.raises(ValueError, match="first has 2, second has 1"):
        paired_proportion_difference([1, 0], [1])


@pytest.mark.parametrize(
    ("counts", "limits"),  # Newcombe, Stat Med 1998;17:873, Table II, method 11
    [((56, 70, 48, 80), (0.0428, 0.3422)), ((9, 10, 3, 10), (0.1013, 0.8387)),
     ((5, 56, 0, 29), (-0.0667, 0.2037)), ((6, 7, 2, 7), (-0.0290, 0.8423))],
)  # fmt: skip
def test_the_continuity_correction_widens_the_difference(
    counts: tuple[int, int, int, int], limits: tuple[float, float]
) -> None:
    pair = wilson("ppv", *counts[:2]), wilson("ppv", *counts[2:])
    found, plain = newcombe_difference(*pair, continuity_corrected=True), newcombe_difference(*pair)
    assert (found.low, found.high) == pytest.approx(limits, abs=5.1e-5)
    assert found.low < plain.low
    assert found.high > plain.high
