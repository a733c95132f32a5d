"""How much the weeks of a reference differ among themselves: what its studies are worth together.

Patients who come again, shifts of staff and seasons make the studies of a week alike. A single
week is still one draw, but months added up would be called changed for that alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from measures.score_means import design_effects
from monitoring.detectors.base import Column
from monitoring.detectors.running_totals import RANKS, Totals

__all__ = ["reference_effects"]

LEAST_WEEKS = 8
MONDAY = 1
"""Ordinal of the first Monday: 0001-01-01."""


def reference_effects(
    reference: Mapping[str, Column], values: Column, counted: Callable[[Column], Totals]
) -> dict[str, float]:
    """Design effect of each mark and of the mean ranks, from the calendar weeks of the reference.

    reference: with a column ``day`` (ordinals, NaN where not known) beside the values, as tables
    have; nothing is known, and nothing said, without it or in fewer than 8 weeks with studies.
    counted: what a part of the values comes to.
    """
    day = reference.get("day")
    if day is None or len(day) != len(values) or not len(values):
        return {}
    ordinals = np.asarray(day, np.float64)
    dated = np.isfinite(ordinals)  # held-out studies of an older intake say no day
    if not dated.any():
        return {}
    values = values[dated]
    week = (ordinals[dated].astype(np.int64) - MONDAY) // 7
    order = np.argsort(week, kind="stable")
    starts = np.flatnonzero(np.diff(week[order])) + 1
    weeks = [counted(values[rows]) for rows in np.split(order, starts)]
    if len(weeks) < LEAST_WEEKS:
        return {}
    return _of_marks(weeks) | _of_ranks(weeks)


def _of_marks(weeks: Sequence[Totals]) -> dict[str, float]:
    names = list(weeks[0].marked)
    sizes = np.array([one.n for one in weeks], np.float64)
    seen = np.array([[one.marked[name] for name in names] for one in weeks], np.float64)
    share = seen.sum(axis=0) / sizes.sum()
    found = design_effects(sizes, seen, share * (1.0 - share))
    return dict(zip(names, found.tolist(), strict=True))


def _of_ranks(weeks: Sequence[Totals]) -> dict[str, float]:
    scored = [one.scores for one in weeks if one.scores is not None and one.scores.n > 0]
    if len(scored) < LEAST_WEEKS:
        return {}
    n, total, squares = (
        np.array([getattr(one, name) for one in scored]) for name in ("n", "total", "squares")
    )
    variance = squares.sum() / n.sum() - (total.sum() / n.sum()) ** 2
    return {RANKS: float(design_effects(n, total[:, None], [variance])[0])}
