"""The cases: studies and their instances, what the device said, what turned out to be true."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Column, Index, UniqueConstraint, text
from sqlmodel import Field

from records.base import Record
from records.errors import Refused


class Study(Record, table=True):
    """A DICOM study under a pseudonym, with its acquisition and patient facts."""

    __tablename__ = "study"
    __table_args__ = (
        Index(
            "study_held_out", "purpose",
            sqlite_where=text("purpose <> 'clinical'"),
            postgresql_where=text("((purpose)::text <> 'clinical'::text)"),
        ),
    )
    PREFIX: ClassVar[str] = "STU"

    id: int | None = Field(default=None, primary_key=True)
    study_uid: str = Field(unique=True)
    patient: str = Field(index=True)
    site_id: int = Field(foreign_key="site.id")
    purpose: str
    """development, external, or clinical (arrived in operation)."""
    arrived_on: date = Field(index=True)
    """The day of arrival by the workspace's clock: event time, the unit of surveillance."""
    received_at: datetime
    modality: str = ""
    body_part: str = ""
    view: str = ""
    age_years: float | None = None
    sex: str = ""
    manufacturer: str = ""
    model_name: str = ""
    software_version: str = ""
    tube_voltage_kv: float | None = None
    exposure_mas: float | None = None
    spacing_mm: float | None = None
    rows: int
    columns: int
    invalid_tags: list[Any] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    assigned: list[Any] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """Facts that the source lacked and that were assigned from the seed."""


class Instance(Record, table=True):
    """One image of a study: where its de-identified bytes lie and how good they are."""

    __tablename__ = "instance"
    __table_args__ = (
        Index(
            "instance_flagged", "id",
            sqlite_where=text("CAST(flags AS VARCHAR) <> '[]'"),
            postgresql_where=text("((flags)::text <> '[]'::text)"),
        ),
    )
    PREFIX: ClassVar[str] = "INS"
    LATER_COLUMNS: ClassVar[dict[str, Any]] = {"flags": []}

    id: int | None = Field(default=None, primary_key=True)
    study_id: int = Field(foreign_key="study.id", index=True)
    instance_uid: str = Field(unique=True)
    digest: str
    """SHA-256 of the de-identified bytes in the vault."""
    source_digest: str = Field(index=True)
    """SHA-256 of the bytes that arrived."""
    deidentification: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    brightness: float
    contrast: float
    sharpness: float
    noise: float
    entropy: float
    saturation: float
    flags: list[Any] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """The checks of the device that the image broke: what was found, and the limit."""


class Quarantine(Record, table=True):
    """A file that was refused, with the reason; the file is kept under its digest."""

    __tablename__ = "quarantine"
    __table_args__ = (UniqueConstraint("source_digest", "site_id"),)
    PREFIX: ClassVar[str] = "QUA"

    id: int | None = Field(default=None, primary_key=True)
    source_digest: str
    site_id: int = Field(foreign_key="site.id")
    reason: str
    detail: str = ""
    size_bytes: int
    arrived_on: date
    received_at: datetime


class GateResult(Record, table=True):
    """The acceptance check of a batch of studies or of a dataset, expectation by expectation."""

    __tablename__ = "gate_result"
    PREFIX: ClassVar[str] = "GTE"
    LATER_COLUMNS: ClassVar[dict[str, Any]] = {"suite_digest": ""}

    id: int | None = Field(default=None, primary_key=True)
    suite: str
    suite_digest: str = ""
    """SHA-256 of the suite's file; empty for checks from before suites were files."""
    scope: str
    """What was checked, such as 'arrivals 2026-01-05' or 'dataset'."""
    n: int
    passed: bool
    expectations: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    checked_at: datetime


