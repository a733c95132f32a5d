from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measures import binary
from measures.clusters import Resampling
from measures.inputs import Numbers
from measures.label_free import (
    LabelledReference,
    expected_counts,
    expected_performance,
    labelled_reference,
    performance_limits,
    realised_performance,
    sampling_errors,
    weighted_performance,
)
from measures.partial_truth import PERFORMANCE, Parts, Slope, performance_slopes
from measures.recalibration import IsotonicCurve
from measures.roc import placements
from tests.measures.columns import Column, truth_and_score

BOTH = truth_and_score(both_classes=True)
FEW = Resampling(seed=1, replicates=200)
HONEST = LabelledReference(IsotonicCurve((0.0, 1.0), (0.0, 1.0)), (), 0.0, 1.0, 1000)


@given(columns=BOTH)
def test_with_truth_the_numbers_are_those_of_the_binary_family_and_scikit_learn(
    columns: tuple[Column, Column],
) -> None:
    from sklearn.metrics import average_precision_score

    truth, score = columns
    decision = score >= 0.5
    found = realised_performance(truth, score, decision)
    for name in ("accuracy", "sensitivity", "specificity", "ppv", "f1"):
        assert found[name] == pytest.approx(getattr(binary, name)(truth, decision).value)
    assert found["auc"] == pytest.approx(placements(truth, score).area)
    assert found["average_precision"] == pytest.approx(average_precision_score(truth, score))


@given(columns=BOTH, seed=st.integers(0, 1000))
def test_slopes_are_the_derivatives(columns: tuple[Column, Column], seed: int) -> None:
    score = columns[1]
    rng = np.random.default_rng(seed)
    chance, mass = rng.uniform(0.1, 0.9, score.size), rng.uniform(0.5, 2.0, score.size)
    flagged = score >= 0.5
    sick, well = mass * chance, mass * (1 - chance)
    push, other = rng.normal(size=score.size), rng.normal(size=score.size)
    step = 1e-6

    def at(t: float) -> dict[str, Slope | str]:
        return performance_slopes(Parts(sick + t * push, well + t * other, flagged, score))

    here, up, down = at(0.0), at(step), at(-step)
    for name, slope in here.items():
        one, two = up[name], down[name]
        if isinstance(slope, str) or isinstance(one, str) or isinstance(two, str):
            continue
        moved = slope.diseased @ push + slope.healthy @ other
        assert (one.value - two.value) / (2 * step) == pytest.approx(moved, abs=1e-5)


@given(columns=BOTH)
def test_expected_numbers_agree_with_weighted_scikit_learn(columns: tuple[Column, Column]) -> None:
    from sklearn.metrics import average_precision_score, roc_auc_score

    score = np.clip(columns[1], 0.02, 0.98)
    decision = score >= 0.5
    found = expected_performance(HONEST, score, decision)
    doubled = np.r_[np.ones(score.size), np.zeros(score.size)]
    weights, twice = np.r_[score, 1 - score], np.r_[score, score]
    peers = {"auc": roc_auc_score, "average_precision": average_precision_score}
    for name, peer in peers.items():
        if np.ptp(score) > 0.0:  # else neither has a spread
            wanted = peer(doubled, twice, sample_weight=weights)
            assert found[name].value == pytest.approx(wanted, abs=1e-9)
    counts = expected_counts(HONEST, score, decision)
    assert sum(counts.values()) == pytest.approx(score.size)
    assert found["accuracy"].value == pytest.approx(
        (counts["true_positive"] + counts["true_negative"]) / score.size
    )


@settings(max_examples=40)
@given(columns=BOTH)
def test_estimates_stay_in_bounds_and_hold_their_value(columns: tuple[Column, Column]) -> None:
    truth, score = columns
    learnt = labelled_reference(truth, score, resampling=FEW)
    for found in expected_performance(learnt, score, score >= 0.5).values():
        if found.value is None:
            assert found.reason
            continue
        assert found.low is not None
        assert found.high is not None
        assert 0.0 <= found.low <= found.value <= found.high <= 1.0


def changed_mix(seed: int, n: int) -> tuple[Numbers, Numbers]:
    rng = np.random.default_rng(seed)
    score = rng.beta(2.0, 1.0, n)
    return (rng.random(n) < score).astype(float), score


def test_expected_performance_follows_a_change_of_mix_without_truth() -> None:
    rng = np.random.default_rng(1)
    seen = rng.random(20000)
    learnt = labelled_reference(rng.random(20000) < seen, seen**2, resampling=FEW)
    truth, score = changed_mix(2, 20000)
    found = expected_performance(learnt, score**2, score >= 0.5)
    for name, value in realised_performance(truth, score, score >= 0.5).items():
        assert found[name].value == pytest.approx(value, abs=0.015)


