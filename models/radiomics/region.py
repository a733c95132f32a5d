"""A region of an image, ready for features: interpolated, re-segmented and discretised."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from records.errors import InvalidInput
from records.radiomics_settings import FIXED_BIN_NUMBER, MOST_BINS, RadiomicsSettings

Voxels = NDArray[np.float64]
Inside = NDArray[np.bool_]
Levels = NDArray[np.int64]
_EXACT = 6  # decimals that interpolation in 64 bits gives reliably


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """What features read; all arrays (slices, rows, columns), cut to the mask's bounding box.

    intensities: as stored. morphological: the mask, for shape. inside: the voxels that count for
    intensities and texture, after re-segmentation. levels: grey levels from 1, 0 outside; all 0
    where the intensities cannot be discretised. spacing: mm, one a side. flat: a picture.
    """

    intensities: Voxels
    morphological: Inside
    inside: Inside
    levels: Levels
    level_count: int
    spacing: tuple[float, float, float]
    flat: bool

    @property
    def values(self) -> Voxels:
        """The intensities that count, in the order of their places."""
        return self.intensities[self.inside]

    @property
    def grey(self) -> Levels:
        """The grey levels that count, in the same order."""
        return self.levels[self.inside]


def prepare_region(
    image: NDArray[Any],
    mask: NDArray[Any],
    spacing: tuple[float, ...],
    settings: RadiomicsSettings,
) -> Region:
    """The region of an image under a mask, by the declared settings.

    image: 2-D (rows, columns) or 3-D (slices, rows, columns), finite. mask: of the same shape,
    true inside (or 0 and 1). spacing: mm between voxel centres, one a side, in the same order.
    The mask may be empty, before or after re-segmentation; features are then not estimable.

    Raises InvalidInput for another shape, a value that is not finite, a mask with other values,
    a spacing that is not above 0, or bins so small that there are more than 1,024 grey levels.
    """
    voxels, inside, sides = _checked(image, mask, spacing)
    flat = voxels.ndim == 2
    if settings.resample_mm is not None and inside.any():
        voxels, inside, sides = _resampled(voxels, inside, sides, settings.resample_mm)
        if settings.round_intensities:
            voxels = np.rint(np.round(voxels, _EXACT))
    if flat:
        voxels, inside, sides = voxels[None], inside[None], (1.0, *sides)
    if inside.any():
        box = _bounding_box(inside)
        voxels, inside = voxels[box], inside[box]
    counted = _resegmented(voxels, inside, settings)
    levels, count = _discretised(voxels, counted, settings)
    return Region(voxels, inside, counted, levels, count, (sides[0], sides[1], sides[2]), flat)


def _checked(
    image: NDArray[Any], mask: NDArray[Any], spacing: tuple[float, ...]
) -> tuple[Voxels, Inside, tuple[float, ...]]:
    voxels, given = np.asarray(image, dtype=np.float64), np.asarray(mask)
    if voxels.ndim not in (2, 3) or 0 in voxels.shape:
        raise InvalidInput(f"image: it has rows and columns, or slices too, not {voxels.shape}.")
    if given.shape != voxels.shape:
        raise InvalidInput(f"mask: its shape {given.shape} is not the image's, {voxels.shape}.")
    if not np.isfinite(voxels).all():
        raise InvalidInput("image: it holds values that are not finite.")
    if given.dtype != bool and not np.isin(given, (0, 1)).all():
        raise InvalidInput("mask: it holds other values than 0 and 1.")
    if len(spacing) != voxels.ndim or not all(0 < side < float("inf") for side in spacing):
        raise InvalidInput(f"spacing: {voxels.ndim} lengths above 0 in mm are needed.")
    return voxels, given.astype(bool), tuple(float(side) for side in spacing)


def _resampled(
    voxels: Voxels, inside: Inside, spacing: tuple[float, ...], side: float
) -> tuple[Voxels, Inside, tuple[float, ...]]:
    """Both on an isotropic grid with the same centre; IBSI manual, 3.4 (align grid centres)."""
    from scipy.ndimage import map_coordinates

    axes = []
    for count, old in zip(voxels.shape, spacing, strict=True):
        new = int(np.ceil(count * old / side - 1e-9))
        first = (old * (count - 1) - side * (new - 1)) / 2
        axes.append((first + side * np.arange(new)) / old)
    places = np.meshgrid(*axes, indexing="ij")
    smooth = map_coordinates(voxels, places, order=1, mode="nearest")
    part = map_coordinates(inside.astype(np.float64), places, order=1, mode="nearest")
    # a voxel that is half inside must not depend on how its eight products were rounded
    return smooth, np.round(part, _EXACT) >= 0.5, (side,) * voxels.ndim


def _bounding_box(inside: Inside) -> tuple[slice, ...]:
    box = []
    for axis in range(inside.ndim):
        others = tuple(other for other in range(inside.ndim) if other != axis)
        found = np.flatnonzero(inside.any(axis=others))
        box.append(slice(int(found[0]), int(found[-1]) + 1))
    return tuple(box)


def _resegmented(voxels: Voxels, inside: Inside, settings: RadiomicsSettings) -> Inside:
    """The intensity mask: by range, then without outliers; IBSI manual, 3.6."""
    counted = inside
    if settings.intensity_range is not None:
        low, high = settings.intensity_range
        counted = counted & (voxels >= low) & (voxels <= high)
    if settings.outlier_sigma is not None and counted.any():
        values = voxels[counted]
        furthest = settings.outlier_sigma * values.std()
        counted = counted & (np.abs(voxels - values.mean()) <= furthest)
    return counted


def _discretised(
    voxels: Voxels, counted: Inside, settings: RadiomicsSettings
) -> tuple[Levels, int]:
    """Grey levels from 1, and how many there are; IBSI manual, 3.7."""
    levels: Levels = np.zeros(voxels.shape, dtype=np.int64)
    if not counted.any():
        return levels, 0
    values = voxels[counted]
    least, most = float(values.min()), float(values.max())
    if settings.discretisation == FIXED_BIN_NUMBER:
        if least == most:
            return levels, 0
        found = np.floor(settings.bins * (values - least) / (most - least)).astype(np.int64) + 1
        levels[counted] = np.minimum(found, settings.bins)
        return levels, settings.bins
    assert settings.bin_size is not None
    start = least if settings.intensity_range is None else settings.intensity_range[0]
    found = np.floor((values - start) / settings.bin_size).astype(np.int64) + 1
    if found.max() > MOST_BINS:
        raise InvalidInput(
            f"radiomics settings, bin_size: it gives {int(found.max()):,} grey levels in this "
            f"region, {MOST_BINS} are the most.",
            hint="Choose a larger bin_size, or an intensity_range.",
        )
    levels[counted] = found
    return levels, int(found.max())
