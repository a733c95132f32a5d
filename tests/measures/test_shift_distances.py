from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.spatial.distance
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from measures.reference_summary import summarise_numbers, value_table
from measures.shift_distances import (
    energy_distance,
    fill_empty_cells,
    hellinger_distance,
    jensen_shannon_distance,
    ks_distance,
    kullback_leibler,
    l_infinity_distance,
    population_stability_index,
    wasserstein_distance,
)

Distance = Callable[[Any, Any], Any]
PLACES = np.array([0.0, 0.5, 2.0, 2.25, 7.0])
METRICS: dict[str, Distance] = {
    "ks": ks_distance,
    "jensen_shannon": jensen_shannon_distance,
    "hellinger": hellinger_distance,
    "l_infinity": l_infinity_distance,
    "wasserstein": lambda p, q: wasserstein_distance(PLACES, p, q),
    "energy": lambda p, q: energy_distance(PLACES, p, q),
}
OTHERS: dict[str, Distance] = {"psi": population_stability_index, "kl": kullback_leibler}
UP_TO_ONE = ["ks", "jensen_shannon", "hellinger", "l_infinity"]
SHARES = (
    st.lists(st.integers(0, 9), min_size=5, max_size=5)
    .filter(any)
    .map(lambda counts: np.array(counts) / sum(counts))
)


@pytest.mark.parametrize("name", [*METRICS, *OTHERS])
@given(p=SHARES, q=SHARES)
def test_zero_on_identical_shares_and_never_below(name: str, p: np.ndarray, q: np.ndarray) -> None:
    distance = (METRICS | OTHERS)[name]
    assert float(distance(p, p)) == pytest.approx(0.0, abs=1e-7)
    assert float(distance(p, q)) >= -1e-12
    if name in UP_TO_ONE:
        assert float(distance(p, q)) <= 1.0 + 1e-12


@pytest.mark.parametrize("name", [*METRICS, "psi"])
@given(p=SHARES, q=SHARES)
def test_symmetric(name: str, p: np.ndarray, q: np.ndarray) -> None:
    distance = (METRICS | OTHERS)[name]
    assert float(distance(p, q)) == pytest.approx(float(distance(q, p)), abs=1e-12)


@pytest.mark.parametrize("name", METRICS)
@given(p=SHARES, q=SHARES, r=SHARES)
def test_a_detour_is_never_shorter(name: str, p: np.ndarray, q: np.ndarray, r: np.ndarray) -> None:
    distance = METRICS[name]
    assert float(distance(p, r)) <= float(distance(p, q)) + float(distance(q, r)) + 1e-9


@pytest.mark.parametrize("name", ["jensen_shannon", "hellinger", "l_infinity", "psi", "kl"])
@given(p=SHARES, q=SHARES, seed=st.integers(0, 99))
def test_the_order_of_levels_does_not_matter(
    name: str, p: np.ndarray, q: np.ndarray, seed: int
) -> None:
    order = np.random.default_rng(seed).permutation(p.size)
    distance = (METRICS | OTHERS)[name]
    assert float(distance(p[order], q[order])) == pytest.approx(float(distance(p, q)), abs=1e-12)


@pytest.mark.parametrize("name", [*METRICS, *OTHERS])
@given(p=SHARES, q=SHARES, r=SHARES)
def test_many_windows_in_one_call_are_each_alone(
    name: str, p: np.ndarray, q: np.ndarray, r: np.ndarray
) -> None:
    distance = (METRICS | OTHERS)[name]
    together = distance(np.stack([p, p]), np.stack([q, r]))
    assert together.tolist() == pytest.approx([float(distance(p, q)), float(distance(p, r))])


@given(p=SHARES, q=SHARES)
def test_agreement_with_scipy_on_shares(p: np.ndarray, q: np.ndarray) -> None:
    for base in (2.0, np.e):
        found = float(jensen_shannon_distance(p, q, base=base))
        expected = scipy.spatial.distance.jensenshannon(p, q, base)
        assert found == pytest.approx(expected, abs=1e-7)
    filled = fill_empty_cells(p), fill_empty_cells(q)
    assert float(kullback_leibler(p, q)) == pytest.approx(scipy.stats.entropy(*filled), abs=1e-12)


COLUMN = st.lists(st.integers(-20, 20), min_size=1, max_size=30).map(np.array)


@given(before=COLUMN, now=COLUMN)
def test_agreement_with_scipy_on_columns(before: np.ndarray, now: np.ndarray) -> None:
    table = value_table(summarise_numbers(before), summarise_numbers(now))
    assert table.values is not None
    assert float(ks_distance(*table.shares)) == pytest.approx(
        max(abs((before <= x).mean() - (now <= x).mean()) for x in [*before, *now]), abs=1e-12
    )
    assert float(wasserstein_distance(table.values, *table.shares)) == pytest.approx(
        scipy.stats.wasserstein_distance(before, now), abs=1e-9
    )
    assert float(energy_distance(table.values, *table.shares)) == pytest.approx(
        scipy.stats.energy_distance(before, now), abs=1e-9
    )


@given(before=COLUMN, now=COLUMN, far=st.integers(-100, 100))
def test_moving_all_by_a_length_moves_wasserstein_by_it(
    before: np.ndarray, now: np.ndarray, far: int
) -> None:
    table = value_table(summarise_numbers(before), summarise_numbers(before + far))
    assert table.values is not None
    assert float(wasserstein_distance(table.values, *table.shares)) == pytest.approx(abs(far))


@pytest.mark.parametrize("name", [*METRICS, *OTHERS])
def test_what_are_no_shares_is_refused(name: str) -> None:
    distance, good = (METRICS | OTHERS)[name], [0.2] * 5
    for bad, told in (
        ([0.5] * 5, "current: shares must sum to 1"),
        ([1.5, -0.5, 0.0, 0.0, 0.0], "current: shares must be finite and not negative"),
        ([float("nan")] * 5, "current: shares must be finite"),
        ([float("inf"), 0.0, 0.0, 0.0, 0.0], "current: shares must be finite"),
        ([], "current: needs the share of each cell"),
        ([0.5, 0.5], "reference has 5, current 2"),
    ):
        with pytest.raises(ValueError, match=told):
            distance(good, bad)


def test_places_must_fit_and_rise() -> None:
    for distance in (wasserstein_distance, energy_distance):
        for places in ([0.0], [1.0, 0.0], [0.0, 0.0], [0.0, float("nan")]):
            with pytest.raises(ValueError, match="values:"):
                distance(places, [0.5, 0.5], [1.0, 0.0])
    with pytest.raises(ValueError, match="base must be above 1"):
        jensen_shannon_distance([1.0], [1.0], base=1.0)
    with pytest.raises(ValueError, match="every cell is empty"):
        fill_empty_cells([0.0, 0.0])


def test_empty_cells_are_filled_below_the_smallest_share() -> None:
    assert fill_empty_cells([0.99995, 0.00005, 0.0])[2] == pytest.approx(5e-11)
