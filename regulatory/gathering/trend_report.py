"""The facts of a trend report: the newest signed decision to report, and what it rests on."""

from dataclasses import replace
from typing import Any

from sqlmodel import Session, col, select

from measures.estimate import Estimate
from records.capas import CAPA, NEXT
from records.errors import NotFound, Refused
from records.event_counts import incidents_in_period, seriousness_of
from records.field_actions import FieldAction
from records.form_versions import FormVersion
from records.regulatory_reports import Submission
from records.risk import RiskItem, items_of, risk_file_in_force
from records.surveillance import MonitoringPlan
from records.trend_rules import read_trend_rules
from records.trends import TrendDecision, TrendLook, standing_looks
from regulatory.documents.pms_plan_facts import TrendReportFacts
from regulatory.documents.registry import TREND_REPORT
from regulatory.documents.surveillance_facts import Listed, Rows, Span
from regulatory.documents.surveillance_tables import PER, european
from regulatory.gathering import surveillance_quoted as told
from regulatory.gathering.edition import Basis, edition_of, trace
from regulatory.gathering.surveillance_actions import deployments, of_device
from regulatory.gathering.surveillance_codes import coded
from regulatory.gathering.surveillance_events import log_of
from regulatory.gathering.surveillance_trends import trend_row
from regulatory.trend_decisions import OUTCOMES, REPORT


def gather_trend_report(session: Session, basis: Basis) -> TrendReportFacts:
    """What the newest decision to report a trend rests on.

    Raises Refused where nobody decided to report one.
    """
    name = basis.device.name
    decision, look = _decided(session, name)
    period = look.period_from, look.period_to
    reported = [one for one in look.rows if one["question"] in decision.proposed]
    events = {event for one in reported for event in one.get("events", ())}
    known = incidents_in_period(session, name, *period)
    versions, ran = deployments(session, name, period)
    possible = (
        trace("3", "the look at the trends of the period", [look]),
        trace("4", "incidents opened in the period", known),
        trace("5", "the decision to report", [decision]),
    )
    return TrendReportFacts(
        edition=replace(edition_of(TREND_REPORT, basis), period=period),
        device_record=basis.device.label, look=look.label, decision=_decision(decision),
        reported=Rows(tuple(trend_row(look, one, decision) for one in reported)),
        thresholds=_thresholds(session, look, decision),
        history=_history(session, name, look, [one["question"] for one in reported]),
        exposure=_exposure(look), beside=_beside(look),
        individual=log_of(session, coded(session, known, seriousness_of(session, known),
                                         basis.vault)),
        organisations=told.organisations(session, name, basis.freeze_at.date()),
        identifiers=told.identifiers(session, name, period[1]),
        markets=told.markets(session, name, period[1]), versions=versions, deployments=ran,
        forms=_forms(session, name, look), risks=_risks(session, name, events),
        measures=_measures(session, name, {look.label, decision.label}, period),
        traces=tuple(one for one in possible if one.records),
    )  # fmt: skip


def _decided(session: Session, device: str) -> tuple[TrendDecision, TrendLook]:
    query = (
        select(TrendDecision, TrendLook)
        .join(TrendLook, col(TrendLook.id) == TrendDecision.look_id)
        .where(col(TrendLook.device_id).in_(of_device(device)), TrendDecision.outcome == REPORT)
        .order_by(col(TrendDecision.id).desc())
    )
    found = session.exec(query).first()
    if found is None:
        raise Refused(
            f"Nobody decided that a trend of {device} is reported: there is nothing to report.",
            hint="Decide on the looks: 'radvigil monitor trend-decide'.",
        )
    return found


def _decision(one: TrendDecision) -> Rows:
    return Rows((Listed(one.label, (
        _gate(one.benefit_risk_significant), _gate(one.unacceptable_risk),
        european(OUTCOMES[one.outcome]), "yes" if one.against_rules else "no", one.grounds,
        one.decided_by, one.decided_at.date(), one.internal_due or "no own day is set",
    )),))  # fmt: skip


def _gate(value: bool | None) -> str:
    return "not asked" if value is None else "yes" if value else "no"


def _thresholds(
    session: Session, look: TrendLook, decision: TrendDecision
) -> tuple[tuple[str, str], ...]:
    """What the plan set beforehand, and when the trend was seen."""
    plan = session.get_one(MonitoringPlan, look.plan_id)
    rules = read_trend_rules(plan.content)
    said = (
        ("Look", f"{look.label}, version {look.version}"),
        ("Plan", f"{plan.label}, digest {plan.content_digest[:16]}, in force since "
         f"{plan.effective_at:%Y-%m-%d}"),
        ("Period", f"{look.period_from} to {look.period_to}"),
        ("Looked at", f"{look.looked_at:%Y-%m-%d}"),
        ("Decided", f"{decision.label}, {decision.decided_at:%Y-%m-%d}"),
        ("Error spent in the period", f"{look.alpha_spent:g} of {look.alpha_year:g} a year"),
    )  # fmt: skip
    if rules is None:
        return said
    return (*said, ("Smallest count and ratio of a trend",
                    f"{rules.minimum_events} events; {rules.minimum_ratio:g} times the baseline"))