def test_weights_bring_the_reference_to_the_new_mix() -> None:
    rng = np.random.default_rng(3)
    seen = rng.random(20000)
    truth = rng.random(20000) < seen
    weights = 2.0 * seen  # the density of Beta(2, 1)
    found = weighted_performance(truth, seen, seen >= 0.5, weights)
    new_truth, score = changed_mix(4, 20000)
    for name, value in realised_performance(new_truth, score, score >= 0.5).items():
        assert found[name].value == pytest.approx(value, abs=0.02)
        assert "effective sample size 14974" in found[name].method


@given(columns=BOTH)
def test_equal_weights_of_any_size_change_nothing(columns: tuple[Column, Column]) -> None:
    truth, score = np.tile(columns[0], 6), np.tile(columns[1], 6)
    plain = realised_performance(truth, score, score >= 0.5)
    for name, found in weighted_performance(
        truth, score, score >= 0.5, np.full(truth.size, 0.3)
    ).items():
        if found.value is not None:
            assert found.value == pytest.approx(plain[name])


def test_sampling_errors_are_binomial_and_those_of_delong() -> None:
    rng = np.random.default_rng(5)
    score = rng.random(500)
    truth = rng.random(500) < score
    decision = score >= 0.5
    found = sampling_errors(truth, score, decision, size=500)
    right, seen = np.mean(truth == decision), np.mean(decision[truth])
    assert found["accuracy"] == pytest.approx(np.sqrt(right * (1 - right) / 500))
    assert found["sensitivity"] == pytest.approx(np.sqrt(seen * (1 - seen) / truth.sum()))
    assert found["auc"] == pytest.approx(np.sqrt(placements(truth, score).variance), rel=0.01)
    quarter = sampling_errors(truth, score, decision, size=125)
    for name in PERFORMANCE:
        assert quarter[name] == pytest.approx(2.0 * (found[name] or 0.0))


def test_limits_hold_the_batches_they_come_from() -> None:
    truth, score = changed_mix(6, 4000)
    found = performance_limits(truth, score, score >= 0.5, size=400)
    for start in range(0, 4000, 400):
        here = slice(start, start + 400)
        batch = realised_performance(truth[here], score[here], score[here] >= 0.5)
        for name, (low, high) in found.items():
            value = batch[name]
            assert value is not None
            assert low <= value <= high


def test_what_is_undefined_gives_a_reason() -> None:
    assert expected_performance(HONEST, [], [])["accuracy"].reason == "no study"
    assert "flagged" in expected_performance(HONEST, [0.4, 0.6], [0, 0])["ppv"].reason
    certain = expected_performance(HONEST, [1.0, 1.0], [1, 1])
    assert "healthy" in certain["specificity"].reason
    assert "variance is zero" in certain["accuracy"].reason
    assert "only one class" in certain["auc"].reason
    rng = np.random.default_rng(7)
    few = weighted_performance(rng.random(30) < 0.5, rng.random(30), [1, 0] * 15, [1e6] + [1] * 29)
    assert "effective sample size 1.0" in few["accuracy"].reason
    assert realised_performance([1, 1], [0.5, 0.6], [1, 0])["specificity"] is None
    assert sampling_errors([1, 1], [0.5, 0.6], [1, 0], size=10)["specificity"] is None


def test_malformed_input_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="both diseased and healthy"):
        labelled_reference([1, 1], [0.5, 0.6], resampling=FEW)
    with pytest.raises(ValueError, match="score: 1 of 2 entries are missing"):
        labelled_reference([1, 0], [0.5, float("nan")], resampling=FEW)
    with pytest.raises(ValueError, match="score has 2, decision has 1"):
        expected_performance(HONEST, [0.5, 0.6], [1])
    with pytest.raises(ValueError, match="score: entries must be probabilities"):
        expected_counts(HONEST, [1.5], [1])
    with pytest.raises(ValueError, match="truth has 2, score has 2, decision has 1"):
        realised_performance([1, 0], [0.5, 0.6], [1])
    for weights, told in (([0, 0], "sum to zero"), ([-1, 2], "negative"), ([1], "weights has 1")):
        with pytest.raises(ValueError, match=told):
            weighted_performance([1, 0], [0.5, 0.6], [1, 0], weights)
    with pytest.raises(ValueError, match="size must be"):
        sampling_errors([1, 0], [0.5, 0.6], [1, 0], size=0)
    for size in (0, 5):
        with pytest.raises(ValueError, match="at least two batches"):
            performance_limits([1, 0], [0.5, 0.6], [1, 0], size=size)
