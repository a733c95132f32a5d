"""A note by which an archive takes images back: a key object selection (IHE RAD IOCM)."""

from dataclasses import dataclass
from typing import Any, Final

from pydicom.uid import KeyObjectSelectionDocumentStorage

from imaging.elements import items, tag, text
from records.study_corrections import REJECTIONS

_CLASS, _TITLE = tag("SOPClassUID"), tag("ConceptNameCodeSequence")
_CODE, _SCHEME = tag("CodeValue"), tag("CodingSchemeDesignator")
_EVIDENCE: Final = (
    tag("CurrentRequestedProcedureEvidenceSequence"), tag("PertinentOtherEvidenceSequence"),
)  # fmt: skip
_SERIES, _IMAGES = tag("ReferencedSeriesSequence"), tag("ReferencedSOPSequence")
_UID: Final = tag("ReferencedSOPInstanceUID")
_AT_MOST: Final = 20_000


@dataclass(frozen=True, slots=True)
class RejectionNote:
    """Why images are rejected, by the code of its title (DCM), and which, as their sender knows
    them."""

    code: str
    uids: tuple[str, ...]


def rejection_note(dataset: Any) -> RejectionNote | None:
    """The note that a file is, or None: a key object selection may also point out what is good."""
    if text(dataset, _CLASS) != KeyObjectSelectionDocumentStorage:
        return None
    titles = {
        text(one, _CODE) for one in items(dataset, _TITLE) if text(one, _SCHEME) == "DCM"
    } & set(REJECTIONS)
    if not titles:
        return None
    uids = [
        text(image, _UID)
        for evidence in _EVIDENCE
        for study in items(dataset, evidence)
        for series in items(study, _SERIES)
        for image in items(series, _IMAGES)
    ]
    return RejectionNote(min(titles), tuple(dict.fromkeys(one for one in uids if one))[:_AT_MOST])
