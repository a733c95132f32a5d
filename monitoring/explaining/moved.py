"""What else moved at the site: every column before against since, tested together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from measures.multiplicity import holm
from monitoring.day_streams import STREAMS
from monitoring.detectors.base import Column
from monitoring.detectors.embedding_drift import is_embedding
from monitoring.explaining.case_table import CaseTable, is_names
from monitoring.explaining.marks import ESTIMATED
from monitoring.explaining.where import Change, change_of, strata
from monitoring.likely_causes import kind_of
from monitoring.output_columns import OUTPUT_COLUMNS

__all__ = [
    "Moved",
    "alike_share",
    "family_of",
    "moved_columns",
    "of_scanner",
    "remaining_share",
    "unseen_names",
]

ALPHA = 0.01
LEAST_EFFECT = 0.1
"""SD, or ten points of a share in a hundred: smaller changes are told by large tables only."""
SCANNER = {"manufacturer", "model", "scanner", "serial", "station", "device", "software",
           "firmware", "maker", "vendor"}  # fmt: skip
OUTPUT = ("score", "decision", *(one for one in OUTPUT_COLUMNS if not is_embedding(one)))
NO_PROPERTY = ("day", "latency_ms")
"""Columns that are no property of a study: the time of an answer is one of the machine and of its
load, which the studies of a batch share."""
OUTCOME = (
    "claimed_performance", "performance_against_reference", "estimated_performance",
    "override_rate", "concordance", "subgroup_gap",
)
FLOW = ("silent_days", "study_volume")
LEAST_OVERLAP = 0.2


@dataclass(frozen=True, slots=True)
class Moved:
    """A column that changed: how far (SD, or the share of the level named), adjusted p (Holm)."""

    column: str
    family: str
    effect: Change
    unit: str
    p_value: float
    level: str = ""


def family_of(detector: str, details: Mapping[str, Any]) -> str:
    """What kind of thing a chart's signal is about, by its detector and the column that moved.

    >>> family_of("rank_cusum", {"column": "sharpness"}), family_of("silent_days", {})
    ('acquisition change', 'flow')
    >>> family_of("estimated_performance", {"column": "sensitivity", "way": "estimated"})
    'output'
    """
    if detector in FLOW or details.get("column") in STREAMS:
        return "flow"
    if details.get("way") == ESTIMATED:
        return "output"
    if detector == "calibration":  # more or less disease moves it as a whole, and no slope
        return "outcome" if details.get("changed") == "slope" else "output"
    if detector in OUTCOME:
        return "outcome"
    column = str(details.get("column", ""))
    if column in ("sensitivity", "specificity", "accuracy", "auc"):
        return "outcome"
    if details.get("changed") == "missing":
        return "recording"
    return "output" if column in OUTPUT else kind_of(column)


def moved_columns(before: CaseTable, since: CaseTable) -> list[Moved]:
    """The columns that changed, the largest effect first.

    Numbers by rank scores against the studies before (normal test of the mean), names by the level
    that stands out most (Bonferroni among its levels); all columns together by Holm at 1 %, and
    not less than a tenth of an SD or ten points.
    """
    found = [
        one
        for column in before.columns
        if column in since.columns and column not in NO_PROPERTY and not is_embedding(column)
        and (one := _compared(column, before.columns[column], since.columns[column]))
    ]
    if not found:
        return []
    adjusted = holm([one.p_value for one in found]).tolist()
    kept = [
        Moved(one.column, one.family, one.effect, one.unit, p, one.level)
        for one, p in zip(found, adjusted, strict=True)
        if p <= ALPHA and abs(one.effect.value or 0.0) >= LEAST_EFFECT
    ]
    return sorted(kept, key=lambda one: -abs(one.effect.value or 0.0))


def _compared(column: str, before: Column, since: Column) -> Moved | None:
    from measures.rank_charts import normal_scores_against

    family = "output" if column in OUTPUT else kind_of(column)
    if is_names(before):
        return _names(column, family, before, since)
    one, other = before[np.isfinite(before)], since[np.isfinite(since)]
    if min(len(one), len(other)) < 10 or one.min() == one.max():
        return None
    effect = change_of(normal_scores_against(one, one), normal_scores_against(one, other))
    return Moved(column, family, effect, "SD", _p_value(effect))


def _names(column: str, family: str, before: Column, since: Column) -> Moved | None:
    one, other = strata(before, before), strata(since, since)
    levels = sorted({name for name in (*one, *other) if name is not None})
    if not 2 <= len(levels) <= 200 or min(len(one), len(other)) < 10:
        return None
    changes = [
        (change_of((one == level).astype(float), (other == level).astype(float)), level)
        for level in levels
    ]
    effect, level = min(changes, key=lambda pair: _p_value(pair[0]))
    p = min(_p_value(effect) * len(levels), 1.0)
    return Moved(column, family, effect, "points", p, level)


def _p_value(effect: Change) -> float:
    from scipy.special import ndtr

    if effect.value is None or effect.error == 0.0:
        return 1.0
    return float(2.0 * ndtr(-abs(effect.value) / effect.error))


def of_scanner(column: str) -> bool:
    """Whether a column names scanners or their software, by the words of its name."""
    words = {one.lower() for one in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", column)}
    return bool(words & SCANNER)


def unseen_names(before: CaseTable, since: CaseTable) -> dict[str, dict[str, int]]:
    """By column of scanners and software, each name that was never seen before: studies since."""
    found: dict[str, dict[str, int]] = {}
    for column, values in since.columns.items():
        if not of_scanner(column) or column not in before.columns or not is_names(values):
            continue
        known = {str(one) for one in before.columns[column] if one is not None}
        if known:
            new = [str(one) for one in values if one is not None and str(one) not in known]
            if new:
                names, counts = np.unique(new, return_counts=True)
                found[column] = dict(zip(names.tolist(), counts.tolist(), strict=True))
    return found


def alike_share(before: Column, since: Column) -> float:
    """The share of the later studies whose name, or whose number within its range, was there
    before; of those with a value.

    >>> alike_share(np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.5, 9.0, 9.0]))
    0.5
    """
    if is_names(before):
        known = {str(one) for one in before if one is not None}
        seen = [str(one) in known for one in since if one is not None]
    else:
        usual, values = before[np.isfinite(before)], since[np.isfinite(since)]
        if not len(usual):
            return 1.0
        seen = ((values >= usual.min()) & (values <= usual.max())).tolist()
    return float(np.mean(seen)) if seen else 1.0


def remaining_share(
    before: CaseTable, since: CaseTable, marks: tuple[Any, Any], *, given: str
) -> float | None:
    """The share of a change that is left among studies alike in another column; None where too few
    are alike to tell.

    Studies are compared within levels, or fifths of the numbers before, that both periods hold
    (direct standardisation to the later mix). Near 0: the other column explains the change; near
    1: it does not.
    """
    total = change_of(*marks)
    if given not in before.columns or given not in since.columns or not total.value:
        return None
    one = strata(before.columns[given], before.columns[given])
    other = strata(since.columns[given], before.columns[given], beyond=False)
    weight, left, known = 0, 0.0, np.isfinite(marks[1])
    for level in {name for name in one if name is not None}:
        here = change_of(marks[0][one == level], marks[1][(other == level) & known])
        if here.value is not None and min(here.n_before, here.n) >= 5:
            weight += here.n
            left += here.n * here.value
    overlap = weight / max(int(known.sum()), 1)
    if overlap < LEAST_OVERLAP:
        return None
    return left / weight / total.value
