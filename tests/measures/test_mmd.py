from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from measures.mmd import median_bandwidth, mmd_shift
from measures.shift_verdict import ShiftLimits

LIMITS = ShiftLimits(alpha=0.05, floor=0.0, permutations=99)


def loop(before: np.ndarray, now: np.ndarray, width: float) -> float:
    """Equation 3 of Gretton et al., pair by pair."""

    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.exp(-cdist(a, b, "sqeuclidean") / (2.0 * width**2))

    n, m = len(before), len(now)
    own = kernel(before, before).sum() - n, kernel(now, now).sum() - m
    between = kernel(before, now).mean()
    return float(own[0] / (n * (n - 1)) + own[1] / (m * (m - 1)) - 2.0 * between)


@given(seed=st.integers(0, 30), moved=st.sampled_from([0.0, 0.7]))
def test_the_statistic_is_the_published_one(seed: int, moved: float) -> None:
    rng = np.random.default_rng(seed)
    before, now = rng.normal(size=(25, 3)), rng.normal(moved, 1.0, (14, 3))
    found = mmd_shift(before, now, limits=LIMITS, bandwidth=1.5)
    assert found.statistic == pytest.approx(loop(before, now, 1.5), abs=1e-12)


def test_the_p_value_is_the_share_of_arrangements_that_are_as_far() -> None:
    rng = np.random.default_rng(3)
    before, now = rng.normal(size=(30, 2)), rng.normal(0.45, 1.0, (20, 2))
    limits = ShiftLimits(alpha=0.05, floor=0.0, permutations=4999)
    found = mmd_shift(before, now, limits=limits, bandwidth=1.0)
    pooled, far = np.concatenate([before, now]), []
    for _ in range(2000):
        order = rng.permutation(50)
        far.append(loop(pooled[order[:30]], pooled[order[30:]], 1.0))
    assert found.statistic is not None
    looped = np.mean(np.array(far) >= found.statistic)
    assert found.p_value == pytest.approx(looped, abs=0.02)


def test_random_features_come_near_every_pair() -> None:
    rng = np.random.default_rng(4)
    before, now = rng.normal(size=(400, 5)), rng.normal(0.3, 1.0, (300, 5))
    every = mmd_shift(before, now, limits=LIMITS, bandwidth=3.0)
    few = mmd_shift(before, now, limits=LIMITS, bandwidth=3.0, exact_up_to=0)
    assert few.statistic == pytest.approx(every.statistic, rel=0.25)
    assert few.drifted is every.drifted is True
    assert "random features" in few.method


@pytest.mark.parametrize("exact_up_to", [4000, 0])
@pytest.mark.parametrize("sizes", [(30, 30), (150, 20)])
def test_quiet_windows_alarm_no_more_often_than_promised(
    exact_up_to: int, sizes: tuple[int, int]
) -> None:
    rng, hits = np.random.default_rng(sizes), 0
    for _ in range(150):
        before, now = (rng.normal(size=(size, 4)) for size in sizes)
        found = mmd_shift(before, now, limits=LIMITS, exact_up_to=exact_up_to)
        hits += bool(found.drifted)
    assert hits <= 16  # 17 or more of 150 at 5 %: one in a thousand


def test_columns_that_begin_to_move_together_are_seen() -> None:
    rng = np.random.default_rng(6)
    before, now = rng.normal(size=(400, 2)), rng.normal(size=(200, 2))
    now[:, 1] = 0.9 * now[:, 0] + np.sqrt(1 - 0.81) * now[:, 1]
    assert mmd_shift(before, now, limits=LIMITS).drifted


def test_the_floor_holds_back_a_trifle() -> None:
    rng = np.random.default_rng(7)
    before, now = rng.normal(size=(1500, 2)), rng.normal(0.15, 1.0, (1500, 2))
    limits = ShiftLimits(alpha=0.05, floor=0.2, permutations=99)
    found = mmd_shift(before, now, limits=limits)
    assert found.p_value == 0.01
    assert found.drifted is False


@given(seed=st.integers(0, 20))
def test_order_within_a_side_unit_and_origin_do_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    before, now = rng.normal(size=(20, 3)), rng.normal(size=(15, 3))
    one = mmd_shift(before, now, limits=LIMITS)
    other = mmd_shift(
        4.0 * rng.permutation(before) + 3.0, 4.0 * rng.permutation(now) + 3.0, limits=LIMITS
    )
    assert one.statistic == pytest.approx(other.statistic, abs=1e-9)
    assert mmd_shift(before, now, limits=LIMITS) == one, "the same seed, the same verdict"
    swapped = mmd_shift(now, before, limits=LIMITS)
    assert swapped.statistic == pytest.approx(one.statistic, abs=1e-12)


def test_a_copy_of_the_window_is_no_shift() -> None:
    points = np.random.default_rng(1).normal(size=(40, 3))
    found = mmd_shift(points, points, limits=LIMITS)
    assert found.p_value == 1.0
    assert found.effect == 0.0


def test_what_cannot_be_compared_is_refused_or_said() -> None:
    good = np.random.default_rng(2).normal(size=(20, 3))
    bad = good.copy()
    bad[0, 0] = np.nan
    for wrong, told in (
        (bad, "current: 1 of 60 entries are missing or infinite"),
        (np.where(np.isnan(bad), np.inf, bad), "current: 1 of 60 entries"),
        (good[:, :2], "reference has 3, current 2"),
        (np.zeros((20, 3, 1)), "current: needs shape"),
        (np.zeros((20, 0)), "current: needs shape"),
        ([["a", "b", "c"]], "current: entries must be numbers"),
    ):
        with pytest.raises(ValueError, match=told):
            mmd_shift(good, wrong, limits=LIMITS)
    for width in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="bandwidth must be positive"):
            mmd_shift(good, good, limits=LIMITS, bandwidth=width)
    assert mmd_shift(good, good[:4], limits=LIMITS).reason == "4 current studies, 10 needed"
    assert mmd_shift(good, np.empty((0, 3)), limits=LIMITS).drifted is None
    same = np.ones((20, 3))
    assert mmd_shift(same, same, limits=LIMITS).reason.startswith("constant")
    with pytest.raises(ValueError, match="no two studies differ"):
        median_bandwidth(same, np.random.default_rng(0))


def test_the_width_ignores_pairs_that_coincide() -> None:
    mostly = np.zeros((30, 1))
    mostly[0] = 5.0
    assert median_bandwidth(mostly, np.random.default_rng(0)) == 5.0
