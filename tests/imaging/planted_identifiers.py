"""A file with an identifier planted in every attribute of DICOM that can hold text."""

import io
import warnings
from collections.abc import Iterator
from functools import cache
from typing import Any

from pydicom.datadict import DicomDictionary, dictionary_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from tests.imaging.conftest import radiograph

FAMILY, GIVEN, NUMBER = "Zwetschkenbaum", "Ottilie", "4471998877"
NEIGHBOUR = "Huberschmidt"
"""Somebody whose name stands in no attribute that names people: nothing tells that it is one."""

PLANTED = (FAMILY, GIVEN, NUMBER)
BIRTH = "19610523"
_FIXED = frozenset(
    ("Rows", "Columns", "PixelData", "SpecificCharacterSet", "SOPClassUID", "SOPInstanceUID",
     "StudyInstanceUID", "SeriesInstanceUID", "PatientID", "PatientName", "PatientBirthDate",
     "PatientAge", "StudyDate", "Modality", "PhotometricInterpretation", "BurnedInAnnotation",
     "PatientSpeciesDescription", "PatientSex", "ModalityLUTSequence", "AccessionNumber",
     "NumberOfFrames", "RescaleSlope", "RescaleIntercept", "FloatPixelData",
     "DoubleFloatPixelData", "ExtendedOffsetTable", "ExtendedOffsetTableLengths",
     "PixelDataProviderURL")
)  # fmt: skip
_LONG = {"SH": 16, "CS": 16, "AE": 16, "LO": 64, "PN": 64}
_TEXTS = frozenset(("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"))


def words_for(kind: str, words: str) -> bytes | None:
    """The planted text as an attribute of this value representation holds it."""
    if kind in _TEXTS:
        text = words.upper() if kind == "CS" else words
        return text[: _LONG.get(kind, 200)].encode()
    return {
        "DA": BIRTH.encode(), "DT": f"{BIRTH}101112".encode(), "TM": b"101112",
        "IS": NUMBER.encode(), "DS": NUMBER.encode(), "UI": f"1.2.826.{NUMBER}.7".encode(),
        "AS": b"064Y", "OB": words.encode(), "OW": words.encode(), "UN": words.encode(),
        "OF": (words * 2).encode()[:16],
    }.get(kind)  # fmt: skip


def attributes() -> Iterator[tuple[int, str]]:
    """Every attribute that can be planted, with its value representation."""
    for number, entry in sorted(DicomDictionary.items()):
        if number >> 16 >= 8 and dictionary_keyword(number) not in _FIXED:
            yield number, entry[0].split(" or ")[0]


def planted(level: Dataset, words: str, *, implicit: bool) -> Dataset:
    """Plant the words into every attribute of a data set that has none yet."""
    for number, kind in attributes():
        if implicit and " or " in DicomDictionary[number][0]:
            continue  # without what it depends on it cannot be written
        content = words_for(kind, words)
        if content is not None:
            content += b" " * (len(content) % 2)
            vr = None if implicit else kind
            level[BaseTag(number)] = RawDataElement(
                BaseTag(number), vr, len(content), content, 0, implicit, True
            )
    for group, creator in ((0x0009, "ACME 1"), (0x0019, "SIEMENS MR HEADER"), (0x0011, words)):
        block = level.private_block(group, creator, create=True)
        block.add_new(0x0C, "LO", words)
        block.add_new(0x0E, "UN", words.encode() + b" " * (len(words) % 2))
    level.add_new(0x60000022, "LO", words)
    level.add_new(0x60004000, "LT", words)
    level.add_new(0x50002600, "LO", words)
    return level


@cache
def planted_file(
    words: str, *, implicit: bool = False, depth: int = 1, **changes: Any
) -> bytes:
    """A radiograph with the words in every attribute, at the top and in nested sequences."""
    dataset = radiograph(**({
        "syntax": ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian,
        "PatientName": f"{FAMILY}^{GIVEN}", "PatientID": NUMBER, "PatientBirthDate": BIRTH,
        "BurnedInAnnotation": "NO",
    } | changes))  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom on values we invented
        planted(dataset, words, implicit=implicit)
        inner = Dataset()
        for _ in range(depth):
            inner = planted(inner, words, implicit=implicit)
            outer = Dataset()
            outer.AnatomicRegionSequence = Sequence([inner])
            inner = outer
        dataset.DeidentificationActionSequence = Sequence([inner])
        for name in ("Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit"):
            assert name in dataset
        stream = io.BytesIO()
        dataset.save_as(stream, enforce_file_format=True)
    return b"\0" * 128 + stream.getvalue()[128:]
