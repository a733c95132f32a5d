"""The shape of a region: IBSI morphology of a volume, and its equivalents for a picture."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from models.radiomics.mesh import Points, perimeter_and_area, surface_and_volume, surface_points
from models.radiomics.region import Region

Found = Mapping[str, float]


def volume_shape(region: Region) -> Found:
    """Morphology of a region in three dimensions, mm; IBSI manual, 4.1 (HCUG).

    Of the morphological mask; the centre of mass shift and the integrated intensity read the
    intensities too. Undefined ones are NaN: axis ratios of a region in one plane or line.
    """
    inside, spacing = region.morphological, region.spacing
    surface, volume = surface_and_volume(inside, spacing)
    corners = surface_points(inside, spacing)
    hull_volume, hull_surface, longest = _hull(corners)
    sides = np.ptp(corners, axis=0)
    box = 2 * float(sides[0] * sides[1] + sides[0] * sides[2] + sides[1] * sides[2])
    major, minor, least = _axes(inside, spacing)
    sphere = (36 * np.pi * volume**2) ** (1 / 3)
    return {
        "morph_volume": volume,
        "morph_vol_approx": float(inside.sum() * np.prod(spacing)),
        "morph_area_mesh": surface,
        "morph_av": surface / volume,
        "morph_comp_1": volume / (np.sqrt(np.pi) * surface**1.5),
        "morph_comp_2": 36 * np.pi * volume**2 / surface**3,
        "morph_sph_dispr": surface / sphere,
        "morph_sphericity": sphere / surface,
        "morph_asphericity": (surface**3 / (36 * np.pi * volume**2)) ** (1 / 3) - 1,
        "morph_com": _centre_shift(region),
        "morph_diam": longest,
        "morph_pca_maj_axis": major,
        "morph_pca_min_axis": minor,
        "morph_pca_least_axis": least,
        "morph_pca_elongation": _ratio(minor, major),
        "morph_pca_flatness": _ratio(least, major),
        "morph_vol_dens_aabb": volume / float(np.prod(sides)),
        "morph_area_dens_aabb": surface / box,
        "morph_vol_dens_aee": _ratio(6 * volume, np.pi * major * minor * least),
        "morph_vol_dens_conv_hull": volume / hull_volume,
        "morph_area_dens_conv_hull": surface / hull_surface,
        "morph_integ_int": float(region.values.mean()) * volume if region.inside.any() else np.nan,
    }


def picture_shape(region: Region) -> Found:
    """The same in two dimensions; IBSI defines none of these, so they carry no identifier."""
    inside, spacing = region.morphological[0], region.spacing[1:]
    perimeter, area = perimeter_and_area(inside, spacing)
    corners = surface_points(inside, spacing)
    hull_area, hull_perimeter, longest = _hull(corners)
    major, minor = _axes(inside, spacing)
    circle = 2 * np.sqrt(np.pi * area)
    return {
        "shape2d_area": area,
        "shape2d_area_pixels": float(inside.sum() * np.prod(spacing)),
        "shape2d_perimeter": perimeter,
        "shape2d_perimeter_to_area": perimeter / area,
        "shape2d_circularity": circle / perimeter,
        "shape2d_centre_shift": _centre_shift(region),
        "shape2d_diameter": longest,
        "shape2d_major_axis": major,
        "shape2d_minor_axis": minor,
        "shape2d_elongation": _ratio(minor, major),
        "shape2d_box_density": area / float(np.prod(np.ptp(corners, axis=0))),
        "shape2d_solidity": area / hull_area,
        "shape2d_convexity": hull_perimeter / perimeter,
    }


def _hull(corners: Points) -> tuple[float, float, float]:
    """Volume and surface (area and perimeter of a picture) of the convex hull; its diameter."""
    from scipy.spatial import ConvexHull
    from scipy.spatial.distance import pdist

    hull = ConvexHull(corners)
    return float(hull.volume), float(hull.area), float(pdist(corners[hull.vertices]).max())


def _axes(inside: NDArray[np.bool_], spacing: tuple[float, ...]) -> list[float]:
    """Four standard deviations along each principal axis of the voxels' centres, longest first."""
    places = np.argwhere(inside) * np.asarray(spacing)
    if len(places) < 2:
        return [np.nan] * inside.ndim
    spread = np.linalg.eigvalsh(np.cov(places, rowvar=False, ddof=1))[::-1]
    return [float(4 * np.sqrt(max(one, 0.0))) for one in spread]


def _centre_shift(region: Region) -> float:
    """Between the centre of the mask and that of the intensities, mm."""
    total = region.values.sum()
    if not region.inside.any() or total == 0:
        return float("nan")
    spacing = np.asarray(region.spacing)
    shape = np.argwhere(region.morphological).mean(axis=0)
    mass = (np.argwhere(region.inside) * region.values[:, None]).sum(axis=0) / total
    return float(np.linalg.norm((shape - mass) * spacing))


def _ratio(over: float, under: float) -> float:
    return over / under if under > 0 else float("nan")
