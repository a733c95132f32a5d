from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.reference_summary import summarise_categories, summarise_numbers
from measures.shift import CategoryMethod, NumberMethod, category_shift, number_shift
from measures.shift_verdict import ShiftLimits, ShiftVerdict

NUMBERS: tuple[Any, ...] = get_args(NumberMethod)
LEVELS: tuple[Any, ...] = get_args(CategoryMethod)
LIMITS = ShiftLimits(alpha=0.05, floor=0.0, permutations=199)


def column(kind: str, n: int, rng: np.random.Generator, moved: float = 0.0) -> np.ndarray:
    """Smooth, in whole years, nearly always zero, or of three values."""
    drawn = rng.normal(moved, 1.0, n)
    if kind == "whole years":
        return np.round(60.0 + 12.0 * drawn)
    if kind == "mostly zero":
        return np.where(rng.random(n) < 0.7, 0.0, drawn)
    if kind == "three values":
        return np.clip(np.round(drawn), -1, 1)
    return drawn


def false_alarms(kind: str, method: Any, n: int, repeats: int) -> float:
    rng = np.random.default_rng([n, len(kind), len(method)])
    hits = 0
    for _ in range(repeats):
        if kind == "levels":
            before, now = (rng.choice(list("abcdefgh"), size) for size in (600, n))
            found = category_shift(summarise_categories(before), now, method=method, limits=LIMITS)
        else:
            before, now = column(kind, 600, rng), column(kind, n, rng)
            found = number_shift(summarise_numbers(before), now, method=method, limits=LIMITS)
        hits += found.drifted is True
    return hits / repeats


KINDS = ["smooth", "whole years", "mostly zero", "three values"]
QUIET = [
    *((kind, method) for kind in KINDS for method in ("ks", "mann_whitney", "welch_t")),
    ("whole years", "cramer_von_mises"), ("mostly zero", "wasserstein"), ("smooth", "psi"),
    ("smooth", "energy"), ("levels", "chi_square"), ("levels", "jensen_shannon"),
]  # fmt: skip
ARRANGED = {"cramer_von_mises", "wasserstein", "psi", "energy", "jensen_shannon"}
"""Decided by rearrangements at 30 studies as at 300: once is enough."""


@pytest.mark.parametrize(
    ("n", "kind", "method"),
    [(n, *one) for n in (30, 300) for one in QUIET if n == 30 or one[1] not in ARRANGED],
)
def test_a_quiet_column_alarms_no_more_often_than_promised(kind: str, method: str, n: int) -> None:
    # 150 draws at 5 %: 16 or more in one of 100 such tests by chance alone; the seeds are fixed
    assert false_alarms(kind, method, n, 150) <= 16 / 150


@pytest.mark.parametrize(
    ("kind", "method"), [("smooth", "ks"), ("whole years", "ks"), ("three values", "ks")]
)
def test_thirty_thousand_quiet_studies_alarm_no_more_often(kind: str, method: Any) -> None:
    rng = np.random.default_rng(2)
    hits = 0
    for _ in range(40):
        before = summarise_numbers(column(kind, 30_000, rng))
        found = number_shift(before, column(kind, 30_000, rng), method=method, limits=LIMITS)
        hits += found.drifted is True
    assert hits <= 6  # 7 or more of 40 at 5 %: 0.3 %


@pytest.mark.parametrize("method", NUMBERS)
def test_a_shift_of_half_an_sd_is_found_in_a_month_and_a_trifle_never_called_one(
    method: Any,
) -> None:
    rng = np.random.default_rng(7)
    before = summarise_numbers(rng.normal(size=5000))
    floor = {"jensen_shannon": 0.1, "hellinger": 0.08, "mann_whitney": 0.06, "energy": 0.15}
    limits = ShiftLimits(alpha=0.01, floor=floor.get(method, 0.1))
    shifted = number_shift(before, rng.normal(0.5, 1.0, 400), method=method, limits=limits)
    assert shifted.drifted
    many = summarise_numbers(rng.normal(size=60_000))
    trifle = number_shift(many, rng.normal(0.04, 1.0, 60_000), method=method, limits=limits)
    assert trifle.p_value is not None
    assert trifle.p_value < 0.01, "surely not chance"
    assert trifle.drifted is False, "and yet too small to matter"


@pytest.mark.parametrize("method", LEVELS)
def test_an_unseen_level_is_drift_and_a_rare_one_missing_is_not(method: Any) -> None:
    before = summarise_categories(["PA"] * 900 + ["AP"] * 98 + ["LL"] * 2)
    limits = ShiftLimits(alpha=0.01, floor=0.05)
    new = category_shift(before, ["PA"] * 35 + ["XA"] * 8, method=method, limits=limits)
    quiet = category_shift(before, ["PA"] * 36 + ["AP"] * 4, method=method, limits=limits)
    assert new.drifted
    assert not quiet.drifted


@pytest.mark.parametrize("rows", [1000, 1001])
def test_no_verdict_flips_at_a_thousand_rows(rows: int) -> None:
    """Evidently calls 96 of 100 quiet days of 50 drifted from 1,001 reference rows on."""
    rng = np.random.default_rng(11)
    limits = ShiftLimits(alpha=0.05, floor=0.1, permutations=199)
    before = rng.normal(size=rows)
    before[:1000] = np.random.default_rng(12).normal(size=1000)
    found = [
        number_shift(summarise_numbers(before), rng.normal(size=50), method="ks", limits=limits)
        for _ in range(60)
    ]
    assert sum(bool(one.drifted) for one in found) <= 8
    assert {one.method for one in found} == {"ks, 199 permutations"}


