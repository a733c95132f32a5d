"""The stopping rule of a rollout: how often a shadow that keeps its margin is ever stopped."""

import numpy as np
import pytest

from measures.confidence_sequences import bounded_mean_limits

RUNS, STUDIES, ALPHA, MARGIN = 2000, 600, 0.05, 0.05


def stopped(true_difference: float) -> float:
    """The share of simulated rollouts that are stopped at any of so many looks."""
    random = np.random.default_rng(24)
    discordant = 0.2
    worse = (discordant - true_difference) / 2
    drawn = random.random((RUNS, STUDIES))
    steps = np.where(drawn < worse, -1.0, np.where(drawn < discordant, 1.0, 0.0))
    _, highs = bounded_mean_limits(steps, low=-1.0, high=1.0, alpha=2 * ALPHA)
    return float((highs < -MARGIN).any(axis=1).mean())


@pytest.mark.proof
def test_a_shadow_at_its_margin_is_stopped_with_at_most_alpha_over_all_looks() -> None:
    assert stopped(-MARGIN) <= ALPHA
    assert stopped(0.0) <= ALPHA / 2


@pytest.mark.proof
def test_a_shadow_far_below_its_margin_is_stopped() -> None:
    assert stopped(-0.18) > 0.8
