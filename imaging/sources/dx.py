"""A simulated exposure as a DICOM file: Digital X-Ray Image, For Presentation (PS3.3 A.26)."""

import struct
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_data_element
from pydicom.uid import PYDICOM_IMPLEMENTATION_UID, ExplicitVRLittleEndian

from imaging.encoding import meta_information
from imaging.sources.acquisition import Exposure
from imaging.sources.cases import Case, stream, uid
from imaging.sources.sites import SiteProfile

DX_FOR_PRESENTATION: Final = "1.2.840.10008.5.1.4.1.1.1.1"
DETECTOR_MM: Final = 430.0  # side of the square detector
CHILD_FIELD_MM: Final = 280.0  # the part of it that is exposed and kept, of a small child
# PS3.16: CID 4 anatomic regions, CID 4010 views
_CHEST = ("51185008", "SCT", "Chest")
_HAND = ("85562004", "SCT", "Hand")
_VIEWS: Final = {
    "PA": ("272479007", "SCT", "postero-anterior"),
    "AP": ("399348003", "SCT", "antero-posterior"),
    "LL": ("399173006", "SCT", "left lateral"),
}


@dataclass(frozen=True, slots=True)
class Projection:
    """What was imaged and from where: the usual chest, or a view that is out of scope."""

    body_part: str = "CHEST"
    view: str = "PA"


def encode(
    pixels: NDArray[np.uint16],
    case: Case,
    exposure: Exposure,
    site: SiteProfile,
    projection: Projection,
) -> bytes:
    """The bytes of one DICOM file, explicit little endian, the same for the same arguments.

    ``pixels``: stored values of 12 bits, shape (rows, columns).
    """
    room = _room_elements(site, projection, case.plan.degraded, case.portable,
                          pixels.shape, CHILD_FIELD_MM if case.plan.knobs.children else DETECTOR_MM)
    own = {**_visit(case), **_person(case), **_beam(case, exposure)}
    elements = dict(room) | {_named(name)[0]: _element(name, value) for name, value in own.items()}
    meta = FileIdentifiers(DX_FOR_PRESENTATION, own["SOPInstanceUID"])
    content = pixels.astype("<u2").tobytes()
    picture = struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OW", 0, len(content)) + content
    body = b"".join(elements[number] for number in sorted(elements))
    return b"\0" * 128 + b"DICM" + meta_information(meta) + body + picture


@dataclass(frozen=True, slots=True)
class FileIdentifiers:
    """What the file meta information of a simulated file names."""

    MediaStorageSOPClassUID: str
    MediaStorageSOPInstanceUID: str
    TransferSyntaxUID: str = ExplicitVRLittleEndian
    ImplementationClassUID: str = PYDICOM_IMPLEMENTATION_UID


@cache
def _named(keyword: str) -> tuple[int, bytes]:
    number = tag_for_keyword(keyword)
    if number is None:
        raise ValueError(f"{keyword} is not a DICOM keyword")
    return number, dictionary_VR(number).encode()


def _element(keyword: str, value: str) -> bytes:
    """One element of text in explicit little endian, padded to an even length (PS3.5 7.1)."""
    number, representation = _named(keyword)
    content = value.encode()
    if len(content) % 2:
        content += b"\0" if representation == b"UI" else b" "
    head = struct.pack("<HH2sH", number >> 16, number & 0xFFFF, representation, len(content))
    return head + content


@cache
def _room_elements(
    site: SiteProfile,
    projection: Projection,
    degraded: bool,
    portable: bool,
    shape: tuple[int, int],
    field_mm: float,
) -> tuple[tuple[int, bytes], ...]:
    """All that every file of one room has in common, encoded once: it is most of the header."""
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = DX_FOR_PRESENTATION
    dataset.SyntheticData = "YES"
    _series(dataset, site, projection)
    _equipment(dataset, site, degraded=degraded, portable=portable)
    _picture(dataset, site, degraded=degraded, shape=shape, field_mm=field_mm)
    _anatomy(dataset, projection)
    encoded = []
    for element in dataset:
        stream = DicomBytesIO()
        stream.is_little_endian, stream.is_implicit_VR = True, False
        write_data_element(stream, element, ["utf-8"])
        encoded.append((int(element.tag), stream.getvalue()))
    return tuple(encoded)


def _visit(case: Case) -> dict[str, str]:
    plan = case.plan
    day, time = _dicom_day(plan.day), _time_of_day(case)
    accession = uid(plan, "accession")[-10:]
    moments = {
        f"{what}{kind}": value
        for what in ("Study", "Series", "Acquisition", "Content")
        for kind, value in (("Date", day), ("Time", time))
    }
    return moments | {
        "SOPInstanceUID": uid(plan, "instance"),
        "StudyInstanceUID": uid(plan, "study"),
        "SeriesInstanceUID": uid(plan, "series"),
        "AccessionNumber": f"A{accession}",
        "StudyID": accession[-6:],
    }


