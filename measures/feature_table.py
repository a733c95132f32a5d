"""Two tables of features, reference and current: the same columns, every entry a finite number."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from measures.inputs import Numbers

__all__ = ["refuse_few", "two_tables"]

LEAST_STUDIES = 10


def two_tables(reference: ArrayLike, current: ArrayLike) -> tuple[Numbers, Numbers]:
    """Both tables as numbers, one row a study; a single column may come flat.

    Raises ValueError, naming the side, when entries are missing, infinite or no numbers, when the
    shape is not (studies, columns), or when the sides do not have the same columns.

    >>> [table.shape for table in two_tables([1, 2, 3], [[4], [5]])]
    [(3, 1), (2, 1)]
    """
    found = []
    for name, given in (("reference", reference), ("current", current)):
        try:
            table = np.asarray(given, dtype=np.float64)
        except (TypeError, ValueError) as problem:
            raise ValueError(f"{name}: entries must be numbers, as many in each row") from problem
        table = table[:, None] if table.ndim == 1 else table
        if table.ndim != 2 or table.shape[1] == 0:
            raise ValueError(f"{name}: needs shape (studies, columns), got {table.shape}")
        bad = int(np.count_nonzero(~np.isfinite(table)))
        if bad:
            raise ValueError(f"{name}: {bad} of {table.size} entries are missing or infinite")
        found.append(table)
    before, now = found
    if before.shape[1] != now.shape[1]:
        raise ValueError(
            f"the same columns are needed: reference has {before.shape[1]}, current {now.shape[1]}"
        )
    return before, now


def refuse_few(reference: Numbers, current: Numbers, *, least: int = LEAST_STUDIES) -> str:
    """Why two tables are too small for a verdict; empty if they are not.

    >>> refuse_few(np.zeros((50, 2)), np.zeros((3, 2)))
    '3 current studies, 10 needed'
    """
    for name, table in (("reference", reference), ("current", current)):
        if len(table) < least:
            return f"{len(table)} {name} studies, {least} needed"
    return ""
