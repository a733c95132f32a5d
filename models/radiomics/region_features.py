"""From a picture and the outline that comes with it to the row of features that a model reads:
one way for training, tests and service."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.radiomics.catalogue import features_of
from models.radiomics.measure import measure_radiomics
from models.true_masks import Spacing, in_16_bits
from records.radiomics_rules import RadiomicsRules

Mask = NDArray[np.bool_]
Numbers = NDArray[np.float64]

KEYS = tuple(one.key for one in features_of(flat=True))
"""Of a picture's features, in the order of the table."""


def why_unread(mask: Mask | None, shape: tuple[int, ...], rules: RadiomicsRules) -> str:
    """Why a picture of that shape cannot be answered about; empty where it can."""
    if mask is None:
        return f"no outline of the {rules.region} comes with it"
    if mask.shape != tuple(shape):
        return f"the outline has {_size(mask.shape)}, the picture {_size(shape)}"
    inside = int(mask.sum())
    if inside < rules.least_pixels:
        return f"the outline holds {inside} pixels, and {rules.least_pixels} are needed"
    return ""


def region_features(
    picture: NDArray[Any], mask: Mask | None, spacing: Spacing, rules: RadiomicsRules
) -> Numbers:
    """The features of one region in the order of :data:`KEYS`, NaN where not estimable.

    picture: (rows, columns) from 0 to 1, as it is shown; it is read in 16 bits, as a decoded
    dataset keeps it, so that training and service measure the same numbers. spacing: mm between
    rows and columns; None gives lengths in pixels. Raises ValueError where :func:`why_unread` says
    so.
    """
    why = why_unread(mask, picture.shape, rules)
    if mask is None or why:
        raise ValueError(why)
    grey = in_16_bits(np.asarray(picture, dtype=np.float32)).astype(np.float64) / 65535.0
    found = measure_radiomics(grey, mask, spacing or (1.0, 1.0), rules.prepared).values
    return np.array([np.nan if found[key] is None else found[key] for key in KEYS])


@dataclass(frozen=True, slots=True)
class ChosenFeatures:
    """The features that a model reads, by name; and what of them is missing in a region."""

    keys: tuple[str, ...]

    def rows(self, every: Sequence[Numbers]) -> Numbers:
        """Of rows in the order of :data:`KEYS` these features alone, (regions, features)."""
        places = [KEYS.index(key) for key in self.keys]
        return self.table([row[places] for row in every])

    def table(self, rows: Sequence[Numbers]) -> Numbers:
        """Rows of these features one below the other, (regions, features)."""
        return np.stack(rows) if len(rows) else np.empty((0, len(self.keys)))

    def missing(self, row: Numbers) -> list[str]:
        """Names of those that were not estimable, of one row of :meth:`rows`."""
        return [key for key, value in zip(self.keys, row, strict=True) if np.isnan(value)]


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(str(side) for side in shape)
