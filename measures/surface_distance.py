"""How far apart two outlines lie, in millimetres: Hausdorff, HD95, average distance, surface Dice.

Two conventions are in use and give different numbers, so every result carries the one it used.
*border voxel*: the outline is the voxels of the mask that have a face on the outside, each counts
once, distances run between voxel centres (Maier-Hein et al., Nat Methods 2024;21:195). *surface
element*: the outline runs between voxels, each element counts by its length or area
(:mod:`measures.surface_elements`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from measures.inputs import Numbers
from measures.masks import Mask, accepted_masks, accepted_spacing, common_box
from measures.nearest_voxel import nearest_distances
from measures.surface_elements import corner_codes, element_sizes

__all__ = ["CONVENTIONS", "Convention", "Outline", "SurfaceDistances", "surface_distances"]

Convention = Literal["border voxel", "surface element"]
CONVENTIONS: tuple[Convention, ...] = ("border voxel", "surface element")
_ROUNDING = 1e-9  # a distance equal to the tolerance is within it, whatever the last bit says


@dataclass(frozen=True, slots=True)
class Outline:
    """One outline, element by element, seen from the other.

    distance: mm to the nearest element of the other outline; infinite when the other mask is
    empty. size: what each element counts, 1 a voxel or its length or area. Both (elements,).
    """

    distance: Numbers
    size: Numbers

    def within(self, tolerance: float) -> float:
        """The size of the part that lies within a tolerance (mm) of the other outline."""
        return float(self.size[self.distance <= tolerance * (1.0 + _ROUNDING)].sum())


@dataclass(frozen=True, slots=True)
class SurfaceDistances:
    """Distances between the outlines of a reference and a predicted mask, under one convention.

    Where a mask is empty there is no distance: each figure is then None, never 0 and never
    infinity, and :func:`measures.study_means.mean_over_studies` asks what such a study counts as.
    """

    convention: Convention
    reference: Outline
    predicted: Outline

    @property
    def defined(self) -> bool:
        """Whether both masks have an outline, so that there are distances."""
        return self.reference.size.size > 0 and self.predicted.size.size > 0

    def hausdorff(self) -> float | None:
        """The largest distance from either outline to the other (Hausdorff distance, mm).

        >>> found = surface_distances([[1, 1, 0, 0]], [[1, 1, 1, 1]], (1.0, 0.5))
        >>> found.hausdorff()
        1.0
        """
        if not self.defined:
            return None
        return float(max(one.distance.max() for one in (self.reference, self.predicted)))

    def hausdorff_percentile(self, percent: float = 95.0) -> float | None:
        """HD95: the larger of the two outlines' percentiles of distance, in mm.

        Each outline has its own percentile, so a missed satellite lesion shows, however long the
        rest of the outlines is. Voxels: interpolated linearly; elements: the first distance by
        which that share of the length or area is reached. Raises ValueError unless
        0 <= percent <= 100.
        """
        _refuse_percent(percent)
        if not self.defined:
            return None
        return max(self._percentile(one, percent) for one in (self.reference, self.predicted))

    def hausdorff_percentile_pooled(self, percent: float = 95.0) -> float | None:
        """The percentile over both outlines taken together, as medpy's HD95, in mm.

        For comparison with publications that used it. It hides a missed satellite lesion (2.2 mm
        where the other definitions say 28 mm): :meth:`hausdorff_percentile` is the one to act on.
        """
        _refuse_percent(percent)
        if not self.defined:
            return None
        both = (self.reference, self.predicted)
        distance = np.concatenate([one.distance for one in both])
        pooled = Outline(distance, np.concatenate([one.size for one in both]))
        return self._percentile(pooled, percent)

    def average_from_reference(self) -> float | None:
        """Average distance from the reference outline to the predicted one, in mm."""
        return _average(self.reference) if self.defined else None

    def average_from_predicted(self) -> float | None:
        """Average distance from the predicted outline to the reference one, in mm."""
        return _average(self.predicted) if self.defined else None

    def assd(self) -> float | None:
        """Average symmetric surface distance: over the elements of both outlines, in mm."""
        if not self.defined:
            return None
        both = (self.reference, self.predicted)
        total = sum(float(one.distance @ one.size) for one in both)
        return total / sum(float(one.size.sum()) for one in both)

    def masd(self) -> float | None:
        """Mean average surface distance: the mean of the two directed averages, in mm."""
        if not self.defined:
            return None
        return (_average(self.reference) + _average(self.predicted)) / 2.0

    def surface_dice(self, tolerance: float) -> float | None:
        """Share of both outlines within a tolerance (mm) of the other: surface Dice, or NSD.

        0 when one mask is empty (nothing of the outline there is met); None when both are.
        Raises ValueError unless the tolerance is finite and not negative.
        """
        _refuse_tolerance(tolerance)
        both = (self.reference, self.predicted)
        total = sum(float(one.size.sum()) for one in both)
        return sum(one.within(tolerance) for one in both) / total if total else None

    def reference_within(self, tolerance: float) -> float | None:
        """Share of the reference outline within a tolerance (mm) of the predicted one."""
        return _share_within(self.reference, tolerance)

    def predicted_within(self, tolerance: float) -> float | None:
        """Share of the predicted outline within a tolerance (mm) of the reference one."""
        return _share_within(self.predicted, tolerance)

    def _percentile(self, one: Outline, percent: float) -> float:
        if self.convention == "border voxel":
            return float(np.percentile(one.distance, percent))
        order = np.lexsort((one.size, one.distance))
        reached = np.cumsum(one.size[order]) / one.size.sum()
        at = int(np.searchsorted(reached, percent / 100.0))
        return float(one.distance[order[min(at, order.size - 1)]])


def surface_distances(
    reference: ArrayLike,
    predicted: ArrayLike,
    spacing: ArrayLike,
    *,
    convention: Convention = "border voxel",
) -> SurfaceDistances:
    """Measure how far each part of one outline lies from the other, in millimetres.

    reference, predicted: 0/1 masks of one shape, 2D or 3D; what lies outside the array is
    background. spacing: mm between voxel centres, per axis in array order. Beside HD95 quote how
    many lesions were missed altogether (:mod:`measures.detection`).
    Raises ValueError for masks that are not such, a spacing that is not positive, or an unknown
    convention.

    >>> found = surface_distances([[1, 1, 0, 0]], [[1, 1, 1, 1]], (1.0, 0.5))
    >>> found.average_from_predicted(), found.average_from_reference(), found.surface_dice(0.5)
    (0.375, 0.0, 0.8333333333333334)
    >>> surface_distances([[1, 0]], [[0, 0]], (1, 1)).hausdorff() is None
    True
    """
    if convention not in CONVENTIONS:
        raise ValueError(f"unknown convention {convention!r}; known: {', '.join(CONVENTIONS)}")
    masks = accepted_masks(reference=reference, predicted=predicted)
    apart = accepted_spacing(spacing, masks[0].ndim)
    boxed = common_box(*masks)
    if boxed is None:
        nothing = Outline(np.zeros(0), np.zeros(0))
        return SurfaceDistances(convention, nothing, nothing)
    if convention == "border voxel":
        borders = (_border(boxed[0]), _border(boxed[1]))
        sizes = [np.ones(np.count_nonzero(border)) for border in borders]
    else:
        codes = [corner_codes(mask) for mask in boxed]
        table = element_sizes(apart)
        borders = (table[codes[0]] > 0.0, table[codes[1]] > 0.0)
        sizes = [table[code[border]] for code, border in zip(codes, borders, strict=True)]
    return SurfaceDistances(
        convention,
        Outline(nearest_distances(borders[0], borders[1], apart), sizes[0]),
        Outline(nearest_distances(borders[1], borders[0], apart), sizes[1]),
    )


def _border(mask: Mask) -> Mask:
    """Voxels of the mask with a face on the outside."""
    inner = np.zeros_like(mask)
    middle = (slice(1, -1),) * mask.ndim
    inside = mask[middle].copy()
    for axis in range(mask.ndim):
        for shift in (slice(None, -2), slice(2, None)):
            inside &= mask[(*middle[:axis], shift, *middle[axis + 1 :])]
    inner[middle] = inside
    return mask & ~inner


def _average(one: Outline) -> float:
    return float(one.distance @ one.size) / float(one.size.sum())


def _share_within(one: Outline, tolerance: float) -> float | None:
    _refuse_tolerance(tolerance)
    total = float(one.size.sum())
    return one.within(tolerance) / total if total else None


def _refuse_percent(percent: float) -> None:
    if not 0.0 <= percent <= 100.0:
        raise ValueError(f"percent: must lie between 0 and 100, not {percent!r}")


def _refuse_tolerance(tolerance: float) -> None:
    if not (0.0 <= tolerance < float("inf")):
        raise ValueError(f"tolerance: must be finite and not negative, in mm, not {tolerance!r}")
