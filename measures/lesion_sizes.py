"""How large each lesion of a volume is: millilitres, and the diameters that readers measure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.mask_size import mask_size
from measures.masks import accepted_masks, accepted_spacing

__all__ = ["LesionSize", "lesion_sizes", "numbered_lesions"]


@dataclass(frozen=True, slots=True)
class LesionSize:
    """Volume in millilitres, and of the slice in which it is longest: its number, counted from 0,
    the longest diameter in mm, and its extent at right angles to that."""

    volume_ml: float
    longest_mm: float
    across_mm: float
    slice: int


def numbered_lesions(mask: ArrayLike) -> NDArray[np.uint16]:
    """The lesions of a mask by number, the largest first: 0 outside, 1, 2, … inside.

    Voxels that touch by side, edge or corner belong together, so lesions that touch are one. Of
    equal sizes the one nearer the first slice comes first. mask: 0/1, shape (slices, rows,
    columns). Raises ValueError when malformed or flat.

    >>> numbered_lesions([[[1, 0, 0, 1, 1]]]).tolist()
    [[[2, 0, 0, 1, 1]]]
    """
    from scipy.ndimage import label

    (inside,) = accepted_masks(mask=mask)
    if inside.ndim != 3:
        raise ValueError(f"mask: slices, rows and columns are needed, got shape {inside.shape}")
    numbered, count = label(inside, structure=np.ones((3, 3, 3), dtype=int))
    sizes = np.bincount(numbered.ravel(), minlength=count + 1)[1:]
    if count > np.iinfo(np.uint16).max:
        raise ValueError(f"mask: {count} parts that do not touch are noise, and no lesions")
    order = np.zeros(count + 1, dtype=np.uint16)
    order[1 + np.argsort(-sizes, kind="stable")] = np.arange(1, count + 1)
    return np.asarray(order[numbered], dtype=np.uint16)


def lesion_sizes(numbered: ArrayLike, spacing: ArrayLike) -> list[LesionSize]:
    """The size of each lesion of :func:`numbered_lesions`, in their order.

    The longest diameter is that in the plane of the slices, of the slice in which it is longest,
    as RECIST 1.1 measures (Eisenhauer et al., Eur J Cancer 2009;45:228), between the outer corners
    of voxels (:func:`measures.mask_size.mask_size`). numbered: whole numbers, shape (slices, rows,
    columns). spacing: mm between centres of slices, rows and columns. Raises ValueError when
    malformed.

    >>> found = lesion_sizes(np.ones((2, 10, 10), dtype=int), (5.0, 1.0, 1.0))
    >>> found[0].volume_ml, round(found[0].longest_mm, 2), found[0].slice
    (1.0, 14.14, 0)
    """
    from scipy.ndimage import find_objects

    numbers = np.asarray(numbered)
    if numbers.ndim != 3 or numbers.dtype.kind not in "iu":
        raise ValueError(f"numbered: whole numbers of 3 axes are needed, got {numbers.shape}")
    apart = accepted_spacing(spacing, 3)
    found = []
    for number, box in enumerate(find_objects(numbers), start=1):
        if box is None:
            raise ValueError(f"numbered: there is no lesion {number}")
        inside = numbers[box] == number
        flat = [mask_size(one, apart[1:]) if one.any() else None for one in inside]
        lengths = [0.0 if one is None else one.longest or 0.0 for one in flat]
        at = int(np.argmax(lengths))
        largest = flat[at]
        assert largest is not None and largest.across is not None
        volume = float(np.count_nonzero(inside)) * float(np.prod(apart)) / 1000.0
        found.append(LesionSize(volume, lengths[at], largest.across, at + box[0].start))
    return found


def box_around(inside: NDArray[np.bool_]) -> tuple[slice, slice, slice]:
    """The smallest box that holds all of a volume's voxels; one voxel where there is none.

    inside: bool, shape (slices, rows, columns).

    >>> box_around(np.pad(np.ones((1, 2, 3), dtype=bool), 1))
    (slice(1, 2, None), slice(1, 3, None), slice(1, 4, None))
    """
    found = []
    for axis in range(3):
        others = tuple(one for one in range(3) if one != axis)
        filled = np.flatnonzero(inside.any(axis=others))
        found.append(slice(int(filled[0]), int(filled[-1]) + 1) if filled.size else slice(0, 1))
    return found[0], found[1], found[2]
