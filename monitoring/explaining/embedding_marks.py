"""One number a study that shows how the pictures moved as the model sees them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from measures.rank_charts import normal_scores_against
from monitoring.detectors.base import FloatArray
from monitoring.detectors.embedding_directions import Space, freeze_space
from monitoring.detectors.embedding_drift import is_embedding
from monitoring.explaining.case_table import CaseTable

__all__ = ["embedding_marks"]

LEAST = 20


def embedding_marks(
    before: CaseTable, since: CaseTable, details: Mapping[str, Any]
) -> tuple[FloatArray, FloatArray, str] | str:
    """The marks before and since and what they are, or why there are none.

    Along a direction the place on it, else the distance from the studies before (Mahalanobis);
    as rank scores among the studies before, NaN where a study has no features.
    """
    weights = details.get("weights")
    columns = list(weights) if weights else sorted(filter(is_embedding, before.columns))
    if not columns or any(one not in before.columns or one not in since.columns for one in columns):
        return "no study holds features of the model"
    rows = [np.stack([table.columns[one] for one in columns], axis=1) for table in (before, since)]
    known = [np.isfinite(one).all(axis=1) for one in rows]
    if int(known[0].sum()) < LEAST:
        return f"{int(known[0].sum())} studies before with features of the model, {LEAST} needed"
    if weights:
        placed = [one @ np.array([weights[name] for name in columns]) for one in rows]
        what = "place along the direction in which the pictures moved"
    else:
        space = Space(freeze_space(rows[0][known[0]], rows[0][known[0]]))
        placed = [space.distances(one) for one in rows]
        what = "distance of the picture from those before"
    found = [np.full(len(one), np.nan) for one in placed]
    for marks, values, here in zip(found, placed, known, strict=True):
        marks[here] = normal_scores_against(placed[0][known[0]], values[here])
    return found[0], found[1], what