def _person(case: Case) -> dict[str, str]:
    patient = case.patient
    return {
        "PatientName": patient.name,
        "PatientID": patient.patient_id,
        "PatientBirthDate": _dicom_day(patient.birth_date),
        "PatientSex": patient.sex,
        "PatientAge": f"{case.age_years:03d}Y",
    }


def _series(dataset: Dataset, site: SiteProfile, projection: Projection) -> None:
    part = projection.body_part.capitalize()
    dataset.Modality = "DX"
    dataset.PresentationIntentType = "FOR PRESENTATION"
    dataset.SeriesNumber = 1
    dataset.InstanceNumber = 1
    dataset.StudyDescription = f"{part} radiograph, simulated"
    dataset.SeriesDescription = f"{part} {projection.view}"
    dataset.ReferringPhysicianName = f"Referrer^{site.name.capitalize()}"
    dataset.OperatorsName = f"Radiographer^{site.name.capitalize()}"
    dataset.IssuerOfPatientID = site.title
    dataset.PatientComments = "Simulated person, simulated image"


def _equipment(dataset: Dataset, site: SiteProfile, *, degraded: bool, portable: bool) -> None:
    dataset.InstitutionName = site.title
    dataset.InstitutionAddress = f"1 Hospital Road, {site.name.capitalize()}"
    dataset.StationName = f"{site.name[:8].upper()}DX1"
    dataset.Manufacturer = site.manufacturer
    dataset.ManufacturerModelName = site.model
    dataset.DeviceSerialNumber = f"SIM-{site.name[:4].upper()}-01"
    dataset.SoftwareVersions = site.updated_software if degraded else site.software
    dataset.PositionerType = ""
    dataset.DetectorType = "SCINTILLATOR"
    dataset.DetectorConfiguration = "AREA"
    dataset.DetectorID = f"DET-{site.name[:4].upper()}"
    dataset.FieldOfViewShape = "RECTANGLE"
    dataset.ExposureTime = 12 if portable else 8
    dataset.DistanceSourceToDetector = "1150" if portable else "1800"
    dataset.Grid = "NONE" if portable else "FIXED"
    dataset.CollimatorShape = "RECTANGULAR"
    dataset.AcquisitionContextSequence = []


def _picture(
    dataset: Dataset, site: SiteProfile, *, degraded: bool, shape: tuple[int, int], field_mm: float
) -> None:
    rows, columns = shape
    spacing = f"{field_mm / columns:.4f}"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", ""]
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME1" if site.monochrome1 else "MONOCHROME2"
    dataset.Rows, dataset.Columns = rows, columns
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0
    dataset.ImagerPixelSpacing = [spacing, spacing]
    dataset.BurnedInAnnotation = "NO"  # a side marker names nobody
    dataset.LossyImageCompression = "00"
    dataset.PixelIntensityRelationship = "LOG"
    dataset.PixelIntensityRelationshipSign = 1 if site.monochrome1 else -1
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = "0", "1", "US"
    dataset.PresentationLUTShape = "INVERSE" if site.monochrome1 else "IDENTITY"
    dataset.WindowCenter, dataset.WindowWidth = "2047.5", "4096"
    processing = "noise reduction, flat curve" if degraded else "standard chest curve"
    dataset.AcquisitionDeviceProcessingDescription = processing


def _beam(case: Case, exposure: Exposure) -> dict[str, str]:
    side = case.plan.pixels
    left, right, top, bottom = exposure.edges
    return {
        "KVP": f"{exposure.tube_voltage_kv:.0f}",
        "Exposure": str(max(1, round(exposure.exposure_mas))),
        "ExposureInuAs": str(max(1, round(exposure.exposure_mas * 1000))),
        "CollimatorLeftVerticalEdge": str(int(left * side / 2) + 1),
        "CollimatorRightVerticalEdge": str(side - int(right * side / 2)),
        "CollimatorUpperHorizontalEdge": str(int(top * side / 2) + 1),
        "CollimatorLowerHorizontalEdge": str(side - int(bottom * side / 2)),
    }


def _anatomy(dataset: Dataset, projection: Projection) -> None:
    chest = projection.body_part == "CHEST"
    dataset.BodyPartExamined = projection.body_part
    dataset.AnatomicRegionSequence = [_code(_CHEST if chest else _HAND)]
    dataset.ImageLaterality = "U" if chest else "L"
    dataset.ViewPosition = projection.view
    view = _code(_VIEWS[projection.view])
    view.ViewModifierCodeSequence = []
    dataset.ViewCodeSequence = [view]
    dataset.PatientOrientation = ["A", "F"] if projection.view == "LL" else ["L", "F"]


def _code(triple: tuple[str, str, str]) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = triple
    return item


def _dicom_day(day: date) -> str:
    return day.strftime("%Y%m%d")


def _time_of_day(case: Case) -> str:
    minutes = int(stream(case.plan, "time").integers(7 * 60, 20 * 60))
    return f"{minutes // 60:02d}{minutes % 60:02d}00"
