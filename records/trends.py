"""Looks at trends and what people decide of them, also that there is none (MDR Art. 88; REG-036).

The machine proposes, period by period; a person decides and signs. Neither is ever changed.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field, Session, col, select

from records.base import Record
from records.product import Device


class TrendLook(Record, table=True):
    """A period that is over, as it was judged: what each question of the plan was answered."""

    __tablename__ = "trend_look"
    __table_args__ = (UniqueConstraint("plan_id", "period_from", "version"),)
    PREFIX: ClassVar[str] = "TLK"

    id: int | None = Field(default=None, primary_key=True)
    device_id: int = Field(foreign_key="device.id", index=True)
    plan_id: int = Field(foreign_key="monitoring_plan.id")
    period_from: date
    period_to: date
    version: int
    """1 for the first; another where what was counted has changed since."""
    rows: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    """One a question, as regulatory/trends.py says it."""
    counts: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """Exposure by site, sites without any, serious incidents, and what else stands beside."""
    alpha_spent: float
    """What the period spends of the year's error."""
    alpha_year: float
    decide_by: date
    looked_at: datetime


class TrendDecision(Record, table=True):
    """What a person decided of one or more questions of a look, and signed."""

    __tablename__ = "trend_decision"
    PREFIX: ClassVar[str] = "TRD"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = (
        "look_id", "proposed", "benefit_risk_significant", "unacceptable_risk", "outcome",
        "against_rules", "answer", "grounds", "next_look_on", "internal_due", "decided_by",
        "decided_at",
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    look_id: int = Field(foreign_key="trend_look.id", index=True)
    proposed: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """By question the machine's verdict and the digest of the row that was decided on."""
    benefit_risk_significant: bool | None = None
    unacceptable_risk: bool | None = None
    """The two gates; None where no trend asks for them."""
    outcome: str
    against_rules: bool
    """Whether a trend is reported that the numbers do not show."""
    answer: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """What the rules said with the gates as they were answered."""
    grounds: str
    next_look_on: date
    internal_due: date | None = None
    """The plan's own day of a report; the law sets none."""
    decided_by: str
    decided_at: datetime


def standing_looks(session: Session, device: str = "") -> list[TrendLook]:
    """The last look at each period, the oldest period first; of one device, or of all."""
    query = select(TrendLook).join(Device, col(Device.id) == TrendLook.device_id)
    if device:
        query = query.where(Device.name == device)
    found = {
        (one.plan_id, one.period_from): one
        for one in session.exec(query.order_by(col(TrendLook.version)))
    }
    return sorted(found.values(), key=lambda one: (one.period_from, one.id or 0))


def decisions_on(session: Session, looks: Sequence[TrendLook]) -> dict[int, list[TrendDecision]]:
    """By number of each look the decisions on it or on an earlier look at the same period."""
    own = {(one.plan_id, one.period_from): one.id or 0 for one in looks}
    query = (
        select(TrendDecision, TrendLook).join(TrendLook, col(TrendLook.id) == TrendDecision.look_id)
        .where(col(TrendLook.plan_id).in_({one.plan_id for one in looks}))
        .order_by(col(TrendDecision.id))
    )  # fmt: skip
    found: dict[int, list[TrendDecision]] = {}
    for made, look in session.exec(query):
        if (key := (look.plan_id, look.period_from)) in own:
            found.setdefault(own[key], []).append(made)
    return found


def decision_of(row: Mapping[str, Any], made: Sequence[TrendDecision]) -> TrendDecision | None:
    """The last decision on what a row says; one on other counts or another verdict is none."""
    return next((
        one for one in reversed(made)
        if one.proposed.get(row["question"], {}).get("digest") == row["digest"]
    ), None)  # fmt: skip


def undecided_rows(look: TrendLook, made: Sequence[TrendDecision]) -> list[dict[str, Any]]:
    """The rows of a look on which nobody has decided."""
    return [one for one in look.rows if decision_of(one, made) is None]
