"""Charts of columns that are known by their names: why nothing was read, features of a model."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from measures.proportions import wilson
from monitoring.day_streams import NOT_RUN, REFUSED
from monitoring.replay_tables import WatchTable

__all__ = ["embedding_columns", "stream_charts"]

FEATURE = re.compile(r"^(embedding|emb|feature)_?(\d+)$", re.IGNORECASE)
MOST_FEATURES = 64
HIGHEST, LEAST_SHARE = 0.9, 0.002
LEVEL = 0.99


def embedding_columns(table: WatchTable) -> list[str]:
    """The features of a model among a table's columns, in their order, such as embedding_0 to
    embedding_15; none where there is one alone."""
    found = [
        (int(match.group(2)), name) for name, values in table.facts.items()
        if values.dtype != object and (match := FEATURE.match(name))
    ]
    return [name for _, name in sorted(found)][:MOST_FEATURES] if len(found) > 1 else []


def stream_charts(table: WatchTable) -> tuple[list[dict[str, Any]], set[str]]:
    """The charts of such columns, and the columns that need no other chart.

    The share refused, or not read, is ordinary up to the upper 99 % limit of the site where it is
    highest; a reason that the reference never shows is an event.
    """
    charts: list[dict[str, Any]] = []
    features = embedding_columns(table)
    if features:
        charts.append({
            "name": "features of the model", "detector": "embedding_drift",
            "parameters": {"columns": features},
        })  # fmt: skip
    done = {*features}
    for column in (REFUSED, NOT_RUN):
        values = table.facts.get(column)
        if values is None or values.dtype != object:
            continue
        done.add(column)
        words = "refused" if column == REFUSED else "AI did not run"
        parameters = {"column": column, "highest_share": _highest(table, column)}
        charts += [
            {"name": words, "detector": "stated_share", "parameters": parameters},
            {"name": f"new reason: {words}", "detector": "new_name",
             "parameters": {"column": column, "learning": 0}},
        ]  # fmt: skip
    return charts, done


def _highest(table: WatchTable, column: str) -> float:
    highest = LEAST_SHARE
    for site in table.sites:
        given = table.facts[column][table.rows_of(site)]
        times = int(np.sum([one is not None for one in given]))
        high = wilson(column, times, len(given), level=LEVEL).high if len(given) else None
        highest = max(highest, high or 0.0)
    return min(round(highest, 4), HIGHEST)
