"""An outline drawn a little otherwise: grown, shrunk, moved; and which features hold under it.

Two people do not draw a region alike. A feature that depends on who drew it more than on whose
region it is tells little of the patient (Zwanenburg et al., Sci Rep 2019;9:614, which perturbs
outlines instead of asking for second ones).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from measures.estimate import Estimate
from measures.intraclass import icc

Mask = NDArray[np.bool_]
Numbers = NDArray[np.float64]


def _grown(mask: Mask, distance: float) -> Mask:
    from scipy import ndimage

    found: Mask = ndimage.distance_transform_edt(~mask) <= distance
    return found


def _shrunk(mask: Mask, distance: float) -> Mask:
    from scipy import ndimage

    if mask.all():
        return mask  # the picture's edge cuts the region, and the cut does not move
    found: Mask = ndimage.distance_transform_edt(mask) > distance
    return found


def _moved(mask: Mask, rows: int, columns: int) -> Mask:
    found = np.zeros_like(mask)
    height, width = mask.shape
    source = mask[max(0, -rows) : height - max(0, rows), max(0, -columns) : width - max(0, columns)]
    found[max(0, rows) : height + min(0, rows), max(0, columns) : width + min(0, columns)] = source
    return found


CHANGES: Mapping[str, Callable[[Mask, float], Mask]] = {
    "grown": _grown,
    "shrunk": _shrunk,
    "moved down": lambda mask, distance: _moved(mask, round(distance), 0),
    "moved right": lambda mask, distance: _moved(mask, 0, round(distance)),
}
"""By name, the ways in which an outline is changed by a distance in pixels."""
AS_DRAWN = "as drawn"


def changed_outline(mask: Mask, way: str, share: float) -> Mask:
    """The outline changed in one of the ways of :data:`CHANGES`.

    mask: bool (rows, columns), not empty. share: of the diameter of a disc of the same area; at
    least one pixel. What is moved out of the picture is gone, so the result may be empty.

    >>> square = np.zeros((7, 7), dtype=bool)
    >>> square[2:5, 2:5] = True
    >>> int(changed_outline(square, "shrunk", 0.02).sum())
    1
    >>> int(changed_outline(square, "grown", 0.02).sum())
    21
    """
    diameter = 2 * float(np.sqrt(mask.sum() / np.pi))
    return CHANGES[way](mask, max(1.0, share * diameter))


@dataclass(frozen=True, slots=True)
class Stability:
    """Of one feature its intraclass correlation between the outlines of a region, and whether the
    declared rule lets it be used."""

    key: str
    icc: Estimate
    stable: bool


def stability_of(
    keys: Sequence[str], values: Sequence[Numbers], *, least_icc: float
) -> list[Stability]:
    """Of each feature the ICC(A,1) between ways of drawing the regions, the outline as it was drawn
    among them.

    values: one array (regions, features) a way, the same regions in the same order, NaN where a
    feature is not estimable; such a region does not count for the feature. Absolute agreement: a
    feature that a wider outline raises in every region is not stable. Not stable either is one
    whose correlation is not estimable.
    """
    found = []
    for at, key in enumerate(keys):
        table = np.stack([one[:, at] for one in values], axis=1)
        estimate = icc(_scaled(table[np.isfinite(table).all(axis=1)]), form="A,1")
        low = estimate.low
        found.append(Stability(key, estimate, low is not None and low >= least_icc))
    return found


def _scaled(table: Numbers) -> Numbers:
    """The same values around 0 with a spread of 1, so that large ones do not swamp small steps."""
    spread = float(table.std()) if table.size else 0.0
    scaled: Numbers = (table - table.mean()) / spread if spread > 0 else table
    return scaled
