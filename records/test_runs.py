"""A run of the automated tests, as it was handed in: which test passed, and what each one shows."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Column
from sqlmodel import Field, Session, col, select

from records.base import Record


class TestRun(Record, table=True):
    """The results of one run of tests, with the requirements that their tags name."""

    __test__ = False  # no test of pytest's, though its name begins like one
    __tablename__ = "test_run"
    PREFIX: ClassVar[str] = "TRN"

    id: int | None = Field(default=None, primary_key=True)
    source_digest: str
    """SHA-256 of the file of results."""
    software_version: str
    outcomes: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """passed, failed or skipped, by test."""
    tags: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """The tests that name a requirement, by requirement."""
    imported_by: str
    imported_at: datetime


def newest_test_run(session: Session) -> TestRun | None:
    """The run that was handed in last; None where there is none."""
    return session.exec(select(TestRun).order_by(col(TestRun.id).desc())).first()
