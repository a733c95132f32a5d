"""Score limits: published values, the score equation itself, and what must not matter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.score_limits import (
    miettinen_nurminen_limits,
    restricted_paired_share,
    restricted_shares,
    tango_limits,
)
from tests.measures.columns import Column

COUNTED = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
CELLS = st.tuples(*[st.integers(0, 20)] * 3).filter(lambda cells: sum(cells) > 0)


def test_published_unpaired_limits_are_met() -> None:
    # Newcombe, Stat Med 1998;17:873, Table II, method 5
    low, high = miettinen_nurminen_limits(56, 70, 48, 80)
    assert (low.item(), high.item()) == pytest.approx((0.0528, 0.3382), abs=6e-5)


def test_published_paired_limits_are_met() -> None:
    # Fagerland, Lydersen and Laake, Stat Med 2014;33:2850: 1 and 7 of 21, asymptotic score
    low, high = tango_limits(1, 7, 21)
    assert (low.item(), high.item()) == pytest.approx((-0.517, -0.026), abs=6e-4)


@given(one=COUNTED, two=COUNTED, difference=st.floats(-0.95, 0.95))
def test_restricted_shares_fit_best(
    one: tuple[int, int], two: tuple[int, int], difference: float
) -> None:
    (x, n), (y, m) = one, two

    def fit(q: Column) -> Column:
        p = q + difference
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = [
                np.where(count == 0, 0.0, count * np.log(np.maximum(share, 0.0)))
                for count, share in ((x, p), (n - x, 1 - p), (y, q), (m - y, 1 - q))
            ]
        total: Column = np.sum(parts, axis=0)
        return total

    p, q = restricted_shares(x / n, y / m, m / n, difference)
    assert float(p) - float(q) == pytest.approx(difference, abs=1e-6)
    grid = np.linspace(max(0.0, -difference), min(1.0, 1.0 - difference), 2001)[1:-1]
    assert fit(np.atleast_1d(q))[0] >= fit(grid).max() - 1e-5


@given(cells=CELLS, difference=st.floats(-0.9, 0.9))
def test_the_restricted_paired_share_fits_best(
    cells: tuple[int, int, int], difference: float
) -> None:
    b, c, rest = cells
    n = sum(cells)

    def fit(lost: Column) -> Column:
        gained = lost + difference
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = [
                np.where(count == 0, 0.0, count * np.log(np.maximum(share, 0.0)))
                for count, share in ((b, gained), (c, lost), (rest, 1.0 - gained - lost))
            ]
        total: Column = np.sum(parts, axis=0)
        return total

    found = restricted_paired_share(b / n, c / n, difference)
    grid = np.linspace(max(0.0, -difference), (1.0 - difference) / 2.0, 2001)[1:-1]
    assert fit(np.atleast_1d(found))[0] >= fit(grid).max() - 1e-5


@given(one=COUNTED, two=COUNTED)
def test_unpaired_limits_hold_the_difference_and_turn_with_it(
    one: tuple[int, int], two: tuple[int, int]
) -> None:
    low, high = (float(limit) for limit in miettinen_nurminen_limits(*one, *two))
    found = one[0] / one[1] - two[0] / two[1]
    assert -1.0 <= low <= found <= high <= 1.0
    assert high > low
    back = miettinen_nurminen_limits(*two, *one)
    assert (-back[1].item(), -back[0].item()) == pytest.approx((low, high), abs=1e-9)
    missed = miettinen_nurminen_limits(one[1] - one[0], one[1], two[1] - two[0], two[1])
    assert (-missed[1].item(), -missed[0].item()) == pytest.approx((low, high), abs=1e-9)


@given(cells=CELLS, level=st.floats(0.5, 0.98))
def test_paired_limits_hold_the_difference_turn_with_it_and_widen_with_the_level(
    cells: tuple[int, int, int], level: float
) -> None:
    gained, lost, rest = cells
    n = gained + lost + rest
    low, high = (float(limit) for limit in tango_limits(gained, lost, n, level=level))
    assert -1.0 <= low <= (gained - lost) / n <= high <= 1.0
    back = tango_limits(lost, gained, n, level=level)
    assert (-back[1].item(), -back[0].item()) == pytest.approx((low, high), abs=1e-9)
    wider = tango_limits(gained, lost, n, level=level + 0.01)
    assert wider[0] <= low + 1e-12
    assert wider[1] >= high - 1e-12


def test_many_tables_are_done_at_once() -> None:
    low, high = tango_limits([1, 5, 0], [7, 0, 0], [21, 41, 44])
    for at, table in enumerate([(1, 7, 21), (5, 0, 41), (0, 0, 44)]):
        single = tango_limits(*table)
        assert (low[at], high[at]) == (single[0].item(), single[1].item())


def test_a_level_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="level"):
        tango_limits(1, 2, 10, level=1.0)
