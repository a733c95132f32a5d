"""A candidate held against the predetermined change control plan, with a digest of what was read.

The check is repeated at release: where anything that it read has changed in between, the version is
not released on it (FD&C Act 515C).
"""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Column
from sqlmodel import Field, Session, col, select

from records.base import Record


class PlanCheck(Record, table=True):
    """Whether a candidate lies in the bounds of the plan, which lines it breaks, and by what."""

    __tablename__ = "plan_check"
    PREFIX: ClassVar[str] = "PCK"

    id: int | None = Field(default=None, primary_key=True)
    change_request_id: int = Field(foreign_key="change_request.id", index=True)
    model_version_id: int = Field(foreign_key="model_version.id")
    inputs: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """All that was read: definitions, version, criteria, looks at locked tests, sites, answers."""
    inputs_digest: str
    facts: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    lines: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    """Each line of the plan: what it asks, whether it holds, and what was found."""
    result: str
    checked_by: str
    checked_at: datetime


def last_check(session: Session, change_id: int) -> PlanCheck | None:
    """The newest check of a change; None where there was none."""
    query = select(PlanCheck).where(PlanCheck.change_request_id == change_id)
    return session.exec(query.order_by(col(PlanCheck.id).desc())).first()
