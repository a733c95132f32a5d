"""A volume from the slices of a series, or from the frames of an enhanced object.

Slices are ordered by where they lie in the patient, never by instance number or file name. What
would make a volume other than the body it shows is refused by name: mixed series, orientations or
sizes, two different slices in one place, uneven distances. A missing slice is left open.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from imaging.elements import tag, text
from imaging.frame_facts import FrameFacts, normal_of
from imaging.frames import GREY, read_frames
from imaging.pixels import SizeLimits
from records.errors import Refused

MAX_VOXELS: Final = 300_000_000
"""1.2 GB of float32: some 1,100 slices of 512 x 512."""

_TOLERANCE_MM = 0.05  # of a position along the line on which slices lie
_SAME_DIRECTION = 1e-3  # of each cosine
_MOST_OPEN = 10  # places a slice: beyond that the files are no series with a gap
_SERIES, _INSTANCE = tag("SeriesInstanceUID"), tag("SOPInstanceUID")
_FRAME_OF_REFERENCE: Final = tag("FrameOfReferenceUID")

Opener = Callable[[], Any]
"""Opens one parsed data set; called twice, so that only one lies in memory at a time."""


class VolumeRefusal(StrEnum):
    """Why slices make no volume."""

    NO_SLICES = "no_slices"
    NOT_GREY = "not_grey"
    NO_POSITION = "no_position"
    MIXED_SERIES = "mixed_series"
    MIXED_ORIENTATION = "mixed_orientation"
    MIXED_SIZE = "mixed_size"
    MIXED_SPACING = "mixed_spacing"
    SAME_PLACE = "different_slices_in_one_place"
    UNEVEN = "uneven_distances"
    GAPS = "missing_slices"
    TOO_LARGE = "too_large"


class VolumeRefused(Refused):
    """The slices make no volume; carries the reason and how many slices it is about."""

    def __init__(self, reason: VolumeRefusal, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Place:
    """One frame of one file, where it lies and how it is sampled; ``along`` is mm on the normal."""

    source: int
    frame: int
    instance_uid: str
    along: float
    position_mm: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Stack:
    """Slices in order, before a pixel is decoded.

    places: one a slice, along the normal of the slices; step_mm: from a slice to the next in the
    patient. duplicates: pairs in one place, of which the second is not used if it is the same
    picture. missing: positions in the volume, counted from 0, at which no slice lies.
    """

    places: tuple[Place, ...]
    at: tuple[int, ...]
    duplicates: tuple[tuple[Place, Place], ...]
    missing: tuple[int, ...]
    step_mm: tuple[float, float, float]
    orientation: tuple[float, ...]
    spacing_mm: tuple[float, float]
    size: tuple[int, int]

    @property
    def depth(self) -> int:
        """Slices of the volume, missing ones included."""
        return self.at[-1] + 1


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """Modality values in the patient: float32 (slices, rows, columns); missing slices are NaN.

    affine: 4 x 4, from (column, row, slice), counted from 0, to patient coordinates (x, y, z) in mm
    (to the left, to the back, to the head). spacing_mm: between slices, rows, columns.
    """

    array: npt.NDArray[np.float32]
    affine: npt.NDArray[np.float64]
    spacing_mm: tuple[float, float, float]
    stack: Stack


def plan_stack(openers: Sequence[Opener], *, limits: SizeLimits | None = None) -> Stack:
    """The order of the slices in these files, from their headers alone.

    Raises VolumeRefused, or PixelsRefused for a file whose pixels could not be read.
    """
    places: list[Place] = []
    first: _Sampling | None = None
    for source, opener in enumerate(openers):
        dataset = opener()
        frames = read_frames(dataset, limits=limits)
        if frames.layout.photometric not in GREY:
            raise VolumeRefused(VolumeRefusal.NOT_GREY, f"file {source}")
        uid = text(dataset, _INSTANCE)
        for index in range(len(frames)):
            facts = frames.facts(index)
            sampling = _sampling(dataset, facts, (frames.layout.rows, frames.layout.columns))
            first = first or sampling
            first.refuse_other(sampling, f"file {source}, frame {index}")
            assert facts.position_mm is not None
            along = float(normal_of(first.orientation) @ np.asarray(facts.position_mm))
            places.append(Place(source, index, uid, along, facts.position_mm))
    if first is None:
        raise VolumeRefused(VolumeRefusal.NO_SLICES)
    return _ordered(places, first)


def assemble_volume(
    openers: Sequence[Opener],
    *,
    limits: SizeLimits | None = None,
    max_voxels: int = MAX_VOXELS,
    allow_gaps: bool = False,
) -> Volume:
    """The volume of these files, in modality values (CT: Hounsfield units).

    allow_gaps: leave missing slices open as NaN instead of refusing. Besides the volume itself,
    one file lies in memory at a time. Raises VolumeRefused, PixelsRefused.
    """
    stack = plan_stack(openers, limits=limits)
    if stack.missing and not allow_gaps:
        raise VolumeRefused(VolumeRefusal.GAPS, f"{len(stack.missing)} of {stack.depth}")
    shape = (stack.depth, *stack.size)
    if shape[0] * shape[1] * shape[2] > max_voxels:
        raise VolumeRefused(VolumeRefusal.TOO_LARGE, f"{shape[0]} slices")
    array = np.full(shape, np.nan, dtype=np.float32) if stack.missing else np.empty(
        shape, dtype=np.float32
    )  # fmt: skip
    wanted = dict(zip(stack.places, stack.at, strict=True))
    again = {second: wanted[one] for one, second in stack.duplicates}
    _fill(array, openers, wanted, limits)
    for place, values in _pictures(openers, again, limits):
        if not np.array_equal(values, array[again[place]]):
            raise VolumeRefused(VolumeRefusal.SAME_PLACE, f"slice {again[place]}")
    step = float(np.linalg.norm(stack.step_mm))
    return Volume(array, _affine(stack), (step, *stack.spacing_mm), stack)


@dataclass(frozen=True, slots=True)
class _Sampling:
    """What all slices of a volume share."""

    series: str
    reference: str
    orientation: tuple[float, ...]
    spacing_mm: tuple[float, float]
    size: tuple[int, int]

    def refuse_other(self, other: "_Sampling", where: str) -> None:
        if (self.series, self.reference) != (other.series, other.reference):
            raise VolumeRefused(VolumeRefusal.MIXED_SERIES, where)
        if self.size != other.size:
            raise VolumeRefused(VolumeRefusal.MIXED_SIZE, where)
        if not np.allclose(self.orientation, other.orientation, rtol=0, atol=_SAME_DIRECTION):
            raise VolumeRefused(VolumeRefusal.MIXED_ORIENTATION, where)
        if not np.allclose(self.spacing_mm, other.spacing_mm, rtol=1e-3, atol=0):
            raise VolumeRefused(VolumeRefusal.MIXED_SPACING, where)


def _sampling(dataset: Any, facts: FrameFacts, size: tuple[int, int]) -> _Sampling:
    for name, value in (
        ("ImagePositionPatient", facts.position_mm),
        ("ImageOrientationPatient", facts.orientation),
        ("PixelSpacing", facts.spacing_mm),
    ):
        if value is None:
            raise VolumeRefused(VolumeRefusal.NO_POSITION, name)
    assert facts.orientation is not None
    assert facts.spacing_mm is not None
    series, reference = text(dataset, _SERIES), text(dataset, _FRAME_OF_REFERENCE)
    return _Sampling(series, reference, facts.orientation, facts.spacing_mm, size)


def _ordered(found: list[Place], sampling: _Sampling) -> Stack:
    """Slices by their place on the normal; each distance must be a multiple of the smallest."""
    places: list[Place] = []
    duplicates: list[tuple[Place, Place]] = []
    for place in sorted(found, key=lambda one: (one.along, one.source, one.frame)):
        if places and place.along - places[-1].along < _TOLERANCE_MM:
            duplicates.append((places[-1], place))
        else:
            places.append(place)
    positions = np.array([one.position_mm for one in places])
    along = np.array([one.along for one in places])
    if len(places) == 1:
        step, at = normal_of(sampling.orientation), np.zeros(1, dtype=np.intp)
    else:
        distances = np.diff(along)
        counts = np.rint(distances / np.median(distances[distances < 1.5 * distances.min()]))
        if counts.sum() > _MOST_OPEN * len(places):
            raise VolumeRefused(VolumeRefusal.UNEVEN, "far apart")
        at = np.concatenate([[0], np.cumsum(counts)]).astype(np.intp)
        step = (positions[-1] - positions[0]) / at[-1]
        off = np.abs(positions - (positions[0] + at[:, None] * step)).max(axis=1)
        if off.max() > max(_TOLERANCE_MM, 0.02 * float(distances.min())):
            raise VolumeRefused(VolumeRefusal.UNEVEN, f"{int((off > _TOLERANCE_MM).sum())} slices")
    missing = tuple(int(one) for one in np.setdiff1d(np.arange(at[-1] + 1), at))
    return Stack(
        places=tuple(places), at=tuple(int(one) for one in at), duplicates=tuple(duplicates),
        missing=missing, step_mm=(float(step[0]), float(step[1]), float(step[2])),
        orientation=sampling.orientation, spacing_mm=sampling.spacing_mm, size=sampling.size,
    )  # fmt: skip


def _fill(
    array: npt.NDArray[np.float32],
    openers: Sequence[Opener],
    wanted: dict[Place, int],
    limits: SizeLimits | None,
) -> None:
    for place, values in _pictures(openers, wanted, limits):
        array[wanted[place]] = values


def _pictures(
    openers: Sequence[Opener], wanted: dict[Place, int], limits: SizeLimits | None
) -> Iterator[tuple[Place, npt.NDArray[np.float32]]]:
    """The modality values of each place, file by file."""
    by_source: dict[int, list[Place]] = {}
    for place in wanted:
        by_source.setdefault(place.source, []).append(place)
    for source, places in sorted(by_source.items()):
        frames = read_frames(openers[source](), limits=limits)
        for place in places:
            yield place, frames.values(place.frame)


def _affine(stack: Stack) -> npt.NDArray[np.float64]:
    """Column by column: where one pixel to the right, one down and one slice on lead."""
    between_rows, between_columns = stack.spacing_mm
    affine = np.eye(4)
    affine[:3, 0] = np.asarray(stack.orientation[:3]) * between_columns
    affine[:3, 1] = np.asarray(stack.orientation[3:]) * between_rows
    affine[:3, 2] = stack.step_mm
    affine[:3, 3] = stack.places[0].position_mm
    return affine
