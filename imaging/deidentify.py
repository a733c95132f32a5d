"""Pseudonyms in place of people, everywhere in a DICOM file, the same ones every time.

The table of what stays is :mod:`imaging.confidentiality`. Pseudonyms are keyed (HMAC-SHA256), so
the same person, study or image gets the same pseudonym on every arrival and nobody without the
key can test a guess. Dates move by a number of days that belongs to the patient, so intervals
stay true. Letters burned into the pixels are not looked for here: what the file declares about
them is recorded.
"""

import hashlib
import hmac
import re
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from pydicom.dataelem import DataElement
from pydicom.dataset import FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from imaging.cleaning import Cleaning, Encoding, Subject, encoding_of
from imaging.confidentiality import IDENTIFYING, NAMING, PROFILE, VOCABULARY
from imaging.elements import tag, text, texts
from imaging.headers import StudyHeader, study_header
from imaging.identity import Identity
from records.errors import InvalidInput

_NAMING: Final = tuple(tag(name) for name in NAMING)
_IDENTIFYING: Final = tuple(tag(name) for name in IDENTIFYING)
_WORD: Final = re.compile(r"[^\W_]+")
_IMPLEMENTATION: Final = "2.25.302043790172249692526321623266752743501"
_AGE = tag("PatientAge")
_REMOVED, _METHOD = tag("PatientIdentityRemoved"), tag("DeidentificationMethod")
_MODIFIED = tag("LongitudinalTemporalInformationModified")
_METHOD_CODE = tag("DeidentificationMethodCodeSequence")
_CODE_TAGS: Final = (tag("CodeValue"), tag("CodingSchemeDesignator"), tag("CodeMeaning"))
# PS3.16 CID 7050: the profile and the options that were applied.
_METHOD_CODES: Final = (
    ("113100", "DCM", "Basic Application Confidentiality Profile"),
    ("113107", "DCM", "Retain Longitudinal Temporal Information Modified Dates Option"),
    ("113108", "DCM", "Retain Patient Characteristics Option"),
)


class Verdict(StrEnum):
    """Whether anything that identifies a person is known to be left."""

    CLEAN = "clean"
    BURNED_IN_DECLARED = "burned_in_annotation_declared"


