"""The looks at trends of a period: what the plan asked, what was counted, what was decided."""

from typing import Any

from sqlmodel import Session, col, select

from records.surveillance import MonitoringPlan
from records.trends import TrendDecision, TrendLook, decision_of, decisions_on, standing_looks
from regulatory.documents.surveillance_facts import Listed, Span, Trends
from regulatory.documents.surveillance_tables import european
from regulatory.gathering.event_entries import full_names
from regulatory.gathering.surveillance_actions import of_device
from regulatory.trend_decisions import OUTCOMES
from regulatory.trend_standing import baseline_words, shown


def trends(session: Session, device: str, report: Span) -> Trends:
    """Each question of each look at a period that ended in the report's, with its decision."""
    looks = [one for one in standing_looks(session, device)
             if report[0] <= one.period_to <= report[1]]  # fmt: skip
    if not looks:
        return Trends(why_none=_why_no_look(session, device))
    made, names = decisions_on(session, looks), full_names(session)
    rows, undecided = [], []
    asked: dict[tuple[str, ...], list[str]] = {}
    covered: dict[str, tuple[TrendLook, TrendDecision, list[str]]] = {}
    for look in looks:
        for row in look.rows:
            decision = decision_of(row, made.get(look.id or 0, ()))
            rows.append(_counted(look, row, decision))
            asked.setdefault(_asked(row), []).append(look.label)
            if decision is None:
                undecided.append(f"{look.label}, {row['question']}: {row['verdict']}")
            else:
                covered.setdefault(decision.label, (look, decision, []))[2].append(row["question"])
    days = [(one.period_from, one.period_to) for one in looks]
    return Trends(
        tuple(rows), tuple(undecided),
        questions=tuple(Listed("", key, tuple(labels)) for key, labels in asked.items()),
        decisions=tuple(
            _decided(
                look, one, questions, whole=len(questions) == len(look.rows),
                by=names.get(one.decided_by, one.decided_by),
            )
            for look, one, questions in covered.values()
        ),
        days=tuple(sorted(dict.fromkeys(days))),
    )  # fmt: skip


def _why_no_look(session: Session, device: str) -> str:
    query = select(MonitoringPlan.content).where(
        col(MonitoringPlan.device_id).in_(of_device(device))
    )
    planned = any((one or {}).get("trend") for one in session.exec(query))
    return ("no period of the plan was over and looked at" if planned
            else "the plan says nothing of trends: no method, baseline and period were set "
            "beforehand")  # fmt: skip


def _asked(row: dict[str, Any]) -> tuple[str, ...]:
    """What the plan had fixed of a question before anything was counted."""
    level = row.get("alpha")
    return (row["question"], ", ".join(row["imdrf_annex_a"]) or "none", baseline_words(row),
            "none" if level is None else f"{level:.2g}")  # fmt: skip


def _counted(look: TrendLook, row: dict[str, Any], decision: TrendDecision | None) -> Listed:
    p = row.get("p_value")
    said = "not decided" if decision is None else (
        f"{european(OUTCOMES[decision.outcome])} ({decision.label})"
    )
    return Listed(look.label, (
        _period(look), row["question"], _count(row), shown(row["rate"]), shown(row["ratio"]),
        "not tested" if p is None else f"{p:.2g}", _verdict(row), said,
    ), (decision.label,) if decision else ())  # fmt: skip


def _decided(
    look: TrendLook, one: TrendDecision, questions: list[str], *, whole: bool, by: str
) -> Listed:
    return Listed(one.label, (
        look.label, f"all {len(questions)} of the look" if whole else ", ".join(questions),
        european(OUTCOMES[one.outcome]), gates_said(one), by, one.decided_at.date(),
        one.grounds,
    ), (look.label,))  # fmt: skip


def gates_said(one: TrendDecision) -> str:
    """What the person answered on benefit and risk, where a trend asks for it."""
    return "; ".join(
        f"{words}: {'not asked' if value is None else 'yes' if value else 'no'}"
        for words, value in (
            ("effect on benefit-risk may be significant", one.benefit_risk_significant),
            ("risks may be unacceptable", one.unacceptable_risk),
        )
    )


def trend_row(
    look: TrendLook, row: dict[str, Any], decision: TrendDecision | None
) -> Listed:
    """A question whole: counts, rate, baseline, ratio, p and level, verdict, decision."""
    said = "not decided"
    if decision is not None:
        said = (f"{european(OUTCOMES[decision.outcome])} ({gates_said(decision)}); "
                f"{decision.decided_by}, {decision.decided_at:%Y-%m-%d}: "
                f"{decision.grounds}")  # fmt: skip
    p, level = row.get("p_value"), row.get("alpha")
    tested = "not tested" if p is None else f"p {p:.2g}, level {level:.2g}"
    return Listed(look.label, (
        _period(look), row["question"], ", ".join(row["imdrf_annex_a"]) or "none", _count(row),
        shown(row["rate"]), baseline_words(row), shown(row["ratio"]), tested, _verdict(row), said,
    ), (decision.label,) if decision else ())  # fmt: skip


def _period(look: TrendLook) -> str:
    return f"{look.period_from} to {look.period_to}"


def _count(row: dict[str, Any]) -> str:
    return f"{row['count']} of {row['exposure']} {row['unit']}"


def _verdict(row: dict[str, Any]) -> str:
    return str(row["verdict"]) + (f": {row['reason']}" if row.get("reason") else "")
