"""The facts of a PMS plan: what the plan in force and the recorded facts say at the data freeze."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from sqlmodel import Session, col, select

from records.alert_rules import read_alert_rules
from records.clinical_follow_up import FollowUpActivity
from records.counting import counted
from records.distribution import Sales
from records.errors import InvalidInput
from records.known_facts import standing_facts
from records.plan_facts import PlanIndicator, PlanSource
from records.product import Deployment, ModelVersion, Site
from records.surveillance import MonitoringPlan
from records.trend_rules import CountedBaseline, GraveBaseline, RateBaseline, read_trend_rules
from regulatory.documents.pms_plan_facts import PmsPlanFacts
from regulatory.documents.registry import PMS_PLAN
from regulatory.documents.surveillance_facts import Listed, Rows
from regulatory.documents.surveillance_tables import european
from regulatory.gathering import surveillance_quoted as told
from regulatory.gathering.edition import Basis, edition_of, trace
from regulatory.gathering.performance_charts import asked_by
from regulatory.gathering.phrases import percent, refusal_words
from regulatory.gathering.surveillance import purpose
from regulatory.gathering.surveillance_actions import of_device
from regulatory.gathering.task_words import score_words
from regulatory.periodic_schedule import schedule_of
from regulatory.trend_standing import written_out

ABBREVIATED = ("PSUR",)
SALES = ("region", "since", "until", "unit", "number")


def gather_pms_plan(session: Session, basis: Basis) -> PmsPlanFacts:
    """What the records say of how the device is watched; the plan in force is read, or none is."""
    name, on = basis.device.name, basis.freeze_at.date()
    sales = standing_facts(session, Sales, name)
    activities = standing_facts(session, FollowUpActivity, name)
    plan = _plan(session, name)
    watched = _watched(plan, basis) if plan else {"why_no_plan": "no monitoring plan is in force",
                                                  "why_no_trend": "no monitoring plan is in force"}
    versions = _versions(session, name)
    possible = (
        trace("1", "model versions of the device", versions),
        trace("2", "sources of the plan", standing_facts(session, PlanSource, name)),
        trace("3", "monitoring plan in force", [plan] if plan else []),
        trace("4", "indicators of the plan", standing_facts(session, PlanIndicator, name)),
        trace("11", "PMCF activities", activities),
    )
    return PmsPlanFacts(
        edition=edition_of(PMS_PLAN, basis), device_record=basis.device.label,
        purpose=purpose(basis),
        versions=Rows(tuple(
            Listed(one.label, (one.name, (one.weights_hash or "no weights here")[:16], one.status,
                               one.trained_at.date()))
            for one in versions
        )),
        markets=told.markets(session, name, on),
        sales=Rows(told.listed(sales, SALES), () if sales else ("No sales are recorded.",)),
        sources=told.plan_sources(session, name, on),
        indicators=told.plan_indicators(session, name, on),
        organisations=told.organisations(session, name, on),
        follow_up=Rows(told.listed(activities, told.FOLLOW_UP),
                       () if activities else ("No PMCF activity is recorded.",)),
        ran=_ran(session, name), traces=tuple(one for one in possible if one.records),
        **_calendar(session, basis, on), **watched,
    )  # fmt: skip


def _plan(session: Session, device: str) -> MonitoringPlan | None:
    query = select(MonitoringPlan).where(col(MonitoringPlan.device_id).in_(of_device(device)))
    return session.exec(query.order_by(col(MonitoringPlan.id).desc())).first()


def _versions(session: Session, device: str) -> list[ModelVersion]:
    query = select(ModelVersion).where(col(ModelVersion.device_id).in_(of_device(device)))
    return list(session.exec(query.order_by(col(ModelVersion.id))))


def _watched(plan: MonitoringPlan, basis: Basis) -> dict[str, Any]:
    """What the plan says of charts, alerts and trends, as fields of the facts."""
    content = plan.content
    truth = (content.get("truth") or {}).get("maximum_delay_days")
    score = score_words(basis.definition.task.kind)
    said = (
        ("Monitoring plan", plan.label), ("Digest", plan.content_digest),
        ("In force since", f"{plan.effective_at:%Y-%m-%d}"),
        ("Budget of false alarms",
         f"at most {percent(content['false_alarm_budget'])} probability of one or more in "
         f"{_of(content, 'horizon_days')} days, over all charts and sites"
         if "false_alarm_budget" in content else "not set"),
        ("Smallest number of studies", _of(content, "minimum_n")),
        ("Latest truth that counts", f"{truth} days after the study" if truth else "not set"),
        ("Measures that are claimed",
         "; ".join(f"{one.measure} {one.value:g}, margin {one.margin:g}"
                   + (f" ({one.subgroup})" if one.subgroup else "")
                   for one in basis.definition.claims)),
    )  # fmt: skip
    return {
        "plan_record": plan.label, "monitoring": said,
        "charts": Rows(tuple(
            Listed(plan.label, (one["name"], *asked_by(one, score),
                                parameters_said(one.get("parameters") or {})))
            for one in content.get("charts") or ()
        )),
        "subgroups": Rows(tuple(
            Listed(basis.device.label, (
                one.name, one.field.replace("_", " "),
                ", ".join(one.values or _bands(one.bins or ())) or "every value found",
            ))
            for one in basis.definition.subgroups
        )),
        "answering": _answering(plan), **_trend(plan),
    }  # fmt: skip


def _bands(bins: Sequence[float]) -> list[str]:
    """The bands between limits.

    >>> _bands((0.0, 18.0, 40.0))
    ['0 to under 18', '18 to under 40']
    """
    return [f"{low:g} to under {high:g}" for low, high in pairwise(bins)]


def _of(content: dict[str, Any], name: str) -> str:
    value = content.get(name)
    return "not set" if value is None else str(value)


def parameters_said(given: dict[str, Any]) -> str:
    """Parameters of a chart by name: the trail does not keep the order of a JSON column.

    >>> parameters_said({"window": "week", "levels": {"b": 2, "a": 1}, "known": ["x", "y"]})
    'known: x, y; levels: (a: 1; b: 2); window: week'
    >>> parameters_said({"known": ["not_dicom"], "column": "age_years"})
    'column: age years; known: not a DICOM file'
    """
    return "; ".join(
        f"{name.replace('_', ' ')}: "
        + (f"({parameters_said(value)})" if isinstance(value, dict)
           else ", ".join(refusal_words(str(one)) for one in value) if isinstance(value, list)
           else str(value).replace("_", " "))
        for name, value in sorted(given.items())
    ) or "none"  # fmt: skip


def _answering(plan: MonitoringPlan) -> Rows:
    try:
        rules = read_alert_rules(plan.content)
    except InvalidInput:
        return Rows()
    named = dict.fromkeys(rules.charts.values())
    return Rows(tuple(Listed(plan.label, (name, rule.words)) for name, rule in named))


def _trend(plan: MonitoringPlan) -> dict[str, Any]:
    rules = read_trend_rules(plan.content)
    if rules is None:
        return {"why_no_trend": f"{plan.label} says nothing of trends"}
    grave = rules.severity
    said = (
        ("Observation period", f"{rules.period_months} months of the calendar, judged once, after "
         "it is over"),
        ("Exposure", rules.exposure),
        ("Smallest exposure of a period", f"{rules.minimum_exposure} {rules.exposure}"),
        ("Chance of any false trend in a year", f"{rules.alpha:g} (each period "
         f"{rules.period_alpha:g}; severity {rules.severity_alpha:.3g}, the rest shared among the "
         "categories by Holm's procedure)"),
        ("Watched from", f"p at most {rules.watch_alpha:g}"),
        ("Smallest count and ratio of a trend",
         f"{rules.minimum_events} events; {rules.minimum_ratio:g} times the baseline"),
        ("Tests", "exact Poisson against a known rate, exact conditional binomial against an "
         "earlier period, Fisher's for severity, all one-sided (R-EU88-01 to R-EU88-04)"),
        ("Severity", f"grave from the harm '{grave.grave_from}' on; baseline "
         f"{_base(grave.baseline)}" if grave else "not asked"),
        ("Decided within", f"{rules.decide_within_days} days after the period"),
        ("Reported within", f"{rules.report_within_days} days from the decision, by this plan; the "
         "law sets none" if rules.report_within_days else "no own day is set; the law sets none"),
    )  # fmt: skip
    return {"trend": said, "categories": Rows(tuple(
        Listed(plan.label, (one.name, ", ".join(one.events), ", ".join(one.terms) or "none",
                            _base(one.baseline)))
        for one in rules.categories
    ))}  # fmt: skip


def _base(one: RateBaseline | CountedBaseline | GraveBaseline) -> str:
    if isinstance(one, RateBaseline):
        return f"{written_out(one.rate)} for each of the exposure: {one.source}"
    if isinstance(one, GraveBaseline):
        return f"{one.grave} of {one.events} events: {one.source}"
    return f"counted in {one.period}"


def _calendar(session: Session, basis: Basis, on: date) -> dict[str, Any]:
    """The reports whose day is still to come, and which periods are past theirs."""
    rows, lacking, over = [], [], dict[str, list[tuple[date | None, date | None]]]()
    for one in schedule_of(session, basis.device, on=on):
        report = one.report.replace("_", " ")
        report = report if report in ABBREVIATED else report.lower()
        if one.issue_due is not None and one.issue_due < on:
            over.setdefault(report, []).append((one.period_start, one.period_end))
            continue
        period = f"{one.period_start} to {one.period_end}" if one.period_end else "not known"
        rows.append(Listed(one.record, (
            report, period, one.preparation_days
            if one.preparation_days is not None else "not set",
            one.issue_due or "not known", european(one.says), european(one.citation),
        )))  # fmt: skip
        if one.missing:
            lacking.append(f"{report} needs {', '.join(one.missing)}.")
    return {"calendar": Rows(tuple(rows), tuple(lacking)), "overdue": tuple(
        f"{report}: {counted(len(found), 'period')}, {found[0][0]} to {found[-1][1]}"
        for report, found in over.items()
    )}  # fmt: skip


def _ran(session: Session, device: str) -> Rows:
    query = (
        select(Deployment, ModelVersion, Site.name)
        .join(ModelVersion, col(ModelVersion.id) == Deployment.model_version_id)
        .join(Site, col(Site.id) == Deployment.site_id)
        .where(col(ModelVersion.device_id).in_(of_device(device))).order_by(col(Deployment.id))
    )
    found: dict[str, list[tuple[Deployment, ModelVersion, str]]] = {}
    for row in session.exec(query):
        found.setdefault(row[1].label, []).append(row)
    return Rows(tuple(
        Listed(label, (
            rows[0][1].name, len(rows), ", ".join(dict.fromkeys(site for _, _, site in rows)),
            sum(one.ended_at is None for one, _, _ in rows),
        ), tuple(one.label for one, _, _ in rows))
        for label, rows in sorted(found.items())
    ))  # fmt: skip
