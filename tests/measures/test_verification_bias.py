from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.binary import sensitivity, specificity
from measures.verification_bias import (
    corrected_sensitivity,
    corrected_specificity,
    verification_by_score,
)
from tests.measures.columns import Column, truth_and_decision


def clinic(seed: int, n: int, by_score: bool = False) -> tuple[Any, ...]:
    """Sensitivity 0.8, specificity 0.9 at prevalence 0.2; few are verified that were not flagged,
    and by_score the closer ones among them more often.
    """
    rng = np.random.default_rng(seed)
    truth = (rng.random(n) < 0.2).astype(float)
    score = rng.normal(size=n) + truth * (1.2816 + 0.8416)
    decision = (score >= 1.2816).astype(float)
    chance = np.where(decision == 1, 0.9, 0.2)
    if by_score:
        chance = np.where(decision == 1, 0.9, np.where(score > 0.3, 0.5, 0.05))
    return truth, score, decision, (rng.random(n) < chance).astype(float)


def test_the_correction_finds_what_full_verification_would() -> None:
    truth, _, decision, verified = clinic(1, 200_000)
    seen = verified == 1
    for corrected, naive, right in (
        (corrected_sensitivity, sensitivity, 0.8), (corrected_specificity, specificity, 0.9),
    ):  # fmt: skip
        unknown = np.where(seen, truth, np.nan)
        found = corrected(unknown, decision, verified)
        assert found.value == pytest.approx(right, abs=0.02)
        plain = naive(truth[seen], decision[seen])
        assert plain.value is not None and abs(plain.value - right) > 0.08
        assert found.n == seen.sum()
        assert "verified at random given the decision" in found.method


def test_begg_and_greenes_formula_on_two_cells() -> None:
    # 100 flagged of which 50 verified, 40 diseased; 900 others of which 90 verified, 9 diseased.
    truth = np.r_[np.ones(40), np.zeros(60), np.ones(9), np.zeros(891)]
    decision = np.repeat([1.0, 0.0], [100, 900])
    verified = np.r_[np.ones(50), np.zeros(50), np.ones(90), np.zeros(810)]
    found = corrected_sensitivity(truth, decision, verified)
    assert found.value == pytest.approx(0.1 * 0.8 / (0.1 * 0.8 + 0.9 * 0.1))
    # Their variance of the log odds: verified shares, then the split of decisions.
    variance = 0.2 / (50 * 0.8) + 0.9 / (90 * 0.1) + 1 / 100 + 1 / 900
    half = 1.959964 * np.sqrt(variance)
    assert found.low is not None and found.high is not None
    odds = np.log(0.08 / 0.09)
    assert np.log(found.low / (1 - found.low)) == pytest.approx(odds - half, abs=1e-5)
    assert np.log(found.high / (1 - found.high)) == pytest.approx(odds + half, abs=1e-5)


@given(columns=truth_and_decision())
def test_with_all_verified_it_is_the_ordinary_number(columns: tuple[Column, Column]) -> None:
    truth, decision = columns
    everyone = np.ones(truth.size)
    for corrected, plain in (
        (corrected_sensitivity, sensitivity), (corrected_specificity, specificity),
    ):  # fmt: skip
        found = corrected(truth, decision, everyone)
        if found.value is None:
            assert found.reason
        else:
            assert found.value == pytest.approx(plain(truth, decision).value)
            assert found.low is not None and found.high is not None
            assert 0.0 <= found.low <= found.value <= found.high <= 1.0
            assert found.high > found.low


@given(columns=truth_and_decision(), data=st.data())
def test_any_follow_up_gives_an_interval_or_a_reason(
    columns: tuple[Column, Column], data: st.DataObject
) -> None:
    truth, decision = columns
    drawn = st.lists(st.integers(0, 1), min_size=truth.size, max_size=truth.size)
    verified, strata = data.draw(drawn), data.draw(drawn)
    for corrected in (corrected_sensitivity, corrected_specificity):
        found = corrected(truth, decision, verified, strata=strata)
        assert found.estimable or found.reason
        assert found.n == sum(verified)


def test_strata_of_the_score_mend_verification_by_score() -> None:
    truth, score, decision, verified = clinic(2, 200_000, by_score=True)
    plain = corrected_sensitivity(truth, decision, verified)
    mended = corrected_sensitivity(truth, decision, verified, strata=(score > 0.3))
    assert plain.value is not None and plain.value < 0.75
    assert mended.value == pytest.approx(0.8, abs=0.02)
    assert "and stratum (3 cells)" in mended.method
    flagged, others = verification_by_score(score, decision, verified)
    assert others.low is not None and others.low > 0.6
    assert flagged.low is not None and flagged.high is not None
    assert flagged.low < 0.5 < flagged.high
    assert (flagged.subgroup, others.subgroup) == ("flagged", "not flagged")


def test_an_unverified_cell_gives_a_reason_not_a_number() -> None:
    truth, decision = [1, 0, 1, 0], [1, 1, 0, 0]
    found = corrected_sensitivity(truth, decision, [1, 1, 0, 0])
    assert found.reason == "no study was verified among those not flagged"
    strata = ["low", "high", "low", "high"]
    found = corrected_specificity(truth, decision, [1, 1, 1, 0], strata=strata)
    assert found.reason == "no study was verified among those not flagged in stratum high"
    none = corrected_sensitivity([0, 0, 0], [1, 0, 0], [1, 1, 1])
    assert none.reason == "no diseased study among the verified"
    assert "needs two of each" in verification_by_score([1, 2], [1, 1], [1, 0])[0].reason


def test_what_is_unknown_is_not_read_and_what_is_verified_must_be_known() -> None:
    known = corrected_sensitivity([1, 0, 1, 0, 1], [1, 1, 0, 0, 0], [1, 1, 1, 1, 0])
    unknown = corrected_sensitivity([1, 0, 1, 0, np.nan], [1, 1, 0, 0, 0], [1, 1, 1, 1, 0])
    assert known == unknown
    with pytest.raises(ValueError, match="truth: 1 of 4 entries are missing"):
        corrected_sensitivity([1, np.nan, 1, 0, 1], [1, 1, 0, 0, 0], [1, 1, 1, 1, 0])
    with pytest.raises(ValueError, match="without a stratum"):
        corrected_sensitivity([1, 0], [1, 0], [1, 1], strata=["a", ""])
    with pytest.raises(ValueError, match="strata has 1"):
        corrected_sensitivity([1, 0], [1, 0], [1, 1], strata=["a"])
