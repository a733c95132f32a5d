"""What every result object has in common, whatever made it: letters, times, equipment, marks."""

from collections.abc import Sequence
from copy import copy
from typing import Any, Final

from pydicom.dataset import Dataset

from imaging.results.codes import PROCESSING, SOURCE_IMAGE, Coded
from imaging.results.naming import device_uid
from imaging.results.statement import DEMONSTRATION, FOR_REVIEW, Statement

_EXPECTED: Final = (
    "PatientID", "PatientName", "PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID",
    "StudyDate", "StudyTime", "ReferringPhysicianName",
)
"""What every image must have, if only empty (type 2); the library stops where one is missing."""

UNICODE: Final = "ISO_IR 192"
"""UTF-8: any name that was copied can be written; a narrower set garbles it (PS3.3 C.12.1.1.2)."""


def completed(source: Any) -> Any:
    """A source image with every attribute that the standard expects of it; the original stays.

    Its names are decoded by its own character set here; the library knows fewer than there are.
    """
    whole = copy(source)
    whole._dict = dict(source._dict)  # the elements are shared, their table is not
    for name in _EXPECTED:
        setattr(whole, name, str(source.get(name) or ""))
    whole.SpecificCharacterSet = UNICODE
    return whole


def finish(dataset: Any, statement: Statement, *, what: str) -> Any:
    """Give a new result object what all have; the same reading gives the same bytes.

    what: the kind in a few words, such as 'report'. The library writes the time of the call; here
    stands the time of the reading, in UTC.
    """
    at = statement.read_at
    day, time = at.strftime("%Y%m%d"), at.strftime("%H%M%S.%f")
    dataset.SpecificCharacterSet = UNICODE
    dataset.TimezoneOffsetFromUTC = "+0000"
    for name in ("InstanceCreation", "Series", "Content"):
        setattr(dataset, f"{name}Date", day)
        setattr(dataset, f"{name}Time", time)
    dataset.Manufacturer = statement.manufacturer[:64]
    dataset.ManufacturerModelName = statement.trade_name[:64]
    dataset.SoftwareVersions = statement.model_version
    dataset.DeviceSerialNumber = statement.version[:16]
    mark = f"{DEMONSTRATION} " if statement.demonstration else ""
    dataset.SeriesDescription = f"{mark}{what}, for review: {statement.model_version}"[:64]
    dataset.ContributingEquipmentSequence = [_equipment(statement)]
    return dataset


def _equipment(statement: Statement) -> Dataset:
    """The device as contributing equipment (IHE AI Results): its UID changes with the version."""
    item = Dataset()
    item.PurposeOfReferenceCodeSequence = [code_item(PROCESSING)]
    item.Manufacturer = statement.manufacturer[:64]
    item.ManufacturerModelName = statement.trade_name[:64]
    item.DeviceSerialNumber = statement.version[:16]
    item.SoftwareVersions = statement.model_version
    item.DeviceUID = device_uid(statement.version)
    item.ContributionDateTime = statement.read_at.strftime("%Y%m%d%H%M%S.%f+0000")
    item.ContributionDescription = FOR_REVIEW
    return item


def code_item(code: Coded) -> Dataset:
    """A code as an item of a code sequence."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code
    return item


def source_item(source: Any) -> Dataset:
    """The image that a result is made of, as an item of its Source Image Sequence."""
    item = Dataset()
    item.ReferencedSOPClassUID = source.SOPClassUID
    item.ReferencedSOPInstanceUID = source.SOPInstanceUID
    item.PurposeOfReferenceCodeSequence = [code_item(SOURCE_IMAGE)]
    return item


def by_series(sources: Sequence[Any]) -> dict[str, list[Any]]:
    """Source images by the series that they are of, in the order in which they came."""
    found: dict[str, list[Any]] = {}
    for one in sources:
        found.setdefault(str(one.SeriesInstanceUID), []).append(one)
    return found


def copy_orientation(dataset: Any, source: Any) -> None:
    """How the image lies, as its source says it; empty where that does not say (type 2C)."""
    dataset.PatientOrientation = source.get("PatientOrientation", "") or ""


def copy_anatomy(dataset: Any, source: Any) -> None:
    """Which part of the body, and of which side, as far as the source says it."""
    if source.get("BodyPartExamined"):
        dataset.BodyPartExamined = source.BodyPartExamined
    side = source.get("Laterality", "") or source.get("ImageLaterality", "")
    if side in ("L", "R"):
        dataset.Laterality = side
    elif not source.get("BodyPartExamined"):
        dataset.Laterality = ""  # not known whether there are two
