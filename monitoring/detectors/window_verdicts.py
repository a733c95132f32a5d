"""The verdict about one window's numbers, names or share, against a reference frozen as counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measures.comparison import newcombe_limits
from measures.proportions import wilson
from measures.reference_summary import summarise_categories
from measures.score_means import ridit_sums
from measures.window_tests import (
    KnotCells,
    NumberKnots,
    cell_counts,
    cells_distance,
    cells_of,
    exact_share_limits,
    far_limits,
    findable_distance,
    findable_share_change,
    knots_of,
    least_odd,
    share_limits_at,
    window_distance_limit,
    window_distance_p,
)
from monitoring.detectors.base import Column, FloatArray
from monitoring.detectors.calendar_windows import Judged, too_few
from monitoring.detectors.running_totals import Totals

__all__ = [
    "DISTRIBUTION", "MISSING", "changed_share", "freeze_names", "freeze_numbers", "judge_names",
    "judge_numbers", "judge_share", "totals_of_names", "totals_of_numbers",
    "totals_of_reference",
]  # fmt: skip

KNOTS = 500
"""A distance is seen to within 0.002, and a reference is small enough for a record."""
MOST_LEVELS = 30
UNSEEN, OTHER, MISSING = "never seen in the reference", "all rarer levels", "not recorded"
ABOVE, BELOW = "far above the reference's range", "far below the reference's range"
CHANGED = {MISSING: "missing", ABOVE: "range", BELOW: "range"}
ODDS = 0.05
MOST_READ = 512
READ: dict[int, tuple[Mapping[str, Any], KnotCells]] = {}
DISTRIBUTION = 0.9
"""Share of a column's alpha that its distribution has. Half of the rest is for missing values, half
for values far outside the reference's range: either comes by large shares or not at all."""


def freeze_numbers(values: Column) -> dict[str, Any]:
    """A reference column of numbers as JSON values; what is no finite number is missing."""
    numbers = _numbers(values)
    knots = knots_of(numbers, most=KNOTS)
    return {
        "values": knots.values.tolist(), "below": knots.below.tolist(),
        "under": knots.under.tolist(), "n": knots.n, "missing": knots.missing,
        "far": list(far_limits(numbers)) if knots.n else None,
    }  # fmt: skip


def freeze_names(values: Column) -> dict[str, Any]:
    """A reference column of names as JSON values: the most frequent levels, the others as one."""
    found = summarise_categories(_names(values))
    ranked = sorted(zip(found.counts.tolist(), found.levels, strict=True), key=lambda one: -one[0])
    shown = {level: count for count, level in ranked[:MOST_LEVELS]}
    rest = {level: count for count, level in ranked[MOST_LEVELS:]}
    return {
        "levels": shown, "rarer": rest, "n": found.n + found.missing, "missing": found.missing,
    }  # fmt: skip


def judge_numbers(
    frozen: Mapping[str, Any], values: Column, *, alpha: float, least: int,
    floor: float, worth: float | None,
) -> tuple[Judged, Totals]:  # fmt: skip
    """Has a column of numbers changed: its distribution, the share without a value, or the share
    far outside the reference's range, where a sentinel lies that ranks see as any highest value?

    A constant reference is judged by the share of any other value. Value: the largest difference of
    the cumulative shares with an interval that holds at 95 %, or the change of the share that alone
    has changed. With the verdict comes what the window adds to the chart's totals.
    """
    cells, n, numbers = _cells(frozen), len(values), _numbers(values)
    counts = cell_counts(cells, numbers)
    totals = _totals(frozen, cells, numbers, counts)
    present = n - totals.marked[MISSING]
    if reason := too_few(n, least):
        return Judged(n, reason=reason), totals
    share, whole = (1.0 - DISTRIBUTION) * alpha / 2.0, frozen["missing"] + frozen["n"]
    if frozen["missing"] or present < n:
        lost = (frozen["missing"], whole, n - present, n)
        if _rare(lost, share, floor):
            return changed_share(MISSING, lost, share, floor), totals
    if present < least:
        reason = f"{present} of {n} studies in the window have a value, {least} needed"
        return Judged(n, reason=reason), totals
    if UNSEEN in totals.marked:
        new, share = (0, whole, totals.marked[UNSEEN], n), DISTRIBUTION * alpha
        judged = changed_share(UNSEEN, new, share, floor)
        findable = max(findable_share_change(0.0, whole, n, alpha=share), floor)
        return replace(judged, findable=findable, worth=worth), totals
    found, sizes = cells_distance(cells, counts), (frozen["n"], present)
    judged = _distance(found, sizes, n, alpha=DISTRIBUTION * alpha, floor=floor, worth=worth)
    for mark in (ABOVE, BELOW):  # one side of the exact test each: together they cost one share
        far = (0, whole, totals.marked.get(mark, 0), n)
        if far[2] and not judged.beyond and _rare(far, share, floor):
            return changed_share(mark, far, share, floor), totals
    return judged, totals


