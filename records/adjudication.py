"""Blinded second readings: the samples that are drawn, their cases, and what each reader said."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field

from records.base import Record

ADJUDICATED = "adjudication"
"""The source of a reference standard that blinded readers agreed on. It stands for the studies that
its own were drawn from, and is used only where their probabilities are: no chart, evaluation or
dataset takes it for the truth of a study that happened to come back."""
WAITING, SETTLED, NOT_ESTIMABLE = "waiting", "settled", "not estimable"
FIRST, SECOND, ARBITER = "first", "second", "arbiter"


class AdjudicationSample(Record, table=True):
    """A draw of studies for adjudication: from which, by which rule, with which probabilities."""

    __tablename__ = "adjudication_sample"
    PREFIX: ClassVar[str] = "ADS"

    id: int | None = Field(default=None, primary_key=True)
    device_id: int = Field(foreign_key="device.id", index=True)
    model_version_id: int = Field(foreign_key="model_version.id")
    kind: str
    """random (the audit sample) or alert."""
    alert_id: int | None = Field(default=None, foreign_key="alert.id")
    since: date
    until: date
    seed: int
    design: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    """Per stratum: its name, studies in it, drawn, probability."""
    drawn_by: str
    drawn_at: datetime


class AdjudicationCase(Record, table=True):
    """A study on the blinded queue; its probability of being drawn is its weight in estimates."""

    __tablename__ = "adjudication_case"
    __table_args__ = (UniqueConstraint("sample_id", "study_id"),)
    PREFIX: ClassVar[str] = "ADJ"

    id: int | None = Field(default=None, primary_key=True)
    sample_id: int = Field(foreign_key="adjudication_sample.id", index=True)
    study_id: int = Field(foreign_key="study.id", index=True)
    finding: str
    stratum: str = ""
    probability: float
    """Of being drawn, above 0 and at most 1."""
    position: int
    """Its place in the queue, drawn at random."""
    status: str = WAITING
    settled_at: datetime | None = None


class AdjudicationReading(Record, table=True):
    """What one blinded reader said of a case."""

    __tablename__ = "adjudication_reading"
    __table_args__ = (UniqueConstraint("case_id", "part"), UniqueConstraint("case_id", "actor"))
    PREFIX: ClassVar[str] = "ADR"

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="adjudication_case.id", index=True)
    actor: str
    """The account that read; never who was addressed by a link."""
    part: str
    """first, second or arbiter."""
    answer: str
    """present, absent or cannot be told; of several classes, the class."""
    comment: str = ""
    read_at: datetime
