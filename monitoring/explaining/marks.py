"""One number a study that shows a chart's change: the scale on which the change is explained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from measures.rank_charts import normal_scores_against
from measures.window_tests import far_limits
from monitoring.detectors.base import Column, FloatArray
from monitoring.detectors.embedding_drift import EMBEDDING
from monitoring.explaining.case_table import CaseTable, is_names
from monitoring.explaining.embedding_marks import embedding_marks

__all__ = ["Marks", "mark_cases"]

SENSITIVITY, SPECIFICITY = "sensitivity", "specificity"
LEAST = 10
"""Reference studies with a value, fewer than which give no scale."""


@dataclass(frozen=True)
class Marks:
    """The mark of each study before and since, NaN where it has none, and what a unit of it is.

    unit: 'SD' (rank scores against the reference), or 'points' (a share of studies).
    what: what is marked, such as 'sharpness', "share of 'AP' in view", 'share of wrong calls'.
    """

    before: FloatArray
    since: FloatArray
    unit: str
    what: str
    level: str = ""
    """The one name whose share is marked."""
    far: bool = False
    """Whether the studies that lie furthest show the change best, and not those in its middle."""


ESTIMATED = "estimated"
"""How a chart says that its figure was had without truth."""


def mark_cases(
    before: CaseTable, since: CaseTable, details: Mapping[str, Any], *, detector: str = ""
) -> Marks | str:
    """The marks of a chart's change, or why there are none.

    Numbers are marked by their rank score among the studies before (Radvigil's charts of numbers
    test the same scores), so a sentinel of 999999 counts no more than any highest value; where
    the spread changed, by the distance from the middle; where values came that lie far outside the
    earlier range, by 1 if they do. Names are marked 1 where the study has the level that stands
    out, missing values 1 where missing, performance 1 where the call was right (the AUC by the
    study's place among the other class), calibration by truth less score.
    """
    column, changed = str(details.get("column", "")), str(details.get("changed", ""))
    if details.get("way") == ESTIMATED:  # no truth moved it: it follows calls and scores
        column = "score" if column == "auc" else "decision"
    if column in (SENSITIVITY, SPECIFICITY, "accuracy"):
        return Marks(_right(before, column), _right(since, column), "points", column)
    if column == "auc":
        return _placements(before, since)
    if column == "calibration" and "score" in before.columns and "score" in since.columns:
        return Marks(
            before.truth - before.columns["score"], since.truth - since.columns["score"],
            "points", "truth less score",
        )
    if changed == EMBEDDING:
        placed = embedding_marks(before, since, details)
        if isinstance(placed, str):
            return placed
        return Marks(placed[0], placed[1], "SD", placed[2], far=True)
    if column not in before.columns or column not in since.columns:
        return f"the chart watches {column or detector or 'no column'}, which no study holds"
    one, other = before.columns[column], since.columns[column]
    if changed == "missing":
        lost = f"share of studies without {column}"
        return Marks(_missing(one), _missing(other), "points", lost)
    if changed in ("range", "mix") and not is_names(one) and np.isfinite(one).any():
        limits = far_limits(one[np.isfinite(one)])
        return Marks(
            _far(one, limits), _far(other, limits), "points",
            f"share of {column} outside the values of before",
        )
    if is_names(one):
        levels = _levels(details, one)
        named = "', '".join(levels)
        return Marks(
            _holds(one, levels), _holds(other, levels), "points",
            f"share of '{named}' in {column}", levels[0] if len(levels) == 1 else "",
        )
    if column == "decision":
        return Marks(
            np.asarray(one, np.float64), np.asarray(other, np.float64), "points",
            "share of positive decisions",
        )
    return _ranked(one, other, column, spread=details.get("direction") in ("wider", "narrower"))


def _ranked(one: Column, other: Column, column: str, *, spread: bool) -> Marks | str:
    known = np.isfinite(one)
    if int(known.sum()) < LEAST:
        return f"{int(known.sum())} studies before with {column}, {LEAST} needed"
    reference = one[known]
    scored = [
        np.full(len(values), np.nan) for values in (one, other)
    ]
    for values, marks in zip((one, other), scored, strict=True):
        seen = np.isfinite(values)
        marks[seen] = normal_scores_against(reference, values[seen])
    if spread:
        return Marks(abs(scored[0]), abs(scored[1]), "SD", f"distance of {column} from its middle")
    return Marks(scored[0], scored[1], "SD", column)


def _placements(before: CaseTable, since: CaseTable) -> Marks | str:
    """Where each study with truth stands among the studies before of the other class: the mean is
    the area under the ROC curve."""
    score = before.columns.get("score")
    if score is None or "score" not in since.columns:
        return "no study holds a score"
    sick, well = (
        np.sort(score[(before.truth == one) & np.isfinite(score)]) for one in (1.0, 0.0)
    )
    if min(len(sick), len(well)) < LEAST:
        return f"{len(sick)} diseased and {len(well)} healthy studies before, {LEAST} needed each"
    found = []
    for table in (before, since):
        marks, values = np.full(table.n, np.nan), table.columns["score"]
        known = np.isfinite(values)
        rows = known & (table.truth == 1.0)
        marks[rows] = _below(well, values[rows])
        rows = known & (table.truth == 0.0)
        marks[rows] = 1.0 - _below(sick, values[rows])
        found.append(marks)
    return Marks(found[0], found[1], "points", "auc")


def _below(others: FloatArray, values: FloatArray) -> FloatArray:
    left, right = (np.searchsorted(others, values, side=side) for side in ("left", "right"))
    return np.asarray((left + right) / (2.0 * len(others)))


def _levels(details: Mapping[str, Any], before: Column) -> list[str]:
    level = str(details.get("level", ""))
    if "never" in level:
        return [str(one) for one in details.get("unseen", [])]
    if level == "all rarer levels":
        known, counts = np.unique([str(one) for one in before if one is not None],
                                  return_counts=True)  # fmt: skip
        order = np.argsort(-counts)
        return [str(one) for one in known[order[30:]]]
    return [level]


def _holds(values: Column, levels: list[str]) -> FloatArray:
    wanted = set(levels)
    return np.array([float(one is not None and str(one)[:40] in wanted) for one in values])


def _far(values: Column, limits: tuple[float, float]) -> FloatArray:
    return np.asarray((values < limits[0]) | (values > limits[1]), np.float64)


def _missing(values: Column) -> FloatArray:
    if is_names(values):
        return np.array([float(one is None) for one in values])
    return np.asarray(~np.isfinite(values), np.float64)


def _right(table: CaseTable, measure: str) -> FloatArray:
    """1 where the call was right, 0 where wrong, NaN where it does not count for the measure."""
    decision = table.columns.get("decision", np.full(table.n, np.nan))
    right = np.where(np.isfinite(table.truth) & np.isfinite(decision),
                     (table.truth == decision).astype(np.float64), np.nan)  # fmt: skip
    if measure == SENSITIVITY:
        return np.where(table.truth == 1.0, right, np.nan)
    return np.where(table.truth == 0.0, right, np.nan) if measure == SPECIFICITY else right
