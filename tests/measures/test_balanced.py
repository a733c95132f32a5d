from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.balanced import balanced_accuracy, balanced_accuracy_limits, mcc, mcc_limits
from measures.estimate import Estimate
from measures.predictive_values import (
    likelihood_ratio_negative,
    likelihood_ratio_positive,
    npv_at_prevalence,
    ppv_at_prevalence,
    ratio_limits,
)
from tests.measures.columns import Column, truth_and_decision

Measure = Callable[..., Estimate]
MEASURES: dict[str, Measure] = {
    "balanced_accuracy": balanced_accuracy,
    "mcc": mcc,
    "lr+": likelihood_ratio_positive,
    "lr-": likelihood_ratio_negative,
    "ppv": lambda y, d: ppv_at_prevalence(y, d, prevalence=0.1),
    "npv": lambda y, d: npv_at_prevalence(y, d, prevalence=0.1),
}


def columns_of(hit: int, alarm: int, miss: int, quiet: int) -> tuple[Column, Column]:
    counts = [hit, alarm, miss, quiet]
    return np.repeat([1.0, 0.0, 1.0, 0.0], counts), np.repeat([1.0, 1.0, 0.0, 0.0], counts)


@pytest.mark.parametrize("name", MEASURES)
@given(columns=truth_and_decision())
def test_any_table_gives_a_number_inside_an_open_interval_or_a_reason(
    name: str, columns: tuple[Column, Column]
) -> None:
    found = MEASURES[name](*columns)
    if found.value is None:
        assert found.reason
        return
    assert found.low is not None and found.high is not None
    assert found.low - 1e-12 <= found.value <= found.high + 1e-12
    assert found.high > found.low
    assert found.n == columns[0].size
    bounds = {"mcc": (-1.0, 1.0), "lr+": (0.0, np.inf), "lr-": (0.0, np.inf)}
    least, most = bounds.get(name, (0.0, 1.0))
    assert least <= found.low <= found.high <= most


@given(columns=truth_and_decision())
def test_values_agree_with_scikit_learn(columns: tuple[Column, Column]) -> None:
    from sklearn.metrics import (
        balanced_accuracy_score,
        class_likelihood_ratios,
        matthews_corrcoef,
    )

    for ours, theirs in ((balanced_accuracy, balanced_accuracy_score), (mcc, matthews_corrcoef)):
        value = ours(*columns).value
        if value is not None:
            assert value == pytest.approx(theirs(*columns), abs=1e-12)
    positive, negative = (one(*columns).value for one in (MEASURES["lr+"], MEASURES["lr-"]))
    if positive is not None and negative is not None:
        theirs = class_likelihood_ratios(*columns)
        assert (positive, negative) == pytest.approx(theirs, abs=1e-12)


def test_mcc_interval_is_as_wide_as_drawing_tables_makes_it() -> None:
    rng = np.random.default_rng(8)
    table = np.array([160, 90, 40, 710])
    found = mcc(*columns_of(*table.tolist()))
    hit, alarm, miss, quiet = rng.multinomial(1000, table / 1000, size=20_000).T.astype(float)
    drawn = (hit * quiet - alarm * miss) / np.sqrt(
        (hit + alarm) * (hit + miss) * (quiet + alarm) * (quiet + miss)
    )
    assert found.low is not None and found.high is not None
    assert found.high - found.low == pytest.approx(2 * 1.96 * drawn.std(), rel=0.03)


@given(columns=truth_and_decision())
def test_swapping_the_classes_mirrors_the_measures(columns: tuple[Column, Column]) -> None:
    truth, decision = columns
    one, other = balanced_accuracy(truth, decision), balanced_accuracy(1 - truth, 1 - decision)
    assert (one.value, one.low) == pytest.approx((other.value, other.low))
    opposite = mcc(truth, 1 - decision)
    found = mcc(truth, decision)
    if found.value is not None and found.low is not None:
        assert opposite.value == pytest.approx(-found.value)
        assert opposite.high == pytest.approx(-found.low)


# Counts of sensitivity 44/51 and specificity 168/169: log method by hand.
def test_likelihood_ratio_by_the_formula_of_simel() -> None:
    truth, decision = columns_of(44, 1, 7, 168)
    found = likelihood_ratio_positive(truth, decision)
    ratio = (44 / 51) / (1 / 169)
    half = 1.959964 * np.sqrt(1 / 44 - 1 / 51 + 1 / 1 - 1 / 169)
    assert found.value == pytest.approx(ratio)
    assert (found.low, found.high) == pytest.approx(
        (ratio * np.exp(-half), ratio * np.exp(half)), rel=1e-5
    )


def test_predictive_value_at_their_own_prevalence_is_the_ordinary_one() -> None:
    truth, decision = columns_of(44, 10, 7, 160)
    prevalence = 51 / 221
    assert ppv_at_prevalence(truth, decision, prevalence=prevalence).value == pytest.approx(44 / 54)
    assert npv_at_prevalence(truth, decision, prevalence=prevalence).value == pytest.approx(
        160 / 167
    )


@given(prevalence=st.floats(0.001, 0.499))
def test_commoner_disease_raises_ppv_and_lowers_npv(prevalence: float) -> None:
    truth, decision = columns_of(44, 10, 7, 160)
    for measure, sign in ((ppv_at_prevalence, 1), (npv_at_prevalence, -1)):
        rare = measure(truth, decision, prevalence=prevalence)
        common = measure(truth, decision, prevalence=2 * prevalence)
        for name in ("value", "low", "high"):
            assert sign * (getattr(common, name) - getattr(rare, name)) > 0


def test_without_a_false_alarm_the_ratio_has_no_end_but_the_predictive_value_has() -> None:
    truth, decision = columns_of(20, 0, 5, 50)
    found = likelihood_ratio_positive(truth, decision)
    assert found.value is None
    assert "no upper limit (it is above" in found.reason
    ppv = ppv_at_prevalence(truth, decision, prevalence=0.05)
    assert (ppv.value, ppv.high) == (1.0, 1.0)
    assert ppv.low is not None and 0.2 < ppv.low < 0.6
    assert "MOVER" in ppv.method


def test_an_empty_cell_does_not_make_the_ratio_surer() -> None:
    sure, unsure = ratio_limits((20, 20), (5, 50)), ratio_limits((19, 20), (5, 50))
    assert sure[1] < sure[0] * 0.6
    assert unsure[1] < sure[1] < unsure[0]


@pytest.mark.parametrize("prevalence", [0.0, 1.0, -0.1, 5.0, float("nan")])
def test_a_prevalence_that_is_none_is_refused(prevalence: float) -> None:
    with pytest.raises(ValueError, match="prevalence"):
        ppv_at_prevalence([1, 0], [1, 0], prevalence=prevalence)
    with pytest.raises(ValueError, match="prevalence"):
        npv_at_prevalence([1, 0], [1, 0], prevalence=prevalence)


@pytest.mark.parametrize("limits", [balanced_accuracy_limits, mcc_limits])
@pytest.mark.parametrize("bad", [-1.0, math.nan, math.inf])
def test_no_limits_of_an_impossible_table(
    limits: Callable[..., object], bad: float
) -> None:
    with pytest.raises(ValueError, match=r"impossible|below 0"):
        limits((bad, 2, 3, 4))
