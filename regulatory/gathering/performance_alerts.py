"""Alerts of a period and what people made of them: answers, revalidations, decisions."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from measures.estimate import Estimate
from records.alert_escalations import AlertEscalation
from records.alert_rules import read_alert_rules
from records.audit import AuditEvent
from records.people import Actor
from records.quality import Release
from records.surveillance import Alert, EvaluationResult, Revalidation
from regulatory.documents.performance_facts import AlertFacts, Decision, RevalidationFacts
from regulatory.gathering.performance_charts import Watched
from regulatory.gathering.performance_sites import Coverage
from regulatory.gathering.phrases import quoted

_DIFFERENCE = "_difference"


@dataclass(frozen=True)
class Answered:
    """The alerts of a period with everything that followed from them up to the freeze."""

    alerts: list[Alert]
    revalidations: list[Revalidation]
    results: dict[int, list[EvaluationResult]]
    """Overall estimates of the revalidations, by evaluation."""
    releases: list[Release]
    events: list[AuditEvent]
    people: dict[str, str]
    escalations: list[AlertEscalation]


def answered_in(session: Session, watched: Watched, found: Coverage) -> Answered:
    """What was raised in the period and answered by the freeze; seven questions."""
    first, last = found.period
    versions = list(found.versions)
    alerts = list(session.exec(
        select(Alert)
        .where(col(Alert.plan_id).in_(watched.plans), col(Alert.raised_on).between(first, last))
        .order_by(col(Alert.id))
    ))  # fmt: skip
    revalidations = list(session.exec(
        select(Revalidation)
        .where(
            col(Revalidation.model_version_id).in_(versions),
            col(Revalidation.period_from) <= last, col(Revalidation.period_to) >= first,
        )
        .order_by(col(Revalidation.id))
    ))  # fmt: skip
    results: dict[int, list[EvaluationResult]] = {}
    evaluations = [
        number for one in revalidations
        for number in (one.before_evaluation_id, one.after_evaluation_id)
    ]
    stored = select(EvaluationResult).where(
        col(EvaluationResult.evaluation_id).in_(evaluations), EvaluationResult.subgroup == "all"
    )
    for result in session.exec(stored.order_by(col(EvaluationResult.id))):
        results.setdefault(result.evaluation_id, []).append(result)
    releases = select(Release).where(col(Release.model_version_id).in_(versions))
    subjects = [one.subject for one in (*alerts, *revalidations)]
    events = select(AuditEvent).where(col(AuditEvent.subject).in_(subjects))
    return Answered(
        alerts=alerts, revalidations=revalidations, results=results,
        releases=[
            one for one in session.exec(releases.order_by(col(Release.id)))
            if first <= one.decided_at.date() <= last
        ],
        events=list(session.exec(events.order_by(col(AuditEvent.sequence)))),
        people={one.name: one.full_name for one in session.exec(select(Actor))},
        escalations=list(session.exec(
            select(AlertEscalation)
            .where(col(AlertEscalation.alert_id).in_([one.id for one in alerts]))
            .order_by(col(AlertEscalation.id))
        )),
    )  # fmt: skip


def alert_facts(answered: Answered, watched: Watched) -> tuple[AlertFacts, ...]:
    """Each alert of the period, from the signal to what a person made of it and the plan's days."""
    rules = read_alert_rules(watched.plan.content)
    return tuple(
        AlertFacts(
            record=one.label, site=one.site, chart=", ".join(one.charts), severity=one.severity,
            summary=one.summary, raised_at=one.raised_at, status=one.status,
            onset_estimate=one.onset_estimate,
            acknowledged_by=answered.people.get(one.acknowledged_by, one.acknowledged_by),
            acknowledged_at=one.acknowledged_at, disposition=one.disposition,
            closed_at=one.closed_at, root_cause=one.root_cause, action=one.action,
            escalations=tuple(
                f"{step.label}: not {step.missed}d in time, to {step.role} on "
                f"{step.escalated_at:%Y-%m-%d}"
                for step in answered.escalations if step.alert_id == one.id
            ),
            acknowledge_days=rules.rule_of(*one.charts).acknowledge_days if one.charts else None,
            close_days=rules.rule_of(*one.charts).close_days if one.charts else None,
        )
        for one in answered.alerts
    )


def revalidation_facts(
    answered: Answered, measures: Sequence[str]
) -> tuple[RevalidationFacts, ...]:
    """Each revalidation: stored estimates of these measures before and after, and differences."""
    alerts = {one.id: one.label for one in answered.alerts}
    return tuple(
        RevalidationFacts(
            record=one.label,
            alert=alerts.get(one.alert_id) or (f"ALT-{one.alert_id:04d}" if one.alert_id else ""),
            site=one.site, trigger=one.trigger.rstrip("."),
            period=(one.period_from, one.period_to),
            outcome=one.outcome, conclusion=_sentence(one.conclusion),
            rows=_rows(one, answered.results, measures),
        )
        for one in answered.revalidations
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _rows(
    one: Revalidation, results: dict[int, list[EvaluationResult]], measures: Sequence[str]
) -> tuple[Any, ...]:
    before, after = (
        {result.measure: result for result in results.get(number or 0, [])}
        for number in (one.before_evaluation_id, one.after_evaluation_id)
    )
    stored = one.comparison.get("differences_after_minus_before", [])
    differences = {
        item["measure"].removesuffix(_DIFFERENCE): Estimate.from_dict(item) for item in stored
    }
    return tuple(
        (
            measure,
            quoted(before[measure], site=one.site) if measure in before else None,
            quoted(after[measure], site=one.site) if measure in after else None,
            differences.get(measure),
        )
        for measure in measures
        if measure in before or measure in after
    )


def decisions(answered: Answered) -> tuple[Decision, ...]:
    """What was decided, in order of time: answers to alerts, revalidations, releases."""
    found = [one for event in answered.events for one in _decided(event, answered)]
    found += [
        Decision(
            one.label, one.outcome, one.reason,
            answered.people.get(one.decided_by, one.decided_by), one.decided_at,
        )
        for one in answered.releases
    ]
    return tuple(sorted(found, key=lambda one: (one.at, one.record)))


def _decided(event: AuditEvent, answered: Answered) -> Sequence[Decision]:
    """The decision that an event stands for; none for an alert's own creation."""
    at = datetime.fromisoformat(event.at)
    by = answered.people.get(event.actor, event.actor)
    new = json.loads(event.new) or {}
    for one in answered.revalidations:
        if event.subject == one.subject and event.action == "create":
            said = f"revalidation: {one.outcome}"
            return [Decision(one.label, said, _sentence(one.conclusion), f"computed for {by}", at)]
    for alert in answered.alerts:
        status = new.get("status")
        if event.subject == alert.subject and status in ("acknowledged", "closed"):
            words = str(new.get("disposition", ""))
            head, _, reason = words.partition(": ") if status == "closed" else ("", "", words)
            said = f"{status}: {head}" if head else str(status)
            return [Decision(alert.label, said, reason or event.reason, by, at)]
    return []
