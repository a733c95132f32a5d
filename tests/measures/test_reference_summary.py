from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.reference_summary import (
    level_table,
    rank_table,
    summarise_categories,
    summarise_numbers,
    value_table,
)
from measures.shift_bins import binned_table
from measures.shift_distances import ks_distance

COLUMN = st.lists(st.integers(-15, 15), min_size=1, max_size=40).map(
    lambda values: np.array(values) / 4.0
)


@given(values=COLUMN)
def test_a_summary_holds_the_column_whatever_its_order(values: np.ndarray) -> None:
    one, turned = summarise_numbers(values), summarise_numbers(values[::-1])
    assert one.entries().tolist() == np.sort(values).tolist() == turned.entries().tolist()
    assert (one.mean, one.deviation) == pytest.approx((values.mean(), values.std()), abs=1e-12)
    assert one.below[-1] == one.n == values.size
    _, counts = np.unique(values, return_counts=True)
    assert one.tie_sum == (counts**3 - counts).sum()


@given(before=COLUMN, now=COLUMN)
def test_the_short_table_keeps_every_cumulative_share(before: np.ndarray, now: np.ndarray) -> None:
    reference, current = summarise_numbers(before), summarise_numbers(now)
    full, short = value_table(reference, current), rank_table(reference, current)
    assert short.reference.sum() == before.size
    assert short.current.sum() == now.size
    assert float(ks_distance(*short.shares)) == pytest.approx(float(ks_distance(*full.shares)))


@given(before=COLUMN, now=COLUMN, binning=st.sampled_from(["deciles", "doane", "sturges"]))
def test_no_study_is_lost_in_any_binning(before: np.ndarray, now: np.ndarray, binning: str) -> None:
    table = binned_table(summarise_numbers(before), summarise_numbers(now), binning=binning)  # type: ignore[arg-type]
    assert table.reference.sum() == before.size
    assert table.current.sum() == now.size


@given(before=COLUMN, now=COLUMN)
def test_bins_are_numpys_own(before: np.ndarray, now: np.ndarray) -> None:
    wide = np.concatenate([before, np.arange(30) / 7.0])  # more than 20 values: bins, not values
    edges = np.histogram_bin_edges(np.concatenate([wide, now]), bins="sturges")
    table = binned_table(summarise_numbers(wide), summarise_numbers(now), binning="sturges")
    assert table.reference.tolist() == np.histogram(wide, edges)[0].tolist()
    assert table.current.tolist() == np.histogram(now, edges)[0].tolist()


def test_whole_numbers_get_bins_no_narrower_than_one() -> None:
    before, now = np.repeat(np.arange(3), 100), np.repeat(np.arange(3), 50)
    table = binned_table(
        summarise_numbers(before), summarise_numbers(now), binning="sturges_distinct"
    )
    edges = np.histogram_bin_edges(np.array([0, 1, 2]), bins="sturges")
    assert table.reference.tolist() == np.histogram(before, edges)[0].tolist()


def test_missing_entries_are_counted_and_infinite_ones_refused() -> None:
    assert summarise_numbers([1.0, float("nan"), 3.0]).missing == 1
    assert summarise_numbers([float("nan")]).n == 0
    assert summarise_categories(["a", None, float("nan")]).missing == 2
    with pytest.raises(ValueError, match="values: 1 of 2 are infinite"):
        summarise_numbers([1.0, float("inf")])
    with pytest.raises(ValueError, match="must be numbers"):
        summarise_numbers(["a"])
    with pytest.raises(ValueError, match="shape"):
        summarise_numbers([[1.0]])
    with pytest.raises(ValueError, match="not a table"):
        summarise_categories([["a"]])


def test_an_empty_side_is_refused_by_name() -> None:
    some, none = summarise_numbers([1.0]), summarise_numbers([float("nan")])
    for make in (value_table, rank_table):
        with pytest.raises(ValueError, match=r"current: no entry with a value \(1 missing\)"):
            make(some, none)
        with pytest.raises(ValueError, match="reference: no entry"):
            make(none, some)
    with pytest.raises(ValueError, match="current: no entry"):
        level_table(summarise_categories("a"), summarise_categories([]))
    with pytest.raises(ValueError, match="current: no entry"):
        binned_table(some, none, binning="doane")
    with pytest.raises(ValueError, match="unknown 'scott'; known: deciles"):
        binned_table(some, some, binning="scott")  # type: ignore[arg-type]


def test_an_unseen_level_is_a_cell_of_its_own() -> None:
    table = level_table(summarise_categories("aab"), summarise_categories("acd"))
    assert table.reference.tolist() == [2, 1, 0, 0]
    assert table.current.tolist() == [1, 0, 1, 1]


def test_a_whole_number_is_the_same_level_whether_or_not_a_gap_made_it_a_fraction() -> None:
    assert summarise_categories([1, 2]).levels == summarise_categories(np.array([1.0, 2.0])).levels
