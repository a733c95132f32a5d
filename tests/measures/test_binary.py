from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from numpy.typing import ArrayLike

from measures.agreement import (
    negative_percent_agreement,
    overall_percent_agreement,
    positive_percent_agreement,
)
from measures.binary import (
    accuracy,
    clopper_pearson,
    f1,
    npv,
    ppv,
    sensitivity,
    specificity,
    two_by_two,
)
from measures.estimate import Estimate
from tests.measures.columns import Column, truth_and_decision
from tests.measures.oracle_cases import OracleCase, oracle_case

Share = Callable[..., Estimate]
SHARES: list[Share] = [sensitivity, specificity, ppv, npv, accuracy, f1]


@pytest.mark.parametrize("share", SHARES)
@given(columns=truth_and_decision())
def test_a_share_is_a_number_with_company_or_a_reason(
    share: Share, columns: tuple[Column, Column]
) -> None:
    found = share(*columns)
    if found.value is None:
        assert found.reason
        assert found.n == 0
    else:
        assert found.low is not None
        assert found.high is not None
        assert 0.0 <= found.low <= found.value + 1e-12
        assert found.value - 1e-12 <= found.high <= 1.0
        assert found.high > found.low


@pytest.mark.parametrize("share", SHARES)
@given(columns=truth_and_decision())
def test_the_order_of_studies_does_not_matter(share: Share, columns: tuple[Column, Column]) -> None:
    truth, decision = columns
    order = np.random.default_rng(1).permutation(truth.size)
    assert share(truth[order], decision[order]) == share(truth, decision)


@given(columns=truth_and_decision())
def test_swapping_the_classes_swaps_the_measures(columns: tuple[Column, Column]) -> None:
    truth, decision = columns
    assert sensitivity(1 - truth, 1 - decision).value == specificity(truth, decision).value
    assert ppv(1 - truth, 1 - decision).value == npv(truth, decision).value
    assert sensitivity(decision, truth).value == ppv(truth, decision).value
    assert f1(decision, truth) == f1(truth, decision)
    assert accuracy(decision, truth) == accuracy(truth, decision)


@pytest.mark.requirement("REG-126")
@given(columns=truth_and_decision())
def test_shares_agree_with_scikit_learn(columns: tuple[Column, Column]) -> None:
    from sklearn import metrics

    truth, decision = columns
    if truth.size == 0:
        return
    for ours, theirs in [
        (sensitivity, metrics.recall_score),
        (ppv, metrics.precision_score),
        (accuracy, metrics.accuracy_score),
        (f1, metrics.f1_score),
    ]:
        value = ours(truth, decision).value
        if value is not None:
            expected = (
                theirs(truth, decision)
                if theirs is metrics.accuracy_score
                else theirs(truth, decision, zero_division=0.0)
            )
            assert value == pytest.approx(expected, abs=1e-12)


def test_f1_interval_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(20)
    chances = (0.08, 0.05, 0.03, 0.84)  # hit, false alarm, miss, quiet
    true_f1 = 2 * 0.08 / (2 * 0.08 + 0.05 + 0.03)
    covered = 0
    for hit, alarm, miss, quiet in rng.multinomial(300, chances, size=1000):
        truth = np.repeat([1, 0, 1, 0], [hit, alarm, miss, quiet])
        decision = np.repeat([1, 1, 0, 0], [hit, alarm, miss, quiet])
        found = f1(truth, decision)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= true_f1 <= found.high
    assert 0.93 <= covered / 1000 <= 0.97


def _columns(case: OracleCase, table: str) -> tuple[list[int], list[int]]:
    comparator: list[int] = []
    new: list[int] = []
    rows = zip(*(case.columns[key] for key in ("table", "new", "comparator", "count")), strict=True)
    for name, said, was, count in rows:
        if name == table:
            comparator += [int(was == "pos")] * int(count)
            new += [int(said == "pos")] * int(count)
    return comparator, new


def _meets(share: Share, columns: tuple[ArrayLike, ArrayLike], row: dict[str, object]) -> None:
    score, exact = share(*columns), share(*columns, interval=clopper_pearson)
    assert (score.numerator, score.denominator) == (row["x"], row["n"])
    assert score.value == pytest.approx(row["estimate"], abs=1e-6)
    assert (score.low, score.high) == pytest.approx(row["score"], abs=1e-6)
    assert (exact.low, exact.high) == pytest.approx(row["exact"], abs=1e-6)


def test_fda_two_by_two_tables_are_met_in_both_vocabularies() -> None:
    case = oracle_case("proportions/fda-2007-two-by-two")
    truth = _columns(case, "reference")
    accuracies: list[Share] = [sensitivity, specificity]
    for share in accuracies:
        _meets(share, truth, case.expected["reference_standard"][share.__name__])
    agreement = case.expected["non_reference_standard"]
    comparator, new = _columns(case, "non_reference")
    agreements: list[Share] = [
        positive_percent_agreement,
        negative_percent_agreement,
        overall_percent_agreement,
    ]
    for share in agreements:
        _meets(share, (comparator, new), agreement[share.__name__])
        assert share(comparator, new).measure == share.__name__
    reversed_roles = agreement["reversed_roles"]
    _meets(positive_percent_agreement, (new, comparator), reversed_roles["positive"])
    _meets(negative_percent_agreement, (new, comparator), reversed_roles["negative"])


@pytest.mark.parametrize(
    ("truth", "decision", "said"),
    [
        ([1, 0], [1], "truth has 2, decision has 1"),
        ([1, 2], [1, 0], "truth: entries must be 0 or 1"),
        ([1, float("nan")], [1, 0], "truth: 1 of 2 entries are missing"),
        ([1, 0], [1, None], "decision: 1 of 2 entries are missing"),
        ([1, 0], ["yes", "no"], "decision: entries must be numbers"),
        ([[1, 0]], [[1, 0]], "truth: needs one entry per study"),
    ],
)
def test_malformed_columns_are_refused_by_name(
    truth: ArrayLike, decision: ArrayLike, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        two_by_two(truth, decision)


def test_a_month_without_disease_has_no_sensitivity_rather_than_zero() -> None:
    found = sensitivity([0, 0, 0], [0, 1, 0])
    assert found.value is None
    assert found.reason == "no diseased study"
    assert positive_percent_agreement([0], [0]).reason == "the comparator found no positive study"
