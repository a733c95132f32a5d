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
    f1,
    npv,
    ppv,
    sensitivity,
    specificity,
    two_by_two,
)
from measures.estimate import Estimate
from tests.measures.columns import Column, truth_and_decision

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


def test_only_agreement_is_said_beside_a_comparator_that_is_not_a_reference_standard() -> None:
    for share in (
        positive_percent_agreement, negative_percent_agreement, overall_percent_agreement,
    ):  # fmt: skip
        found = share([1, 1, 0, 0], [1, 0, 0, 1])
        assert found.measure == share.__name__
        assert found.measure.endswith("percent_agreement")


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
