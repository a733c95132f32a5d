"""Radiomic features of one region: image and mask in, named numbers or reasons out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.radiomics.catalogue import (
    SHAPE_FAMILIES,
    FeatureName,
    features_of,
)
from models.radiomics.cooccurrence import cooccurrence
from models.radiomics.intensity import intensity_histogram, intensity_statistics
from models.radiomics.neighbours import neighbour_features
from models.radiomics.region import Region, prepare_region
from models.radiomics.runs import run_lengths
from models.radiomics.shape import picture_shape, volume_shape
from models.radiomics.zones import zone_features
from records.radiomics_settings import RadiomicsSettings

NO_REGION = "the mask is empty"
NO_INTENSITY = "no voxel of the mask is left within the declared intensities"
ONE_VOXEL = "the region is a single voxel"
CONSTANT = "all intensities of the region are equal"
UNDEFINED = "the feature is not defined for this region"


@dataclass(frozen=True, slots=True)
class RadiomicFeature:
    """One feature of one region: value in the table's unit, or None and the reason why not.

    n: voxels that it was computed from.
    """

    name: FeatureName
    value: float | None
    n: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Radiomics:
    """All features of one region, in the table's order, and how they were prepared."""

    features: tuple[RadiomicFeature, ...]
    settings: RadiomicsSettings
    aggregation: str
    voxels: int

    @property
    def values(self) -> dict[str, float | None]:
        """By the features' keys."""
        return {one.name.key: one.value for one in self.features}


def measure_radiomics(
    image: NDArray[Any],
    mask: NDArray[Any],
    spacing: tuple[float, ...],
    settings: RadiomicsSettings,
) -> Radiomics:
    """Shape, intensity and texture of the region of an image under a mask, IBSI by name.

    image: 2-D (rows, columns) or 3-D (slices, rows, columns), finite, as stored. mask: of the
    same shape, true inside. spacing: mm, one a side. No feature is guessed: where one is not
    defined (an empty mask, equal intensities, one voxel) it is not estimable and says why.

    Raises InvalidInput for an image, mask or spacing that cannot be read together.

    >>> ramp = np.arange(20.0).reshape(4, 5)
    >>> found = measure_radiomics(ramp, np.ones((4, 5), bool), (1, 1), RadiomicsSettings())
    >>> found.values["stat_mean"], found.aggregation
    (9.5, '2D averaged')
    """
    region = prepare_region(image, mask, spacing, settings)
    aggregation = settings.picture_aggregation if region.flat else settings.volume_aggregation
    found = _found(region, aggregation)
    counts = int(region.morphological.sum()), int(region.inside.sum())
    features = tuple(
        _feature(name, found.get(name.key, np.nan), region, counts)
        for name in features_of(flat=region.flat)
    )
    return Radiomics(features, settings, aggregation, counts[1])


def _found(region: Region, aggregation: str) -> Mapping[str, float]:
    found: dict[str, float] = {}
    if not region.morphological.any():
        return found
    found |= picture_shape(region) if region.flat else volume_shape(region)
    if region.inside.any():
        found |= intensity_statistics(region)
    if region.grey.any():
        found |= intensity_histogram(region)
        for family in (cooccurrence, run_lengths, zone_features, neighbour_features):
            found |= family(region, aggregation)
    return found


def _feature(
    name: FeatureName, value: float, region: Region, counts: tuple[int, int]
) -> RadiomicFeature:
    of_shape = name.family in SHAPE_FAMILIES
    n = counts[0] if of_shape else counts[1]
    if np.isfinite(value):
        return RadiomicFeature(name, float(value), n)
    return RadiomicFeature(name, None, n, _reason(name, region, counts))


def _reason(name: FeatureName, region: Region, counts: tuple[int, int]) -> str:
    shape, inside = counts
    if shape == 0:
        return NO_REGION
    if inside == 0:
        return NO_INTENSITY
    of_shape = name.family in SHAPE_FAMILIES
    if (shape if of_shape else inside) == 1:
        return ONE_VOXEL
    if not of_shape and np.ptp(region.values) == 0:
        return CONSTANT
    return UNDEFINED
