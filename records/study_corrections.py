"""A study that was corrected after it came: another patient, other details, rejected images.

A correction adds a record and moves the study to the patient that it is of; images, readings,
truth and results stay with it. Values that name somebody stand in the identity mapping only.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Final

from sqlalchemy import JSON, Column
from sqlmodel import Field, Session, col, func, select

from records.base import Record
from records.cases import Instance, Study
from records.errors import InvalidInput, NotFound, Refused
from records.people import Actor
from records.permissions import Action, require


class CorrectionKind(StrEnum):
    """What was corrected."""

    PATIENT = "patient"
    """The sender says that the study is another patient's."""
    DETAILS = "details"
    """The sender has other details of patient or study, such as a name or accession number."""
    MERGE = "merge"
    """A person, or the RIS (HL7 A40), says that two patients are one: this study is of the one
    that stays."""
    REASSIGNED = "reassigned"
    """A person says that this one study is another patient's."""
    UNCHANGED = "unchanged"
    """The sender sent an image again and corrects nothing by it."""
    REJECTED = "rejected"
    """The sender rejects an image (IHE IOCM)."""


SAID_AGAIN: Final = {
    CorrectionKind.PATIENT: "of another patient, to whom the study was moved",
    CorrectionKind.DETAILS: "with other details of patient or study, which were corrected",
    CorrectionKind.UNCHANGED: "with nothing to correct",
}
"""What a file says of a stored study whose image it sends again."""
REJECTIONS: Final = {
    "113001": "rejected for quality reasons",
    "113037": "rejected for patient safety reasons",
    "113038": "incorrect modality worklist entry",
    "113039": "data retention policy expired",
}
"""Titles of a rejection note (PS3.16 CID 7011; IHE RAD TF-1 IOCM), by their code of DCM."""


def words_of_rejection(reason: str) -> str:
    """What the code of a rejection note in quarantine means; empty for other reasons.

    >>> words_of_rejection("rejection_note:113037"), words_of_rejection("unreadable")
    (' (rejected for patient safety reasons)', '')
    """
    note, _, code = reason.partition(":")
    return f" ({REJECTIONS[code]})" if note == "rejection_note" and code in REJECTIONS else ""


class StudyCorrection(Record, table=True):
    """What was corrected of a study that was taken in, by pseudonym and name of attribute only."""

    __tablename__ = "study_correction"
    PREFIX: ClassVar[str] = "STC"

    id: int | None = Field(default=None, primary_key=True)
    study_id: int = Field(foreign_key="study.id", index=True)
    instance_id: int | None = Field(default=None, foreign_key="instance.id", index=True)
    """The image that was rejected; None where it is about the whole study."""
    kind: str
    code: str = ""
    attributes: list[Any] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """Which attributes changed; never their values."""
    patient_before: str = Field(index=True)
    patient_after: str
    source_digest: str = Field(default="", index=True)
    """SHA-256 of the bytes that said so: each file says it once."""
    recorded_by: str
    recorded_at: datetime

    @property
    def words(self) -> str:
        """The correction in one line."""
        said = {
            CorrectionKind.PATIENT: f"its sender says: of {self.patient_after}, not "
            f"{self.patient_before}",
            CorrectionKind.DETAILS: "its sender corrects",
            CorrectionKind.MERGE: f"{self.patient_before} is {self.patient_after}",
            CorrectionKind.REASSIGNED: f"it is of {self.patient_after}, not {self.patient_before}",
            CorrectionKind.UNCHANGED: "sent again with nothing corrected",
            CorrectionKind.REJECTED: f"{Instance.label_of(self.instance_id or 0)} "
            f"{REJECTIONS.get(self.code, '')} ({self.code})",
        }[CorrectionKind(self.kind)]
        more = f" ({', '.join(self.attributes)})" if self.attributes else ""
        return f"{self.label}: {said}{more}"


@dataclass(frozen=True, slots=True)
class Corrected:
    """What a sender says now of a study: its patient, and which attributes are others."""

    study_id: int
    patient: str
    attributes: tuple[str, ...]
    age_years: float | None
    sex: str
    source_digest: str