def _far(frozen: Mapping[str, Any], numbers: FloatArray) -> dict[str, int]:
    """Studies outside the reference's range by its own width; of a constant one, with any other
    value. Nothing for a reference that was frozen before these were counted."""
    if not frozen.get("far"):
        return {}
    low, high = frozen["far"]
    below, above = int((numbers < low).sum()), int((numbers > high).sum())
    return {UNSEEN: below + above} if low == high else {ABOVE: above, BELOW: below}


def _cells(frozen: Mapping[str, Any]) -> KnotCells:
    """The frozen reference as arrays, kept for as long as the same one is asked of day after day.

    A reference is never changed once it is frozen, so its identity says all.
    """
    held = READ.get(id(frozen))
    if held is None or held[0] is not frozen:
        knots = NumberKnots(
            np.array(frozen["values"], np.float64), np.array(frozen["below"], np.int64),
            np.array(frozen["under"], np.int64), frozen["n"], frozen["missing"],
        )  # fmt: skip
        while len(READ) >= MOST_READ:
            READ.pop(next(iter(READ)))
        held = READ[id(frozen)] = (frozen, cells_of(knots))
    return held[1]


def _distance(
    found: tuple[float, float], sizes: tuple[int, int], n: int, *, alpha: float, floor: float,
    worth: float | None,
) -> Judged:  # fmt: skip
    signed, at = found
    distance = abs(signed)
    limit = max(window_distance_limit(*sizes, alpha=alpha), floor)
    half = window_distance_limit(*sizes, alpha=ODDS)
    rare = window_distance_p(distance, *sizes)
    return Judged(
        n, distance, max(distance - half, 0.0), min(distance + half, 1.0), limit,
        beyond=distance >= limit, doubtful=rare <= ODDS,
        findable=max(findable_distance(*sizes, alpha=alpha), floor), worth=worth,
        details={
            "changed": "distribution", "direction": "up" if signed > 0 else "down", "at": at,
            "p_value": rare, "with_value": sizes[1],
        },
    )  # fmt: skip


def judge_names(
    frozen: Mapping[str, Any], values: Column, *, alpha: float, least: int,
    floor: float, worth: float | None,
) -> tuple[Judged, Totals]:  # fmt: skip
    """Has the mix of a column of names changed; has a name come that the reference never saw?

    Every level of the reference, the names that it never saw together, and 'not recorded' are
    tested each, exactly, at an equal share of alpha. Value: the change of the share of the level
    that stands out most, with Newcombe's 95 % interval. With the verdict comes what the window
    adds to the chart's totals.
    """
    now = summarise_categories(_names(values))
    n = now.n + now.missing
    seen, new = _counts(frozen, now.levels, now.counts.tolist(), now.missing)
    before = _marks(frozen)
    totals = Totals(n, {level: seen[level] for level in before})
    if reason := too_few(n, least):
        return Judged(n, reason=reason), totals
    levels, share = list(before), alpha / len(before)
    counts = {level: (before[level], frozen["n"], seen[level], n) for level in levels}
    odd = _standard_errors(counts)
    enough = least_odd(share)
    beyond = [one for one in levels if odd[one] >= enough and _rare(counts[one], share, floor)]
    # Of a constant reference a new name and the fall of the old one are one and the same change.
    lead = max(beyond or levels, key=lambda level: (round(odd[level], 6), level == UNSEEN))
    found = changed_share(lead, counts[lead], share, floor, odds=ODDS / len(levels))
    most = max(before.values()) / frozen["n"]
    findable = findable_share_change(  # of a constant reference only a level that it lacks changes
        min(0.5, most) if most < 1.0 else 0.0, frozen["n"], n, alpha=share
    )
    judged = replace(
        found, n=n, findable=max(findable, floor), worth=worth,
        details=found.details | {"unseen": sorted(new)[:5], "beyond": beyond},
    )
    return judged, totals


def _marks(frozen: Mapping[str, Any]) -> dict[str, int]:
    """How many reference studies have each level that is judged."""
    before = {**frozen["levels"], MISSING: frozen["missing"], UNSEEN: 0}
    if frozen["rarer"]:
        before[OTHER] = sum(frozen["rarer"].values())
    return before


def totals_of_numbers(frozen: Mapping[str, Any], values: Column) -> Totals:
    """What a column of numbers comes to: those without a value, those far outside the reference's
    range, and the sums of the ridits."""
    cells, numbers = _cells(frozen), _numbers(values)
    return _totals(frozen, cells, numbers, cell_counts(cells, numbers))


def totals_of_names(frozen: Mapping[str, Any], values: Column) -> Totals:
    """What a column of names comes to: studies with each level that is judged."""
    now = summarise_categories(_names(values))
    seen, _ = _counts(frozen, now.levels, now.counts.tolist(), now.missing)
    return Totals(now.n + now.missing, {level: seen[level] for level in _marks(frozen)})


