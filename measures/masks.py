"""What a measure of segmentation accepts: masks of one shape, and the distance between voxels."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Mask", "accepted_masks", "accepted_spacing", "common_box"]

Mask = NDArray[np.bool_]


def accepted_masks(**masks: ArrayLike) -> list[Mask]:
    """The masks as yes or no per voxel, once they are of one shape, flat or in space.

    masks: each 0/1 or False/True, of shape (rows, columns) or (slices, rows, columns). Raises
    ValueError, naming the mask, for another number of axes, no voxel at all, an entry other than
    0 or 1 (a missing value, a label number), or unequal shapes.

    >>> [mask.tolist() for mask in accepted_masks(reference=[[0, 1]], predicted=[[1, 1]])]
    [[[False, True]], [[True, True]]]
    """
    accepted = {name: _accepted(name, mask) for name, mask in masks.items()}
    if len({mask.shape for mask in accepted.values()}) > 1:
        found = ", ".join(f"{name} has {mask.shape}" for name, mask in accepted.items())
        raise ValueError(f"masks must have one shape: {found}")
    return list(accepted.values())


def accepted_spacing(spacing: ArrayLike, dimensions: int) -> tuple[float, ...]:
    """Millimetres between voxel centres along each axis, in the order of the array's axes.

    Raises ValueError unless there is one positive, finite number per axis: a distance in mm
    cannot be had from voxels of unknown size.

    >>> accepted_spacing([3, 0.7, 0.7], 3)
    (3.0, 0.7, 0.7)
    """
    try:
        found = np.asarray(spacing, dtype=np.float64)
    except (TypeError, ValueError) as problem:
        raise ValueError("spacing: entries must be numbers, in mm") from problem
    if found.shape != (dimensions,):
        raise ValueError(f"spacing: needs one number per axis ({dimensions}), got {found.tolist()}")
    if not np.all(np.isfinite(found) & (found > 0.0)):
        raise ValueError(f"spacing: must be positive and finite, in mm, got {found.tolist()}")
    return tuple(found.tolist())


def common_box(first: Mask, second: Mask) -> tuple[Mask, Mask] | None:
    """Both masks cut to the smallest box that holds either; None when both are empty.

    >>> common_box(np.eye(3, dtype=bool), np.zeros((3, 3), dtype=bool))[1].shape
    (3, 3)
    """
    for axis in range(first.ndim):
        others = tuple(other for other in range(first.ndim) if other != axis)
        filled = np.flatnonzero(first.any(axis=others) | second.any(axis=others))
        if filled.size == 0:
            return None
        cut = (slice(None),) * axis + (slice(int(filled[0]), int(filled[-1]) + 1),)
        first, second = first[cut], second[cut]
    return np.ascontiguousarray(first), np.ascontiguousarray(second)


def _accepted(name: str, mask: ArrayLike) -> Mask:
    voxels = np.asarray(mask)
    if voxels.ndim not in (2, 3) or voxels.size == 0:
        raise ValueError(f"{name}: needs rows and columns, or slices too, got shape {voxels.shape}")
    if voxels.dtype == np.bool_:
        return voxels
    if voxels.dtype.kind not in "iuf":
        raise ValueError(f"{name}: entries must be 0 or 1")
    yes: Mask = voxels == 1
    if np.count_nonzero(yes) + np.count_nonzero(voxels == 0) != voxels.size:
        raise ValueError(f"{name}: entries must be 0 or 1, none missing; give one label at a time")
    return yes
