"""A signal of one level of a subgroup: its studies alone, and how they changed beside the rest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np

from monitoring.chart_levels import ChartLevel
from monitoring.explaining.case_table import CaseTable
from monitoring.explaining.marks import mark_cases
from monitoring.explaining.where import Place, place_of_group

__all__ = ["beside_rest", "level_alone"]


def level_alone(level: ChartLevel, table: CaseTable) -> CaseTable:
    """The studies of the level."""
    return table.where(level.holds(table.columns, table.n))


def beside_rest(
    level: ChartLevel, reference: CaseTable, watched: CaseTable, details: Mapping[str, Any], *,
    detector: str, started: date,
) -> Place:  # fmt: skip
    """The level as the place of a change that its own chart found: how far it moved from `started`
    on, and how far the other studies of the site did."""
    group = {level.field: level.label}
    marks = mark_cases(reference, watched, details, detector=detector)
    if isinstance(marks, str):
        return Place(0, group, reason=marks)
    late = watched.day >= started.toordinal()
    own = [level.holds(table.columns, table.n) for table in (reference, watched)]
    return place_of_group(
        group, (np.concatenate([own[0], own[1][~late]]), own[1][late]),
        (np.concatenate([marks.before, marks.since[~late]]), marks.since[late]),
    )
