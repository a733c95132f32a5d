"""A person decides on a look at trends: the two gates of MDR Art. 88, or that there is no trend."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlmodel import Session

from records.errors import InvalidInput, Refused
from records.incidents import sign_decision
from records.people import Actor
from records.permissions import Action, require
from records.reasons import says
from records.surveillance import MonitoringPlan
from records.trend_rules import read_trend_rules
from records.trends import (
    TrendDecision,
    TrendLook,
    decisions_on,
    standing_looks,
    undecided_rows,
)
from regulatory.rules.applying import apply_rules
from regulatory.trends import TREND

REPORT, INTERNAL, NO_TREND = "REPORT_TREND", "SIGNAL_INTERNAL_ACTION", "NO_TREND"
OUTCOMES: Final[dict[str, str]] = {
    REPORT: "the trend is reported (MDR Art. 88)",
    INTERNAL: "not reported: a gate is answered no; the cause and a CAPA are looked at",
    NO_TREND: "no trend",
}
"""What a decision comes to."""


def decide_trend(
    tx: Session, look: TrendLook, *, questions: Sequence[str] = (), benefit_risk: bool | None,
    unacceptable_risk: bool | None, grounds: str, by: Actor, password: str, now: datetime,
) -> TrendDecision:
    """Decide, signed, on questions of a look; without any named, on all that are no trend.

    benefit_risk: whether the effect on the benefit-risk analysis may be significant.
    unacceptable_risk: whether it has led, or may lead, to risks that are unacceptable when weighed
    against the benefits. Both are asked for a trend. Both may be answered without one: answered
    yes, the trend is reported against the numbers.

    Raises:
        NotAllowed: No role that may, or a wrong password.
        InvalidInput: No grounds, no such question, or a gate that is not answered.
        Refused: A later look at the period stands, or the questions are decided.
    """
    require(by, Action.DECIDE_REPORTABILITY)
    if not says(grounds):
        raise InvalidInput("The decision has no grounds.", hint="Say why it is a trend, or none.")
    rows = _chosen(tx, look, questions)
    seen = any(one["verdict"] == TREND for one in rows)
    gates = {"benefit_risk_significant": benefit_risk, "unacceptable_risk": unacceptable_risk}
    unanswered = [name for name, value in gates.items() if value is None]
    if unanswered and (seen or len(unanswered) == 1):
        raise InvalidInput(
            f"Not answered: {', '.join(one.replace('_', ' ') for one in unanswered)}.",
            hint="Say yes or no to both: --benefit-risk and --unacceptable-risk.",
        )
    outcome = NO_TREND
    if seen or all(gates.values()):
        outcome = REPORT if all(gates.values()) else INTERNAL
    rules = read_trend_rules(tx.get_one(MonitoringPlan, look.plan_id).content)
    assert rules is not None  # there is no look without them
    answer = _answered(rules.report_within_days, now.date(), outcome)
    due = answer.get("internal_due")
    after = rules.period_of(look.period_to + timedelta(days=1))
    made = TrendDecision(
        look_id=look.id or 0, **gates, outcome=outcome, grounds=grounds.strip(),
        proposed={one["question"]: {"verdict": one["verdict"], "digest": one["digest"]}
                  for one in rows},
        against_rules=outcome == REPORT and not seen, answer=answer,
        next_look_on=after.last + timedelta(days=1),
        internal_due=date.fromisoformat(due) if due else None, decided_by=by.name, decided_at=now,
    )  # fmt: skip
    sign_decision(tx, made, by=by, password=password, reason=grounds, now=now)
    return made


def _chosen(tx: Session, look: TrendLook, questions: Sequence[str]) -> list[dict[str, Any]]:
    standing = [one for one in standing_looks(tx) if (one.plan_id, one.period_from) == (
        look.plan_id, look.period_from)][-1]  # fmt: skip
    if standing.id != look.id:
        raise Refused(f"{look.label} was followed by {standing.label}, on other counts.",
                      hint=f"Decide on {standing.label}.")  # fmt: skip
    known = {one["question"] for one in look.rows}
    if strange := [one for one in questions if one not in known]:
        raise InvalidInput(f"{look.label} asks nothing of '{strange[0]}'.",
                           hint=f"It asks of: {', '.join(sorted(known))}.")  # fmt: skip
    waiting = undecided_rows(look, decisions_on(tx, [look]).get(look.id or 0, []))
    rows = [one for one in waiting if one["question"] in questions or (
        not questions and one["verdict"] != TREND)]  # fmt: skip
    if not rows:
        trends = [one["question"] for one in waiting if one["verdict"] == TREND]
        raise Refused(
            f"Nothing of that waits for a decision on {look.label}.",
            hint=f"Name the trend: {', '.join(trends)}." if trends else
            "See 'radvigil monitor trend'.",
        )
    if len({one["verdict"] == TREND for one in rows}) > 1:
        raise InvalidInput("A trend and what is none are not decided in one.",
                           hint="Decide on the trends first, then on the rest.")  # fmt: skip
    return rows


def _answered(within: int | None, today: date, outcome: str) -> dict[str, Any]:
    """What R-EU88-04 says of the day: the law sets none, the plan may."""
    if outcome != REPORT:
        return {}
    plan = {} if within is None else {"report_within_days": within}
    return apply_rules(["R-EU88-04"], {"plan": plan, "decision_local_date": today.isoformat()})
