"""How well a predicted mask covers the true one: overlap and volume, of one study.

Outlines are in :mod:`measures.surface_distance`, and what many studies say together, with an
interval, in :mod:`measures.study_means`. One study has no interval: nothing is sampled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from measures.masks import accepted_masks, accepted_spacing

__all__ = ["Overlap", "overlap"]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Voxels of the reference, of the prediction and of both, and the shares made of them.

    voxel: area (2D, mm²) or volume (3D, mm³) of one. A share without a denominator is None: with
    both masks empty there is no Dice (neither 1 nor 0), with an empty reference no sensitivity.
    """

    reference: int
    predicted: int
    both: int
    voxel: float
    dimensions: int

    @property
    def dice(self) -> float | None:
        """Overlap as a share of the average of both masks (Dice 1945); 0 when one mask is empty.

        >>> overlap([[1, 1, 0]], [[0, 1, 1]], (1, 1)).dice
        0.5
        """
        return _share(2 * self.both, self.reference + self.predicted)

    @property
    def jaccard(self) -> float | None:
        """Overlap as a share of what either mask covers; 0 when one mask is empty."""
        return _share(self.both, self.reference + self.predicted - self.both)

    @property
    def sensitivity(self) -> float | None:
        """Share of the reference that the prediction covers; None when the reference is empty."""
        return _share(self.both, self.reference)

    @property
    def precision(self) -> float | None:
        """Share of the prediction that lies in the reference; None when nothing was predicted."""
        return _share(self.both, self.predicted)

    @property
    def reference_size(self) -> float:
        """Area (mm²) or volume (mm³) of the reference mask."""
        return self.reference * self.voxel

    @property
    def predicted_size(self) -> float:
        """Area (mm²) or volume (mm³) of the predicted mask."""
        return self.predicted * self.voxel

    @property
    def volume_difference_ml(self) -> float:
        """Predicted less true volume, in millilitres; raises ValueError for a flat mask.

        >>> overlap(np.ones((10, 10, 10)), np.zeros((10, 10, 10)), (1, 1, 1)).volume_difference_ml
        -1.0
        """
        if self.dimensions != 3:
            raise ValueError("volume difference: a flat mask has an area; give slices too")
        return (self.predicted - self.reference) * self.voxel / 1000.0

    @property
    def volume_similarity(self) -> float | None:
        """1 less the difference of volumes as a share of their sum: do the sizes agree, wherever
        they lie? (Taha and Hanbury, BMC Med Imaging 2015;15:29). None when both are empty.

        >>> overlap([[1, 1, 0]], [[0, 1, 1]], (1, 1)).volume_similarity
        1.0
        """
        apart = _share(abs(self.predicted - self.reference), self.predicted + self.reference)
        return None if apart is None else 1.0 - apart


def overlap(reference: ArrayLike, predicted: ArrayLike, spacing: ArrayLike) -> Overlap:
    """Count what the reference and the predicted mask of one study share.

    reference, predicted: 0/1, of one shape, 2D or 3D. spacing: mm between voxel centres, per axis
    in array order. Raises ValueError, naming the mask, when malformed or of unequal shapes.

    >>> found = overlap([[1, 1, 1, 1]], [[0, 1, 1, 0]], (2.0, 1.0))
    >>> found.sensitivity, found.precision, found.reference_size
    (0.5, 1.0, 8.0)
    """
    true, guess = accepted_masks(reference=reference, predicted=predicted)
    voxel = float(np.prod(accepted_spacing(spacing, true.ndim)))
    truly, guessed, both = (int(np.count_nonzero(mask)) for mask in (true, guess, true & guess))
    return Overlap(truly, guessed, both, voxel, true.ndim)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
