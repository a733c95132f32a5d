"""A fixed reader of round bright spots: what is lost or made up is counted by the same eyes.

Not a device and no stand-in for a radiologist: it learns nothing, so that a difference between two
pictures of one chest is a difference of the pictures. It answers to a spot by the smaller of the
two curvatures of the smoothed picture, times the square of the scale (Lindeberg, Int J Comput
Vision 1998;30:79), which a rib's edge hardly has; a matched filter for round shadows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from measures.detection import ImageMarks, MatchRule, match

Picture = NDArray[np.floating[Any]]

SCALES: Final = (2.0, 2.8)
"""Standard deviations of the smoothing in pixels of a picture of 160; small and large spots."""
SIZES: Final = ("small", "large")
_SIDE: Final = 160
_MARGINS: Final = (0.19, 0.125)  # of the rows and columns: shoulders, letters, shutters
_BRIGHTEST: Final = 0.75  # of the smoothed picture: heart, spine and abdomen are left out
_BROAD: Final = 3.0
_APART: Final = 5.0  # pixels of 160: the same place in two pictures


@dataclass(frozen=True, slots=True)
class Spot:
    """A spot in one picture: its place, which of :data:`SIZES` it has, and how clear it is."""

    row: int
    column: int
    size: int
    response: float


@dataclass(frozen=True, slots=True)
class Differing:
    """Spots of one picture that are not in another, and the reverse, by :data:`SIZES`."""

    hallucinated: tuple[int, ...]
    erased: tuple[int, ...]


def reading(picture: Picture) -> float:
    """The clearest response in the picture: (rows, columns), from 0 to 1, bone bright; 0 and up."""
    return float(max(0.0, _responses(picture).max()))


def spots(picture: Picture, threshold: float) -> list[Spot]:
    """The spots whose response reaches the threshold, clearest first; each is a peak in its place.

    Raises ValueError for a threshold that is not above 0.
    """
    from scipy import ndimage

    if not threshold > 0:
        raise ValueError(f"threshold: must be above 0, not {threshold!r}")
    found = _responses(picture)
    strongest = found.max(axis=0)
    wide = 2 * round(_APART * _unit(picture) / 2) + 1
    peak = (strongest == ndimage.maximum_filter(strongest, wide)) & (strongest >= threshold)
    places = sorted(
        zip(*np.nonzero(peak), strict=True), key=lambda at: (-strongest[at], at)
    )
    return [
        Spot(int(row), int(column), int(found[:, row, column].argmax()),
             float(strongest[row, column]))
        for row, column in places
    ]  # fmt: skip


def differing(truth: Sequence[Spot], said: Sequence[Spot], shape: tuple[int, ...]) -> Differing:
    """What ``said`` has beside ``truth``, and what it lacks: places at most 5 pixels (of 160) apart
    are the same spot, each counted once.

    shape: rows and columns of the picture.
    """
    rule = MatchRule("distance", _APART * min(shape) / _SIDE)
    places = [[(one.row, one.column) for one in spots_] for spots_ in (said, truth)]
    matched = match(
        [ImageMarks(_points(places[0]), [one.response for one in said], _points(places[1]))], rule
    )
    # candidates come back in the order given: nothing is left out where repeats are false
    new = [one.size for one, on in zip(said, matched.lesion.tolist(), strict=True) if on < 0]
    lost = [
        one.size for one, at in zip(truth, matched.found_at.tolist(), strict=True)
        if not np.isfinite(at)
    ]
    count = range(len(SIZES))
    return Differing(tuple(map(new.count, count)), tuple(map(lost.count, count)))


def _points(places: Sequence[tuple[int, int]]) -> NDArray[np.float64]:
    return np.array(places, dtype=np.float64).reshape(len(places), 2)


def _unit(picture: Picture) -> float:
    return float(min(picture.shape)) / _SIDE


def _responses(picture: Picture) -> NDArray[np.float64]:
    """(scales, rows, columns); 0 where nothing is looked for."""
    from scipy.ndimage import gaussian_filter

    grey, unit = np.asarray(picture, dtype=np.float64), _unit(picture)
    found = np.empty((len(SCALES), *grey.shape))
    for at, scale in enumerate(SCALES):
        sigma = scale * unit
        down, across, both = (
            gaussian_filter(grey, sigma, order=order) for order in ((2, 0), (0, 2), (1, 1))
        )
        larger = (down + across) / 2 + np.sqrt(((down - across) / 2) ** 2 + both**2)
        found[at] = -(sigma**2) * larger
    looked = gaussian_filter(grey, _BROAD * unit) < _BRIGHTEST
    rows, columns = (round(share * side) for share, side in zip(_MARGINS, grey.shape, strict=True))
    looked[:rows] = looked[grey.shape[0] - rows :] = False
    looked[:, :columns] = looked[:, grey.shape[1] - columns :] = False
    return np.where(looked, found, 0.0)
