"""What must be reported of an incident, one row a jurisdiction, and by when (21 CFR 803.17).

A row never changes what was said: each assessment is a new instance with the facts, the whole
answer, the version of the rules and calendars; the last one stands, the others stay.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, ClassVar, Final

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field, Session, col, func, select

from records.base import Record
from records.errors import InvalidInput, Refused
from records.incidents import Incident, require_open, sign_decision
from records.lifecycle import check_transition
from records.people import Actor
from records.permissions import Action, require
from records.reasons import says
from records.signatures import signatures_on

OPEN, REPORTABLE = "open", "reportable"
NOT_REPORTABLE, NOT_APPLICABLE = "not reportable", "not applicable"
DECISIONS: Final = (REPORTABLE, NOT_REPORTABLE, NOT_APPLICABLE)
AI_ACT: Final = "AI-ACT"


class Reportability(Record, table=True):
    """Whether one incident is reported in one jurisdiction."""

    __tablename__ = "reportability"
    __table_args__ = (UniqueConstraint("incident_id", "jurisdiction"),)
    PREFIX: ClassVar[str] = "RPB"

    id: int | None = Field(default=None, primary_key=True)
    incident_id: int = Field(foreign_key="incident.id", index=True)
    jurisdiction: str
    """US, EU, AI-ACT, or two capital letters of another country."""
    opened_at: datetime
    status: str = Field(default=OPEN, index=True)


class ClockInstance(Record, table=True):
    """What the rules said of the facts that were known: the answer whole, and its clocks."""

    __tablename__ = "clock_instance"
    __table_args__ = (UniqueConstraint("reportability_id", "version"),)
    PREFIX: ClassVar[str] = "CLK"

    id: int | None = Field(default=None, primary_key=True)
    reportability_id: int = Field(foreign_key="reportability.id", index=True)
    version: int
    """From 1; the highest stands, each supersedes the one before."""
    rule_ids: list[str] = Field(sa_column=Column(JSON, nullable=False))
    facts: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    answer: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    clocks: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    """One row a clock: name, member state, day 0, due dates."""
    reportable: bool | None = None
    """None: still open by the rules."""
    work_by: date | None = None
    """The earliest day to work towards; None where no clock runs or no rules are loaded."""
    due_legal: date | None = None
    rule_version: str
    primary_text_checked: bool
    grounds: str
    assessed_by: str
    assessed_at: datetime


class ReportabilityDecision(Record, table=True):
    """The signed decision whether an incident is reported, on which instance, and why."""

    __tablename__ = "reportability_decision"
    PREFIX: ClassVar[str] = "RPD"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = (
        "reportability_id", "clock_instance_id", "decision", "against_rules", "grounds",
        "decided_by", "decided_at",
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    reportability_id: int = Field(foreign_key="reportability.id", index=True)
    clock_instance_id: int | None = Field(default=None, foreign_key="clock_instance.id")
    decision: str
    against_rules: bool = False
    """The rules say otherwise of the facts; the grounds say why it is decided so."""
    grounds: str
    decided_by: str
    decided_at: datetime


def reportability_in(
    tx: Session, one: Incident, jurisdiction: str, *, now: datetime
) -> Reportability:
    """The row of an incident for a jurisdiction; a new one is open.

    Raises:
        InvalidInput: No jurisdiction's name.
        Refused: The incident is closed.
    """
    require_open(one)
    named = jurisdiction.strip().upper()
    if named != AI_ACT and not (len(named) == 2 and named.isascii() and named.isalpha()):
        raise InvalidInput(f"'{jurisdiction}' is no jurisdiction.",
                           hint=f"US, EU, {AI_ACT}, or a country such as JP.")  # fmt: skip
    query = select(Reportability).where(
        Reportability.incident_id == one.id, Reportability.jurisdiction == named
    )
    known = tx.exec(query).first()
    if known is not None:
        return known
    made = Reportability(incident_id=one.id or 0, jurisdiction=named, opened_at=now)
    tx.add(made)
    tx.flush()
    return made


def instances_of(session: Session, row: Reportability) -> list[ClockInstance]:
    """Every instance, the one that stands last."""
    query = select(ClockInstance).where(ClockInstance.reportability_id == row.id)
    return list(session.exec(query.order_by(col(ClockInstance.version))))


def standing_instance(session: Session, row: Reportability) -> ClockInstance | None:
    """The instance that stands; None before the first assessment."""
    found = instances_of(session, row)
    return found[-1] if found else None


def record_instance(
    tx: Session, row: Reportability, *, rule_ids: Sequence[str], facts: Mapping[str, Any],
    answer: Mapping[str, Any], clocks: Sequence[Mapping[str, Any]], reportable: bool | None,
    grounds: str, by: Actor, now: datetime,
) -> ClockInstance:
    """Keep what the rules said as a new instance; a decided row that it concerns is open again.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: No grounds.
    """
    require(by, Action.ASSESS_EVENT)
    if not says(grounds):
        raise InvalidInput("The assessment has no grounds.", hint="Say what has become known.")
    before = standing_instance(tx, row)
    legal = [date.fromisoformat(one["due_legal"]) for one in clocks if one.get("due_legal")]
    days = [date.fromisoformat(one[name]) for one in clocks for name in _DUE if one.get(name)]
    made = ClockInstance(
        reportability_id=row.id or 0, version=1 if before is None else before.version + 1,
        rule_ids=list(rule_ids), facts=dict(facts), answer=dict(answer),
        clocks=[dict(one) for one in clocks], reportable=reportable,
        work_by=min(days, default=None), due_legal=min(legal, default=None),
        rule_version=str(answer["rule_version"]),
        primary_text_checked=bool(answer["primary_text_checked"]), grounds=grounds.strip(),
        assessed_by=by.name, assessed_at=now,
    )
    tx.add(made)
    if row.status != OPEN and (before is None or before.reportable != reportable):
        check_transition("Reportability", row.label, row.status, OPEN)
        row.status = OPEN
        tx.add(row)
    tx.flush()
    return made


def latest_instances() -> Any:
    """A subquery of the newest instance of each row: reportability_id and version."""
    return (
        select(ClockInstance.reportability_id, func.max(ClockInstance.version).label("version"))
        .group_by(col(ClockInstance.reportability_id)).subquery()
    )


def day_of_version(
    session: Session, row: Reportability, version: int, due: date | None
) -> date | None:
    """By when a version of a row's report is due: the initial one by the clock that stands.

    due: what was kept with the version; a follow-up has only that. None where no rule sets a day.
    """
    if due is not None or version > 1:
        return due
    standing = standing_instance(session, row)
    return None if standing is None else standing.work_by


_DUE: Final = ("due_target", "due_strict", "due_legal", "conservative_target")


def decide_reportability(
    tx: Session, row: Reportability, decision: str, *, grounds: str, by: Actor, password: str,
    now: datetime, against_rules: bool = False,
) -> ReportabilityDecision:
    """Decide, signed, whether it is reported; also that it is not is a record with its reason.

    against_rules: says that the rules answer otherwise, and the person decides so knowingly.

    Raises:
        NotAllowed: No role that may, or a wrong password.
        InvalidInput: No such decision, or no grounds.
        Refused: Nothing was assessed, facts are open, or the rules say otherwise.
    """
    require(by, Action.DECIDE_REPORTABILITY)
    require_open(tx.get_one(Incident, row.incident_id))
    if decision not in DECISIONS:
        raise InvalidInput(f"'{decision}' is no decision.", hint=f"One of {', '.join(DECISIONS)}.")
    if not says(grounds):
        raise InvalidInput("The decision has no grounds.", hint="Say why, for who reads it later.")
    check_transition("Reportability", row.label, row.status, decision)
    standing = standing_instance(tx, row)
    if standing is None and decision != NOT_APPLICABLE:
        raise Refused(f"{row.label} was not assessed.", hint="Use 'radvigil incident assess'.")
    otherwise = _otherwise(standing, decision)
    if otherwise and not against_rules:
        raise Refused(f"{row.label} is not decided as '{decision}': {otherwise}.",
                      hint="Assess it on the facts that are known, or decide against the rules "
                      "knowingly (--against-rules).")  # fmt: skip
    made = ReportabilityDecision(
        reportability_id=row.id or 0, clock_instance_id=None if standing is None else standing.id,
        decision=decision, against_rules=bool(otherwise), grounds=grounds.strip(),
        decided_by=by.name, decided_at=now,
    )
    sign_decision(tx, made, by=by, password=password, reason=grounds, now=now)
    row.status = decision
    tx.add(row)
    tx.flush()
    return made


def _otherwise(standing: ClockInstance | None, decision: str) -> str:
    """Why the rules do not say so; empty where they do, or where no rules are loaded."""
    if standing is None or decision == REPORTABLE:
        return ""
    if standing.reportable:
        return f"by {standing.label} the rules say that it is reportable"
    if standing.reportable is None and standing.answer.get("state") != "NO_RULES_LOADED":
        return f"by {standing.label} it is open, and unknown is not 'no'"
    return ""


def decisions_of(session: Session, row: Reportability) -> list[ReportabilityDecision]:
    """Every decision of a row, the last one last."""
    query = select(ReportabilityDecision).where(ReportabilityDecision.reportability_id == row.id)
    return list(session.exec(query.order_by(col(ReportabilityDecision.id))))


def rows_of(session: Session, one: Incident) -> list[Reportability]:
    """The rows of an incident, one a jurisdiction."""
    query = select(Reportability).where(Reportability.incident_id == one.id)
    return list(session.exec(query.order_by(col(Reportability.id))))


def require_decision(session: Session, row: Reportability) -> None:
    """Raise :class:`Refused` unless the last decision of a row, signed, is what its status says."""
    made = decisions_of(session, row)
    if not made or made[-1].decision != row.status or not signatures_on(session, made[-1]):
        raise Refused(f"{row.label} is not '{row.status}' without a signed decision.",
                      hint="Use 'radvigil incident decide'.")  # fmt: skip
