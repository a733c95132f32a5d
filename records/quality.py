"""Control: change requests, releases, signatures and controlled documents."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Column, Index, UniqueConstraint, text
from sqlmodel import Field

from records.base import Record

DECLARED_BY = "declared_by"
"""Beside a gap: who declared it unknown."""


class ChangeRequest(Record, table=True):
    """A change to the device, from proposal to release or refusal (IEC 62304 8.2)."""

    __tablename__ = "change_request"
    PREFIX: ClassVar[str] = "CHR"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = (
        "title", "description", "reason", "model_version_id", "assessment", "affected_items",
        "risk_review", "verification_plan",
    )
    LATER_COLUMNS: ClassVar[dict[str, Any]] = {
        "affected_items": None, "risk_review": None, "verification_plan": None,
    }

    id: int | None = Field(default=None, primary_key=True)
    device_id: int = Field(foreign_key="device.id")
    model_version_id: int = Field(foreign_key="model_version.id")
    title: str
    description: str
    reason: str
    assessment: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JSON, nullable=False)
    )
    """Criteria with verdicts, PCCP check, what was decided and why."""
    status: str = "proposed"
    proposed_by: str
    proposed_at: datetime
    decided_at: datetime | None = None
    affected_items: list[Any] | None = Field(
        default=None, sa_column=Column(JSON(none_as_null=True), nullable=True)
    )
    """Requirements, software items, documents and labelling that it touches; None: not stated."""
    risk_review: str | None = None
    """What was looked at in the risk file, and with which outcome; None: not stated."""
    verification_plan: str | None = None
    """How it is shown that the change does what it should and nothing else; None: not stated."""


class Release(Record, table=True):
    """The decision to release a version, or the recorded refusal."""

    __tablename__ = "release"
    PREFIX: ClassVar[str] = "REL"

    id: int | None = Field(default=None, primary_key=True)
    change_request_id: int = Field(foreign_key="change_request.id", unique=True)
    model_version_id: int = Field(foreign_key="model_version.id")
    outcome: str
    """released or refused."""
    reason: str
    decided_by: str
    decided_at: datetime


class Signature(Record, table=True):
    """Who signed what, when and with which meaning (21 CFR 11.50, 11.70)."""

    __tablename__ = "signature"
    __table_args__ = (
        UniqueConstraint("subject_name", "subject_digest", "signer_id", "meaning", "review"),
    )
    PREFIX: ClassVar[str] = "SIG"
    LATER_COLUMNS: ClassVar[dict[str, Any]] = {"zone": "", "comment": "", "review": 1}

    id: int | None = Field(default=None, primary_key=True)
    subject_name: str = Field(index=True)
    """The record signed, as the audit trail names it."""
    signed_fields: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    """The fields of the record that the digest covers, whatever later versions sign."""
    subject_digest: str
    signer_id: int = Field(foreign_key="actor.id")
    printed_name: str
    role: str
    meaning: str
    reason: str = ""
    signed_at: datetime
    zone: str = ""
    """Where the signer's clock stood: offset and name, such as '+01:00 Europe/Berlin'."""
    comment: str = ""
    """What the signer adds: under protest, or what has to be corrected."""
    review: int = 1
    """In which round of review it was given; a rejection ends one."""


class Document(Record, table=True):
    """A revision of a controlled document: nothing but records set in type."""

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("number", "version"),
        Index(
            "document_one_effective", "number", "device_id", unique=True,
            sqlite_where=text("status = 'effective'"),
            postgresql_where=text("((status)::text = 'effective'::text)"),
        ),
    )
    LATER_COLUMNS: ClassVar[dict[str, Any]] = {
        "approved_json_digest": "", "approved_pdf_digest": "", "effective_at": None,
        "ended_at": None, "changed": "",
    }
    PREFIX: ClassVar[str] = "DOC"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = ("number", "version", "facts_digest", "gaps")

    id: int | None = Field(default=None, primary_key=True)
    device_id: int = Field(foreign_key="device.id")
    kind: str
    number: str
    version: int
    title: str
    period_from: date | None = None
    period_to: date | None = None
    freeze_at: datetime
    freeze_sequence: int
    facts_digest: str
    template_digest: str
    draft_json_digest: str
    json_digest: str = ""
    pdf_digest: str = ""
    gaps: list[Any] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    status: str = "draft"
    compiled_at: datetime
    approved_json_digest: str = ""
    """The approved edition, once the edition in force has its place."""
    approved_pdf_digest: str = ""
    effective_at: datetime | None = None
    ended_at: datetime | None = None
    """When it was superseded, withdrawn or declared obsolete."""
    changed: str = ""
    """In words, what this revision changed against the one before; software counts it."""

    @property
    def open_gaps(self) -> list[dict[str, Any]]:
        """What it must say and nobody has supplied or declared unknown."""
        return [gap for gap in self.gaps if not gap.get(DECLARED_BY)]
