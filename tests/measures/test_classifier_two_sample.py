from __future__ import annotations

import numpy as np
import pytest

from measures.classifier_two_sample import classifier_shift, held_out_separation
from measures.roc import auc
from measures.shift_verdict import ShiftLimits

LIMITS = ShiftLimits(alpha=0.05, floor=0.0, permutations=99)


@pytest.mark.parametrize("sizes", [(30, 30), (200, 30)])
def test_quiet_windows_alarm_no_more_often_than_promised(sizes: tuple[int, int]) -> None:
    rng, hits = np.random.default_rng(sizes), 0
    for _ in range(200):
        before, now = (np.round(rng.normal(size=(size, 5)), 1) for size in sizes)
        hits += bool(classifier_shift(before, now, limits=LIMITS).verdict.drifted)
    assert hits <= 20  # 21 or more of 200 at 5 %: one in a thousand


def test_a_moved_mean_and_a_changed_spread_are_found_and_named() -> None:
    rng = np.random.default_rng(4)
    before, now = rng.normal(size=(400, 6)), rng.normal(size=(200, 6))
    now[:, 1] += 1.0
    now[:, 4] *= 2.5
    found = classifier_shift(before, now, limits=LIMITS)
    assert found.verdict.drifted
    assert {column for column, _ in found.drivers[:2]} == {1, 4}
    assert all(abs(fall) < 0.02 for _, fall in found.drivers[2:])


def test_the_area_is_the_one_of_an_optimal_rule_where_there_is_much_to_learn_from() -> None:
    """Two normal laws one SD apart: the best classifier has Phi(1 / sqrt 2) = 0.760."""
    rng = np.random.default_rng(5)
    before, now = rng.normal(size=(6000, 3)), rng.normal(size=(6000, 3))
    now[:, 0] += 1.0
    found = classifier_shift(before, now, limits=LIMITS)
    assert found.verdict.statistic == pytest.approx(0.760, abs=0.012)
    assert found.verdict.effect == pytest.approx(found.verdict.statistic - 0.5, abs=1e-9)
    assert found.separation.n == 6000, "the half that the classifier was not fitted to"
    assert found.separation.value == pytest.approx(0.760, abs=0.02)
    assert found.separation.low is not None
    assert found.separation.high is not None
    assert found.separation.low < 0.760 < found.separation.high


def test_the_interval_holds_the_area_of_a_classifier_that_learnt_from_noise() -> None:
    rng, truth = np.random.default_rng(11), np.arange(60) >= 40
    held = 0
    for _ in range(500):
        found, _ = held_out_separation(rng.normal(size=(60, 4)), truth, rng)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.5 <= found.high
    assert held >= 455, "93 % less two standard errors; cross-validated guesses hold it 8 in 10"


def test_guesses_are_scikit_learns_ridge_fold_by_fold() -> None:
    from sklearn.linear_model import Ridge

    from measures.classifier_two_sample import RIDGE, _areas, _guesses

    rng = np.random.default_rng(6)
    features, sides = rng.normal(size=(60, 4)), (rng.random((60, 3)) < 0.4).astype(float)
    folds = np.arange(60) % 5
    found = _guesses(features, sides, folds)
    for fold in range(5):
        learn = folds != fold
        fit = Ridge(alpha=RIDGE).fit(features[learn], sides[learn])
        wanted = fit.predict(features[~learn]) - fit.intercept_
        centred = found[~learn] - wanted
        assert np.ptp(centred, axis=0) == pytest.approx(0.0, abs=1e-9), "up to a constant"
    areas = _areas(found, sides)
    for one in range(3):
        assert areas[one] == pytest.approx(auc(sides[:, one], found[:, one]).value)


def test_the_unit_of_a_column_does_not_matter_and_the_seed_decides_the_rest() -> None:
    rng = np.random.default_rng(7)
    before, now = rng.normal(size=(80, 3)), rng.normal(0.4, 1.0, (50, 3))
    one = classifier_shift(before, now, limits=LIMITS)
    assert classifier_shift(before, now, limits=LIMITS) == one
    scale = np.array([1000.0, 0.5, 8.0])
    other = classifier_shift(before * scale + 9.0, now * scale + 9.0, limits=LIMITS)
    assert other.verdict.statistic == pytest.approx(one.verdict.statistic)
    assert other.verdict.p_value == one.verdict.p_value


def test_a_constant_column_drives_nothing() -> None:
    rng = np.random.default_rng(8)
    before, now = rng.normal(size=(80, 2)), rng.normal(1.0, 1.0, (50, 2))
    before[:, 1] = now[:, 1] = 0.1
    found = classifier_shift(before, now, limits=LIMITS)
    assert found.verdict.drifted
    assert dict(found.drivers)[1] == pytest.approx(0.0, abs=1e-12)


def test_what_cannot_be_compared_is_refused_or_said() -> None:
    good = np.random.default_rng(2).normal(size=(20, 3))
    with pytest.raises(ValueError, match="reference: 1 of 60 entries"):
        classifier_shift(np.where(good == good.max(), np.nan, good), good, limits=LIMITS)
    with pytest.raises(ValueError, match="current: 1 of 60 entries"):
        classifier_shift(good, np.where(good == good.max(), np.inf, good), limits=LIMITS)
    with pytest.raises(ValueError, match="the same columns are needed"):
        classifier_shift(good, good[:, :1], limits=LIMITS)
    for now, reason in (
        (good[:3], "3 current studies, 10 needed"),
        (np.empty((0, 3)), "0 current studies, 10 needed"),
    ):
        found = classifier_shift(good, now, limits=LIMITS)
        assert found.verdict.reason == found.separation.reason == reason
        assert found.drivers == ()
    same = np.ones((20, 3))
    assert not classifier_shift(same, same, limits=LIMITS).verdict.estimable