def record_corrections(
    tx: Session, found: Sequence[Corrected], *, by: str, now: datetime
) -> Counter[CorrectionKind]:
    """Move studies to the patient that their sender names, and record what else is corrected.

    found: in the order of their arrival. Returns how many files said what.
    """
    made = Counter[CorrectionKind]()
    for one in found:
        study = tx.get_one(Study, one.study_id)
        moved = study.patient != one.patient
        kind = CorrectionKind.DETAILS if one.attributes else CorrectionKind.UNCHANGED
        kind = CorrectionKind.PATIENT if moved else kind
        _record(
            tx, study, kind, one.patient, by=by, now=now,
            attributes=one.attributes, source_digest=one.source_digest,
        )
        made[kind] += 1
        if kind is CorrectionKind.UNCHANGED:
            continue
        if moved or {"PatientAge", "PatientSex"} & set(one.attributes):
            study.age_years, study.sex = one.age_years, one.sex
        study.patient = one.patient
        tx.add(study)
        tx.flush()
    return made


def record_rejection(
    tx: Session, uids: Sequence[str], code: str, *, site_id: int, by: str, now: datetime
) -> int:
    """Record that the sender rejects these images; how many were not rejected so before.

    Images of other sites, and those that are not here, are left alone.
    """
    query = (
        select(Instance, Study)
        .join(Study, col(Study.id) == col(Instance.study_id))
        .where(col(Instance.instance_uid).in_(list(uids)), Study.site_id == site_id)
        .order_by(col(Instance.id))
    )
    known = set(
        tx.exec(select(StudyCorrection.instance_id).where(StudyCorrection.code == code))
    )
    fresh = [pair for pair in tx.exec(query) if pair[0].id not in known]
    for image, study in fresh:
        tx.add(StudyCorrection(
            study_id=study.id or 0, instance_id=image.id, kind=CorrectionKind.REJECTED, code=code,
            attributes=[], patient_before=study.patient, patient_after=study.patient,
            recorded_by=by, recorded_at=now,
        ))  # fmt: skip
    tx.flush()
    return len(fresh)


def merge_patients(
    tx: Session, patient: str, into: str, *, by: Actor, now: datetime, study: Study | None = None
) -> list[StudyCorrection]:
    """Two patients are one: every study of the first is of the second, later ones too.

    study: only this one is, and the two stay two.

    Raises:
        NotAllowed: No role of the person may.
        InvalidInput: It is the same patient.
        NotFound: There is no study of one of them.
        Refused: The study is of neither.
    """
    require(by, Action.MERGE_PATIENTS)
    if patient == into:
        raise InvalidInput("That is the same patient.", hint="Name the one that stays as --into.")
    for one in (patient, into):
        if not studies_of_patient(tx, one) and not _was_patient(tx, one):
            raise NotFound(
                f"There is no study of the patient '{one}'.", hint="See 'radvigil study list'."
            )
    if study is not None and study.patient != patient:
        raise Refused(f"{study.label} is not of {patient}.", hint="See 'radvigil study list'.")
    kind = CorrectionKind.MERGE if study is None else CorrectionKind.REASSIGNED
    moved = studies_of_patient(tx, patient) if study is None else [study]
    if not moved:
        raise NotFound(f"No study is of '{patient}' any more.", hint="See 'radvigil study list'.")
    return _moved(tx, moved, kind, into, by=by.name, now=now)


def record_merge(
    tx: Session, patient: str, into: str, *, by: str, now: datetime, source_digest: str
) -> list[StudyCorrection]:
    """The RIS says that two patients are one: every study of the first is of the second.

    source_digest: SHA-256 of the message that said so. Nothing is made where no study moves.

    Raises:
        InvalidInput: It is the same patient.
    """
    if patient == into:
        raise InvalidInput("That is the same patient.")
    return _moved(
        tx, studies_of_patient(tx, patient), CorrectionKind.MERGE, into, by=by, now=now,
        source_digest=source_digest,
    )


class Merges:
    """Every merge of patients on record, read once; they are few."""

    def __init__(self, reader: Session) -> None:
        query = select(StudyCorrection).where(StudyCorrection.kind == CorrectionKind.MERGE)
        self._of: dict[str, list[tuple[int, str]]] = {}
        for one in reader.exec(query.order_by(col(StudyCorrection.id))):
            self._of.setdefault(one.patient_before, []).append((one.id or 0, one.patient_after))

    def current(self, pseudonym: str) -> str:
        """The patient that this one is by now, after every merge on record.

        Merges are followed forward in time only, so that one that was merged back is found again.
        """
        after, found = 0, pseudonym
        while (last := self._of.get(found, [(0, "")])[-1])[0] > after:
            after, found = last
        return found


