"""How large areas of one grey level are, and how deep they lie: GLSZM and GLDZM."""

import numpy as np
from numpy.typing import NDArray

from models.radiomics.matrices import Found, Matrix, aggregated, counted, named
from models.radiomics.region import Inside, Levels, Region

SIZES = {
    "short": "szm_sze", "long": "szm_lze", "low": "szm_lgze", "high": "szm_hgze",
    "short_low": "szm_szlge", "short_high": "szm_szhge", "long_low": "szm_lzlge",
    "long_high": "szm_lzhge", "level_nonuniformity": "szm_glnu",
    "level_nonuniformity_normalised": "szm_glnu_norm", "length_nonuniformity": "szm_zsnu",
    "length_nonuniformity_normalised": "szm_zsnu_norm", "percentage": "szm_z_perc",
    "level_variance": "szm_gl_var", "length_variance": "szm_zs_var", "entropy": "szm_zs_entr",
}  # fmt: skip
DISTANCES = {
    "short": "dzm_sde", "long": "dzm_lde", "low": "dzm_lgze", "high": "dzm_hgze",
    "short_low": "dzm_sdlge", "short_high": "dzm_sdhge", "long_low": "dzm_ldlge",
    "long_high": "dzm_ldhge", "level_nonuniformity": "dzm_glnu",
    "level_nonuniformity_normalised": "dzm_glnu_norm", "length_nonuniformity": "dzm_zdnu",
    "length_nonuniformity_normalised": "dzm_zdnu_norm", "percentage": "dzm_z_perc",
    "level_variance": "dzm_gl_var", "length_variance": "dzm_zd_var", "entropy": "dzm_zd_entr",
}  # fmt: skip


def zone_features(region: Region, aggregation: str) -> Found:
    """Features of zones of one grey level, neighbours at Chebyshev distance 1.

    By size: IBSI manual, 4.8 (9SAK); Thibault et al., IEEE Trans Biomed Eng 2014;61:630. By
    distance to the mask's border, voxel steps: 4.9 (VMDZ). In slices, or for '3D' in the volume.
    """
    whole = aggregation.startswith("3D")
    level, size, depth, at = _zones(region, whole=whole)
    found: dict[str, float] = {}
    for length, names in ((size, SIZES), (depth, DISTANCES)):
        shape = (region.level_count, int(length.max(initial=1)))
        matrices = []
        for part in [-1] if whole else range(region.levels.shape[0]):
            own = np.ones(level.size, dtype=bool) if whole else at == part
            voxels = region.inside.sum() if whole else region.inside[part].sum()
            counts = counted(level[own] - 1, length[own] - 1, shape)
            matrices.append(Matrix(counts, float(voxels), part))
        found |= aggregated(matrices, aggregation, named(names))
    return found


def _zones(region: Region, *, whole: bool) -> tuple[NDArray[np.int64], ...]:
    """Of each zone: its level, its voxels, its least distance to the border, its slice."""
    from scipy.ndimage import label

    structure = np.ones((3, 3, 3), dtype=bool)
    if not whole:
        structure[[0, 2]] = False
    distance = _border_distance(region.morphological, whole=whole)
    found = []
    for level in np.unique(region.grey):
        zones, count = label(region.levels == level, structure=structure)
        places = np.flatnonzero(zones)
        zone = zones.ravel()[places] - 1
        depth = np.full(count, np.iinfo(np.int64).max)
        np.minimum.at(depth, zone, distance.ravel()[places])
        first = places[np.unique(zone, return_index=True)[1]]
        found.append(np.stack((
            np.full(count, level), np.bincount(zone, minlength=count), depth,
            first // (zones.shape[1] * zones.shape[2]),
        )))  # fmt: skip
    return tuple(np.concatenate(found, axis=1).astype(np.int64))


def _border_distance(inside: Inside, *, whole: bool) -> Levels:
    """Steps over faces to leave the mask: 1 in its outermost voxels."""
    from scipy.ndimage import distance_transform_cdt

    if whole:
        padded = distance_transform_cdt(np.pad(inside, 1), metric="taxicab")
        return np.asarray(padded[1:-1, 1:-1, 1:-1], dtype=np.int64)
    parts = [
        distance_transform_cdt(np.pad(one, 1), metric="taxicab")[1:-1, 1:-1] for one in inside
    ]
    return np.asarray(parts, dtype=np.int64)
