"""The IBSI digital phantom: 5 x 4 x 4 voxels of 2 mm, some of them outside the region."""

import csv
from pathlib import Path

import numpy as np

_OUT = -1
_VOXELS = np.array([
    [[1, 4, 4, 1, 1], [1, 4, 6, 1, 1], [4, 1, 6, 4, 1], [4, 4, 6, 4, 1]],
    [[1, 4, 4, 1, 1], [1, 1, 6, 1, 1], [_OUT, 1, 3, 1, 1], [4, 4, 6, 1, 1]],
    [[1, 4, 4, _OUT, _OUT], [1, 1, 1, 1, 1], [1, 1, _OUT, 1, 1], [1, 1, 6, 1, 1]],
    [[1, 4, 4, _OUT, _OUT], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [1, 1, 6, 1, 1]],
])  # fmt: skip
MASK = _VOXELS != _OUT
IMAGE = np.where(MASK, _VOXELS, 9)
SPACING = (2.0, 2.0, 2.0)


def published() -> list[tuple[str, str, str, float]]:
    """Key, aggregation ('' where there is none), value as printed, tolerance.

    Reference values of the manual, version 11: Zwanenburg et al., arXiv:1612.07003.
    """
    table = Path(__file__).with_name("ibsi_digital_phantom.csv")
    with table.open(encoding="utf-8", newline="") as file:
        return [
            (row["key"], row["aggregation"], row["value"], float(row["tolerance"]))
            for row in csv.DictReader(file)
        ]