class Prediction(Record, table=True):
    """What a model version said about a study."""

    __tablename__ = "prediction"
    __table_args__ = (UniqueConstraint("study_id", "model_version_id"),)
    PREFIX: ClassVar[str] = "PRE"
    LATER_COLUMNS: ClassVar[dict[str, Any]] = {"outputs": {}, "embedding": None}

    id: int | None = Field(default=None, primary_key=True)
    study_id: int = Field(foreign_key="study.id", index=True)
    model_version_id: int = Field(foreign_key="model_version.id")
    deployment_id: int | None = Field(default=None, foreign_key="deployment.id")
    score: float | None
    """None where another maker's product states none."""
    decision: bool
    out_of_distribution: float | None
    """None of another maker's product: it is not known here."""
    latency_ms: float | None = None
    returned_to_care: bool
    predicted_at: datetime = Field(index=True)
    outputs: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """What else the task gives, by its field: the probability of each class, the findings that may
    be present together in rank, an area in mm², or a list of boxes with scores."""
    embedding: list[Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    """What the model saw, in at most 16 numbers: its features on the main axes of the training
    pictures, in their SD. None of another maker's product, and from before they were kept."""

    @property
    def own_score(self) -> float:
        """The score.

        Raises:
            Refused: Another maker's product said it, and stated none.
        """
        if self.score is None:
            raise Refused(f"{self.label} has no score: the product states none.")
        return self.score


FINDINGS = "findings"
"""The output that lists findings which may be present together, each with its probability, its
operating point and whether it is named."""


@dataclass(frozen=True, slots=True)
class FindingSaid:
    """What was said of one of several findings that may be present together.

    probability, operating_point: 0 to 1; present: the probability reaches the operating point.
    """

    finding: str
    probability: float
    operating_point: float
    present: bool

    @property
    def words(self) -> str:
        """It in a few words."""
        side = "at or above" if self.present else "below"
        return (
            f"{self.finding} {self.probability:.3f}, {side} its operating point "
            f"{self.operating_point:.3f}"
        )


def findings_in(prediction: Prediction) -> tuple[FindingSaid, ...]:
    """What was said of each finding that may be present beside others, the first in rank first;
    nothing of another device."""
    told = prediction.outputs.get(FINDINGS)
    return tuple(FindingSaid(**one) for one in told) if isinstance(told, list) else ()


def ranked(prediction: Prediction) -> list[tuple[str, float]]:
    """The classes with their probabilities, likeliest first; none of a device without classes.

    The outputs of such a prediction are the probabilities of its classes, and of an ensemble the
    spread between its members. Findings that may be present together come in their rank, which is
    by the operating point of each, and are not added up to 1.
    """
    if told := findings_in(prediction):
        return [(one.finding, one.probability) for one in told]
    chances = {name: one for name, one in prediction.outputs.items() if name != "uncertainty"}
    return sorted(chances.items(), key=lambda pair: (-float(pair[1]), pair[0]))


def named_in(prediction: Prediction, classes: Sequence[str]) -> str:
    """The class that a study was put into, or the findings that are named, the first in rank first;
    '' of a device without classes.

    classes: by number, the first of them 'none of the findings'.
    """
    if not classes:
        return ""
    if not prediction.decision:
        return classes[0]
    if told := findings_in(prediction):
        return ", ".join(one.finding for one in told if one.present)
    return next(name for name, _ in ranked(prediction) if name != classes[0])


OUTLINE, BOXES, FULL_DOSE, COURSE = "outline", "boxes", "full-dose picture", "course"
"""Forms in which a truth says more than yes or no, where the finding lies or how long until it
came; its source begins with one of them."""


class ReferenceStandard(Record, table=True):
    """The truth about a study: the finding, by what source, and when it became known."""

    __tablename__ = "reference_standard"
    __table_args__ = (UniqueConstraint("study_id", "source", "version"),)
    PREFIX: ClassVar[str] = "REF"
    LATER_COLUMNS: ClassVar[dict[str, Any]] = {
        "region": "", "kind": "", "state": "final", "version": 1, "supersedes_id": None,
        "evidence": "",
    }

    id: int | None = Field(default=None, primary_key=True)
    study_id: int = Field(foreign_key="study.id", index=True)
    finding: str
    present: bool
    source: str
    reader: str = ""
    known_on: date = Field(index=True)
    received_at: datetime
    region: str = ""
    """SHA-256, in the vault, of where the finding lies: its outline (a mask as PNG), or its boxes
    (JSON, which may hold none); or of the clinical course, facts before and follow-up after the
    study (JSON); '' where the record says neither."""
    kind: str = ""
    """By what it is known (:mod:`records.reference_kinds`); '' where the source did not say."""
    state: str = "final"
    """final, preliminary (may still change), or withdrawn (it was of another study or patient)."""
    version: int = 1
    """1, and one more with each correction by the same source."""
    supersedes_id: int | None = Field(default=None, foreign_key="reference_standard.id", index=True)
    """The version before this one, which no longer stands."""
    evidence: str = ""
    """The record that it was read from, such as RPT-0001 or ADJ-0001."""


class ReaderAssessment(Record, table=True):
    """A clinician's reading of a study, with or without the device's output in view."""

    __tablename__ = "reader_assessment"
    __table_args__ = (UniqueConstraint("study_id", "reader", "saw_output", "origin", "version"),)
    PREFIX: ClassVar[str] = "RDA"
    LATER_COLUMNS: ClassVar[dict[str, Any]] = {
        "response": "", "reading_order": "", "prediction_id": None, "origin": "", "identity": "",
        "version": 1, "supersedes_id": None, "evidence": "",
    }

    id: int | None = Field(default=None, primary_key=True)
    study_id: int = Field(foreign_key="study.id", index=True)
    reader: str
    finding: str
    present: bool
    saw_output: bool
    assessed_on: date
    received_at: datetime = Field(index=True)
    response: str = ""
    """What was made of the device's output: accepted, changed or rejected; '' where not said."""
    reading_order: str = ""
    """before the output, with the output, after the output; '' where not known."""
    prediction_id: int | None = Field(default=None, foreign_key="prediction.id", index=True)
    """The output that was answered."""
    origin: str = ""
    """By which way it came: SR, ORU, link, FHIR; '' for a table."""
    identity: str = ""
    """How sure it is who read: '' as the sender says, or 'by link, identity not verified'."""
    version: int = 1
    """1, and one more with each correction by the same reader."""
    supersedes_id: int | None = Field(default=None, foreign_key="reader_assessment.id", index=True)
    evidence: str = ""
    """The record that it was read from, such as RPT-0001."""