def totals_of_reference(frozen: Mapping[str, Any]) -> Totals:
    """What the frozen reference itself comes to, without its studies."""
    if "levels" in frozen:
        return Totals(frozen["n"], _marks(frozen))
    cells = _cells(frozen)
    counts = np.diff(np.rint(cells.share * frozen["n"]).astype(np.int64), prepend=0)
    scores = ridit_sums(cells, counts)
    marked = {MISSING: frozen["missing"], **_far(frozen, np.zeros(0))}
    return Totals(frozen["n"] + frozen["missing"], marked, scores)


def _totals(
    frozen: Mapping[str, Any], cells: KnotCells, numbers: FloatArray, counts: NDArray[np.int64]
) -> Totals:
    scores = ridit_sums(cells, counts)
    marked = {MISSING: len(numbers) - int(scores.n), **_far(frozen, numbers)}
    return Totals(len(numbers), marked, scores)


def _standard_errors(counts: Mapping[str, tuple[int, int, int, int]]) -> dict[str, float]:
    """How many standard errors each share lies from the reference's."""
    hits, n, seen, m = np.array(list(counts.values()), np.float64).T
    pooled = (hits + seen) / (n + m)
    error = np.sqrt(np.maximum(pooled * (1.0 - pooled), 1e-12) * (1.0 / n + 1.0 / m))
    return dict(zip(counts, (np.abs(seen / m - hits / n) / error).tolist(), strict=True))


def _rare(counts: tuple[int, int, int, int], alpha: float, floor: float) -> bool:
    hits, n, seen, m = counts
    limits = exact_share_limits(hits, n, seen, m, alpha=alpha)
    return not limits.low < seen < limits.high and abs(seen / m - hits / n) >= floor


def judge_share(
    hits: int, n: int, seen: int, m: int, *, alpha: float, floor: float,
    sides: tuple[bool, bool] = (True, True),
) -> Judged:  # fmt: skip
    """Has a share fallen or risen from its reference? The value is the share itself (Wilson).

    hits of n reference studies, seen of m in the window. sides: whether a fall and a rise count;
    where one does alone, all of alpha is its own. limit: on the side where the value lies; None
    where no count on that side would be rare enough.
    """
    both = 1.0 if all(sides) else 2.0
    limits, weak = share_limits_at(hits, n, seen, m, alphas=(alpha * both, ODDS * both))
    reference, share = hits / n, seen / m
    rising = (share >= reference and sides[1]) or not sides[0]
    if rising:
        limit = max(limits.high / m, reference + floor)
        beyond, doubtful = share >= limit, seen >= weak.high
    else:
        limit = min(limits.low / m, reference - floor)
        beyond, doubtful = share <= limit, seen <= weak.low
    found = wilson("share", seen, m)
    return Judged(
        m, found.value, found.low, found.high, limit if 0.0 <= limit <= 1.0 else None,
        beyond=beyond, doubtful=doubtful,
        findable=findable_share_change(reference, n, m, alpha=alpha * both),
        details={
            "direction": "up" if share >= reference else "down", "reference": reference,
            "reference_n": n, "change": share - reference,
        },
    )  # fmt: skip


def changed_share(
    name: str, counts: tuple[int, int, int, int], alpha: float, floor: float, *, odds: float = ODDS
) -> Judged:
    """The change of a share as value, with the limit on the same scale.

    name: of the level. counts: hits of n reference studies, seen of m others.
    """
    hits, n, seen, m = counts
    reference, share = hits / n, seen / m
    limits, weak = share_limits_at(hits, n, seen, m, alphas=(alpha, odds))
    rising = share >= reference
    bound = limits.high / m - reference if rising else reference - limits.low / m
    limit = max(bound, floor)
    low, high = newcombe_limits((seen, hits), (m, n))
    ends = sorted((abs(low), abs(high)))
    possible = limits.high <= m if rising else limits.low >= 0
    beyond = not limits.low < seen < limits.high and abs(share - reference) >= floor
    return Judged(
        m, abs(share - reference), 0.0 if low <= 0.0 <= high else ends[0], ends[1],
        limit if possible else None, beyond=beyond, doubtful=not weak.low < seen < weak.high,
        details={
            "changed": CHANGED.get(name, "mix"), "level": name,
            "direction": "up" if rising else "down",
            "share": share, "reference_share": reference,
        },
    )  # fmt: skip


def _counts(
    frozen: Mapping[str, Any], levels: tuple[str, ...], counts: list[int], missing: int
) -> tuple[dict[str, int], list[str]]:
    seen = dict.fromkeys([*frozen["levels"], OTHER, UNSEEN], 0) | {MISSING: missing}
    new = []
    for level, count in zip(levels, counts, strict=True):
        if level in frozen["levels"]:
            seen[level] += count
        elif level in frozen["rarer"]:
            seen[OTHER] += count
        else:
            seen[UNSEEN] += count
            new.append(level[:40])
    return seen, new


def _numbers(values: Column) -> FloatArray:
    column = np.asarray(values, np.float64)
    return np.asarray(np.where(np.isinf(column), np.nan, column))


def _names(values: Column) -> list[Any]:
    listed: list[Any] = values.tolist()
    return listed
