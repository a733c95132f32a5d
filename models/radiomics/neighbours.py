"""How each voxel stands among its neighbours: NGTDM and NGLDM."""

import numpy as np

from models.radiomics.cooccurrence import shifted
from models.radiomics.matrices import PLANE, SPACE, Found, Matrix, aggregated, counted, named
from models.radiomics.region import Levels, Region

DEPENDENCE = {
    "short": "ngl_lde", "long": "ngl_hde", "low": "ngl_lgce", "high": "ngl_hgce",
    "short_low": "ngl_ldlge", "short_high": "ngl_ldhge", "long_low": "ngl_hdlge",
    "long_high": "ngl_hdhge", "level_nonuniformity": "ngl_glnu",
    "level_nonuniformity_normalised": "ngl_glnu_norm", "length_nonuniformity": "ngl_dcnu",
    "length_nonuniformity_normalised": "ngl_dcnu_norm", "percentage": "ngl_dc_perc",
    "level_variance": "ngl_gl_var", "length_variance": "ngl_dc_var", "entropy": "ngl_dc_entr",
    "energy": "ngl_dc_energy",
}  # fmt: skip


def neighbour_features(region: Region, aggregation: str) -> Found:
    """Features of a voxel and its neighbours at Chebyshev distance 1, in the mask.

    NGTDM (differences from the neighbours' mean): IBSI manual, 4.10 (IPET); Amadasun, King, IEEE
    Trans Syst Man Cybern 1989;19:1264. NGLDM (neighbours of the same level, coarseness 0): 4.11
    (REK0); Sun, Wee, Comput Vis Graph Image Process 1983;23:341. Undefined ones are NaN.
    """
    whole = aggregation.startswith("3D")
    total, same, known = _neighbourhood(region.levels, whole=whole)
    difference = np.abs(region.levels - total / np.maximum(known, 1))
    tone, dependence = [], []
    for at in [-1] if whole else range(region.levels.shape[0]):
        part = slice(None) if whole else slice(at, at + 1)
        own = region.inside[part]
        levels = region.levels[part][own]
        counts = counted(levels - 1, same[part][own], (region.level_count, int(same.max()) + 1))
        dependence.append(Matrix(counts, float(levels.size), at))
        beside = known[part][own] > 0
        columns = [
            np.bincount(levels[beside] - 1, minlength=region.level_count),
            np.bincount(
                levels[beside] - 1, weights=difference[part][own][beside],
                minlength=region.level_count,
            ),
        ]  # fmt: skip
        tone.append(Matrix(np.stack(columns, axis=1).astype(float), float(beside.sum()), at))
    return {
        **aggregated(dependence, aggregation, named(DEPENDENCE)),
        **aggregated(tone, aggregation, _tone_features),
    }


def _neighbourhood(
    levels: Levels, *, whole: bool
) -> tuple[Levels, Levels, Levels]:
    """Of each voxel: its neighbours' levels summed, how many have its own, how many there are."""
    total, same, known = (np.zeros(levels.shape, dtype=np.int64) for _ in range(3))
    for one in SPACE if whole else PLANE:
        for direction in (one, (-one[0], -one[1], -one[2])):
            here, there = shifted(levels, direction)
            both = (here > 0) & (there > 0)
            for sums, new in ((total, there), (same, here == there), (known, both)):
                at, _ = shifted(sums, direction)
                at += np.where(both, new, 0)
    return total, same, known


def _tone_features(matrix: Matrix) -> Found:
    counts, differences = matrix.counts.T
    there = counts > 0
    level = (np.flatnonzero(there) + 1).astype(np.float64)
    p, s = counts[there] / matrix.voxels, differences[there]
    weight = float((p * s).sum())
    apart = level[:, None] - level[None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        sums = p[:, None] + p[None, :]
        lean = np.abs((level * p)[:, None] - (level * p)[None, :]).sum()
        present = level.size
        busyness = weight / lean if lean > 0 else np.nan
        contrast = (
            (p[:, None] * p[None, :] * apart**2).sum() / (present * (present - 1))
            * s.sum() / matrix.voxels
        ) if present > 1 else np.nan  # fmt: skip
        return {
            "ngt_coarseness": 1 / weight if weight > 0 else float("nan"),
            "ngt_contrast": float(contrast),
            "ngt_busyness": float(busyness) if present > 1 else float("nan"),
            "ngt_complexity": float(
                (np.abs(apart) * ((p * s)[:, None] + (p * s)[None, :]) / sums).sum()
                / matrix.voxels
            ),
            "ngt_strength": float((sums * apart**2).sum() / s.sum())
            if s.sum() > 0
            else float("nan"),
        }
