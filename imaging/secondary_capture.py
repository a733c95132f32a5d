"""A picture that never was DICOM (PNG, JPEG, array) written as DICOM Secondary Capture.

PS3.3 A.8.1; what is not known stays empty: nothing about the patient or the exposure is invented,
and nobody has looked whether letters stand in the picture (BurnedInAnnotation is left out).
"""

import hashlib
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import UID, ExplicitVRLittleEndian

SECONDARY_CAPTURE: Final = "1.2.840.10008.5.1.4.1.1.7"


@dataclass(frozen=True, slots=True)
class CaptureFacts:
    """What is known about a picture; None and "" mean not recorded.

    ``key`` names the picture within its collection: the UIDs follow from it, so that writing the
    same picture twice gives the same bytes. ``study_key`` likewise, for pictures of one study.
    """

    key: str
    study_key: str
    patient_id: str
    site: str
    study_date: date
    age_years: float | None = None
    sex: str | None = None
    view: str | None = None
    modality: str = "DX"
    body_part: str = "CHEST"

    @property
    def study_uid(self) -> str:
        """The study's UID under 2.25 (PS3.5 B.2)."""
        return _uid("study", self.study_key)

    @property
    def instance_uid(self) -> str:
        """The picture's own UID under 2.25."""
        return _uid("instance", self.key)


def write_secondary_capture(array: NDArray[Any], facts: CaptureFacts, path: Path) -> None:
    """Put one grey picture into a DICOM file, its pixels untouched; same picture, same bytes.

    array: shape (rows, columns), uint8 or uint16, bright is dense (MONOCHROME2). The file appears
    complete or not at all. Raises ValueError for any other array.
    """
    if array.ndim != 2 or array.dtype not in (np.uint8, np.uint16) or array.size == 0:
        raise ValueError(
            f"a grey picture of uint8 or uint16 is needed, shape (rows, columns); "
            f"got {array.dtype} of shape {array.shape}: convert it before writing"
        )
    dataset = _header(array, facts)
    _add_pixels(dataset, array)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = UID(SECONDARY_CAPTURE)
    dataset.file_meta.MediaStorageSOPInstanceUID = UID(facts.instance_uid)
    buffer = BytesIO()
    dcmwrite(buffer, dataset, enforce_file_format=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(buffer.getvalue())
    part.replace(path)


def _header(array: NDArray[Any], facts: CaptureFacts) -> Dataset:
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = SECONDARY_CAPTURE
    dataset.SOPInstanceUID = facts.instance_uid
    dataset.StudyInstanceUID = facts.study_uid
    dataset.SeriesInstanceUID = _uid("series", facts.key)
    dataset.StudyDate = dataset.ContentDate = facts.study_date.strftime("%Y%m%d")
    dataset.StudyTime = dataset.ContentTime = ""
    dataset.AccessionNumber = dataset.StudyID = dataset.ReferringPhysicianName = ""
    dataset.SeriesNumber = dataset.InstanceNumber = 1
    dataset.Modality = facts.modality
    dataset.ConversionType = "WSD"  # workstation
    dataset.PatientName = ""
    dataset.PatientID = facts.patient_id
    dataset.PatientBirthDate = ""
    dataset.PatientSex = facts.sex or ""
    if facts.age_years is not None:
        dataset.PatientAge = f"{int(facts.age_years):03d}Y"
    dataset.Manufacturer = ""
    dataset.InstitutionName = facts.site
    dataset.BodyPartExamined = facts.body_part
    dataset.PatientOrientation = ""
    if facts.view:
        dataset.ViewPosition = facts.view
    dataset.Rows, dataset.Columns = array.shape
    return dataset


def _add_pixels(dataset: Dataset, array: NDArray[Any]) -> None:
    bits = array.dtype.itemsize * 8
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = bits, bits, bits - 1
    dataset.PixelRepresentation = 0
    data = array.astype("<u2").tobytes() if bits == 16 else array.tobytes()
    padded = data + b"\x00" * (len(data) % 2)
    dataset.add_new("PixelData", "OW" if bits == 16 else "OB", padded)


def _uid(kind: str, key: str) -> str:
    digest = hashlib.sha256(f"radvigil secondary capture|{kind}|{key}".encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"
