"""The AUC within strata: by hand, against the pooled one, and how often its interval holds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from measures.clustered import clustered
from measures.stratified_auc import stratified_auc, stratified_auc_difference


def by_hand(truth: np.ndarray, score: np.ndarray, strata: np.ndarray) -> float:
    won = pairs = 0.0
    for i in np.flatnonzero(truth == 1):
        for j in np.flatnonzero((truth == 0) & (strata == strata[i])):
            pairs += 1
            won += float(score[i] > score[j]) + 0.5 * float(score[i] == score[j])
    return won / pairs


@given(st.integers(0, 10_000))
def test_only_pairs_of_one_stratum_count_and_the_bounds_hold(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, strata = rng.integers(0, 2, 24), rng.integers(0, 3, 24).astype(str)
    score = rng.integers(0, 6, 24).astype(float)
    found = stratified_auc(truth, score, strata, patients=range(24))
    if not found.estimable:
        assert "stratum" in found.reason
        return
    assert found.value == pytest.approx(by_hand(truth, score, strata))
    assert 0 <= found.low <= found.value <= found.high <= 1
    turned = stratified_auc(truth, -score, strata, patients=range(24))
    assert turned.value == pytest.approx(1 - found.value)


def test_one_stratum_is_the_pooled_area_with_obuchowskis_interval() -> None:
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 2, 200)
    score, patients = rng.normal(size=200) + truth, np.arange(200) // 2
    found = stratified_auc(truth, score, ["all"] * 200, patients=patients)
    known = clustered("auc", truth, score, patients=patients)
    assert found.value == pytest.approx(known.value)
    assert found.low == pytest.approx(known.low, abs=2e-3)
    assert found.high == pytest.approx(known.high, abs=2e-3)
    none = stratified_auc_difference(truth, score, ["all"] * 200, patients=patients)
    assert "do not vary apart" in none.reason


def test_a_difference_between_sites_alone_is_seen_as_one() -> None:
    """Simpson's paradox: prevalence and score rise by site, and nothing is seen within."""
    rng = np.random.default_rng(5)
    site = rng.random(600) < 0.5
    truth = (rng.random(600) < np.where(site, 0.8, 0.2)).astype(int)
    score = rng.normal(size=600) + 2.0 * site
    names = np.where(site, "a", "b")
    within = stratified_auc(truth, score, names, patients=range(600))
    fallen = stratified_auc_difference(truth, score, names, patients=range(600))
    assert within.low < 0.5 < within.high
    assert fallen.high < -0.1


def test_no_stratum_with_both_classes_is_not_estimable() -> None:
    found = stratified_auc([1, 1, 0, 0], [4, 3, 2, 1], list("aabb"), patients=range(4))
    assert (found.value, found.reason) == (None, "no stratum holds diseased and healthy studies")
    with pytest.raises(ValueError, match="a study without a group"):
        stratified_auc([1, 0], [1, 0], ["a", ""], patients=[1, 2])


def test_both_intervals_hold_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(11)
    true, held = norm.cdf(1 / np.sqrt(2)), np.zeros(2)
    for _ in range(200):
        site = rng.random(120) < 0.5
        truth = (rng.random(120) < np.where(site, 0.6, 0.2)).astype(int)
        score = rng.normal(size=120) + truth + site
        columns = truth, score, np.where(site, "a", "b")
        area = stratified_auc(*columns, patients=range(120))
        fallen = stratified_auc_difference(*columns, patients=range(120))
        held += [area.low <= true <= area.high, fallen.low <= -0.0585 <= fallen.high]
    assert (held >= 0.90 * 200).all()
