"""What a DICOM header says about a study: who (pseudonymous later), how it was acquired, with what.

Dirty values are common in practice (age "N-A", sex "0000"). They read as not recorded and their
attribute is listed, so that the share of unreadable headers can itself be watched.
"""

import math
import re
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from imaging.elements import calendar_date, numbers, tag, text, texts, whole_number
from records.input_requirements import REFUSED_UNLESS_DECLARED

_AGE = re.compile(r"(\d{1,3})([DWMY])\Z")
_DAYS: Final = {"D": 1.0, "W": 7.0, "M": 365.25 / 12, "Y": 365.25}
_CODE = re.compile(r"[A-Z0-9_ ]{1,16}\Z")
_UID = re.compile(r"[0-9]+(\.[0-9]+)*\Z")
_OLDEST_YEARS = 120.0
# The projection where ViewPosition is empty, PS3.16 CID 4010 (SNOMED CT and its old form).
_VIEW_CODES: Final = {
    "399348003": "AP", "R-10206": "AP", "272479007": "PA", "R-10214": "PA",
    "399067008": "LATERAL", "R-10228": "LL", "R-10232": "RL", "399173006": "LL", "399198007": "RL",
}  # fmt: skip
_TAGS: Final = {
    name: tag(name)
    for name in (
        "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID", "PatientID",
        "Modality", "BodyPartExamined", "ViewPosition", "ViewCodeSequence", "CodeValue",
        "PatientAge", "PatientBirthDate", "PatientSex", "Manufacturer", "ManufacturerModelName",
        "SoftwareVersions", "KVP", "Exposure", "ExposureInuAs", "ExposureInmAs",
        "ImagerPixelSpacing", "PixelSpacing", "NominalScannedPixelSpacing", "Rows", "Columns",
        "StudyDate", "AcquisitionDate", "SeriesDate", "ContentDate", "BurnedInAnnotation",
        "PatientSpeciesDescription", "ImageLaterality", "Laterality", "ExposureIndex",
        "TargetExposureIndex", "DeviationIndex",
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class StudyHeader:
    """The facts of one image that later questions are asked about; None means not recorded.

    Ages in years, tube voltage in kV, exposure in mAs, spacing in mm (row, column).
    ``invalid_tags`` names the attributes whose stored value could not be believed.
    """

    study_uid: str
    series_uid: str
    instance_uid: str
    patient_id: str
    sop_class: str
    modality: str | None
    body_part: str | None
    view: str | None
    age_years: float | None
    sex: str | None
    manufacturer: str | None
    model_name: str | None
    software_version: str | None
    tube_voltage_kv: float | None
    exposure_mas: float | None
    spacing_mm: tuple[float, float] | None
    rows: int | None
    columns: int | None
    study_date: date | None
    burned_in: str | None
    species: str | None
    invalid_tags: tuple[str, ...]
    laterality: str | None = None
    exposure_index: float | None = None
    deviation_index: float | None = None


@dataclass(frozen=True, slots=True)
class ImageLimit:
    """A measure of the image and between which limits it must lie; None: no limit on that side."""

    check: str
    at_least: float | None
    at_most: float | None


@dataclass(frozen=True, slots=True)
class ScopeRequirements:
    """What a device declares that it can read; an empty entry means that anything is accepted.

    ``refusing``: the checks whose breach refuses a study; the others are recorded as flags.
    Modality, species and size always refuse.
    """

    modalities: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    body_parts: tuple[str, ...] = ()
    min_rows: int = 0
    min_columns: int = 0
    min_age_years: float | None = None
    max_age_years: float | None = None
    lateralities: tuple[str, ...] = ()
    required_tags: tuple[str, ...] = ()
    image_limits: tuple[ImageLimit, ...] = ()
    refusing: frozenset[str] = REFUSED_UNLESS_DECLARED


def study_header(dataset: Any) -> StudyHeader:
    """The facts in the header of one image, whatever state it is in; never an exception.

    Spacing is the detector's (ImagerPixelSpacing), else PixelSpacing, else the scanned film's.
    """
    reading = _Reading(dataset)
    studied = reading.first_date("StudyDate", "AcquisitionDate", "SeriesDate", "ContentDate")
    return StudyHeader(
        study_uid=reading.uid("StudyInstanceUID"),
        series_uid=reading.uid("SeriesInstanceUID"),
        instance_uid=reading.uid("SOPInstanceUID"),
        patient_id=text(dataset, _TAGS["PatientID"]),
        sop_class=reading.uid("SOPClassUID"),
        modality=reading.code("Modality"),
        body_part=reading.code("BodyPartExamined"),
        view=reading.code("ViewPosition") or reading.coded_view(),
        age_years=reading.age(studied),
        sex=reading.code("PatientSex", allowed=frozenset("FMO")),
        manufacturer=reading.words("Manufacturer"),
        model_name=reading.words("ManufacturerModelName"),
        software_version=reading.words("SoftwareVersions"),
        tube_voltage_kv=reading.amount("KVP", 1.0, 500.0),
        exposure_mas=reading.exposure(),
        spacing_mm=reading.spacing(),
        rows=whole_number(dataset, _TAGS["Rows"]),
        columns=whole_number(dataset, _TAGS["Columns"]),
        study_date=studied,
        burned_in=reading.code("BurnedInAnnotation", allowed=frozenset(("YES", "NO"))),
        species=reading.words("PatientSpeciesDescription"),
        laterality=reading.laterality(),
        exposure_index=reading.amount("ExposureIndex", 0.0, 1e6),
        deviation_index=reading.deviation_index(),
        invalid_tags=tuple(dict.fromkeys(reading.invalid)),
    )


def stated_spacing(dataset: Any) -> tuple[float, float] | None:
    """The spacing alone, in mm (row, column), as :func:`study_header` finds it."""
    return _Reading(dataset).spacing()


def out_of_scope(header: StudyHeader, requirements: ScopeRequirements) -> str | None:
    """Which declared input requirement refuses the image, or None when it may be read.

    A value that is not recorded breaks nothing but the modality and the size, which every image
    must state: an unknown view cannot be shown to be wrong, and is counted elsewhere. An animal
    is out of scope of every device here.
    """
    always = ("modality", "species", "rows", "columns")
    found = broken_requirements(header, requirements)
    return next((one for one in found if one in always or one in requirements.refusing), None)


def broken_requirements(header: StudyHeader, requirements: ScopeRequirements) -> tuple[str, ...]:
    """Every declared input requirement that the header breaks, whether it refuses or not."""
    wanted = requirements
    human = header.species is None or header.species.upper() in ("HUMAN", "HOMO SAPIENS")
    youngest, oldest = wanted.min_age_years or 0, wanted.max_age_years
    broken = {
        "modality": bool(wanted.modalities) and header.modality not in wanted.modalities,
        "species": not human,
        "body_part": _excluded(header.body_part, wanted.body_parts),
        "view": _excluded(header.view, wanted.views),
        "laterality": _excluded(header.laterality, wanted.lateralities),
        "rows": (header.rows or 0) < wanted.min_rows,
        "columns": (header.columns or 0) < wanted.min_columns,
        "age": header.age_years is not None
        and not youngest <= header.age_years <= (1e3 if oldest is None else oldest),
    }
    return tuple(name for name, is_broken in broken.items() if is_broken)


def _excluded(value: str | None, allowed: tuple[str, ...]) -> bool:
    return bool(allowed) and value is not None and value not in allowed


class _Reading:
    """One pass over a header, collecting the attributes that could not be believed."""

    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset
        self.invalid: list[str] = []

    def uid(self, name: str) -> str:
        value = text(self.dataset, _TAGS[name])
        if value and not (len(value) <= 64 and _UID.match(value)):
            self.invalid.append(name)
        return value

    def words(self, name: str) -> str | None:
        return text(self.dataset, _TAGS[name])[:128] or None

    def code(self, name: str, *, allowed: frozenset[str] = frozenset()) -> str | None:
        found = texts(self.dataset, _TAGS[name])
        if not found:
            return None
        value = found[0].upper()
        if _CODE.match(value) and (not allowed or value in allowed):
            return value
        self.invalid.append(name)
        return None

    def coded_view(self) -> str | None:
        try:
            element = self.dataset.get(_TAGS["ViewCodeSequence"])
            items = element.value if element is not None else ()
            codes = [text(item, _TAGS["CodeValue"]) for item in items]
        except Exception:  # a broken sequence is a dirty value like any other
            self.invalid.append("ViewCodeSequence")
            return None
        return next((_VIEW_CODES[code] for code in codes if code in _VIEW_CODES), None)

    def first_date(self, *names: str) -> date | None:
        for name in names:
            value = text(self.dataset, _TAGS[name])
            if not value:
                continue
            found = calendar_date(value)
            if found is not None and found.year >= 1895:
                return found
            self.invalid.append(name)
        return None

    def age(self, studied: date | None) -> float | None:
        stated = text(self.dataset, _TAGS["PatientAge"]).upper()
        match = _AGE.match(stated)
        if match is not None:
            years = int(match[1]) * _DAYS[match[2]] / 365.25
            if years <= _OLDEST_YEARS:
                return round(years, 3)
        if stated:
            self.invalid.append("PatientAge")
        born = self.first_date("PatientBirthDate")
        if born is None or studied is None:
            return None
        years = (studied - born).days / 365.25
        if 0 <= years <= _OLDEST_YEARS:
            return round(years, 3)
        self.invalid.append("PatientBirthDate")
        return None

    def amount(self, name: str, low: float, high: float) -> float | None:
        if not text(self.dataset, _TAGS[name]):
            return None
        found = numbers(self.dataset, _TAGS[name])
        if found and low <= found[0] <= high:
            return found[0]
        self.invalid.append(name)
        return None

    def laterality(self) -> str | None:
        sides = frozenset("BLRU")
        return self.code("ImageLaterality", allowed=sides) or self.code(
            "Laterality", allowed=sides
        )

    def deviation_index(self) -> float | None:
        """10 lg (exposure index / target), as stated or worked out (IEC 62494-1)."""
        stated = self.amount("DeviationIndex", -100.0, 100.0)
        if stated is not None:
            return stated
        target = self.amount("TargetExposureIndex", 1e-3, 1e6)
        found = self.amount("ExposureIndex", 1e-3, 1e6)
        return 10 * math.log10(found / target) if found and target else None

    def exposure(self) -> float | None:
        for name, per_mas in (("ExposureInuAs", 1000.0), ("ExposureInmAs", 1.0), ("Exposure", 1.0)):
            value = self.amount(name, 0.0, 1e4 * per_mas)
            if value is not None:
                return value / per_mas
        return None

    def spacing(self) -> tuple[float, float] | None:
        for name in ("ImagerPixelSpacing", "PixelSpacing", "NominalScannedPixelSpacing"):
            if not text(self.dataset, _TAGS[name]):
                continue
            found = numbers(self.dataset, _TAGS[name])
            if len(found) == 2 and all(1e-3 <= step <= 50 for step in found):
                return found[0], found[1]
            self.invalid.append(name)
        return None