@dataclass(frozen=True, slots=True)
class DeidentificationRun:
    """What was done to one file: profile, number of attributes by action, and the verdict.

    Actions are those of PS3.15: K kept, X removed, Z emptied, D and U replaced, C cleaned.
    ``burned_in`` is what the file says of letters in its pixels: YES, NO or not stated (empty).
    """

    profile: str
    counts: Mapping[str, int]
    burned_in: str
    verdict: Verdict

    def to_dict(self) -> dict[str, object]:
        """The same as plain values, for a record."""
        return {
            "profile": self.profile,
            "counts": dict(self.counts),
            "burned_in": self.burned_in,
            "verdict": str(self.verdict),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Deidentified:
    """The file without its people, what it says now, what was done, and what to lock away."""

    dataset: Any
    header: StudyHeader
    run: DeidentificationRun
    identities: tuple[Identity, ...]


class Deidentifier:
    """Takes the people out of DICOM files, with a secret key and for one namespace of patient ids.

    Patient numbers of different hospitals may collide: give each its ``namespace``. Safe to
    send to another process; the key is never shown.
    """

    def __init__(self, key: bytes, *, namespace: str = "") -> None:
        if len(key) < 16:
            raise InvalidInput("The pseudonym key is shorter than 16 bytes.")
        self._key = key
        self.namespace = namespace

    def __repr__(self) -> str:
        return f"Deidentifier(namespace={self.namespace!r})"

    def patient_pseudonym(self, patient_id: str) -> str:
        """The name under which a patient is known in all records: P and 16 hexadecimal digits."""
        return "P" + self._digest("patient", self.namespace, patient_id).hex()[:16]

    def study_pseudonym(self, original_uid: str) -> str:
        """The identifier that replaces a study's (or series', or image's): 2.25 and a number.

        A name-based UUID as PS3.5 B.2 allows it, the same for the same original.
        """
        return f"2.25.{uuid.UUID(bytes=self._digest('uid', original_uid)[:16], version=5).int}"

    def date_shift(self, patient_id: str) -> timedelta:
        """By how much all dates of a patient are moved back: 1 to 1,826 days."""
        digest = self._digest("dates", self.namespace, patient_id)
        return timedelta(days=-1 - int.from_bytes(digest[:8]) % 1826)

    def deidentify(self, dataset: Any, header: StudyHeader | None = None) -> Deidentified:
        """The same image without anything that names a person; the original is not altered.

        dataset: a parsed file; header: its facts, if they were read already.
        """
        header = header or study_header(dataset)
        subject = self._subject(dataset, header)
        counts: Counter[str] = Counter()
        clean = Cleaning(self, subject, counts).cleaned(dataset)
        self._stamp(clean, subject)
        clean.file_meta = self._file_meta(dataset, header)
        declared = header.burned_in == "YES"
        run = DeidentificationRun(
            profile=PROFILE,
            counts=dict(sorted(counts.items())),
            burned_in=header.burned_in or "",
            verdict=Verdict.BURNED_IN_DECLARED if declared else Verdict.CLEAN,
        )
        facts = self._facts(header, subject)
        return Deidentified(clean, facts, run, self._identities(dataset, facts))

    def _digest(self, *parts: str) -> bytes:
        message = "\x1f".join(parts).encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, message, hashlib.sha256)

    def equipment_pseudonym(self, value: str) -> str:
        """The name that stands for a serial number, detector or station; empty stays empty."""
        return "D" + self._digest("equipment", value).hex()[:12] if value else ""

    def _subject(self, dataset: Any, header: StudyHeader) -> Subject:
        names = {
            word
            for number in _NAMING
            for word in _WORD.findall(text(dataset, number).upper())
            if len(word) >= 3
        }
        values = {value.upper() for n in _IDENTIFYING for value in texts(dataset, n)}
        telling = {v for v in names - VOCABULARY if len(v) >= 5}
        telling |= {v for v in values - VOCABULARY if len(v) >= 5}
        return Subject(
            pseudonym=self.patient_pseudonym(header.patient_id),
            shift=self.date_shift(header.patient_id),
            age=_age_text(header.age_years),
            words=frozenset(names | {v for v in values if not v.isdigit()}) - VOCABULARY,
            phrases=tuple(sorted(telling)),
        )

    @staticmethod
    def _stamp(clean: Any, subject: Subject) -> None:
        encoding = Encoding(*clean.original_encoding)
        stamps = [
            (_REMOVED, "CS", "YES"),
            (_METHOD, "LO", f"{PROFILE}\\After PS3.15 Annex E"),
            (_MODIFIED, "CS", "MODIFIED"),
        ]
        if subject.age:
            stamps.append((_AGE, "AS", subject.age))
        for number, kind, value in stamps:
            clean[number] = encoding.element(number, kind, value)
        items = [
            encoding.data_set(
                {
                    number: encoding.element(number, kind, content)
                    for number, kind, content in zip(
                        _CODE_TAGS, ("SH", "SH", "LO"), code, strict=True
                    )
                }
            )
            for code in _METHOD_CODES
        ]
        clean[_METHOD_CODE] = DataElement(_METHOD_CODE, "SQ", Sequence(items))

    def _file_meta(self, dataset: Any, header: StudyHeader) -> Any:
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = header.sop_class
        meta.MediaStorageSOPInstanceUID = self.study_pseudonym(header.instance_uid)
        meta.TransferSyntaxUID = _syntax(dataset)
        meta.ImplementationClassUID = _IMPLEMENTATION
        return meta

    def _facts(self, header: StudyHeader, subject: Subject) -> StudyHeader:
        def silent(value: str | None) -> str | None:
            return None if value is None or subject.named_in(value) else value

        shifted = header.study_date and header.study_date + subject.shift
        return replace(
            header,
            study_uid=self.study_pseudonym(header.study_uid),
            series_uid=self.study_pseudonym(header.series_uid),
            instance_uid=self.study_pseudonym(header.instance_uid),
            patient_id=subject.pseudonym,
            body_part=silent(header.body_part),
            view=silent(header.view),
            manufacturer=silent(header.manufacturer),
            model_name=silent(header.model_name),
            software_version=silent(header.software_version),
            species=silent(header.species),
            age_years=_age_years(subject.age),
            study_date=shifted,
        )

    @staticmethod
    def _identities(dataset: Any, facts: StudyHeader) -> tuple[Identity, ...]:
        kinds = {
            "patient": (facts.patient_id, ("PatientID", "PatientName", "PatientBirthDate")),
            "study": (
                facts.study_uid,
                (
                    "StudyInstanceUID", "StudyDate", "StudyTime", "AccessionNumber", "StudyID",
                    "ReferringPhysicianName",
                ),
            ),
            "instance": (
                facts.instance_uid,
                ("SOPInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"),
            ),
        }
        return tuple(
            Identity(pseudonym, kind, tuple((name, text(dataset, tag(name))) for name in names))
            for kind, (pseudonym, names) in kinds.items()
        )


def _syntax(dataset: Any) -> Any:
    """The transfer syntax claimed, or, for plain pixels under a wrong claim, the one in use."""
    claimed = dataset.file_meta.TransferSyntaxUID
    used = encoding_of(dataset)
    if claimed.is_compressed or (claimed.is_implicit_VR, claimed.is_little_endian) == (
        used.implicit,
        used.little,
    ):
        return claimed
    if used.implicit:
        return ImplicitVRLittleEndian
    return ExplicitVRLittleEndian if used.little else ExplicitVRBigEndian


def _age_text(years: float | None) -> str:
    """An age as DICOM writes it; above 89 years always 090Y (45 CFR 164.514(b)(2)(i)(C))."""
    if years is None:
        return ""
    if years >= 90:
        return "090Y"
    return f"{int(years):03d}Y" if years >= 2 else f"{int(years * 12 + 1e-6):03d}M"


def _age_years(age: str) -> float | None:
    if not age:
        return None
    return float(age[:3]) if age[3] == "Y" else round(float(age[:3]) / 12, 3)
