from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.estimate import Estimate
from measures.proportions import ProportionInterval, clopper_pearson, wilson
from tests.measures.oracle_cases import oracle_case

COUNTS = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))

# Newcombe, Stat Med 1998;17:857, Table I: hits, n, Wilson (method 3), Clopper-Pearson (method 5)
PUBLISHED = [
    (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
    (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
    (0, 20, (0.0, 0.1611), (0.0, 0.1684)),
    (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
]


def limits(found: Estimate) -> tuple[float, float]:
    assert found.low is not None
    assert found.high is not None
    return found.low, found.high


@pytest.mark.requirement("REG-126")
@pytest.mark.parametrize(("hits", "n", "score", "exact"), PUBLISHED)
def test_published_limits_are_met(
    hits: int, n: int, score: tuple[float, float], exact: tuple[float, float]
) -> None:
    assert limits(wilson("share", hits, n)) == pytest.approx(score, abs=5.1e-5)
    assert limits(clopper_pearson("share", hits, n)) == pytest.approx(exact, abs=5.1e-5)


@pytest.mark.requirement("REG-126")
def test_limits_agree_with_r_and_scipy_on_every_oracle_row() -> None:
    for row in oracle_case("proportions/single-newcombe").expected["rows"]:
        hits, n = row["x"], row["n"]
        assert limits(wilson("x", hits, n)) == pytest.approx(row["wilson"], abs=1e-6)
        exact = limits(clopper_pearson("x", hits, n))
        assert exact == pytest.approx(row["clopper_pearson"], abs=1e-6)


@pytest.mark.parametrize("interval", [wilson, clopper_pearson])
@given(counts=COUNTS, level=st.floats(0.5, 0.999))
def test_limits_hold_the_share_stay_in_bounds_and_never_close(
    interval: ProportionInterval, counts: tuple[int, int], level: float
) -> None:
    found = interval("share", *counts, level=level)
    low, high = limits(found)
    assert found.value is not None
    assert 0.0 <= low <= found.value + 1e-12
    assert found.value - 1e-12 <= high <= 1.0
    assert high > low


@pytest.mark.parametrize("interval", [wilson, clopper_pearson])
@given(counts=COUNTS)
def test_misses_mirror_hits(interval: ProportionInterval, counts: tuple[int, int]) -> None:
    hits, n = counts
    low, high = limits(interval("share", hits, n))
    mirrored = limits(interval("share", n - hits, n))
    assert mirrored == pytest.approx((1.0 - high, 1.0 - low), abs=1e-9)


@pytest.mark.parametrize("interval", [wilson, clopper_pearson])
def test_no_study_gives_a_reason_and_impossible_counts_are_refused(
    interval: ProportionInterval,
) -> None:
    assert interval("share", 0, 0).reason == "no study to count"
    with pytest.raises(ValueError, match="3 hits out of 2"):
        interval("share", 3, 2)
    with pytest.raises(ValueError, match="level"):
        interval("share", 1, 2, level=95.0)
