from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measures.density_ratio import density_ratio


def test_weights_are_the_true_ratio_of_two_normal_laws() -> None:
    rng = np.random.default_rng(1)
    before, now = rng.normal(size=(8000, 1)), rng.normal(0.5, 0.8, (8000, 1))
    found = density_ratio(before, now)
    assert found.trusted
    assert found.weights is not None
    x = before[:, 0]
    true = np.exp(x**2 / 2.0 - ((x - 0.5) / 0.8) ** 2 / 2.0) / 0.8
    assert np.abs(found.weights - true).mean() < 0.05
    assert found.effective_sample_size == pytest.approx(true.sum() ** 2 / (true**2).sum(), rel=0.05)


def test_a_weighted_reference_mean_is_the_current_one_under_covariate_shift() -> None:
    """The truth given x stays; the mix of x changes; no current truth is used."""
    rng = np.random.default_rng(2)

    def sick(x: np.ndarray) -> np.ndarray:
        return rng.random(len(x)) < 1.0 / (1.0 + np.exp(2.0 - x[:, 0]))

    before, now = rng.normal(size=(6000, 2)), rng.normal([0.7, 0.0], 1.0, (3000, 2))
    truth, later = sick(before), sick(now)
    found = density_ratio(before, now)
    assert found.weights is not None
    assert abs(truth.mean() - later.mean()) > 0.08
    assert (found.weights * truth).mean() == pytest.approx(later.mean(), abs=0.02)


@given(seed=st.integers(0, 20), n=st.integers(50, 120), m=st.integers(50, 90))
@settings(max_examples=15)
def test_weights_are_positive_of_mean_one_and_the_effective_size_is_in_bounds(
    seed: int, n: int, m: int
) -> None:
    rng = np.random.default_rng(seed)
    before, now = rng.normal(size=(n, 2)), rng.normal(0.3, 1.0, (m, 2))
    found = density_ratio(before, now, seed=seed)
    assert found.weights is not None
    assert found.effective_sample_size is not None
    assert found.weights.shape == (n,)
    assert found.weights.min() > 0.0
    assert found.weights.mean() == pytest.approx(1.0)
    assert 1.0 <= found.effective_sample_size <= n + 1e-9
    again = density_ratio(before * 50.0 - 3.0, now * 50.0 - 3.0, seed=seed)
    assert again.weights == pytest.approx(found.weights, rel=1e-3)


def test_without_shift_hardly_a_study_is_lost() -> None:
    rng = np.random.default_rng(3)
    found = density_ratio(rng.normal(size=(3000, 3)), rng.normal(size=(1500, 3)))
    assert found.trusted
    assert found.effective_sample_size is not None
    assert found.effective_sample_size > 2700


@pytest.mark.parametrize(
    ("move", "told"),
    [
        (lambda x: x + 5.0, "effective sample size"),
        (lambda x: np.where(x > 1.0, x + 6.0, x), "where the reference has none"),
        (lambda x: x + 1.6, "above the clip"),
    ],
)
def test_weights_that_must_not_be_used_say_why(move, told: str) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(4)
    found = density_ratio(rng.normal(size=(2000, 2)), move(rng.normal(size=(1000, 2))))
    assert not found.trusted
    assert told in " | ".join(found.distrust)


def test_a_study_does_not_weigh_itself() -> None:
    """With 40 quiet columns a fit tells its own studies apart; the crossed one cannot."""
    from sklearn.linear_model import LogisticRegression

    from measures.density_ratio import _cross_fitted
    from measures.roc import auc

    points, sides = np.random.default_rng(5).normal(size=(600, 40)), np.arange(600) >= 300
    fit = LogisticRegression(C=10.0, max_iter=500).fit(points, sides)
    own = auc(sides, fit.decision_function(points)).value
    crossed = auc(sides, _cross_fitted(points, sides, 0)).value
    assert own is not None
    assert crossed is not None
    assert own > 0.65
    assert abs(crossed - 0.5) < 0.08


def test_what_cannot_be_weighted_is_refused_or_said() -> None:
    good = np.random.default_rng(6).normal(size=(60, 2))
    for clip in (1.0, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="clip must be above 1"):
            density_ratio(good, good, clip=clip)
    with pytest.raises(ValueError, match="current: 1 of 120 entries"):
        density_ratio(good, np.where(good == good.max(), np.nan, good))
    with pytest.raises(ValueError, match="reference: 1 of 120 entries"):
        density_ratio(np.where(good == good.max(), np.inf, good), good)
    with pytest.raises(ValueError, match="the same columns are needed"):
        density_ratio(good, good[:, :1])
    few = density_ratio(good, good[:10])
    assert few.distrust == ("10 current studies, 50 needed",)
    assert few.weights is None
    flat = good.copy()
    flat[:, 1] = 7.0
    assert density_ratio(flat, good).distrust == ("constant in the reference: column 1",)
    assert density_ratio(np.empty((0, 2)), good).distrust == ("0 reference studies, 50 needed",)