def _history(
    session: Session, device: str, look: TrendLook, questions: list[str]
) -> tuple[tuple[str, Estimate, str], ...]:
    """The rate of each reported question in each period looked at, as the looks stored it."""
    looks = [one for one in standing_looks(session, device) if one.period_to <= look.period_to]
    return tuple(
        (f"{row['question']}, {one.period_from} to {one.period_to}", _estimate(row), one.label)
        for question in questions for one in looks for row in one.rows
        if row["question"] == question
    )


def _estimate(row: dict[str, Any]) -> Estimate:
    rate, n = row["rate"], int(row["exposure"])
    if rate["value"] is None:
        return Estimate.not_estimable(row["question"], rate["reason"] or "no exposure", n=n)
    return Estimate(row["question"], n, rate["value"], rate["low"], rate["high"],
                    method=rate.get("method") or "exact")  # fmt: skip


def _exposure(look: TrendLook) -> Rows:
    sites = look.counts.get("sites") or {}
    events = look.counts.get("events_by_site") or {}
    return Rows(tuple(
        Listed(look.label, (site, n if n else "no data: nothing is said of this site",
                            events.get(site, 0)))
        for site, n in sites.items()
    ))  # fmt: skip


def _beside(look: TrendLook) -> tuple[tuple[str, str], ...]:
    counts = look.counts

    def labels(name: str) -> str:
        return ", ".join(counts.get(name) or ()) or "none"

    return (
        ("Exposure of all sites", str(counts.get("exposure", "not recorded"))),
        ("Sites without exposure", labels("silent")),
        ("Serious incidents of the period, reported one by one", labels("serious")),
        ("Events of no category of the plan", str(counts.get("outside", "not recorded"))),
        ("Events that nobody had screened", str(counts.get("unscreened", "not recorded"))),
        ("Left out as duplicates", labels("duplicates")),
    )


def _forms(session: Session, device: str, look: TrendLook) -> Rows:
    """The device's forms of a trend filled since the look; each says what it is about."""
    query = select(FormVersion).where(
        col(FormVersion.device_id).in_(of_device(device)), FormVersion.form == "TREND",
        FormVersion.filled_at >= look.looked_at,
    )
    found = list(session.exec(query.order_by(col(FormVersion.id))))
    sent: dict[int | None, list[Submission]] = {}
    for one in session.exec(select(Submission).where(
        col(Submission.form_version_id).in_([one.id for one in found])
    )):  # fmt: skip
        sent.setdefault(one.form_version_id, []).append(one)
    return Rows(tuple(
        Listed(one.label, (
            one.about, one.version, one.filled_at.date(), len(one.missing),
            "; ".join(f"{each.label} to {each.authority}: {each.status}"
                      + (f", reference {each.reference}" if each.reference else "")
                      for each in sent.get(one.id, ())) or "not sent",
        ), tuple(each.label for each in sent.get(one.id, ())))
        for one in found
    ))  # fmt: skip


def _risks(session: Session, device: str, events: set[str]) -> Rows:
    """Items of the risk file in force that name these events among their sources."""
    try:
        file = risk_file_in_force(session, device)
    except NotFound as why:
        return Rows((), (why.message,))
    rows = tuple(
        Listed(one.label, (
            one.code, one.hazard, one.harm, one.severity,
            "no estimate" if one.estimate_in_use is None else f"{PER * one.estimate_in_use:.3g}",
            one.residual,
        ), (file.label,))
        for one in items_of(session, file) if _names(one, events)
    )
    return Rows(rows, () if rows else (f"{file.label} names these events in no item.",))


def _names(item: RiskItem, events: set[str]) -> bool:
    return any(events & set(one.get("of") or ()) for one in item.observed)


def _measures(session: Session, device: str, labels: set[str], period: Span) -> Rows:
    """CAPAs and field actions that name the look or the decision."""
    rows = []
    for capa in session.exec(
        select(CAPA).where(col(CAPA.device_id).in_(of_device(device))).order_by(col(CAPA.id))
    ):
        if capa.source in labels or labels & set(capa.links):
            due = capa.due.get(NEXT.get(capa.status, ""))
            rows.append(Listed(capa.label, (capa.problem, capa.status,
                                            capa.owner or "nobody is named",
                                            due or "no day is set")))  # fmt: skip
    for action in session.exec(
        select(FieldAction).where(col(FieldAction.device_id).in_(of_device(device)))
        .order_by(col(FieldAction.id))
    ):
        if labels & set(action.ties) and action.opened_at.date() >= period[0]:
            rows.append(Listed(action.label, (action.actions, action.status, action.opened_by,
                                              action.act_by or "no day is set")))  # fmt: skip
    return Rows(tuple(rows))
