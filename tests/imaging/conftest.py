"""Radiographs to test with: synthetic ones always, the real collection where it is at hand."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from imaging.attribute_table import Option
from imaging.confidentiality import BASIC

HEADERS = replace(BASIC, options=BASIC.options - {Option.CLEAN_PIXELS})
"""The profile without a look through the pixels, which takes a second a picture."""

KEY = b"a key for tests, 32 bytes long.."


def radiograph(**changes: Any) -> Dataset:
    """A small but complete DX image of an invented person; a change to None leaves it out."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = changes.pop("syntax", ExplicitVRLittleEndian)
    array = changes.pop("array", None)
    if array is None:
        array = np.random.default_rng(7).integers(0, 4096, (40, 32), dtype=np.uint16)
    values: dict[str, Any] = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.1",
        "SOPInstanceUID": "1.2.826.0.1.3680043.2.1125.3",
        "StudyInstanceUID": "1.2.826.0.1.3680043.2.1125.1",
        "SeriesInstanceUID": "1.2.826.0.1.3680043.2.1125.2",
        "PatientID": "QX-4471-Z", "PatientName": "Zwetschkenbaum^Ottilie",
        "PatientBirthDate": "19610523", "PatientSex": "F", "PatientAge": "064Y",
        "StudyDate": "20260214", "StudyTime": "101112", "AccessionNumber": "ACC99887766",
        "Modality": "DX", "BodyPartExamined": "CHEST", "ViewPosition": "PA",
        "Manufacturer": "Example Imaging", "ManufacturerModelName": "XR 1000",
        "SoftwareVersions": ["3.1", "build 7"], "DeviceSerialNumber": "SN-777-123",
        "InstitutionName": "Quellental Klinikum", "InstitutionAddress": "Amselweg 17",
        "KVP": "120", "Exposure": "2", "ImagerPixelSpacing": ["0.5", "0.25"],
        "Rows": array.shape[0], "Columns": array.shape[1], "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2", "PixelRepresentation": 0,
        "BitsAllocated": array.dtype.itemsize * 8, "BitsStored": 12, "HighBit": 11,
        "PixelData": array.tobytes(),
    }  # fmt: skip
    if array.dtype.itemsize == 1:
        values |= {"BitsStored": 8, "HighBit": 7}
    for name, value in (values | changes).items():
        if value is not None:
            setattr(dataset, name, value)
    if dataset.get("PixelData") is not None:
        dataset["PixelData"].VR = "OW" if array.dtype.itemsize == 2 else "OB"
    return dataset


def written(dataset: Dataset) -> bytes:
    """The bytes of the file."""
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


@pytest.fixture(scope="session")
def make_radiograph() -> Callable[..., Dataset]:
    """Builds a synthetic DX image; keyword arguments replace attributes."""
    return radiograph


@pytest.fixture(scope="session")
def make_file() -> Callable[..., bytes]:
    """The bytes of a synthetic DX image; keyword arguments replace attributes."""
    return lambda **changes: written(radiograph(**changes))


@pytest.fixture(scope="session")
def write_file() -> Callable[[Dataset], bytes]:
    """The bytes of a data set as a DICOM file."""
    return written


@pytest.fixture(scope="session")
def key() -> bytes:
    """A secret for pseudonyms."""
    return KEY


@pytest.fixture
def real_files(data_folder: Path) -> list[Path]:
    """The collection of real DICOM files, odd and broken ones included."""
    return sorted(p for p in (data_folder / "dicom").glob("*/*") if p.is_file())
