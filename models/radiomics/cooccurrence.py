"""Which grey levels lie beside each other: the grey level co-occurrence matrix (GLCM)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.radiomics.matrices import PLANE, SPACE, Found, Matrix, aggregated, counted
from models.radiomics.region import Region


def cooccurrence(region: Region, aggregation: str) -> Found:
    """Features of pairs at Chebyshev distance 1, both ways round; IBSI manual, 4.6 (LFYI).

    Haralick et al., IEEE Trans Syst Man Cybern 1973;3:610. Undefined ones are NaN: correlations
    where only one grey level occurs.
    """
    matrices = [
        Matrix(pairs + pairs.T, float(pairs.sum()), at, number)
        for number, direction in enumerate(SPACE if aggregation.startswith("3D") else PLANE)
        for at, pairs in _pairs(region, direction, by_slice=not aggregation.startswith("3D"))
    ]
    return aggregated(matrices, aggregation, _features)


def _pairs(
    region: Region, direction: tuple[int, int, int], *, by_slice: bool
) -> list[tuple[int, NDArray[np.float64]]]:
    here, there = shifted(region.levels, direction)
    both = (here > 0) & (there > 0)
    shape = (region.level_count, region.level_count)
    if not by_slice:
        return [(-1, counted(here[both] - 1, there[both] - 1, shape))]
    return [
        (at, counted(here[at][both[at]] - 1, there[at][both[at]] - 1, shape))
        for at in range(here.shape[0])
    ]


def shifted(
    levels: NDArray[np.int64], direction: tuple[int, int, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each voxel beside its neighbour in that direction, where both lie in the array."""
    here, there = [], []
    for step, side in zip(direction, levels.shape, strict=True):
        here.append(slice(max(0, -step), side - max(0, step)))
        there.append(slice(max(0, step), side - max(0, -step)))
    return levels[tuple(here)], levels[tuple(there)]


def _features(matrix: Matrix) -> Found:
    count = matrix.counts.shape[0]
    p = matrix.counts / matrix.counts.sum()
    level = np.arange(1, count + 1, dtype=np.float64)
    one, other = level[:, None], level[None, :]
    apart, together = np.abs(one - other), one + other
    margin = p.sum(axis=1)
    mean = float((margin * level).sum())
    variance = float((margin * (level - mean) ** 2).sum())
    difference = np.bincount(apart.astype(int).ravel(), weights=p.ravel(), minlength=count)
    total = np.bincount(together.astype(int).ravel(), weights=p.ravel(), minlength=2 * count + 1)
    steps, sums = np.arange(count), np.arange(2 * count + 1)
    step_mean, sum_mean = float((steps * difference).sum()), float((sums * total).sum())
    unlike = apart > 0
    return {
        "cm_joint_max": float(p.max()),
        "cm_joint_avg": mean,
        "cm_joint_var": variance,
        "cm_joint_entr": _entropy(p),
        "cm_diff_avg": step_mean,
        "cm_diff_var": float((difference * (steps - step_mean) ** 2).sum()),
        "cm_diff_entr": _entropy(difference),
        "cm_sum_avg": sum_mean,
        "cm_sum_var": float((total * (sums - sum_mean) ** 2).sum()),
        "cm_sum_entr": _entropy(total),
        "cm_energy": float((p**2).sum()),
        "cm_contrast": float((p * apart**2).sum()),
        "cm_dissimilarity": float((p * apart).sum()),
        "cm_inv_diff": float((p / (1 + apart)).sum()),
        "cm_inv_diff_norm": float((p / (1 + apart / count)).sum()),
        "cm_inv_diff_mom": float((p / (1 + apart**2)).sum()),
        "cm_inv_diff_mom_norm": float((p / (1 + (apart / count) ** 2)).sum()),
        "cm_inv_var": float((p[unlike] / apart[unlike] ** 2).sum()),
        "cm_corr": float((p * (one - mean) * (other - mean)).sum() / variance)
        if variance > 0
        else float("nan"),
        "cm_auto_corr": float((p * one * other).sum()),
        "cm_clust_tend": float((p * (together - 2 * mean) ** 2).sum()),
        "cm_clust_shade": float((p * (together - 2 * mean) ** 3).sum()),
        "cm_clust_prom": float((p * (together - 2 * mean) ** 4).sum()),
        **_information(p, margin),
    }


def _information(p: NDArray[np.float64], margin: NDArray[np.float64]) -> Found:
    """How much one level of a pair tells of the other: both measures of correlation."""
    joint, alone = _entropy(p), _entropy(margin)
    apart = np.outer(margin, margin)
    there = p > 0
    first = float(-(p[there] * np.log2(apart[there])).sum())
    second = _entropy(apart)
    return {
        "cm_info_corr1": (joint - first) / alone if alone > 0 else float("nan"),
        "cm_info_corr2": float(np.sqrt(max(0.0, 1 - np.exp(-2 * (second - joint))))),
    }


def _entropy(share: NDArray[Any]) -> float:
    there = share[share > 0]
    return float(-(there * np.log2(there)).sum())
