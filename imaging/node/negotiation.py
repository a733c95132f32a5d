"""What the node negotiates: storage SOP classes and transfer syntaxes, as one table.

The node and its conformance statement (PS3.2) are both made from it, so that neither can claim
what the other does not do.
"""

from dataclasses import dataclass
from typing import Final

from pydicom import uid

VERIFICATION: Final = "1.2.840.10008.1.1"

STORAGE: Final[tuple[str, ...]] = (
    uid.ComputedRadiographyImageStorage,
    uid.DigitalXRayImageStorageForPresentation,
    uid.DigitalXRayImageStorageForProcessing,
    uid.DigitalMammographyXRayImageStorageForPresentation,
    uid.DigitalMammographyXRayImageStorageForProcessing,
    uid.CTImageStorage,
    uid.EnhancedCTImageStorage,
    uid.MRImageStorage,
    uid.EnhancedMRImageStorage,
    uid.UltrasoundImageStorage,
    uid.UltrasoundMultiFrameImageStorage,
    uid.SecondaryCaptureImageStorage,
    uid.MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    uid.MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    uid.MultiFrameTrueColorSecondaryCaptureImageStorage,
)
"""Accepted for storage. What a device does not read is kept in quarantine with the reason."""

NOTES: Final[tuple[str, ...]] = (uid.KeyObjectSelectionDocumentStorage,)
"""Accepted too: notes by which an archive takes images back (IHE RAD IOCM); no images."""

RESULTS: Final[tuple[str, ...]] = (
    uid.ComprehensiveSRStorage,
    uid.SegmentationStorage,
    uid.SecondaryCaptureImageStorage,
)
"""Sent out, as what the device found."""

RESULT_SYNTAXES: Final[tuple[str, ...]] = (uid.ExplicitVRLittleEndian, uid.ImplicitVRLittleEndian)
"""Proposed for each result."""

UPS_QUERY: Final = "1.2.840.10008.5.1.4.34.6.5"
MODALITY_WORKLIST: Final = "1.2.840.10008.5.1.4.31"
WORKLISTS: Final[tuple[str, ...]] = (UPS_QUERY, MODALITY_WORKLIST)
"""Answered with the reading worklist, where it is told to systems at all."""

FIND_STUDIES: Final = "1.2.840.10008.5.1.4.1.2.2.1"
"""Study Root Query/Retrieve Information Model - FIND, asked of other nodes."""

TRANSFER_SYNTAXES: Final[tuple[str, ...]] = (
    uid.ExplicitVRLittleEndian,
    uid.ImplicitVRLittleEndian,
    uid.ExplicitVRBigEndian,
    uid.DeflatedExplicitVRLittleEndian,
    uid.RLELossless,
    uid.JPEGLosslessSV1,
    uid.JPEGLossless,
    uid.JPEGLSLossless,
    uid.JPEGLSNearLossless,
    uid.JPEG2000Lossless,
    uid.JPEG2000,
    uid.JPEGBaseline8Bit,
    uid.JPEGExtended12Bit,
)
"""Of each storage SOP class; every one of them can be decoded. The sender's order decides."""

MAXIMUM_PDU: Final = 131072
"""Bytes; the library's own 16,382 limits a sender to a third of the rate."""


@dataclass(frozen=True, slots=True)
class Negotiated:
    """A line of the statement: name and UID of a SOP class or transfer syntax."""

    name: str
    uid: str


def named(uids: tuple[str, ...]) -> list[Negotiated]:
    """UIDs with their names of PS3.6."""
    return [Negotiated(uid.UID(one).name, str(one)) for one in uids]
