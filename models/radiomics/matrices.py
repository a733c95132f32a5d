"""Texture matrices with a slice and a direction, and how they become one number a feature."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.float64]
Found = Mapping[str, float]

PLANE: tuple[tuple[int, int, int], ...] = ((0, 0, 1), (0, 1, 0), (0, 1, 1), (0, 1, -1))
SPACE: tuple[tuple[int, int, int], ...] = (
    *PLANE, (1, 0, 0), (1, 0, 1), (1, 0, -1), (1, 1, 0), (1, -1, 0), (1, 1, 1), (1, 1, -1),
    (1, -1, 1), (1, -1, -1),
)  # fmt: skip
"""Half of the neighbours at Chebyshev distance 1 (slices, rows, columns); the other half are the
same pairs the other way round."""


_APART: Mapping[str, tuple[str, ...]] = {
    "2D averaged": ("slice", "direction"),
    "2D merged": ("slice",),
    "2.5D averaged": ("direction",),
    "2.5D merged": (),
    "3D averaged": ("direction",),
    "3D merged": (),
}
"""What keeps matrices apart; all others are summed."""


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """Counts of one slice (-1: of the volume) in one direction (-1: of none).

    counts: grey levels from 1 down the rows, all levels of the region. voxels: that were looked at.
    """

    counts: Counts
    voxels: float
    slice: int
    direction: int = -1


def aggregated(
    matrices: Sequence[Matrix], aggregation: str, features: Callable[[Matrix], Found]
) -> Found:
    """One number a feature; IBSI manual, 4.6 and the like: matrices are merged (summed), features
    averaged.

    '2D averaged': over slices and directions. '2D merged': directions merged, over slices.
    '2.5D averaged': slices merged, over directions. '2.5D merged' and '3D merged': one matrix.
    '3D averaged': over directions. Matrices without any count are left out of a mean.
    """
    groups: dict[tuple[int, ...], list[Matrix]] = {}
    for one in matrices:
        key = tuple(getattr(one, name) for name in _APART[aggregation])
        groups.setdefault(key, []).append(one)
    merged = [_merged(group) for group in groups.values()]
    return _mean([features(one) for one in merged if one.counts.any()])


def _merged(group: Sequence[Matrix]) -> Matrix:
    wide = max(one.counts.shape[1] for one in group)
    counts = np.zeros((group[0].counts.shape[0], wide))
    for one in group:
        counts[:, : one.counts.shape[1]] += one.counts
    return Matrix(counts, sum(one.voxels for one in group), group[0].slice)


def _mean(found: Sequence[Found]) -> Found:
    names: Iterable[str] = found[0] if found else ()
    return {name: float(np.mean([one[name] for one in found])) for name in names}


def counted(rows: NDArray[np.int64], columns: NDArray[np.int64], shape: tuple[int, int]) -> Counts:
    """How often each pair of places occurs, counted from 0."""
    flat = np.bincount(rows * shape[1] + columns, minlength=shape[0] * shape[1])
    return flat.reshape(shape).astype(np.float64)


def emphases(matrix: Matrix) -> Found:
    """What run lengths, zone sizes, zone distances and dependence counts share: IBSI manual, 4.7
    to 4.9 and 4.11. The second index is called length here."""
    counts = matrix.counts
    total = counts.sum()
    level = np.arange(1, counts.shape[0] + 1, dtype=np.float64)[:, None]
    length = np.arange(1, counts.shape[1] + 1, dtype=np.float64)[None, :]
    share = counts / total
    by_level, by_length = counts.sum(axis=1), counts.sum(axis=0)
    present = share[share > 0]
    mean_level, mean_length = (share * level).sum(), (share * length).sum()
    return {
        "short": (share / length**2).sum(),
        "long": (share * length**2).sum(),
        "low": (share / level**2).sum(),
        "high": (share * level**2).sum(),
        "short_low": (share / (level**2 * length**2)).sum(),
        "short_high": (share * level**2 / length**2).sum(),
        "long_low": (share * length**2 / level**2).sum(),
        "long_high": (share * level**2 * length**2).sum(),
        "level_nonuniformity": (by_level**2).sum() / total,
        "level_nonuniformity_normalised": (by_level**2).sum() / total**2,
        "length_nonuniformity": (by_length**2).sum() / total,
        "length_nonuniformity_normalised": (by_length**2).sum() / total**2,
        "percentage": total / matrix.voxels,
        "level_variance": (share * (level - mean_level) ** 2).sum(),
        "length_variance": (share * (length - mean_length) ** 2).sum(),
        "entropy": -(present * np.log2(present)).sum(),
        "energy": (share**2).sum(),
    }


def named(names: Mapping[str, str]) -> Callable[[Matrix], Found]:
    """The shared figures under the names that a family gives them."""

    def features(matrix: Matrix) -> Found:
        found = emphases(matrix)
        return {name: float(found[shared]) for shared, name in names.items()}

    return features
