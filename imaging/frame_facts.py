"""Where a frame lies in the patient and what its values mean, whatever kind of object it is from.

An enhanced object (CT, MR, segmentation ...) says these in functional groups, per frame or shared
(PS3.3 C.7.6.16); a classic one in its data set. Whoever asks need not know which.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from imaging.elements import items, numbers, tag, text, texts

_SHARED, _PER_FRAME = (
    tag("SharedFunctionalGroupsSequence"), tag("PerFrameFunctionalGroupsSequence"),
)  # fmt: skip
_POSITION, _ORIENTATION = tag("ImagePositionPatient"), tag("ImageOrientationPatient")
_SPACING, _THICKNESS = tag("PixelSpacing"), tag("SliceThickness")
_IMAGER_SPACING = tag("ImagerPixelSpacing")
_SLOPE, _INTERCEPT, _TYPE = tag("RescaleSlope"), tag("RescaleIntercept"), tag("RescaleType")
_CENTER, _WIDTH = tag("WindowCenter"), tag("WindowWidth")
_FUNCTION: Final = tag("VOILUTFunction")
_OFFSETS: Final = tag("GridFrameOffsetVector")
_PLANE_POSITION, _PLANE_ORIENTATION = tag("PlanePositionSequence"), tag("PlaneOrientationSequence")
_MEASURES, _VOI = tag("PixelMeasuresSequence"), tag("FrameVOILUTSequence")
_TRANSFORMATION = tag("PixelValueTransformationSequence")


@dataclass(frozen=True, slots=True)
class Window:
    """A range of values to show (PS3.3 C.11.2.1.2), in the units of the frame.

    function: LINEAR, LINEAR_EXACT or SIGMOID.
    """

    center: float
    width: float
    function: str = "LINEAR"


@dataclass(frozen=True, slots=True)
class FrameFacts:
    """Geometry and meaning of one frame; None where the file does not say.

    position_mm: centre of the first pixel in the patient, (x, y, z). orientation: direction cosines
    of a row and of a column. spacing_mm: between rows, between columns. Modality value =
    stored value x slope + intercept, in ``units`` (RescaleType; empty if not stated).
    """

    position_mm: tuple[float, float, float] | None
    orientation: tuple[float, ...] | None
    spacing_mm: tuple[float, float] | None
    thickness_mm: float | None
    slope: float
    intercept: float
    units: str
    windows: tuple[Window, ...]


def frame_facts(dataset: Any, index: int = 0) -> FrameFacts:
    """The facts of one frame, counted from 0.

    Raises ValueError, naming the attribute, where a rescale is stated that is no number.
    """
    places = _Places(dataset, index)
    position = places.vector(_PLANE_POSITION, _POSITION, 3)
    orientation = _cosines(places.vector(_PLANE_ORIENTATION, _ORIENTATION, 6))
    spacing = places.vector(_MEASURES, _SPACING, 2) or places.vector(None, _IMAGER_SPACING, 2)
    if spacing is not None and min(spacing) <= 0:
        spacing = None
    thickness = places.vector(_MEASURES, _THICKNESS, 1)
    slope, intercept, units = _rescale(places)
    offsets = numbers(dataset, _OFFSETS)
    if position is not None and orientation is not None and index < len(offsets):
        # relative to the first frame, or absolute (PS3.3 C.8.8.3.2): the difference is the same
        moved = np.asarray(position) + (offsets[index] - offsets[0]) * normal_of(orientation)
        position = tuple(float(one) for one in moved)
    return FrameFacts(
        position_mm=None if position is None else (position[0], position[1], position[2]),
        orientation=orientation,
        spacing_mm=None if spacing is None else (spacing[0], spacing[1]),
        thickness_mm=None if thickness is None else thickness[0],
        slope=slope, intercept=intercept, units=units, windows=_windows(places),
    )  # fmt: skip


def normal_of(orientation: tuple[float, ...]) -> Any:
    """The unit vector at right angles to a slice, along which slices are counted."""
    return np.cross(np.asarray(orientation[:3]), np.asarray(orientation[3:]))


class _Places:
    """Where an attribute of a frame may stand: its own group, the shared one, the data set."""

    def __init__(self, dataset: Any, index: int) -> None:
        self.dataset = dataset
        own = items(dataset, _PER_FRAME)
        self.groups = [*own[index : index + 1], *items(dataset, _SHARED)[:1]]

    def holders(self, group: Any) -> Iterator[Any]:
        """Data sets that may hold the attributes of a functional group, the nearest first."""
        if group is not None:
            for one in self.groups:
                yield from items(one, group)[:1]
        yield self.dataset

    def vector(self, group: Any, number: Any, length: int) -> tuple[float, ...] | None:
        for holder in self.holders(group):
            found = numbers(holder, number)
            if len(found) == length:
                return found
        return None


def _cosines(found: tuple[float, ...] | None) -> tuple[float, ...] | None:
    """Direction cosines, or None where they are not two unit vectors at right angles."""
    if found is None:
        return None
    row, column = np.asarray(found[:3]), np.asarray(found[3:])
    lengths = np.array([row @ row, column @ column])
    if np.any(np.abs(lengths - 1) > 1e-2) or abs(float(row @ column)) > 1e-2:
        return None
    return found


def _rescale(places: _Places) -> tuple[float, float, str]:
    for holder in places.holders(_TRANSFORMATION):
        stated = [texts(holder, one) for one in (_SLOPE, _INTERCEPT)]
        if not any(stated):
            continue
        slope, intercept = (numbers(holder, one) for one in (_SLOPE, _INTERCEPT))
        if len(slope) != 1 or slope[0] == 0:
            raise ValueError("RescaleSlope")
        if len(intercept) != 1:
            raise ValueError("RescaleIntercept")
        return slope[0], intercept[0], text(holder, _TYPE)
    return 1.0, 0.0, ""


def _windows(places: _Places) -> tuple[Window, ...]:
    """The windows that the file proposes; one whose width cannot be is left out."""
    for holder in places.holders(_VOI):
        centers, widths = numbers(holder, _CENTER), numbers(holder, _WIDTH)
        function = text(holder, _FUNCTION).upper() or "LINEAR"
        if centers and len(centers) == len(widths):
            least = 1.0 if function == "LINEAR" else 0.0
            return tuple(
                Window(center, width, function)
                for center, width in zip(centers, widths, strict=True)
                if width >= least and width > 0
            )
    return ()
