"""The codes in which results are said, as data: SNOMED CT, RadLex, DICOM's own."""

from dataclasses import dataclass
from typing import Final, NamedTuple


class Coded(NamedTuple):
    """A code: value, scheme (PS3.16 8), and what it means."""

    value: str
    scheme: str
    meaning: str


PRIVATE: Final = "99RADVIGIL"
"""The scheme of findings that the table lacks; its meaning is the definition's own word."""

PRESENT: Final = Coded("52101004", "SCT", "Present")
ABSENT: Final = Coded("272519000", "SCT", "Absent")
PROBABILITY: Final = Coded("111012", "DCM", "Certainty of Finding")
"""PS3.16: the certainty that the device places on a finding, in percent."""
OPERATING_POINT: Final = Coded("111081", "DCM", "CAD Operating Point Description")
COMMENT: Final = Coded("121106", "DCM", "Comment")
PROCESSING: Final = Coded("109102", "DCM", "Processing Equipment")
SOURCE_IMAGE: Final = Coded("121322", "DCM", "Source image for image processing operation")
LEARNED: Final = Coded("123110", "DCM", "Artificial Intelligence")
ANATOMICAL: Final = Coded("91723000", "SCT", "Anatomical Structure")
"""PS3.16 CID 7150, as ABNORMAL: what kind of thing a segment shows."""
ABNORMAL: Final = Coded("49755003", "SCT", "Morphologically Abnormal Structure")
RADIOGRAPHY: Final = Coded("363680008", "SCT", "Radiographic imaging")
IMAGING: Final = Coded("363679005", "SCT", "Imaging")
CHEST: Final = Coded("816094009", "SCT", "Chest")
VOLUME: Final = Coded("118565006", "SCT", "Volume")
LONG_AXIS: Final = Coded("103339001", "SCT", "Long Axis")
MILLILITRE: Final = Coded("mL", "UCUM", "milliliter")
MILLIMETRE: Final = Coded("mm", "UCUM", "millimeter")
PERCENT: Final = Coded("%", "UCUM", "percent")

PROCEDURES: Final = {
    "CR": RADIOGRAPHY, "DX": RADIOGRAPHY,
    "CT": Coded("77477000", "SCT", "Computed Tomography"),
    "MR": Coded("113091000", "SCT", "Magnetic Resonance Imaging"),
}
"""What was done, by modality; anything else is imaging."""

REGIONS: Final = {"CHEST": CHEST, "THORAX": CHEST}


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding in the codes of clinic and of radiology, and what its segment shows."""

    clinical: Coded
    radiological: Coded
    segment: Coded
    category: Coded = ABNORMAL


_LUNG: Final = Coded("39607008", "SCT", "Lung")
_KNOWN: Final = {
    "lungs": Finding(_LUNG, Coded("RID1301", "RADLEX", "lung"), _LUNG, ANATOMICAL),
    "pulmonary nodule": Finding(
        Coded("27925004", "SCT", "Nodule"), Coded("RID3875", "RADLEX", "nodule"),
        Coded("27925004", "SCT", "Nodule"),
    ),
    "pneumonia": Finding(
        Coded("233604007", "SCT", "Pneumonia"), Coded("RID5350", "RADLEX", "pneumonia"),
        Coded("112001", "DCM", "Opacity"),
    ),
    "pneumothorax": Finding(
        Coded("36118008", "SCT", "Pneumothorax"), Coded("RID5352", "RADLEX", "pneumothorax"),
        Coded("36118008", "SCT", "Pneumothorax"),
    ),
}


def finding_named(word: str) -> Finding:
    """The codes of a finding by the word of the device's definition.

    >>> finding_named("pneumonia").clinical.value
    '233604007'
    >>> finding_named("something new").clinical
    Coded(value='SOMETHING_NEW', scheme='99RADVIGIL', meaning='something new')
    """
    known = _KNOWN.get(word.strip().lower())
    if known is not None:
        return known
    own = Coded(word.strip().upper().replace(" ", "_")[:16], PRIVATE, word.strip()[:64])
    return Finding(own, own, own)
