"""Bets and intervals that hold over every look."""

from __future__ import annotations

import numpy as np
import pytest

from measures.sequential import (
    CONFORMAL_BETS,
    SHORTFALLS,
    Capital,
    bernoulli_bets,
    bernoulli_confidence_sequence,
    conformal_bets,
    conformal_p_values,
    mixture_rho,
    normal_mixture_bound,
)
from tests.measures.oracle_values import oracle_values


@pytest.mark.requirement("REG-126")
def test_bounds_agree_with_the_published_values_of_confseq() -> None:
    case = oracle_values("sequential/confseq-published")
    expected = case.expected
    assert mixture_rho(100.0, alpha=0.05) == pytest.approx(expected["best_rho_two_sided"], abs=2e-5)
    assert normal_mixture_bound(100.0, alpha=0.05, v_opt=100.0) == pytest.approx(
        expected["normal_two_sided"], abs=2e-5
    )
    assert normal_mixture_bound(100.0, alpha=0.05, v_opt=100.0, sides=1) == pytest.approx(
        expected["normal_one_sided"], abs=2e-5
    )
    asked = case.asked["inputs"]["bernoulli"]
    for row, published in zip(asked, expected["bernoulli"], strict=True):
        found = bernoulli_confidence_sequence("share", row["x"], row["n"], t_opt=row["t_opt"])
        assert (found.low, found.high) == pytest.approx(published["ci"], abs=1e-8)


def test_no_case_is_not_estimable_rather_than_zero() -> None:
    assert not bernoulli_confidence_sequence("sensitivity", 0, 0).estimable


def test_all_right_and_all_wrong_keep_the_value_inside_the_interval() -> None:
    for successes in (0, 400):
        found = bernoulli_confidence_sequence("share", successes, 400)
        assert found.low is not None and found.high is not None and found.value is not None
        assert found.low <= found.value <= found.high
        assert found.high - found.low < 0.05


def test_the_interval_holds_at_every_look_at_once() -> None:
    rng = np.random.default_rng(5)
    missed = 0
    for _ in range(150):
        right = np.cumsum(rng.random(300) < 0.85)
        sizes = (10, 40, 150, 300)
        looks = [bernoulli_confidence_sequence("s", int(right[n - 1]), n) for n in sizes]
        missed += any(not (e.low or 0.0) <= 0.85 <= (e.high or 1.0) for e in looks)
    assert missed / 150 <= 0.05


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
