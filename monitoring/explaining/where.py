"""Where: which group of studies carries a change, or which change of the mix makes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measures.multiplicity import holm
from monitoring.detectors.base import Column, FloatArray
from monitoring.explaining.case_table import CaseTable, is_names

__all__ = ["Change", "Place", "change_of", "find_place", "groups_of", "place_of_group",
           "strata"]  # fmt: skip

Mask = NDArray[np.bool_]
AGES = ("age_years", "age", "patient_age", "PatientAge")
BANDS = ((0, 18, "under 18"), (18, 40, "18 to 39"), (40, 65, "40 to 64"), (65, 200, "65 and over"))
LEAST = 10
"""Studies inside and outside a group, fewer than which it is not asked about."""
MOST_LEVELS = 30
CARRIES = 0.5
"""A group carries a change where the rest moved less than this part of it."""
ALPHA = 0.05
MOST_PAIRS = 500
"""Of pairs of groups; beyond it the search would cost more than it finds."""


@dataclass(frozen=True, slots=True)
class Change:
    """Mean mark since less mean before, with a 95 % interval (Welch, normal), and both n."""

    n_before: int
    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str = ""

    @property
    def seen(self) -> bool:
        """Whether the interval leaves out 'no change'."""
        return self.low is not None and self.high is not None and not self.low <= 0.0 <= self.high

    @property
    def error(self) -> float:
        """Standard error; 0 where there is no value."""
        return 0.0 if self.high is None or self.low is None else (self.high - self.low) / 3.92


@dataclass(frozen=True, slots=True)
class Place:
    """The group that carries a change, or why the site as a whole does.

    group: column and level, two of them for a pair; empty: the whole site. share_before, share:
    of the site's studies. carried: share of the site's change that lies inside. p_value: of
    'inside and outside changed alike', multiplied for all groups asked about (Holm). mix: the
    column whose change of mix makes most of the change, with the share that it makes.
    """

    groups_asked: int
    group: Mapping[str, str] = field(default_factory=dict)
    share_before: float | None = None
    share: float | None = None
    inside: Change | None = None
    outside: Change | None = None
    carried: float | None = None
    p_value: float | None = None
    mix: str = ""
    mix_share: float | None = None
    reason: str = ""


def change_of(before: FloatArray, since: FloatArray) -> Change:
    """How far the mean of the marks moved; NaN are left out.

    >>> change_of(np.array([0.0, 1.0] * 20), np.array([1.0, 2.0] * 20)).value
    1.0
    """
    one, other = before[np.isfinite(before)], since[np.isfinite(since)]
    if min(len(one), len(other)) < 2:
        return Change(len(one), len(other), reason="fewer than 2 studies before or since")
    value = float(other.mean() - one.mean())
    variance = one.var(ddof=1) / len(one) + other.var(ddof=1) / len(other)
    if set(np.unique(np.concatenate([one, other]))) <= {0.0, 1.0}:  # a share: never without width
        shares = [(one.sum() + 1.0) / (len(one) + 2.0), (other.sum() + 1.0) / (len(other) + 2.0)]
        sizes = (len(one) + 2.0, len(other) + 2.0)
        variance = sum(p * (1.0 - p) / n for p, n in zip(shares, sizes, strict=True))
    half = 1.96 * float(np.sqrt(variance))
    return Change(len(one), len(other), value, value - half, value + half)


def strata(
    values: Column, reference: Column, *, beyond: bool = True
) -> NDArray[np.object_]:
    """A name a study: its level, or the fifth of the reference's numbers in which it lies.

    beyond: whether a number outside the reference's range counts to its outer fifths.
    """
    if is_names(values):
        return np.array([None if one is None else str(one) for one in values], object)
    known = reference[np.isfinite(reference)]
    if not len(known):
        return np.full(len(values), None, object)
    edges = np.unique(np.quantile(known, (0.2, 0.4, 0.6, 0.8)))
    at = np.searchsorted(edges, values)
    out = np.isnan(values)
    if not beyond:
        out |= (values < known.min()) | (values > known.max())
    found = np.array([f"fifth {number}" for number in range(len(edges) + 1)], object)[at]
    found[out] = None
    return found


def groups_of(
    before: CaseTable, since: CaseTable, *, but: str
) -> dict[str, tuple[NDArray[np.object_], NDArray[np.object_]]]:
    """By column the group of each study before and since: names as they are, ages in bands."""
    found = {}
    for column in before.columns:
        if column in (but, "decision", "score", "day") or column not in since.columns:
            continue
        pair = before.columns[column], since.columns[column]
        if column in AGES and not is_names(pair[0]):
            found[column] = (_bands(pair[0]), _bands(pair[1]))
        elif is_names(pair[0]):
            levels = {str(one) for values in pair for one in values if one is not None}
            if 2 <= len(levels) <= MOST_LEVELS:
                found[column] = (strata(pair[0], pair[0]), strata(pair[1], pair[0]))
    return found


def find_place(
    before: CaseTable, since: CaseTable, marks: tuple[FloatArray, FloatArray], *, column: str
) -> Place:
    """Search every group, and every pair of groups, for the one that carries the change.

    marks: before and since, one a study. For each group with enough studies inside and outside the
    change inside is compared with the change outside (a level never seen before with all studies
    before); the differences are tested together (Holm, 5 %). Of those that differ, the one that
    leaves least unexplained when only it changed is named; a pair only where it explains more than
    its better half by more than the search among the pairs would by chance.
    """
    groups = groups_of(before, since, but=column)
    total = change_of(*marks)
    mix, mix_share = _mix(groups, marks, total)
    asked = [
        (named, *_judged(masks, marks)) for named, masks in _candidates(groups)
        if _enough(masks, marks)
    ]
    whole = Place(len(asked), mix=mix, mix_share=mix_share)
    if not asked or total.value is None:
        reason = total.reason or "no fact divides the studies into groups that are large enough"
        return Place(len(asked), mix=mix, mix_share=mix_share, reason=reason)
    adjusted = holm([p for *_, p in asked])
    odd = [
        (one, float(p)) for one, p in zip(asked, adjusted, strict=True)
        if p <= ALPHA and _carries(one[1], one[2], total)
    ]
    if not odd:
        return whole
    n = int(np.isfinite(marks[1]).sum())
    penalty = 2.0 * np.log(max(len(asked), 2)) / max(n, 1)
    best, p = min(odd, key=lambda one: np.log(one[0][3]) + penalty * len(one[0][0]))
    masks = _masks(groups, best[0])
    return _named(best[0], best[1], best[2], p, masks, whole)


def _named(
    group: Mapping[str, str], inside: Change, outside: Change, p: float,
    masks: tuple[Mask, Mask], whole: Place,
) -> Place:  # fmt: skip
    share = float(masks[1].mean())
    within, beside = share * (inside.value or 0.0), (1.0 - share) * (outside.value or 0.0)
    carried = None if within + beside == 0.0 else within / (within + beside)
    return Place(
        whole.groups_asked, group, float(masks[0].mean()), share, inside, outside,
        None if carried is None else min(max(carried, 0.0), 1.0), p, whole.mix, whole.mix_share,
    )


def place_of_group(
    group: Mapping[str, str], masks: tuple[Mask, Mask], marks: tuple[FloatArray, FloatArray]
) -> Place:
    """A group that was chosen beforehand, because a chart watches it alone: how it changed beside
    the rest, whether or not the rest changed too. masks, marks: before and since, one a study."""
    sides = [
        int(np.isfinite(one[mask]).sum())
        for mask, one in (*zip(masks, marks, strict=True),
                          *((~mask, one) for mask, one in zip(masks, marks, strict=True)))
    ]  # fmt: skip
    if min(sides) < 2:
        return Place(0, group, reason="too few studies of it or of the others, before or since")
    inside, outside, _, p = _judged(masks, marks)
    return _named(group, inside, outside, p, masks, Place(0))


def _candidates(groups: Mapping[str, Any]) -> Iterator[tuple[dict[str, str], tuple[Mask, Mask]]]:
    singles = [
        {column: level}
        for column, (_, since) in groups.items()
        for level in sorted({one for one in since if one is not None})
    ]
    pairs = [
        one | other for one, other in combinations(singles, 2) if set(one).isdisjoint(other)
    ]
    for group in (*singles, *pairs[:MOST_PAIRS]):
        yield group, _masks(groups, group)


def _masks(groups: Mapping[str, Any], group: Mapping[str, str]) -> tuple[Mask, Mask]:
    held = [
        np.logical_and.reduce([groups[column][at] == level for column, level in group.items()])
        for at in (0, 1)
    ]
    return held[0], held[1]


def _enough(masks: tuple[Mask, Mask], marks: tuple[FloatArray, FloatArray]) -> bool:
    known = np.isfinite(marks[1])
    inside, outside = int((masks[1] & known).sum()), int((~masks[1] & known).sum())
    out_before = int((~masks[0] & np.isfinite(marks[0])).sum())
    return min(inside, outside, out_before) >= LEAST


def _judged(
    masks: tuple[Mask, Mask], marks: tuple[FloatArray, FloatArray]
) -> tuple[Change, Change, float, float]:
    """Change inside and outside, what is left unexplained when only the inside changed, and p."""
    from scipy.special import ndtr

    was = marks[0][masks[0]]
    known = was if int(np.isfinite(was).sum()) >= LEAST else marks[0]
    inside = change_of(known, marks[1][masks[1]])
    out_before, out_since = marks[0][~masks[0]], marks[1][~masks[1]]
    outside = change_of(out_before, out_since)
    now = marks[1][masks[1]]
    left = float(np.nansum((now - np.nanmean(now)) ** 2))
    left += float(np.nansum((out_since - np.nanmean(out_before)) ** 2))
    if inside.value is None or outside.value is None:
        return inside, outside, max(left, 1e-12), 1.0
    error = float(np.hypot(inside.error, outside.error))
    apart = abs(inside.value - outside.value) / max(error, 1e-12)
    return inside, outside, max(left, 1e-12), float(2.0 * ndtr(-apart))


def _carries(inside: Change, outside: Change, total: Change) -> bool:
    """A group that moved against the site's change carries none of it."""
    if (inside.value or 0.0) * (total.value or 0.0) <= 0.0:
        return False
    return CARRIES * abs(inside.value or 0.0) > abs(outside.value or 0.0)


def _mix(
    groups: Mapping[str, Any], marks: tuple[FloatArray, FloatArray], total: Change
) -> tuple[str, float | None]:
    """The column whose change of mix makes the largest part of the change (Kitagawa EM. J Am Stat
    Assoc 1955;50:1168-94, at the means before); at least half of it, else none."""
    best: tuple[str, float | None] = "", None
    for column, (one, other) in groups.items():
        if not total.value:
            continue
        part = 0.0
        for level in {name for name in one if name is not None}:
            was, now = one == level, other == level
            known = marks[0][was & np.isfinite(marks[0])]
            if len(known) >= LEAST:
                middle = float(known.mean()) - float(np.nanmean(marks[0]))
                part += (float(now.mean()) - float(was.mean())) * middle
        share = part / total.value
        if share >= 0.5 and (best[1] is None or share > best[1]):
            best = column, min(share, 1.0)
    return best


def _bands(values: Column) -> NDArray[np.object_]:
    found = np.full(len(values), None, object)
    for low, high, name in BANDS:
        found[(values >= low) & (values < high)] = name
    return found
