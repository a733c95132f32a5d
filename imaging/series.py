"""The series of a study as its images tell of them: what a rule of selection can ask for."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from imaging.elements import calendar_date, items, numbers, tag, text, texts, whole_number
from imaging.frame_facts import frame_facts, normal_of
from imaging.headers import study_header
from imaging.pixels import PixelsRefused
from imaging.volumes import Opener, VolumeRefused, plan_stack

_NUMBER, _INSTANCE_NUMBER = tag("SeriesNumber"), tag("InstanceNumber")
_DESCRIPTION, _IMAGE_TYPE = tag("SeriesDescription"), tag("ImageType")
_DATES: Final = tuple(map(tag, ("AcquisitionDate", "ContentDate", "SeriesDate", "StudyDate")))
_AGENT, _AGENTS = tag("ContrastBolusAgent"), tag("ContrastBolusAgentSequence")
_AMOUNTS: Final = tuple(
    map(tag, ("ContrastBolusVolume", "ContrastBolusTotalDose", "ContrastFlowRate"))
)
_ONE_AXIS: Final = 0.9
"""A cosine: within 26 degrees of an axis of the body; beyond, a plane is oblique."""
_PLANES: Final = ("sagittal", "coronal", "axial")


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What one image says of itself and its series; ``source``: its place in the list of files."""

    source: int
    study_uid: str
    series_uid: str
    series_number: int | None
    instance_number: int | None
    modality: str | None
    body_part: str | None
    view: str | None
    description: str
    image_type: tuple[str, ...]
    thickness_mm: float | None
    orientation: str | None
    contrast: bool
    taken_on: date | None
    positioned: bool


@dataclass(frozen=True, slots=True)
class Slices:
    """Whether the images of a series are the slices of a volume.

    fault: why not, by the name of the reason; empty where they are. order: the sources from one
    end of the body to the other.
    """

    fault: str
    order: tuple[int, ...] = ()
    missing: int = 0
    duplicates: int = 0

    @property
    def words(self) -> str:
        """The finding in one line."""
        if self.fault:
            return f"no volume: {self.fault}"
        found = f"{len(self.order)} slices"
        for count, what in ((self.missing, "missing"), (self.duplicates, "twice")):
            found += f", {count} {what}" if count else ""
        return found


@dataclass(frozen=True, slots=True)
class Series:
    """A series of a study: its images, and whether they make a volume (None: a single image)."""

    study_uid: str
    series_uid: str
    images: tuple[ImageFacts, ...] = field(repr=False)
    slices: Slices | None

    @property
    def number(self) -> int | None:
        """The series number, where the first image has one."""
        return self.images[0].series_number

    @property
    def taken_on(self) -> date | None:
        """The latest day of acquisition; days are moved by one amount for a whole patient."""
        return max((one.taken_on for one in self.images if one.taken_on), default=None)

    @property
    def thickness_mm(self) -> float | None:
        """The largest slice thickness; None where an image does not state it."""
        found = [one.thickness_mm for one in self.images if one.thickness_mm is not None]
        return max(found) if len(found) == len(self.images) else None

    def values(self, name: str) -> list[str]:
        """The distinct values of a fact over all images, empty text where one does not state it."""
        found = (getattr(one, name) for one in self.images)
        return sorted({"" if one is None else str(one) for one in found})

    def shown(self) -> dict[str, Any]:
        """The facts as a row to print or record: pseudonyms and descriptions that were cleaned."""
        return {
            "series": self.series_uid, "number": self.number, "images": len(self.images),
            **{
                name: ", ".join(one for one in self.values(name) if one)
                for name in ("modality", "body_part", "view", "description", "orientation")
            },
            "contrast": any(one.contrast for one in self.images),
            "slices": self.slices.words if self.slices else "",
        }  # fmt: skip


def image_facts(source: int, dataset: Any) -> ImageFacts:
    """What a de-identified image says of itself; never an exception for what a header may hold."""
    header = study_header(dataset)
    try:
        frame = frame_facts(dataset)
        thickness, cosines, position = (
            frame.thickness_mm, frame.orientation, frame.position_mm
        )  # fmt: skip
    except ValueError:  # a rescale that is no number: told when the pixels are read
        thickness = cosines = position = None
    days = (calendar_date(text(dataset, one)) for one in _DATES if text(dataset, one))
    return ImageFacts(
        source=source, study_uid=header.study_uid, series_uid=header.series_uid,
        series_number=whole_number(dataset, _NUMBER),
        instance_number=whole_number(dataset, _INSTANCE_NUMBER),
        modality=header.modality, body_part=header.body_part, view=header.view,
        description=text(dataset, _DESCRIPTION),
        image_type=tuple(one.upper() for one in texts(dataset, _IMAGE_TYPE)),
        thickness_mm=thickness, orientation=None if cosines is None else plane_of(cosines),
        contrast=_with_contrast(dataset), taken_on=next((one for one in days if one), None),
        positioned=position is not None,
    )  # fmt: skip


def plane_of(cosines: Sequence[float]) -> str:
    """The plane of a picture by the direction cosines of its row and column.

    >>> plane_of((1, 0, 0, 0, 1, 0)), plane_of((0, 1, 0, 0, 0, -1))
    ('axial', 'sagittal')
    """
    along = [abs(float(one)) for one in normal_of(tuple(cosines))]
    largest = max(range(3), key=along.__getitem__)
    return _PLANES[largest] if along[largest] >= _ONE_AXIS else "oblique"


def _with_contrast(dataset: Any) -> bool:
    """Whether an agent is named, or an amount of one above zero stated."""
    amounts = (value for one in _AMOUNTS for value in numbers(dataset, one))
    return bool(
        text(dataset, _AGENT) or items(dataset, _AGENTS) or any(one > 0 for one in amounts)
    )


def series_of(images: Iterable[ImageFacts], openers: Sequence[Opener]) -> list[Series]:
    """The images by series, in order of study, series number and identifier.

    openers: one for each source; the headers of a series with several images are read again, to
    find out whether they are the slices of a volume.
    """
    found: dict[tuple[str, str], list[ImageFacts]] = {}
    for one in images:
        found.setdefault((one.study_uid, one.series_uid), []).append(one)
    made = [
        Series(study, series, tuple(some), _slices(some, openers))
        for (study, series), some in found.items()
    ]
    return sorted(made, key=lambda one: (one.study_uid, one.number or 0, one.series_uid))


def _slices(images: Sequence[ImageFacts], openers: Sequence[Opener]) -> Slices | None:
    if len(images) < 2:
        return None
    counts = Counter(one.positioned for one in images)
    if not counts[True]:  # several projections, which have no place in the body
        return Slices("no_position")
    sources = [one.source for one in images]
    try:
        stack = plan_stack([openers[one] for one in sources])
    except (VolumeRefused, PixelsRefused) as refused:
        return Slices(str(refused.reason))
    order = tuple(sources[one.source] for one in stack.places)
    return Slices("", order, len(stack.missing), len(stack.duplicates))
