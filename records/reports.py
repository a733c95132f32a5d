"""What radiologists wrote: reports without identities, and what was read from them."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field

from records.base import Record

PRELIMINARY, FINAL, CORRECTED, CANCELLED = "preliminary", "final", "corrected", "cancelled"


class RadiologyReport(Record, table=True):
    """A version of a report of a study: its text without identities, and the findings read from it.

    A corrected report, and the same text read by a newer rule set, are new versions.
    """

    __tablename__ = "radiology_report"
    __table_args__ = (UniqueConstraint("study_id", "report_key", "version"),)
    PREFIX: ClassVar[str] = "RPT"

    id: int | None = Field(default=None, primary_key=True)
    study_id: int = Field(foreign_key="study.id", index=True)
    report_key: str
    """The pseudonym of the report's own number at its sender: its versions share it."""
    origin: str
    """ORU, SR, CSV or FHIR."""
    status: str
    """preliminary, final, corrected or cancelled, as the sender says."""
    version: int = 1
    supersedes_id: int | None = Field(default=None, foreign_key="radiology_report.id", index=True)
    text_digest: str
    """SHA-256, in the vault, of the text without identities (UTF-8)."""
    source_digest: str = Field(index=True)
    """SHA-256 of what arrived, so that the same again adds nothing."""
    findings: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """By finding: present, absent or uncertain, and the statement that says so."""
    rules: str
    """Name and version of the rule set."""
    rules_digest: str
    reader: str = ""
    """A pseudonym of who signed it."""
    reported_on: date = Field(index=True)
    received_at: datetime = Field(index=True)
