"""How alike two attribution maps are, and how much of a map lies in a true region.

Pointing game: Zhang et al., IJCV 2018;126:1084. All take a map as a reader sees it, see
:func:`shown`. Structural similarity of two maps is that of images
(:func:`measures.enhancement.structural_similarity`).
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.float64]

_NOTHING: Final = 1e-12


@dataclass(frozen=True, slots=True)
class RegionOverlap:
    """One map against one region: each measure, and what a map without knowledge would score.

    pointing: 1 where the strongest place lies in the region; mass: share of the map in the region;
    iou: of the region and as many of the strongest pixels as it has; area: the region's share of
    the picture, which is the chance level of pointing and mass; iou_chance: area / (2 - area).
    """

    pointing: float
    mass: float
    iou: float
    area: float

    @property
    def iou_chance(self) -> float:
        """What as many pixels drawn at random share with the region, to first order."""
        return self.area / (2.0 - self.area)


def shown(attribution: NDArray[Any]) -> Map | None:
    """What speaks for the output, 0 to 1, as drawn on a heat map; None where nothing does.

    >>> shown(np.array([[-2.0, 1.0], [0.0, 4.0]])).tolist()
    [[0.0, 0.25], [0.0, 1.0]]
    """
    array = np.asarray(attribution, dtype=np.float64)
    if not np.isfinite(array).all():
        raise ValueError("the map holds values that are not finite")
    positive = np.maximum(array, 0.0)
    top = float(positive.max(initial=0.0))
    return positive / top if top > _NOTHING else None


def rank_correlation(one: NDArray[Any], other: NDArray[Any]) -> float | None:
    """Spearman's correlation over pixels, ties at their mean rank; None for a constant map."""
    from scipy.stats import spearmanr

    _require_same(one, other)
    if np.ptp(one) <= _NOTHING or np.ptp(other) <= _NOTHING:
        return None
    return float(spearmanr(np.ravel(one), np.ravel(other)).statistic)


def region_overlap(seen: Map, region: NDArray[np.bool_]) -> RegionOverlap | None:
    """A map as shown against a region of its shape; None for an empty region or one of everything.

    Equal values count in shares: a flat map scores as chance, wherever the region lies.
    """
    _require_same(seen, region)
    inside = np.asarray(region, dtype=bool)
    size = int(inside.sum())
    total = float(seen.sum())
    if size in (0, inside.size) or total <= _NOTHING:
        return None
    pointing = float(inside[seen == seen.max()].mean())
    cut = float(np.partition(seen.ravel(), -size)[-size])
    above, tied = seen > cut, seen == cut
    share = (size - int(above.sum())) / int(tied.sum())
    both = float((above & inside).sum()) + share * float((tied & inside).sum())
    mass = float(seen[inside].sum()) / total
    return RegionOverlap(pointing, mass, both / (2 * size - both), size / inside.size)


def _require_same(one: NDArray[Any], other: NDArray[Any]) -> None:
    if np.shape(one) != np.shape(other) or np.ndim(one) != 2:
        raise ValueError(f"two maps of one shape are compared, not {one.shape} and {other.shape}")
