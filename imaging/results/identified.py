"""Whose a result is: put back at the last step before sending, here and nowhere else.

Records and vault hold results under the pseudonym only. This component opens the identity
mapping to return a result (a test names the others that open it), and who asked, for which
study and what for is an event before the mapping is opened (GDPR Art. 5(2), 30).
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydicom import dcmread
from pydicom.dataset import Dataset
from sqlmodel import select

from imaging.deidentify import Deidentifier
from imaging.identity import IdentityStore, identity_store
from imaging.pseudonyms import workspace_deidentifier
from records.audit import note
from records.cases import Study
from records.errors import NotFound, Refused
from records.identity_access import REIDENTIFIED
from records.store import Store

_PATIENT = ("PatientID", "PatientName", "PatientBirthDate")
_ISSUER = "IssuerOfPatientID"
_STUDY = (
    "StudyInstanceUID", "StudyDate", "StudyTime", "AccessionNumber", "StudyID",
    "ReferringPhysicianName",
)
_ORIGINAL = ("SOPInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID")
_POINTING = frozenset({
    "StudyInstanceUID", "SeriesInstanceUID", "ReferencedSOPInstanceUID", "FrameOfReferenceUID",
    "ReferencedFrameOfReferenceUID", "UID",
})  # fmt: skip
"""Attributes that may point to an image, its series, study or space; UID: in a report's content."""

_SPACE = "112227"


def note_reidentification(tx: Any, study: Study, *, purpose: str, objects: int) -> None:
    """Write down, before it is done, that a study's person is asked for; the event names nobody."""
    note(tx, REIDENTIFIED, study.subject, new={"purpose": purpose, "objects": objects})


def studies_of_accession(store: Store, accession: str) -> list[str]:
    """The pseudonyms of the studies of an accession number; the caller notes who asked."""
    return identity_store(store).studies_of(accession) if accession else []


class Identifying:
    """Puts people back into results, with the mapping and the key of one workspace."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._mapping: IdentityStore = identity_store(store)
        self._names: Deidentifier = workspace_deidentifier(store)

    def identified(self, content: bytes) -> Dataset:
        """A result as its hospital knows it: original patient, study, accession number, images.

        content: a result object as the vault holds it.

        Raises:
            NotFound: The mapping does not hold this study, or was destroyed.
            Refused: The mapping lacks what an image was called; nothing is sent half identified.
            IntegrityBroken: The mapping was altered, or is sealed with another key.
        """
        with _unheard():
            dataset = dcmread(io.BytesIO(content))
            patient = self._mapping.reveal(self._patient_of(dataset))
            study = self._mapping.reveal(str(dataset.StudyInstanceUID))
            originals = self._originals(dataset)
            originals[str(dataset.StudyInstanceUID)] = study["StudyInstanceUID"]
            _rename(dataset, originals)
            for name in _PATIENT:
                setattr(dataset, name, patient.get(name, ""))
            if issuer := patient.get(_ISSUER):
                dataset.IssuerOfPatientID = issuer
            for name in _STUDY:
                setattr(dataset, name, study.get(name, ""))
            if "PatientAge" in dataset:  # kept below 90 years, and by the month, in the vault
                del dataset.PatientAge
        return dataset

    def _patient_of(self, dataset: Any) -> str:
        """Whose the study is by now: it may have been corrected since the result was made."""
        with self._store.reader() as reader:
            uid = str(dataset.StudyInstanceUID)
            study = reader.exec(select(Study).where(Study.study_uid == uid)).first()
        return study.patient if study is not None else str(dataset.PatientID)

    def whose(self, study: Study) -> tuple[dict[str, str], dict[str, str]]:
        """Of whom a study is and how its hospital asked for it: the caller notes it before.

        Raises:
            NotFound: The mapping does not hold this study, or was destroyed.
            IntegrityBroken: The mapping was altered, or is sealed with another key.
        """
        return self._mapping.reveal(study.patient), self._mapping.reveal(study.study_uid)

    def _originals(self, dataset: Any) -> dict[str, str]:
        """What each image, series and frame of reference that the result names was called."""
        found: dict[str, str] = {}
        for name in sorted(_referenced(dataset)):
            try:
                original = self._mapping.reveal(name)
            except NotFound:
                raise Refused(
                    "A result names an image that the identity mapping lacks.",
                    hint="It was taken in elsewhere; take the study in again here.",
                ) from None
            found[name] = original["SOPInstanceUID"]
            for kind in _ORIGINAL[1:]:
                if value := original.get(kind):
                    found[self._names.study_pseudonym(value)] = value
        return found


def _rename(dataset: Any, originals: dict[str, str]) -> None:
    """Every identifier that points to an image, its series, study or space, as it was called.

    The result's own identifiers stay: by them its records are found again.
    """
    own_series = str(dataset.SeriesInstanceUID)
    for one in dataset.iterall():
        if one.VR != "UI" or one.keyword not in _POINTING:
            continue
        value = str(one.value)
        if value in originals:
            one.value = originals[value]
        elif one.keyword != "UID" and value != own_series:
            raise _unknown(one.keyword)
    if any(str(item.UID) not in originals.values() for item in _spaces(dataset)):
        raise _unknown("UID")


def _unknown(keyword: str) -> Refused:
    return Refused(
        f"What the attribute {keyword} of a result was called is not in the identity mapping.",
        hint="Studies that an earlier version took in lack it: only their reports are returned.",
    )


def _spaces(dataset: Any) -> Iterator[Any]:
    """The items of a report that name a frame of reference (PS3.16 112227)."""
    for item in dataset.get("ContentSequence", []):
        if "UID" in item and item.ConceptNameCodeSequence[0].CodeValue == _SPACE:
            yield item
        yield from _spaces(item)


def _referenced(dataset: Any) -> set[str]:
    return {
        str(one.value) for one in dataset.iterall() if one.keyword == "ReferencedSOPInstanceUID"
    }


@contextmanager
def _unheard() -> Iterator[None]:
    """The library's warnings quote names."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
