"""Power and size for shares: equal to statsmodels where it has them, and to simulated decisions."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measures.planning import Aim
from measures.proportions import clopper_pearson, wilson
from measures.sample_size import (
    paired_share_power,
    paired_share_size,
    precise_share_size,
    unpaired_share_power,
    unpaired_share_size,
)
from measures.score_limits import miettinen_nurminen_limits, tango_limits

AIMS = [
    Aim("difference"), Aim("non-inferiority", alpha=0.025, margin=0.1),
    Aim("equivalence", alpha=0.05, margin=0.12),
]  # fmt: skip
DRAWS = 4000
SHARES = st.floats(0.05, 0.95)


def decided(low: np.ndarray, high: np.ndarray, aim: Aim) -> float:
    """Share of intervals that decide as the aim asks."""
    if aim.kind == "difference":
        return float(np.mean((low > 0) | (high < 0)))
    above = low > -aim.margin
    return float(np.mean(above if aim.kind == "non-inferiority" else above & (high < aim.margin)))


def level(aim: Aim) -> float:
    return 1 - (aim.alpha if aim.kind == "difference" else 2 * aim.alpha)


@given(first=SHARES, second=SHARES, n=st.integers(10, 500), ratio=st.sampled_from([0.5, 1, 2]))
def test_power_of_unpaired_shares_agrees_with_statsmodels(
    first: float, second: float, n: int, ratio: float
) -> None:
    from statsmodels.stats.proportion import power_proportions_2indep

    other = round(ratio * n)
    theirs = power_proportions_2indep(
        first - second, second, n, ratio=other / n, alpha=0.05, return_results=False
    )
    found = unpaired_share_power(first, second, n, other, Aim("difference"))
    assert found == pytest.approx(theirs, abs=2e-3)


@pytest.mark.parametrize(
    ("case", "aim"),
    list(itertools.product([(0.9, 0.8, 200), (0.85, 0.85, 150), (0.93, 0.95, 250)], AIMS)),
)
def test_power_of_unpaired_shares_is_the_simulated_one(
    case: tuple[float, float, int], aim: Aim
) -> None:
    first, second, n = case
    random = np.random.default_rng(11)
    x, y = random.binomial(n, first, DRAWS), random.binomial(n, second, DRAWS)
    size = np.full(DRAWS, n)
    found = decided(*miettinen_nurminen_limits(x, size, y, size, level=level(aim)), aim)
    assert unpaired_share_power(first, second, n, n, aim) == pytest.approx(found, abs=0.04)


@pytest.mark.parametrize(
    ("case", "aim"),
    list(itertools.product([(0.15, 0.05, 200), (0.1, 0.1, 150), (0.06, 0.04, 200)], AIMS)),
)
def test_power_of_paired_shares_is_the_simulated_one(
    case: tuple[float, float, int], aim: Aim
) -> None:
    gained, lost, n = case
    cells = np.random.default_rng(12).multinomial(n, [gained, lost, 1 - gained - lost], DRAWS)
    limits = tango_limits(cells[:, 0], cells[:, 1], np.full(DRAWS, n), level=level(aim))
    found = decided(*limits, aim)
    assert paired_share_power(gained, lost, n, aim) == pytest.approx(found, abs=0.04)


def test_connors_size_for_pairs_is_met() -> None:
    # Connor, Biometrics 1987;43:207: (z sqrt(psi) + z' sqrt(psi - d^2))^2 / d^2
    expected = (1.959964 * 0.2**0.5 + 0.841621 * (0.2 - 0.01) ** 0.5) ** 2 / 0.01
    assert paired_share_size(0.15, 0.05, Aim("difference")).n == np.ceil(expected)


@settings(max_examples=30)
@given(
    first=st.floats(0.6, 0.9), gap=st.floats(0.05, 0.2), power=st.sampled_from([0.8, 0.9]),
    ratio=st.sampled_from([0.5, 1.0, 3.0]),
)  # fmt: skip
def test_the_size_reaches_the_power_and_one_less_does_not(
    first: float, gap: float, power: float, ratio: float
) -> None:
    found = unpaired_share_size(first, first - gap, Aim("difference"), power=power, ratio=ratio)
    n, m = found.groups["first"], found.groups["second"]
    assert m == int(np.ceil(ratio * n))
    assert found.reached >= power
    less = unpaired_share_power(
        first, first - gap, n - 1, int(np.ceil(ratio * (n - 1))), Aim("difference")
    )
    assert less < power


@given(n=st.integers(20, 400))
def test_more_studies_and_a_wider_margin_never_lose_power(n: int) -> None:
    for aim in AIMS:
        assert paired_share_power(0.06, 0.05, n + 50, aim) >= paired_share_power(0.06, 0.05, n, aim)
    wide = Aim("non-inferiority", alpha=0.025, margin=0.15)
    assert paired_share_power(0.06, 0.05, n, wide) >= paired_share_power(0.06, 0.05, n, AIMS[1])


INTERVALS = [("wilson", wilson), ("clopper-pearson", clopper_pearson)]


@pytest.mark.parametrize(("name", "interval"), INTERVALS)
@pytest.mark.parametrize("share", [0.5, 0.8, 0.95, 1.0])
def test_the_interval_is_as_narrow_as_planned(name: str, interval: object, share: float) -> None:
    found = precise_share_size(share, 0.05, interval=name)  # type: ignore[arg-type]
    made = interval("share", round(share * found.n), found.n)  # type: ignore[operator]
    assert (made.high - made.low) / 2 == pytest.approx(0.05, abs=0.004)
    assert found.reached <= 0.05


def test_what_cannot_be_planned_is_refused() -> None:
    with pytest.raises(ValueError, match="not reached with any number"):
        unpaired_share_size(0.8, 0.9, Aim("non-inferiority", alpha=0.025, margin=0.05))
    with pytest.raises(ValueError, match="first: a share between"):
        unpaired_share_power(1.0, 0.9, 10, 10, AIMS[0])
    with pytest.raises(ValueError, match="second: a share between"):
        unpaired_share_power(0.9, float("nan"), 10, 10, AIMS[0])
    with pytest.raises(ValueError, match="m: at least one study"):
        unpaired_share_power(0.8, 0.9, 10, 0, AIMS[0])
    with pytest.raises(ValueError, match="ratio: above 0"):
        unpaired_share_size(0.8, 0.9, AIMS[0], ratio=float("inf"))
    with pytest.raises(ValueError, match="power"):
        unpaired_share_size(0.8, 0.9, AIMS[0], power=1.0)
    with pytest.raises(ValueError, match="gained, lost"):
        paired_share_power(0.0, 0.0, 10, AIMS[0])
    with pytest.raises(ValueError, match="out of range"):
        precise_share_size(0.9, 0.5)
    with pytest.raises(ValueError, match="interval"):
        precise_share_size(0.9, 0.05, interval="wald")  # type: ignore[arg-type]
