"""Averages over readers: equal to their definition, pair by pair, in any design."""

from __future__ import annotations

import dataclasses
import itertools
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measures.reader_variance import Endpoint, reader_auc, reader_average, reader_difference
from measures.readers import Readings, gather_readings
from measures.roc import auc
from tests.measures.reader_studies import reader_studies, simulated


def successes(block: Readings, arm: int) -> dict[tuple[int, int, int], float]:
    """Success of each reader on each pair of a healthy and a diseased study read."""
    sick = np.flatnonzero(block.diseased)
    well = np.flatnonzero(~block.diseased)
    found = {}
    for r, i, j in itertools.product(range(len(block.readers)), well, sick):
        low, high = block.ratings[arm, r, i], block.ratings[arm, r, j]
        if not np.isnan(low + high):
            found[r, int(i), int(j)] = float(low < high) + 0.5 * float(low == high)
    return found


def covariance(
    one: dict[tuple[int, int, int], float], other: dict[tuple[int, int, int], float]
) -> float:
    """Gallas and Brown 2008 as written: for each way in which two readings of pairs can share
    reader, healthy study and diseased study, the mean product and how often it occurs.
    """
    sums: dict[tuple[bool, ...], list[float]] = {}
    for a, x in one.items():
        for b, y in other.items():
            key = tuple(p == q for p, q in zip(a, b, strict=True))
            total = sums.setdefault(key, [0.0, 0.0])
            total[0] += x * y
            total[1] += 1.0
    pairs = len(one) * len(other)
    found = sum(total / pairs for total, _ in sums.values())
    apart = sums.get((False, False, False), [0.0, 1.0])
    return found - apart[0] / apart[1]


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), keep=st.sampled_from([1.0, 0.75]))
def test_average_and_variance_are_those_of_the_definition(seed: int, keep: float) -> None:
    block = simulated(seed, readers=3, diseased=4, healthy=5, keep=keep)
    first, second = successes(block, 0), successes(block, 1)
    found = reader_average(block, arm="aided")
    if found.value is None:
        return
    assert found.value == pytest.approx(np.mean(list(first.values())))
    assert found.variance == pytest.approx(covariance(first, first), abs=1e-12)
    both = reader_difference(block, "aided", "alone")
    if both.value is None:
        return
    expected = covariance(first, first) + covariance(second, second) - 2 * covariance(first, second)
    assert both.variance == pytest.approx(expected, abs=1e-12)


def test_the_variance_is_unbiased() -> None:
    found = [reader_average(simulated(seed, 3, 6, 6), arm="aided") for seed in range(1500)]
    values = np.array([one.value for one in found], dtype=float)
    variances = np.array([one.variance for one in found], dtype=float)
    error = values.var(ddof=1) * np.sqrt(2 / 1500)
    assert abs(variances.mean() - values.var(ddof=1)) < 4 * error


@pytest.mark.parametrize("endpoint", ["auc", "sensitivity", "specificity"])
@given(block=reader_studies(), seed=st.integers(0, 99))
def test_swapping_arms_turns_the_difference_and_names_do_not_count(
    endpoint: Endpoint, block: Readings, seed: int
) -> None:
    if endpoint != "auc":
        marks = np.where(np.isnan(block.ratings), np.nan, block.ratings > 0)
        block = dataclasses.replace(block, ratings=marks)
    there = reader_difference(block, "aided", "alone", endpoint)
    back = reader_difference(block, "alone", "aided", endpoint)
    assert (there.value is None) == (back.value is None)
    if there.value is None or back.value is None:
        return
    assert back.value == pytest.approx(-there.value)
    assert back.variance == pytest.approx(there.variance, abs=1e-12)
    order = np.random.default_rng(seed).permutation(len(block.studies))
    shuffled = dataclasses.replace(
        block, diseased=block.diseased[order], ratings=block.ratings[:, :, order]
    )
    again = reader_difference(shuffled, "aided", "alone", endpoint)
    assert again.value == pytest.approx(there.value)
    assert again.variance == pytest.approx(there.variance, abs=1e-12)
    low, high = there.estimate.low, there.estimate.high
    if low is not None and high is not None:
        assert -1.0 <= low <= there.value <= high <= 1.0
        assert high > low


@given(block=reader_studies(crossed=True))
def test_the_mle_variance_of_a_crossed_study_is_never_negative(block: Readings) -> None:
    found = reader_average(block, arm="alone", variance="mle")
    assert found.variance is None or found.variance >= -1e-12