def test_a_sentinel_hides_no_shift() -> None:
    """One 999999 in the reference blinds equal bins and Wasserstein in plain SDs."""
    rng = np.random.default_rng(13)
    before = rng.normal(size=50_000)
    before[0] = 999_999.0
    now = rng.normal(0.5, 1.0, 2000)
    for method in ("ks", "jensen_shannon", "psi", "mann_whitney", "wasserstein"):
        limits = ShiftLimits(alpha=0.01, floor=0.1, permutations=499)
        assert number_shift(summarise_numbers(before), now, method=method, limits=limits).drifted


@given(seed=st.integers(0, 50), method=st.sampled_from(NUMBERS))
def test_the_same_window_against_itself_is_no_drift(seed: int, method: Any) -> None:
    values = np.random.default_rng(seed).integers(0, 9, 40)
    found = number_shift(summarise_numbers(values), values, method=method, limits=LIMITS)
    assert found.drifted is False
    assert found.effect == pytest.approx(0.0, abs=1e-9)
    assert found.p_value == pytest.approx(1.0)


@given(seed=st.integers(0, 50), method=st.sampled_from(NUMBERS))
def test_neither_order_nor_unit_matters(seed: int, method: Any) -> None:
    rng = np.random.default_rng(seed)
    before, now = rng.normal(size=60), rng.normal(0.4, 1.0, 25)
    one = number_shift(summarise_numbers(before), now, method=method, limits=LIMITS)
    other = number_shift(
        summarise_numbers(8.0 * rng.permutation(before)), 8.0 * now[::-1],
        method=method, limits=LIMITS,
    )  # fmt: skip
    assert (one.effect, one.p_value) == pytest.approx((other.effect, other.p_value))


@pytest.mark.parametrize("method", NUMBERS)
def test_what_cannot_be_compared_is_not_called_quiet(method: Any) -> None:
    full, nan = np.arange(50.0), float("nan")
    cases: list[tuple[Any, Any, str]] = [
        (full, [nan] * 30, "no current study has a value (30 missing)"),
        ([], full, "no reference study has a value (0 missing)"),
        (full, [1.0, 2.0, nan], "2 current studies with a value, 10 needed"),
        ([3.0] * 50, [3.0] * 20, "constant: every entry of both sides is 3"),
    ]
    for before, now, reason in cases:
        found = number_shift(summarise_numbers(before), now, method=method, limits=LIMITS)
        assert not found.estimable
        assert found.drifted is None
        assert found.reason == reason
    with pytest.raises(ValueError, match="infinite"):
        number_shift(summarise_numbers(full), [float("inf")] * 20, method=method, limits=LIMITS)
    with pytest.raises(ValueError, match="shape"):
        number_shift(summarise_numbers(full), np.ones((20, 2)), method=method, limits=LIMITS)


@pytest.mark.parametrize("method", [name for name in NUMBERS if name != "welch_t"])
def test_a_constant_that_changes_its_value_is_drift(method: Any) -> None:
    found = number_shift(summarise_numbers([3.0] * 50), [4.0] * 20, method=method, limits=LIMITS)
    assert found.drifted, found


@pytest.mark.parametrize("method", LEVELS)
def test_levels_that_cannot_be_compared_are_not_called_quiet(method: Any) -> None:
    before = summarise_categories(["a"] * 40)
    for now, reason in (
        ([None] * 20, "no current study has a value (20 missing)"),
        (["a"] * 20, "constant: every entry of both sides is the same level"),
        (["a"] * 3, "3 current studies with a value, 10 needed"),
    ):
        found = category_shift(before, now, method=method, limits=LIMITS)
        assert (found.drifted, found.reason) == (None, reason)


def test_missing_entries_are_told_on_both_sides() -> None:
    rng = np.random.default_rng(3)
    before, now = rng.normal(size=100), rng.normal(size=40)
    before[:7], now[:3] = np.nan, np.nan
    found = number_shift(summarise_numbers(before), now, method="ks", limits=LIMITS)
    assert (found.n_reference, found.n_current) == (93, 37)
    assert (found.missing_reference, found.missing_current) == (7, 3)


def test_limits_and_verdicts_refuse_what_makes_no_sense() -> None:
    for wrong, told in (
        ({"alpha": 0.0, "floor": 0.1}, "alpha must lie between"),
        ({"alpha": 0.05, "floor": -0.1}, "floor must be 0 or more"),
        ({"alpha": 0.05, "floor": float("nan")}, "floor must be 0 or more"),
        ({"alpha": 0.001, "floor": 0.1, "permutations": 99}, "use at least 999"),
    ):
        with pytest.raises(ValueError, match=told):
            ShiftLimits(**wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="a finding or a reason"):
        ShiftVerdict("ks", 10, 10)
    with pytest.raises(ValueError, match="a finding or a reason"):
        ShiftVerdict("ks", 10, 10, statistic=0.1, effect=0.1, drifted=True, reason="too few")
    with pytest.raises(ValueError, match="without its statistic"):
        ShiftVerdict("ks", 10, 10, drifted=True)
    some = summarise_numbers(np.arange(20.0))
    with pytest.raises(ValueError, match="unknown 'ad'; known: ks"):
        number_shift(some, np.arange(20.0), method="ad", limits=LIMITS)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="unknown 'ks'; known: chi_square"):
        category_shift(summarise_categories("ab"), "ab", method="ks", limits=LIMITS)  # type: ignore[arg-type]
