"""Bets on a gap: fair under every allowed pair of shares, whatever the sizes of the block."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import binom

from measures.gap_bets import gap_bets, nearest_allowed_pair
from measures.sequential import SHORTFALLS

BLOCKS = [(1, 1), (3, 3), (2, 9), (7, 3)]


def mean_paid(
    pair: tuple[float, float], sizes: tuple[int, int], *, rest_share: float, allowed_gap: float
) -> np.ndarray:
    """The exact mean of what each bettor is paid, over all outcomes of a block."""
    total = np.zeros(len(SHORTFALLS))
    for hits, others in product(range(sizes[0] + 1), range(sizes[1] + 1)):
        chance = binom.pmf(hits, sizes[0], pair[0]) * binom.pmf(others, sizes[1], pair[1])
        bets = gap_bets((hits, others), sizes, rest_share=rest_share, allowed_gap=allowed_gap)
        total += chance * bets[0]
    return total


@pytest.mark.parametrize("sizes", BLOCKS)
@pytest.mark.parametrize("allowed_gap", [0.0, 0.05, 0.2])
def test_no_bettor_gains_on_average_while_the_gap_is_allowed(
    sizes: tuple[int, int], allowed_gap: float
) -> None:
    for rest, more in product((0.3, 0.6, 0.9, 0.99), (0.0, 0.1)):
        share = min(rest - allowed_gap + more, 1.0)
        for guessed in (0.5, 0.9, 0.99):
            found = mean_paid((share, rest), sizes, rest_share=guessed, allowed_gap=allowed_gap)
            assert (found <= 1.0 + 1e-9).all(), (share, rest, guessed)


def test_a_bettor_gains_where_the_gap_is_larger() -> None:
    found = mean_paid((0.6, 0.9), (5, 8), rest_share=0.9, allowed_gap=0.05)
    assert (found > 1.2).all()


@pytest.mark.parametrize("sizes", BLOCKS)
def test_the_nearest_allowed_pair_is_the_minimum_of_the_divergence(sizes: tuple[int, int]) -> None:
    pair, gap = (0.55, 0.85), 0.1

    def divergence(rest: float) -> float:
        both = zip(sizes, pair, (rest - gap, rest), strict=True)
        return sum(
            n * (p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))) for n, p, q in both
        )

    least = minimize_scalar(divergence, bounds=(0.2, 0.99), method="bounded",
                            options={"xatol": 1e-10})  # fmt: skip
    share, rest = nearest_allowed_pair(pair, sizes, allowed_gap=gap)
    assert rest == pytest.approx(least.x, abs=1e-5)
    assert share == pytest.approx(rest - gap)


def test_what_cannot_be_a_block_is_refused() -> None:
    with pytest.raises(ValueError, match="a case of each group"):
        nearest_allowed_pair((0.5, 0.8), (0, 4), allowed_gap=0.0)
    with pytest.raises(ValueError, match="allowed_gap"):
        nearest_allowed_pair((0.5, 0.8), (2, 4), allowed_gap=1.0)
    with pytest.raises(ValueError, match="more cases are right"):
        gap_bets((3, 1), (2, 4), rest_share=0.9, allowed_gap=0.0)
