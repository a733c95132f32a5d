"""Bets and intervals that hold over every look."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from measures.confidence_sequences import (
    bernoulli_confidence_sequence,
    mixture_rho,
    normal_mixture_bound,
)
from measures.sequential import (
    CONFORMAL_BETS,
    SHORTFALLS,
    Capital,
    bernoulli_bets,
    conformal_bets,
    conformal_p_values,
)


@pytest.mark.requirement("REG-126")
def test_bounds_agree_with_the_published_values_of_confseq() -> None:
    """Unit-test values of confseq (Howard et al. 2021); further ones are an oracle case."""
    assert mixture_rho(100.0, alpha=0.05) == pytest.approx(12.60056, abs=2e-5)
    two = normal_mixture_bound(100.0, alpha=0.05, v_opt=100.0)
    one = normal_mixture_bound(100.0, alpha=0.05, v_opt=100.0, sides=1)
    assert (two, one) == pytest.approx((30.35209, 27.66071), abs=2e-5)
    found = bernoulli_confidence_sequence("share", 700, 1000, t_opt=100.0)
    assert (found.low, found.high) == pytest.approx((0.651629, 0.745949), abs=2e-5)


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: Capital.fresh(0), "bettors"),
        (lambda: Capital.fresh(2).after(np.ones((3, 1)), share=0.5), "shape"),
        (lambda: Capital.fresh(1).after(np.zeros((1, 1)), share=0.5), "above 0"),
        (lambda: Capital.fresh(1).after(np.full((1, 1), np.nan), share=0.5), "finite"),
        (lambda: Capital.fresh(1).after(np.ones((1, 1)), share=0.0), "share"),
        (lambda: conformal_p_values([], [], []), "pool"),
        (lambda: conformal_p_values([1, 2], [2], [0.5]), "cells"),
        (lambda: conformal_p_values([1, 2], [1], [float("nan")]), "uniforms"),
        (lambda: conformal_p_values([1, 2], [1, 0], [0.5]), "one entry per study"),
        (lambda: conformal_bets([1.5]), "between 0 and 1"),
        (lambda: conformal_bets([float("nan")]), "missing"),
        (lambda: bernoulli_bets([2], at_least=0.9), "0 or 1"),
        (lambda: bernoulli_bets([1], at_least=1.0), "at_least"),
    ],
)
def test_bets_that_cannot_be_placed_are_refused(call: Callable[[], object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        call()


def test_p_values_are_uniform_and_independent_even_for_a_tiny_reference() -> None:
    rng = np.random.default_rng(6)
    runs = []
    for _ in range(3000):
        cells = np.minimum(rng.geometric(0.2, size=28) - 1, 19)
        pool = np.bincount(cells[:8], minlength=20)
        first, pool = conformal_p_values(pool, cells[8:18], rng.random(10))
        second, _ = conformal_p_values(pool, cells[18:], rng.random(10))
        runs.append(np.concatenate([first, second]))
    p = np.array(runs)
    assert np.histogram(p, bins=10, range=(0, 1))[0] == pytest.approx(6000, abs=300)
    assert np.abs(np.corrcoef(p.T) - np.eye(20)).max() < 0.09
    assert p.sum(axis=1).var() == pytest.approx(20 / 12, rel=0.1)


def test_one_batch_and_study_by_study_give_the_same_p_values() -> None:
    cells, ties = np.array([3, 1, 3, 0]), np.array([0.1, 0.5, 0.9, 0.3])
    together, grown = conformal_p_values([1, 2, 0, 4], cells, ties)
    pool, singly = np.array([1, 2, 0, 4]), []
    for cell, tie in zip(cells, ties, strict=True):
        one, pool = conformal_p_values(pool, [cell], [tie])
        singly.append(float(one[0]))
    assert together == pytest.approx(singly)
    assert grown.tolist() == pool.tolist()


def test_every_bet_is_fair_and_never_loses_everything() -> None:
    bets = conformal_bets((np.arange(100_000) + 0.5) / 100_000)
    assert bets.shape == (100_000, len(CONFORMAL_BETS))
    assert bets.mean(axis=0) == pytest.approx(1.0, abs=1e-6)
    assert bets.min() > 0.0


@pytest.mark.parametrize("true_share", [0.85, 0.9, 1.0])
def test_bets_on_a_claim_that_holds_never_win_on_average(true_share: float) -> None:
    right, wrong = bernoulli_bets([1, 0], at_least=0.85)
    mean = true_share * right + (1 - true_share) * wrong
    assert (mean <= 1.0 + 1e-12).all()
    assert mean.shape == (len(SHORTFALLS),)


def test_capital_reaches_one_over_alpha_no_more_often_than_alpha() -> None:
    rng = np.random.default_rng(7)
    reached = 0
    for _ in range(400):
        capital, most = Capital.fresh(len(CONFORMAL_BETS)), 0.0
        for _ in range(40):
            capital = capital.after(conformal_bets(rng.random(10)), share=1 / 40)
            most = max(most, capital.evidence)
        reached += most >= -np.log10(0.1)
    assert reached / 400 <= 0.1


def test_waking_money_changes_no_total_and_capping_only_lowers_it() -> None:
    capital = Capital.fresh(3).after(np.ones((0, 3)), share=0.2)
    assert capital.evidence == pytest.approx(0.0)
    rich = capital.after(np.full((5, 3), 10.0), share=0.2)
    assert rich.capped(2.0).evidence == pytest.approx(2.0)
    assert capital.capped(2.0) == capital
