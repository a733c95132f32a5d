from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from measures import binary
from measures.estimate import Estimate
from measures.prediction_powered import Sampled, Unsampled, prediction_powered
from tests.measures.columns import Column, truth_and_score

BOTH = truth_and_score(both_classes=True)


def drawn(seed: int, few: int, many: int, bent: float = 1.0) -> tuple[Sampled, Unsampled]:
    rng = np.random.default_rng(seed)
    chance = rng.random(few + many)
    truth, decision = rng.random(few + many) < chance, chance > 0.5
    stated = chance**bent
    return (
        Sampled(truth[:few], decision[:few], stated[:few]),
        Unsampled(decision[few:], stated[few:]),
    )


def width(found: Estimate) -> float:
    assert found.low is not None
    assert found.high is not None
    return found.high - found.low


@given(columns=BOTH)
def test_without_power_it_is_the_sample_alone(columns: tuple[Column, Column]) -> None:
    truth, score = np.tile(columns[0], 6), np.tile(columns[1], 6)
    decision = score >= 0.5
    for name in ("accuracy", "sensitivity", "specificity", "ppv", "npv"):
        found = prediction_powered(
            name,
            Sampled(truth, decision, score),
            Unsampled([1, 0], [0.9, 0.1]),
            power=0.0,
        )
        if found.value is not None:
            plain = getattr(binary, name)(truth, decision)
            assert found.value == pytest.approx(plain.value, abs=1e-12)
            assert found.low == pytest.approx(plain.low, abs=0.02)


def test_full_power_of_a_mean_is_the_published_formula() -> None:
    sampled, unsampled = drawn(1, 200, 1000)
    truth, chance = np.asarray(sampled.truth, float), np.asarray(sampled.chance)
    rest = np.asarray(unsampled.chance)
    found = prediction_powered("prevalence", sampled, unsampled, power=1.0)
    assert found.value == pytest.approx(rest.mean() + (truth - chance).mean())


def test_good_scores_narrow_the_interval_and_bad_ones_do_no_harm() -> None:
    sampled, unsampled = drawn(2, 300, 20000)
    alone = prediction_powered("prevalence", sampled, unsampled, power=0.0)
    helped = prediction_powered("prevalence", sampled, unsampled)
    assert width(helped) < 0.9 * width(alone)
    rng = np.random.default_rng(3)
    noise = Sampled(sampled.truth, sampled.decision, rng.random(300))
    useless = prediction_powered("prevalence", noise, Unsampled([0] * 20000, rng.random(20000)))
    assert width(useless) <= 1.03 * width(alone)


def test_wrong_probabilities_do_not_move_the_value_off_the_truth() -> None:
    misses = 0
    for seed in range(100):
        found = prediction_powered("accuracy", *drawn(seed, 200, 2000, bent=4.0))
        assert found.low is not None
        assert found.high is not None
        misses += not found.low <= 0.75 <= found.high
    assert misses <= 13


def test_no_other_studies_leave_the_sample() -> None:
    sampled, _ = drawn(4, 100, 0)
    found = prediction_powered("accuracy", sampled, Unsampled([], []))
    plain = binary.accuracy(sampled.truth, sampled.decision)
    assert found.value == pytest.approx(plain.value)


def test_refusals_name_the_reason() -> None:
    sampled, unsampled = drawn(5, 100, 100)
    few = Sampled([1, 0], [1, 0], [0.5, 0.6])
    assert "at least 10" in prediction_powered("sensitivity", few, unsampled).reason
    assert "at least 10" in prediction_powered("accuracy", Sampled([], [], []), unsampled).reason
    perfect = Sampled([1] * 20, [1] * 20, [1.0] * 20)
    assert (
        "variance is zero" in prediction_powered("accuracy", perfect, unsampled, power=0.0).reason
    )
    with pytest.raises(ValueError, match="measure must be one of"):
        prediction_powered("auc", sampled, unsampled)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="power must lie"):
        prediction_powered("accuracy", sampled, unsampled, power=2.0)
    with pytest.raises(ValueError, match="decision has 1, chance has 2"):
        prediction_powered("accuracy", sampled, Unsampled([1], [0.5, 0.5]))
    with pytest.raises(ValueError, match="chance: 1 of 1 entries are missing"):
        prediction_powered("accuracy", sampled, Unsampled([1], [float("nan")]))
    with pytest.raises(ValueError, match="truth has 2, decision has 1"):
        prediction_powered("accuracy", Sampled([1, 0], [1], [0.5, 0.5]), unsampled)
