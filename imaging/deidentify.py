"""Pseudonyms in place of people, everywhere in a DICOM file, the same ones every time.

The table of what stays is :mod:`imaging.confidentiality`. Pseudonyms are keyed (HMAC-SHA256), so
the same person, study or image gets the same pseudonym on every arrival and nobody without the
key can test a guess. Dates move by a number of days that belongs to the patient, so intervals
stay true. Letters burned into the pixels are looked for and masked where the profile says so
(:mod:`imaging.masking`); the run says whether they were.
"""

import hashlib
import hmac
import re
import uuid
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any, Final

from pydicom.dataelem import DataElement
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from imaging.attribute_table import MEANINGS, Option
from imaging.cleaning import Cleaning, Encoding, Subject, encoding_of
from imaging.confidentiality import BASIC, IDENTIFYING, NAMING, VOCABULARY, Profile
from imaging.deidentification_run import DeidentificationRun, Pixels, Risk
from imaging.elements import tag, text, texts
from imaging.encoding import encoded_items
from imaging.headers import StudyHeader, study_header
from imaging.identity import Identity
from imaging.masking import Masked, masked_pixels, write_pixels
from imaging.safe_harbor import OLDEST_YEARS, judged
from records.errors import InvalidInput

_NAMING: Final = tuple(tag(name) for name in NAMING)
_IDENTIFYING: Final = tuple(tag(name) for name in IDENTIFYING)
_WORD: Final = re.compile(r"[^\W_]+")
_IMPLEMENTATION: Final = "2.25.302043790172249692526321623266752743501"
_AGE, _SERIAL = tag("PatientAge"), tag("DeviceSerialNumber")
_REMOVED, _METHOD = tag("PatientIdentityRemoved"), tag("DeidentificationMethod")
_MODIFIED = tag("LongitudinalTemporalInformationModified")
_METHOD_CODE = tag("DeidentificationMethodCodeSequence")
_PATIENT: Final = ("PatientID", "PatientName", "PatientBirthDate", "IssuerOfPatientID")
_META: Final = tuple(
    tag(name)
    for name in (
        "MediaStorageSOPClassUID", "MediaStorageSOPInstanceUID", "TransferSyntaxUID",
        "ImplementationClassUID",
    )
)  # fmt: skip
_CODE_TAGS: Final = (tag("CodeValue"), tag("CodingSchemeDesignator"), tag("CodeMeaning"))


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

    def __init__(self, key: bytes, *, namespace: str = "", profile: Profile = BASIC) -> None:
        if len(key) < 16:
            raise InvalidInput("The pseudonym key is shorter than 16 bytes.")
        self._key = key
        self.namespace = namespace
        self.profile = profile

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

        Raises:
            PixelsRefused: Its pixels have to be looked through for letters and cannot be decoded.
        """
        header = header or study_header(dataset)
        subject = self._subject(dataset, header)
        counts: Counter[str] = Counter()
        cleaning = Cleaning(
            self, subject, counts, profile=self.profile, sop_class=header.sop_class
        )
        clean = cleaning.cleaned(dataset)
        masked = self._looked_through(dataset, header, subject)
        options = self._options(masked)
        self._stamp(clean, subject, options)
        clean.file_meta = self._file_meta(dataset, header)
        if masked is not None and masked.frames is not None:
            clean.file_meta.TransferSyntaxUID = write_pixels(clean, masked)
        facts = self._facts(header, subject)
        run = self._run(header, cleaning, masked, options)
        return Deidentified(clean, facts, run, self._identities(dataset, facts))

    def _looked_through(
        self, dataset: Any, header: StudyHeader, subject: Subject
    ) -> Masked | None:
        """The letters found in the pixels; None where the profile does not have them looked at."""
        clean_pixels = Option.CLEAN_PIXELS in self.profile.options
        due = self.profile.scans(header.modality or "", header.burned_in or "")
        if not (clean_pixels and due and "PixelData" in dataset):
            return None
        return masked_pixels(dataset, names=subject.names)

    def _options(self, masked: Masked | None) -> frozenset[Option]:
        """The options that were applied to this file: pixels count only where looked through."""
        if masked is not None:
            return self.profile.options
        return self.profile.options - {Option.CLEAN_PIXELS}

    @staticmethod
    def _run(
        header: StudyHeader, cleaning: Cleaning, masked: Masked | None,
        options: frozenset[Option],
    ) -> DeidentificationRun:  # fmt: skip
        named = Option.DEVICE_IDENTITY in options
        unsure = masked is None and header.burned_in != "NO"
        harbor = judged(
            dates_kept=bool({Option.MODIFIED_DATES, Option.FULL_DATES} & options),
            devices_kept=named, modality=header.modality or "",
            body_part=header.body_part or "", letters_possible=unsure,
        )  # fmt: skip
        found = masked is not None and bool(masked.regions)
        kept = {number >> 16 for number in cleaning.tags.get("K", ())}
        risks = {
            Risk.DATES_MOVED: Option.MODIFIED_DATES in options,
            Risk.DESCRIPTIONS_KEPT: cleaning.described > 0,
            Risk.DEVICE_NAMED: named,
            Risk.FACE: any(one.startswith("Q") for one in harbor.unmet),
            Risk.PIXELS_NOT_LOOKED_THROUGH: masked is None,
            Risk.LETTERS_DECLARED_NOT_FOUND: header.burned_in == "YES" and not found,
            Risk.PRIVATE_NUMBERS_KEPT: any(group & 1 for group in kept),
        }
        return DeidentificationRun(
            profile=cleaning.profile.name, options=options, counts=dict(cleaning.counts),
            tags=cleaning.tags, burned_in=header.burned_in or "",
            pixels=Pixels.NOT_LOOKED_THROUGH if masked is None
            else Pixels.MASKED if found else Pixels.NONE_FOUND,
            masked=masked.regions if masked else (), safe_harbor=harbor,
            risks=tuple(risk for risk, there in risks.items() if there),
        )  # fmt: skip

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
        named = {_SERIAL} if Option.DEVICE_IDENTITY in self.profile.options else set()
        values = {
            value.upper() for n in _IDENTIFYING if n not in named for value in texts(dataset, n)
        }
        telling = {v for v in names - VOCABULARY if len(v) >= 5}
        telling |= {v for v in values - VOCABULARY if len(v) >= 5}
        return Subject(
            pseudonym=self.patient_pseudonym(header.patient_id),
            shift=self.date_shift(header.patient_id),
            age=_age_text(header.age_years),
            words=frozenset(names | {v for v in values if not v.isdigit()}) - VOCABULARY,
            phrases=tuple(sorted(telling)),
            names=frozenset(names),
            numbers=frozenset(v.encode() for v in values if v.isdigit() and len(v) >= 5),
        )

    def _stamp(self, clean: Any, subject: Subject, options: frozenset[Option]) -> None:
        encoding = Encoding(*clean.original_encoding)
        stamps = [
            (_REMOVED, "CS", "YES"),
            (_METHOD, "LO", f"{self.profile.name}\\After PS3.15 Annex E"),
            (_MODIFIED, "CS", "MODIFIED"),
        ]
        if subject.age:
            stamps.append((_AGE, "AS", subject.age))
        for number, kind, value in stamps:
            clean[number] = encoding.element(number, kind, value)
        clean[_METHOD_CODE] = encoding.stored(_METHOD_CODE, "SQ", _method_codes(encoding, options))

    def _file_meta(self, dataset: Any, header: StudyHeader) -> Any:
        values = (
            header.sop_class, self.study_pseudonym(header.instance_uid), _syntax(dataset),
            _IMPLEMENTATION,
        )  # fmt: skip
        return FileMetaDataset(
            {
                number: DataElement(number, "UI", UID(value), already_converted=True)
                for number, value in zip(_META, values, strict=True)
            }
        )

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
            "patient": (facts.patient_id, _PATIENT),
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


@cache
def _method_codes(encoding: Encoding, options: frozenset[Option]) -> bytes:
    """The items that name the profile and its options (PS3.16 CID 7050), as they are written."""
    items = [
        encoding.data_set(
            {
                number: encoding.element(number, kind, content)
                for number, kind, content in zip(
                    _CODE_TAGS, ("SH", "SH", "LO"), (code, "DCM", MEANINGS[code]), strict=True
                )
            }
        )
        for code in ("113100", *sorted(str(one) for one in options))
    ]
    return encoded_items(items, encoding.implicit, encoding.little)


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
    if years >= OLDEST_YEARS:
        return f"{OLDEST_YEARS:03d}Y"
    return f"{int(years):03d}Y" if years >= 2 else f"{int(years * 12 + 1e-6):03d}M"


def _age_years(age: str) -> float | None:
    if not age:
        return None
    return float(age[:3]) if age[3] == "Y" else round(float(age[:3]) / 12, 3)
