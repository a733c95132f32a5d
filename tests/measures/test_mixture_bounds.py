"""Bounds of sums with other tails, published by confseq."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measures.confidence_sequences import normal_mixture_bound
from measures.mixture_bounds import (
    beta_binomial_bound,
    gamma_exponential_bound,
    gamma_poisson_bound,
    poly_stitching_bound,
)


@settings(deadline=None)
@given(st.floats(5.0, 500.0), st.sampled_from([0.01, 0.05]))
def test_a_vanishing_scale_comes_to_the_normal_bound(v: float, alpha: float) -> None:
    normal = normal_mixture_bound(v, alpha=alpha, v_opt=100.0, sides=1)
    for bound in (gamma_exponential_bound, gamma_poisson_bound):
        found = bound(v, alpha=alpha, v_opt=100.0, scale=0.02)
        assert found == pytest.approx(normal, rel=0.01)


@settings(deadline=None)
@given(st.floats(1.0, 500.0), st.floats(0.1, 5.0))
def test_heavier_tails_need_wider_bounds(v: float, scale: float) -> None:
    for bound in (gamma_exponential_bound, gamma_poisson_bound):
        narrow = bound(v, alpha=0.05, v_opt=100.0, scale=scale)
        assert bound(v, alpha=0.05, v_opt=100.0, scale=2.0 * scale) > narrow
        assert bound(v, alpha=0.01, v_opt=100.0, scale=scale) > narrow


def test_steps_of_equal_size_are_bounded_alike_on_both_sides_and_no_further_than_they_reach() -> (
    None
):
    found = beta_binomial_bound(50.0, alpha=0.05, v_opt=50.0, below=0.5, above=0.5)
    assert found < 50.0 / 0.5
    assert beta_binomial_bound(0.01, alpha=0.05, v_opt=50.0, below=0.5, above=0.5) == np.inf


def test_a_random_walk_seldom_ever_leaves_its_bound() -> None:
    rng, n = np.random.default_rng(4), np.arange(1, 301)
    walks = np.cumsum(rng.choice([-0.5, 0.5], (1500, 300)), axis=1)
    edges = np.array(
        [beta_binomial_bound(t / 4, alpha=0.1, v_opt=25.0, below=0.5, above=0.5) for t in n]
    )
    stitched = np.array([poly_stitching_bound(t / 4, alpha=0.05, v_min=5.0, scale=0.0) for t in n])
    assert (walks >= edges).any(axis=1).mean() <= 0.1
    assert (walks >= stitched).any(axis=1).mean() <= 0.05


@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), float("inf")])
def test_a_variance_or_scale_that_cannot_be_is_refused(bad: float) -> None:
    calls: list[Callable[[], float]] = [
        lambda: gamma_exponential_bound(bad, alpha=0.05, v_opt=1.0, scale=1.0),
        lambda: gamma_poisson_bound(1.0, alpha=0.05, v_opt=1.0, scale=bad),
        lambda: beta_binomial_bound(1.0, alpha=0.05, v_opt=1.0, below=bad, above=1.0),
        lambda: poly_stitching_bound(1.0, alpha=0.05, v_min=bad, scale=1.0),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r"\w"):
            call()