@given(block=reader_studies())
def test_a_variance_that_missing_readings_make_negative_gives_no_estimate(block: Readings) -> None:
    found = reader_average(block, arm="alone", variance="mle")
    if found.variance is not None and found.variance < -1e-12:
        assert not found.estimate.estimable


@given(block=reader_studies(crossed=True))
def test_only_the_ranking_counts_and_reversing_mirrors_the_auc(block: Readings) -> None:
    plain = reader_average(block, arm="aided")
    stretched = dataclasses.replace(block, ratings=np.exp(block.ratings))
    turned = dataclasses.replace(block, ratings=-block.ratings)
    assert reader_average(stretched, arm="aided") == plain
    assert plain.value is not None
    assert reader_average(turned, arm="aided").value == pytest.approx(1 - plain.value)
    assert reader_average(turned, arm="aided").variance == pytest.approx(plain.variance, abs=1e-12)


@given(block=reader_studies(crossed=True))
def test_a_readers_own_auc_is_the_auc(block: Readings) -> None:
    for at, name in enumerate(block.readers):
        plain = auc(block.diseased, block.ratings[0, at])
        assert reader_auc(block, arm="aided")[name][0] == pytest.approx(plain.value)


def test_sensitivity_needs_no_healthy_study() -> None:
    block = simulated(3, readers=4, diseased=12, healthy=0)
    block = dataclasses.replace(block, ratings=(block.ratings > 1).astype(float))
    found = reader_average(block, "sensitivity", arm="aided")
    assert found.value == pytest.approx(block.ratings[0].mean())
    assert found.estimate.estimable
    assert not reader_average(block, "specificity", arm="aided").estimate.estimable
    assert not reader_average(block, "auc", arm="aided").estimate.estimable


def test_an_arm_in_which_nobody_read_a_diseased_study_says_so() -> None:
    """It ended in an error, and a validation with it."""
    block = simulated(1)
    ratings = np.round(np.clip(block.ratings, 0, 1))
    ratings[block.position("aided"), :, block.diseased] = np.nan
    some = dataclasses.replace(block, ratings=ratings)
    reason = "0 diseased and .* were read in an arm"
    for found in (reader_average(some, "specificity", arm="aided"),
                  reader_difference(some, "aided", "alone", "specificity")):  # fmt: skip
        assert re.match(reason, found.estimate.reason)


def test_what_cannot_be_estimated_says_why() -> None:
    alone = simulated(1, readers=1)
    assert "two readers" in reader_average(alone, arm="aided").estimate.reason
    few = simulated(1, diseased=1)
    assert "1 diseased" in reader_difference(few, "aided", "alone").estimate.reason
    assert np.isnan(reader_auc(few, arm="aided")["r0"][1])
    block = simulated(1)
    perfect = np.broadcast_to(block.diseased * 1.0, block.ratings.shape).copy()
    found = reader_average(dataclasses.replace(block, ratings=perfect), arm="aided")
    assert found.value == 1.0
    assert "zero" in found.estimate.reason
    constant = dataclasses.replace(block, ratings=np.zeros(block.ratings.shape))
    assert "zero" in reader_average(constant, arm="aided").estimate.reason


def test_a_negative_variance_leaves_the_value_without_an_interval() -> None:
    # Studies that two readers judge in opposite ways: their errors cancel in the average.
    truth, marks = [1, 1, 0, 0] * 2, [3, 1, 2, 0, 1, 3, 0, 2]
    block = gather_readings(list("aaaabbbb"), list("wxyzwxyz"), truth, marks)
    found = reader_average(block)
    assert found.variance is not None
    assert found.variance < 0
    assert found.value == pytest.approx(0.75)
    assert "negative" in found.estimate.reason
    assert reader_average(block, variance="mle").variance is not None


def test_malformed_questions_are_refused() -> None:
    block = simulated(1)
    with pytest.raises(ValueError, match="endpoint"):
        reader_average(block, "accuracy", arm="aided")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="decisions, 0 or 1"):
        reader_average(block, "sensitivity", arm="aided")
    with pytest.raises(ValueError, match="'unbiased' or 'mle'"):
        reader_average(block, arm="aided", variance="best")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="none of aided, alone"):
        reader_difference(block, "aided", "film")
