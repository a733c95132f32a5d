"""A chart takes its reference afresh after an announced change: decided by a person, on record.

The baseline of before stays as it is; the newest renewal of it is what the chart is stepped with
from the next day on. Only charts of input and output are renewed: a new reference of performance
would make a loss the new normal.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Column
from sqlmodel import Field, Session, col, select

from records.base import Record
from records.people import Actor
from records.permissions import Action, require
from records.planned_changes import PlannedChange
from records.product import Site
from records.surveillance import ChartBaseline

__all__ = ["RENEWED", "RenewedReference", "record_renewals", "renewals_of", "renewed_since"]

RENEWED = ("input", "output")
"""The classes of alerts whose charts may take a new reference."""


class RenewedReference(Record, table=True):
    """A chart's reference taken afresh at a site after an announced change, and on what grounds."""

    __tablename__ = "renewed_reference"
    PREFIX: ClassVar[str] = "RNR"

    id: int | None = Field(default=None, primary_key=True)
    baseline_id: int = Field(foreign_key="chart_baseline.id", index=True)
    planned_change_id: int = Field(foreign_key="planned_change.id")
    n: int
    prepared: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    grounds: str
    """What the truth says of performance since the change, or that a person confirmed without."""
    confirmed_by: str
    confirmed_at: datetime


def renewals_of(session: Session, plan_id: int, version_id: int) -> list[RenewedReference]:
    """Every renewal of a version's baselines under a plan, the newest last."""
    query = (
        select(RenewedReference)
        .join(ChartBaseline, col(ChartBaseline.id) == RenewedReference.baseline_id)
        .where(ChartBaseline.plan_id == plan_id, ChartBaseline.model_version_id == version_id)
        .order_by(col(RenewedReference.id))
    )
    return list(session.exec(query))


def renewed_since(session: Session, plan_id: int, instant: datetime) -> set[tuple[str, str]]:
    """(chart, site) of the charts whose reference was taken afresh from an instant on."""
    query = (
        select(ChartBaseline.chart, Site.name)
        .join(RenewedReference, col(RenewedReference.baseline_id) == ChartBaseline.id)
        .join(Site, col(Site.id) == ChartBaseline.site_id)
        .where(ChartBaseline.plan_id == plan_id, col(RenewedReference.confirmed_at) >= instant)
    )
    return {(chart, site) for chart, site in session.exec(query)}


def record_renewals(
    tx: Session, change: PlannedChange, found: Iterable[tuple[ChartBaseline, int, dict[str, Any]]],
    *, grounds: str, by: Actor, now: datetime,
) -> list[RenewedReference]:  # fmt: skip
    """Put new references into force; found: baseline, studies of the new reference, the chart.

    Raises:
        NotAllowed: The person may not close alerts.
    """
    require(by, Action.CLOSE_ALERT)
    made = [
        RenewedReference(
            baseline_id=baseline.id or 0, planned_change_id=change.id or 0, n=n,
            prepared=prepared, grounds=grounds, confirmed_by=by.name, confirmed_at=now,
        )
        for baseline, n, prepared in found
    ]
    tx.add_all(made)
    tx.flush()
    return made
