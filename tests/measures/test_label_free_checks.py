from __future__ import annotations

import numpy as np
import pytest

from measures.inputs import Numbers
from measures.label_free import LabelledReference
from measures.label_free_checks import (
    calibration_helps,
    held_out_slope,
    label_shift,
    outside_reference,
    realised_against_expected,
    score_shift,
)
from measures.recalibration import IsotonicCurve

SEEN = LabelledReference(IsotonicCurve((0.2, 0.8), (0.0, 1.0)), (), 0.2, 0.8, 100)


def binormal(seed: int, n: int, prevalence: float, apart: float = 1.6) -> tuple[Numbers, Numbers]:
    rng = np.random.default_rng(seed)
    truth = (rng.random(n) < prevalence).astype(float)
    odds = apart * (rng.normal(size=n) + apart * (truth - 0.5))
    return truth, 1 / (1 + np.exp(-odds))


def test_label_shift_tells_the_new_prevalence_and_that_a_mix_explains_it() -> None:
    truth, score = binormal(1, 6000, 0.2)
    rejected = 0
    for seed in range(200):
        found, fits = label_shift(truth, score, binormal(seed + 10, 1000, 0.5)[1])
        assert found.low is not None
        assert found.high is not None
        assert fits.p_value is not None
        rejected += fits.p_value < 0.05
        assert found.low > 0.2
    assert rejected / 200 <= 0.1


def test_another_change_than_prevalence_does_not_pass_for_label_shift() -> None:
    truth, score = binormal(1, 6000, 0.2)
    rng = np.random.default_rng(2)
    blurred = 1 / (1 + np.exp(-0.3 * np.log(score[:2000] / (1 - score[:2000])))) ** rng.uniform(
        1, 2
    )
    _, fits = label_shift(truth, score, blurred)
    assert fits.p_value is not None
    assert fits.p_value < 0.001


@pytest.mark.parametrize("prevalence", [0.05, 0.2])
def test_interval_of_the_new_prevalence_holds_it(prevalence: float) -> None:
    held = 0
    for seed in range(100):
        truth, score = binormal(seed, 3000, 0.2)
        found, _ = label_shift(truth, score, binormal(seed + 1000, 1500, prevalence)[1])
        assert found.low is not None
        assert found.high is not None
        held += found.low <= prevalence <= found.high
    assert held >= 87


def test_score_shift_and_range() -> None:
    one, other = binormal(1, 2000, 0.2)[1], binormal(2, 2000, 0.4)[1]
    assert (score_shift(one, other).p_value or 0.0) < 1e-6
    assert (score_shift(one, binormal(3, 2000, 0.2)[1]).p_value or 0.0) > 0.001
    assert outside_reference(SEEN, [0.1, 0.2, 0.8, 0.9]).value == 0.5
    assert not outside_reference(SEEN, []).estimable


def test_calibration_helps_bent_scores() -> None:
    rng = np.random.default_rng(4)
    score = rng.random(4000)
    assert calibration_helps(rng.random(4000) < score**3, score, seed=42)
    # Two honest values: a curve can only add its own chance error.
    flat = np.where(rng.random(400) < 0.5, 0.5 - 1e-9, 0.5)
    assert isinstance(calibration_helps(rng.random(400) < flat, flat, seed=42), bool)
    assert not calibration_helps(np.ones(100), score[:100], seed=42)


def test_a_reference_that_is_large_enough_holds_out_of_its_folds() -> None:
    rng = np.random.default_rng(5)
    score = rng.random(5000)
    large = held_out_slope(rng.random(5000) < score, score, seed=1)
    small = held_out_slope(rng.random(60) < score[:60], score[:60], seed=1)
    assert large.value == pytest.approx(1.0, abs=0.15)
    assert small.value is not None
    assert small.value < 0.8
    assert "one class" in held_out_slope(np.ones(50), score[:50], seed=1).reason


def test_truth_as_expected_passes_and_a_change_of_meaning_does_not() -> None:
    rejected = {"accuracy": 0, "auc": 0, "average_precision": 0}
    for seed in range(300):
        rng = np.random.default_rng(seed)
        score = rng.random(400)
        found = realised_against_expected(rng.random(400) < score, score, score, score > 0.5)
        for name in rejected:
            p = found[name].p_value
            assert p is not None
            rejected[name] += p < 0.05
    for count in rejected.values():
        assert 0.02 <= count / 300 <= 0.09
    drifted = realised_against_expected(rng.random(400) < 0.5, score, score, score > 0.5)
    assert (drifted["auc"].p_value or 0.0) < 1e-6


def test_refusals_name_the_reason() -> None:
    assert "no study" in score_shift([], [0.5]).reason
    for truth, score, new, told in (
        ([1] * 300, [0.5] * 300, [0.5] * 300, "one class"),
        ([1, 0], [0.5, 0.6], [0.5] * 300, "fewer than 200"),
        ([1, 0] * 150, [0.5] * 300, [0.5] * 300, "too few different scores"),
    ):
        found, test = label_shift(truth, score, new)
        assert told in found.reason
        assert told in test.reason
    undefined = realised_against_expected([1, 1], [1.0, 1.0], [0.5, 0.6], [1, 1])
    assert "one class" in undefined["auc"].reason
    assert "no spread" in undefined["accuracy"].reason
    with pytest.raises(ValueError, match="too few"):
        calibration_helps([1, 0], [0.5, 0.6], seed=1)
    with pytest.raises(ValueError, match="folds"):
        held_out_slope([1, 0], [0.5, 0.6], seed=1)
    with pytest.raises(ValueError, match="current: 1 of 1 entries are missing"):
        score_shift([0.5], [float("nan")])
    with pytest.raises(ValueError, match="truth has 2, score has 1"):
        label_shift([1, 0], [0.5], [0.5])
    with pytest.raises(ValueError, match="decision has 1"):
        realised_against_expected([1, 0], [0.5, 0.6], [0.5, 0.6], [1])
