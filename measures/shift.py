"""Has a column changed? A verdict that holds at 30 studies a day as at 30,000.

Two questions are asked, and both must say yes. *Could it be chance?* A p-value that is right at
any number (:mod:`measures.shift_tests`): a small window is not called drifted for being small.
*Is it large enough to matter?* An effect in a fixed unit, held against a floor that the plan
declares: a large window is not called drifted over a trifle. Neither question changes at some
number of rows, so no verdict flips because the reference grew from 1,000 to 1,001 studies.

The reference is summarised once (:mod:`measures.reference_summary`); a window then costs what the
window itself holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal, get_args

from numpy.typing import ArrayLike

from measures.inputs import Numbers
from measures.reference_summary import (
    CategorySummary,
    CountTable,
    NumberSummary,
    level_table,
    rank_table,
    summarise_categories,
    summarise_numbers,
    value_table,
)
from measures.shift_bins import binned_table
from measures.shift_distances import (
    energy_distance,
    hellinger_distance,
    jensen_shannon_distance,
    ks_distance,
    l_infinity_distance,
    population_stability_index,
    wasserstein_distance,
)
from measures.shift_permutation import coarse_table, permutation_p
from measures.shift_tests import (
    TestResult,
    chi_square_test,
    cramer_von_mises_test,
    ks_test,
    mann_whitney_test,
    welch_test,
)
from measures.shift_verdict import ShiftLimits, ShiftVerdict

__all__ = [
    "CategoryMethod",
    "NumberMethod",
    "category_shift",
    "number_shift",
]

LEAST_STUDIES = 10
"""Studies with a value that each side needs; below, no arrangement can be rare enough."""

NumberMethod = Literal[
    "ks", "cramer_von_mises", "mann_whitney", "welch_t", "wasserstein", "energy",
    "jensen_shannon", "hellinger", "psi",
]  # fmt: skip
CategoryMethod = Literal["chi_square", "l_infinity", "jensen_shannon", "hellinger", "psi"]
_Far = Callable[[Numbers, Numbers], Numbers]
_BINNED: dict[str, _Far] = {
    "jensen_shannon": jensen_shannon_distance,
    "hellinger": hellinger_distance,
    "psi": population_stability_index,
    "l_infinity": l_infinity_distance,
}
_RANKED: dict[str, Callable[..., TestResult]] = {
    "ks": ks_test,
    "cramer_von_mises": cramer_von_mises_test,
    "mann_whitney": mann_whitney_test,
    "welch_t": welch_test,
}


def number_shift(
    reference: NumberSummary, current: ArrayLike, *, method: NumberMethod, limits: ShiftLimits
) -> ShiftVerdict:
    """Has a column of numbers, such as dose, age or score, drifted from its reference?

    Effects: for ``ks`` and ``cramer_von_mises`` the largest difference of cumulative shares; for
    ``mann_whitney`` how far the probability that a current study exceeds a reference study is
    from one half; for ``welch_t``, ``wasserstein`` and ``energy`` the difference of means, or the
    Wasserstein distance, in robust SDs of the reference (one sentinel does not inflate them); for
    ``jensen_shannon`` (base 2), ``hellinger``, ``psi`` the distance itself, over the reference's
    deciles.

    current: shape (studies,), NaN where missing. Not estimable with fewer than 10 values on a
    side, or where neither side varies and both are the same constant. Raises ValueError for an
    unknown method, an infinite or non-numeric entry, or a wrong shape.

    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> before = summarise_numbers(rng.normal(size=2000))
    >>> limits = ShiftLimits(alpha=0.01, floor=0.1)
    >>> number_shift(before, rng.normal(size=60), method="ks", limits=limits).drifted
    False
    >>> found = number_shift(before, rng.normal(0.8, size=60), method="ks", limits=limits)
    >>> found.drifted, round(found.effect, 2), found.method
    (True, 0.35, 'ks, 1999 permutations')
    """
    _refuse_unknown(method, get_args(NumberMethod))
    now = summarise_numbers(current)
    reason = _too_little(reference, now)
    if not reason and reference.values.size == now.values.size == 1:
        if reference.values[0] == now.values[0]:
            reason = f"constant: every entry of both sides is {reference.values[0]:g}"
        elif method == "welch_t":
            reason = "neither side varies, so a difference of means has no error to judge by"
    if reason:
        return _no_verdict(method, reference, now, reason)
    if method in _RANKED:
        given = {"permutations": limits.permutations, "seed": limits.seed}
        found = _RANKED[method](reference, now, **given)
        effect, unit = _rank_effect(method, found, reference, now)
    elif method in _BINNED:
        table = binned_table(reference, now, binning="deciles")
        found = _arranged_distance(table, _BINNED[method], limits)
        effect, unit = found.statistic, "the distance, over reference deciles"
    else:
        table = value_table(reference, now)
        found = _value_distance(method, table, limits)
        moved = float(wasserstein_distance(_values(table), *table.shares))
        effect, unit = moved / _spread(reference, now), "robust SD of the reference"
    return _verdict(method, reference, now, (found, effect, unit), limits)


def category_shift(
    reference: CategorySummary,
    current: Iterable[object],
    *,
    method: CategoryMethod,
    limits: ShiftLimits,
) -> ShiftVerdict:
    """Has the mix of a column of kinds, such as view or scanner model, drifted from its reference?

    A level that the reference never saw is a cell of its own. The effect of ``chi_square`` is the
    largest change of any level's share; of the distances it is the distance itself.

    current: one entry per study, None where missing. Not estimable with fewer than 10 values on a
    side, or where both hold one and the same level. Raises ValueError for an unknown method.

    >>> before = summarise_categories(["PA"] * 700 + ["AP"] * 300)
    >>> limits = ShiftLimits(alpha=0.01, floor=0.05)
    >>> now = ["PA"] * 40 + ["LL"] * 10
    >>> found = category_shift(before, now, method="chi_square", limits=limits)
    >>> found.drifted, round(found.effect, 2), found.effect_unit
    (True, 0.3, 'largest change of a share')
    """
    _refuse_unknown(method, get_args(CategoryMethod))
    now = summarise_categories(current)
    reason = _too_little(reference, now)
    if not reason and len({*reference.levels, *now.levels}) == 1:
        reason = "constant: every entry of both sides is the same level"
    if reason:
        return _no_verdict(method, reference, now, reason)
    table = level_table(reference, now)
    if method == "chi_square":
        found = chi_square_test(table, permutations=limits.permutations, seed=limits.seed)
        effect = float(l_infinity_distance(*table.shares))
        return _verdict(
            method, reference, now, (found, effect, "largest change of a share"), limits
        )
    found = _arranged_distance(table, _BINNED[method], limits)
    return _verdict(method, reference, now, (found, found.statistic, "the distance"), limits)


def _arranged_distance(table: CountTable, far: _Far, limits: ShiftLimits) -> TestResult:
    p_value = permutation_p(table, far, permutations=limits.permutations, seed=limits.seed)
    return TestResult(float(far(*table.shares)), p_value, f"{limits.permutations} permutations")


def _value_distance(method: str, table: CountTable, limits: ShiftLimits) -> TestResult:
    """Wasserstein or energy distance of the full table, its p-value from the coarse one."""
    distance = energy_distance if method == "energy" else wasserstein_distance
    coarse = coarse_table(table)
    places = _values(coarse)
    found = _arranged_distance(coarse, lambda p, q: distance(places, p, q), limits)
    exact = float(distance(_values(table), *table.shares))
    return TestResult(exact, found.p_value, found.method)


def _values(table: CountTable) -> Numbers:
    assert table.values is not None
    return table.values


def _rank_effect(
    method: str, found: TestResult, reference: NumberSummary, now: NumberSummary
) -> tuple[float, str]:
    if method == "mann_whitney":
        return abs(found.statistic - 0.5), "distance of the probability of exceeding from 0.5"
    if method == "welch_t":
        moved = abs(now.mean - reference.mean)
        return moved / _spread(reference, now), "robust SD of the reference"
    distance = found.statistic
    if method != "ks":
        distance = float(ks_distance(*rank_table(reference, now).shares))
    return distance, "largest difference of cumulative shares"


def _spread(reference: NumberSummary, now: NumberSummary) -> float:
    """The reference's robust SD; the current window's where the reference is constant; 1 where
    both are."""
    return reference.spread or now.spread or 1.0


def _refuse_unknown(method: str, known: tuple[str, ...]) -> None:
    if method not in known:
        raise ValueError(f"method: unknown {method!r}; known: {', '.join(known)}")


def _too_little(
    reference: NumberSummary | CategorySummary, now: NumberSummary | CategorySummary
) -> str:
    """Why there is no verdict; empty if there is one."""
    for name, side in (("reference", reference), ("current", now)):
        if side.n == 0:
            return f"no {name} study has a value ({side.missing} missing)"
        if side.n < LEAST_STUDIES:
            return f"{side.n} {name} studies with a value, {LEAST_STUDIES} needed"
    return ""


def _no_verdict(
    method: str,
    reference: NumberSummary | CategorySummary,
    now: NumberSummary | CategorySummary,
    reason: str,
) -> ShiftVerdict:
    return ShiftVerdict(
        method, reference.n, now.n, reason=reason,
        missing_reference=reference.missing, missing_current=now.missing,
    )  # fmt: skip


def _verdict(
    method: str,
    reference: NumberSummary | CategorySummary,
    now: NumberSummary | CategorySummary,
    found: tuple[TestResult, float, str],
    limits: ShiftLimits,
) -> ShiftVerdict:
    test, effect, unit = found
    drifted = test.p_value <= limits.alpha and effect >= limits.floor
    return ShiftVerdict(
        f"{method}, {test.method}", reference.n, now.n,
        statistic=test.statistic, p_value=test.p_value,
        effect=effect, effect_unit=unit, floor=limits.floor, alpha=limits.alpha, drifted=drifted,
        missing_reference=reference.missing, missing_current=now.missing,
    )  # fmt: skip