def current_patient(reader: Session, pseudonym: str) -> str:
    """The patient that this one is by now (:class:`Merges`, for one)."""
    return Merges(reader).current(pseudonym)


def corrections_of(reader: Session, study_id: int) -> list[StudyCorrection]:
    """Every correction of a study, oldest first."""
    query = select(StudyCorrection).where(StudyCorrection.study_id == study_id)
    return list(reader.exec(query.order_by(col(StudyCorrection.id))))


def last_corrections(reader: Session) -> dict[int, int]:
    """The number of the last correction of each study that was corrected, by the study's number."""
    last = func.max(StudyCorrection.id)
    query = select(StudyCorrection.study_id, last).group_by(col(StudyCorrection.study_id))
    return {study: number or 0 for study, number in reader.exec(query)}


def heard_before(reader: Session, source_digests: Sequence[str]) -> set[str]:
    """Which of these files have said what they say of a stored image already."""
    query = select(StudyCorrection.source_digest).where(
        col(StudyCorrection.source_digest).in_(list(source_digests))
    )
    return set(reader.exec(query))


def last_word(reader: Session, *, study_id: int | None = None, patient: str = "") -> str:
    """The digest of the file that was the last to say something of a study, or of a patient."""
    query = select(StudyCorrection.source_digest).where(StudyCorrection.source_digest != "")
    if study_id is not None:
        query = query.where(StudyCorrection.study_id == study_id)
    if patient:
        query = query.where(StudyCorrection.patient_after == patient)
    return reader.exec(query.order_by(col(StudyCorrection.id).desc())).first() or ""


def left_by_a_person(reader: Session, study_id: int) -> set[str]:
    """Patients from whom a person has taken this study: no file that comes gives it back."""
    query = select(StudyCorrection.patient_before, StudyCorrection.patient_after).where(
        StudyCorrection.study_id == study_id,
        StudyCorrection.kind == CorrectionKind.REASSIGNED,
    ).order_by(col(StudyCorrection.id))  # fmt: skip
    left: set[str] = set()
    for before, after in reader.exec(query):
        left = (left | {before}) - {after}
    return left


def former_patients(reader: Session) -> dict[int, set[str]]:
    """Which patients each corrected study was of before; holds on them go on counting."""
    found: dict[int, set[str]] = {}
    for one in reader.exec(select(StudyCorrection)):
        if one.patient_before != one.patient_after:
            found.setdefault(one.study_id, set()).add(one.patient_before)
    return found


def rejected_images() -> Any:
    """The numbers of the images that their sender rejected, as a part of a query."""
    return select(StudyCorrection.instance_id).where(
        StudyCorrection.kind == CorrectionKind.REJECTED,
        col(StudyCorrection.instance_id).is_not(None),
    )


def _record(
    tx: Session, study: Study, kind: CorrectionKind, patient: str, *, by: str, now: datetime,
    attributes: Sequence[str] = (), source_digest: str = "",
) -> StudyCorrection:
    assert study.id is not None
    made = StudyCorrection(
        study_id=study.id, kind=kind, attributes=list(attributes), patient_before=study.patient,
        patient_after=patient, source_digest=source_digest, recorded_by=by, recorded_at=now,
    )
    tx.add(made)
    tx.flush()
    return made


def _moved(
    tx: Session, studies: Sequence[Study], kind: CorrectionKind, into: str, *, by: str,
    now: datetime, source_digest: str = "",
) -> list[StudyCorrection]:
    made = []
    for its in studies:
        made.append(_record(tx, its, kind, into, by=by, now=now, source_digest=source_digest))
        its.patient = into
        tx.add(its)
    tx.flush()
    return made


def studies_of_patient(tx: Session, patient: str) -> list[Study]:
    """The studies that are of this patient by now, in the order of their arrival."""
    return list(tx.exec(select(Study).where(Study.patient == patient).order_by(col(Study.id))))


def _was_patient(tx: Session, patient: str) -> bool:
    query = select(StudyCorrection.id).where(StudyCorrection.patient_before == patient)
    return tx.exec(query).first() is not None
