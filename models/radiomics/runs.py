"""How long stretches of one grey level are: the grey level run length matrix (GLRLM)."""

import numpy as np
from numpy.typing import NDArray

from models.radiomics.matrices import PLANE, SPACE, Found, Matrix, aggregated, counted, named
from models.radiomics.region import Levels, Region

NAMES = {
    "short": "rlm_sre", "long": "rlm_lre", "low": "rlm_lgre", "high": "rlm_hgre",
    "short_low": "rlm_srlge", "short_high": "rlm_srhge", "long_low": "rlm_lrlge",
    "long_high": "rlm_lrhge", "level_nonuniformity": "rlm_glnu",
    "level_nonuniformity_normalised": "rlm_glnu_norm", "length_nonuniformity": "rlm_rlnu",
    "length_nonuniformity_normalised": "rlm_rlnu_norm", "percentage": "rlm_r_perc",
    "level_variance": "rlm_gl_var", "length_variance": "rlm_rl_var", "entropy": "rlm_rl_entr",
}  # fmt: skip


def run_lengths(region: Region, aggregation: str) -> Found:
    """Features of runs along each direction; IBSI manual, 4.7 (TP0I).

    Galloway, Comput Graph Image Process 1975;4:172.
    """
    whole = aggregation.startswith("3D")
    matrices = []
    for number, direction in enumerate(SPACE if whole else PLANE):
        starts, lengths = _runs(region.levels, direction)
        levels = region.levels[tuple(starts.T)]
        longest = int(lengths.max(initial=1))
        for at in [-1] if whole else range(region.levels.shape[0]):
            own = np.ones(len(starts), dtype=bool) if whole else starts[:, 0] == at
            counts = counted(levels[own] - 1, lengths[own] - 1, (region.level_count, longest))
            voxels = region.inside.sum() if whole else region.inside[at].sum()
            matrices.append(Matrix(counts, float(voxels), at, number))
    return aggregated(matrices, aggregation, named(NAMES))


def _runs(
    levels: Levels, direction: tuple[int, int, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First place of each run, and its length."""
    padded = np.pad(levels, 1)
    step = np.asarray(direction, dtype=np.int64)
    places = np.argwhere(padded > 0).astype(np.int64)
    own = padded[tuple(places.T)]
    starts = places[own != padded[tuple((places - step).T)]]
    lengths = np.ones(len(starts), dtype=np.int64)
    going = np.arange(len(starts))
    ahead = starts + step
    while going.size:
        going = going[padded[tuple(ahead[going].T)] == padded[tuple(starts[going].T)]]
        lengths[going] += 1
        ahead[going] += step
    return starts - 1, lengths
