"""The studies that an explanation looks at: those before, and those that the chart watched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from monitoring.detectors.base import Column, FloatArray

__all__ = ["CaseTable", "is_names", "joined"]

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class CaseTable:
    """Studies of one site; every array has shape (n,), one entry a study.

    day: ordinals. label: what names a study on a page or in a manifest ('STU-0001', 'row 12').
    columns: watched columns and facts, numbers (NaN where missing) or names (None where missing),
    the score under ``score``, the call under ``decision``. truth: 1, 0, NaN where not known by the
    day of the alert.
    """

    day: NDArray[np.int64]
    label: NDArray[np.object_]
    columns: Mapping[str, Column]
    truth: FloatArray = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        if not len(self.truth):
            object.__setattr__(self, "truth", np.full(len(self.day), np.nan))

    @property
    def n(self) -> int:
        """Studies."""
        return len(self.day)

    def where(self, rows: Mask) -> CaseTable:
        """The studies of a mask of shape (n,)."""
        kept = {name: values[rows] for name, values in self.columns.items()}
        return CaseTable(self.day[rows], self.label[rows], kept, self.truth[rows])


def is_names(values: Column) -> bool:
    """Whether a column holds names and not numbers."""
    return values.dtype == object


def joined(one: CaseTable, other: CaseTable) -> CaseTable:
    """Both tables as one, with the columns that both have."""
    shared = [name for name in one.columns if name in other.columns]
    return CaseTable(
        np.concatenate([one.day, other.day]), np.concatenate([one.label, other.label]),
        {name: np.concatenate([one.columns[name], other.columns[name]]) for name in shared},
        np.concatenate([one.truth, other.truth]),
    )
