"""A confirmed incident held against the charts: which should have fired, and did it?"""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Column
from sqlmodel import Field

from records.base import Record


class IncidentReplay(Record, table=True):
    """What each chart of the plan did around an incident, and what it could have done."""

    __tablename__ = "incident_replay"
    PREFIX: ClassVar[str] = "IRP"

    id: int | None = Field(default=None, primary_key=True)
    plan_id: int = Field(foreign_key="monitoring_plan.id")
    alert_id: int | None = Field(default=None, foreign_key="alert.id")
    """The closed alert by which the incident is known; none where a person described it."""
    site: str
    period_from: date
    period_to: date
    studies: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    """The labels of the studies that were affected, where they are known."""
    cause: str
    charts: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    """Chart by chart: what it could find, whether it was expected to fire by when, what it did."""
    conclusion: str
    replayed_at: datetime
