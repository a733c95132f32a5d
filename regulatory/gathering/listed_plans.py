"""Lists of risks, tests, problems, and of what is planned: monitoring, trends, changes."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from sqlmodel import Session, col, select

from records.alert_rules import read_alert_rules
from records.errors import NotFound
from records.problem_reports import FIXED
from records.queries import effective_plan
from records.risk import IN_FORCE, RiskFile, RiskItem, items_of, newest_risk_file
from records.supplied_software import list_triages
from records.surveillance import ChartBaseline
from records.test_runs import newest_test_run
from records.trend_rules import CountedBaseline, read_trend_rules
from regulatory.documents.listed import Listed, Row, Value
from regulatory.documents.wording import spaced
from regulatory.gathering.change_log import problems_of
from regulatory.gathering.chart_words import column_words, method_of
from regulatory.gathering.edition import Basis
from regulatory.gathering.listed_definition import pairs
from regulatory.gathering.listed_facts import Read, Reading
from regulatory.gathering.parameter_words import value_words
from regulatory.gathering.phrases import listed, percent, refusal_words
from regulatory.risk_file import one_in
from regulatory.trace_matrix import trace_matrix

NO_RISK_FILE: Final = "The risk file: none is on record."
SECURITY: Final = ("security", "supplied software", "data leakage", "out-of-scope input")
"""Categories of the risk file that concern attacks, software of others, data and inputs."""


def _risk_file(session: Session, basis: Basis) -> RiskFile | None:
    """The file in force; else the newest."""
    query = select(RiskFile).where(
        RiskFile.device_name == basis.device.name, RiskFile.status == IN_FORCE
    )
    return session.exec(query).first() or newest_risk_file(session, basis.device.name)


def _risks(session: Session, basis: Basis, categories: tuple[str, ...] = ()) -> Read:
    file = _risk_file(session, basis)
    if file is None:
        return Read(Listed(lacking=(NO_RISK_FILE,)), "risk file of the device")
    every = items_of(session, file)
    found = [one for one in every if not categories or one.category in categories]
    said = (f"Risk file version {file.version} ({file.label}): {file.status}. Items: "
            f"{len(every)}" + (f", of which shown here: {len(found)}." if categories else "."),
            )  # fmt: skip
    listed_ = Listed(tuple(_risk(one) for one in found), said=said, records=(file.label,))
    return Read(listed_, "items of the risk file", (file, *found))


def _risk(one: RiskItem) -> Row:
    values: dict[str, Value] = {
        "code": one.code, "category": one.category, "hazard": one.hazard, "harm": one.harm,
        "severity": one.severity, "before": one_in(one.probability_before),
        "after": one_in(one.probability_after),
        "controls": ", ".join(each["id"] for each in one.controls) or "none",
        "residual": one.residual, "record": one.label,
    }  # fmt: skip
    return Row(values, (one.label,))


def risks(session: Session, basis: Basis) -> Read:
    """Every item with its estimates."""
    return _risks(session, basis)


def security_risks(session: Session, basis: Basis) -> Read:
    """The items about attacks, software of others, data and inputs."""
    return _risks(session, basis, SECURITY)


def controls(session: Session, basis: Basis) -> Read:
    """Every control with what it became and what verifies it."""
    file = _risk_file(session, basis)
    if file is None:
        return Read(Listed(none="No risk file is on record."), "risk controls")
    items = items_of(session, file)
    rows = tuple(
        Row({"id": one["id"], "code": item.code, "kind": one["kind"], "words": one["text"],
             "requirements": ", ".join(one["requirements"]) or "none",
             "verified": "; ".join(one["verified_by"]) or "nothing", "record": item.label},
            (item.label,))
        for item in items for one in item.controls
    )  # fmt: skip
    return Read(Listed(rows), "risk controls", (file, *items))


def requirements_tested(session: Session, basis: Basis) -> Read:
    """How many requirements are traced and tested, and those of which something is missing."""
    words, run = "matrix of requirements and tests", newest_test_run(session)
    try:
        matrix = trace_matrix(session, basis.device.name)
    except NotFound as why:
        return Read(Listed(lacking=(f"Tests of requirements: {why.message}",)), words)
    labels = (run.label,) if run else ()
    rows = tuple(
        Row({"requirement": one.requirement, "title": one.title or None,
             "needs": ", ".join(one.user_needs) or "none", "risks": ", ".join(one.risks) or "none",
             "tests": len(one.tests),
             "results": _words(one.results) or "none",
             "gaps": "; ".join(one.gaps), "record": run.label if run else "no run"}, labels)
        for one in matrix if one.gaps
    )  # fmt: skip
    traced = f"Requirements that user needs and risk controls name: {len(matrix)}"
    if run is None:
        lacking = ("Results of the automated tests: no run was imported.",)
        return Read(Listed((), lacking, (f"{traced}.",)), words)
    count = Counter(run.outcomes.values())
    told = ", ".join(f"{name} {n}" for name, n in sorted(count.items()))
    said = (
        f"{traced}, of which without a gap: {len(matrix) - len(rows)}.",
        f"Run {run.label} of software {run.software_version}: tests {len(run.outcomes)} ({told}).",
    )
    return Read(Listed(rows, (), said, labels), words, (run,))


def anomalies(session: Session, basis: Basis) -> Read:
    """Problems that are not gone."""
    found = [(one, name) for one, name in problems_of(session, basis.device)
             if one.status != FIXED]  # fmt: skip
    rows = tuple(
        Row({"record": one.label, "version": name, "words": one.words, "severity": one.severity,
             "status": one.status, "risk": one.risk_evaluation or "not evaluated",
             "rationale": one.rationale or "not decided"}, (one.label,))
        for one, name in found
    )  # fmt: skip
    return Read(Listed(rows), "problem reports", tuple(one for one, _ in found))


def vulnerabilities(session: Session, _basis: Basis) -> Read:
    """Advisories with the decision on each."""
    found = tuple(list_triages(session))
    rows = tuple(
        Row({"record": one.label, "component": one.component, "version": one.version,
             "advisory": one.advisory, "severity": one.severity or "none given",
             "status": one.status, "words": one.words or "not decided"}, (one.label,))
        for one in found
    )  # fmt: skip
    return Read(Listed(rows), "advisories of components", found)


def _plan(session: Session, basis: Basis) -> tuple[Mapping[str, Any], tuple[Any, ...], str]:
    """Its content, its record where it is on record, and the label that cells name."""
    plan = effective_plan(session, basis.device)
    if plan is not None:
        return plan.content, (plan,), plan.label
    return basis.definition.monitoring_plan, (basis.device,), basis.device.label


def charts(session: Session, basis: Basis) -> Read:
    """Each chart with its method, and at how many sites its reference is frozen."""
    content, records, label = _plan(session, basis)
    rules = read_alert_rules(content)
    query = select(ChartBaseline).where(
        col(ChartBaseline.plan_id).in_([one.id for one in records])
    )
    baselines = list(session.exec(query)) if effective_plan(session, basis.device) else []
    frozen: dict[str, set[int]] = {}
    for one in baselines:
        frozen.setdefault(one.chart, set()).add(one.site_id)
    rows = tuple(
        Row({"name": one["name"], "detector": method_of(one["detector"]),
             "parameters": _words(one.get("parameters", {})) or "none",
             "class": rules.class_of(one["name"]),
             "references": len(frozen.get(one["name"], ())), "record": label}, (label,))
        for one in content.get("charts", ())
    )  # fmt: skip
    return Read(Listed(rows), "charts of the monitoring plan", (*records, *baselines))


def _words(values: Mapping[str, Any]) -> str:
    """Settings in a sentence, by name: the trail does not keep the order of a JSON column.

    >>> _words({"known": ["a", "b"], "at_least": 0.95, "between": {"low": 1}})
    'at least: 0.95; between: low: 1; known: a, b'
    """
    return "; ".join(
        f"{spaced(name)}: " + (
            _words(one) if isinstance(one, Mapping)
            else ", ".join(_said(name, each) for each in one) if isinstance(one, list | tuple)
            else _said(name, one)
        )
        for name, one in sorted(values.items())
    )  # fmt: skip


def _said(name: str, value: object) -> str:
    """One value of a setting: columns, parts of the data and reasons of refusal by their words."""
    if name in ("column", "columns"):
        return column_words(str(value))
    if name == "splits":
        return spaced(str(value))
    return refusal_words(value) if name == "known" and isinstance(value, str) else \
        value_words(value)


def plan_rules(session: Session, basis: Basis) -> Read:
    """Budget of false alerts, horizon, least n, delay of truth, the frozen reference."""
    content, records, label = _plan(session, basis)
    trend = read_trend_rules(content)
    delay = content.get("truth", {}).get("maximum_delay_days")
    items: tuple[tuple[str, Value], ...] = (
        ("Probability of any false alert, all charts and sites",
         f"at most {percent(content['false_alarm_budget'])} in {content['horizon_days']} days"
         if "false_alarm_budget" in content and "horizon_days" in content else None),
        ("Fewest studies of a day that is judged", content.get("minimum_n")),
        ("Truth counts up to", f"{delay} days after the study" if delay else None),
        ("Reference of a site", _words(content.get("reference", {})) or None),
        ("Trends", f"every {trend.period_months} months, error of a year {percent(trend.alpha)}, "
         f"decided within {trend.decide_within_days} days" if trend else "no rule of trends"),
    )  # fmt: skip
    return Read(Listed(pairs(items, label)), "monitoring plan", records)


def alert_rules(session: Session, basis: Basis) -> Read:
    """By when and by whom alerts of each class are answered."""
    content, records, label = _plan(session, basis)
    rules = read_alert_rules(content)
    rows = tuple(
        Row({"class": name, "acknowledge": one.acknowledge_days, "close": one.close_days,
             "action": one.action, "signed": one.signed, "owner": rules.owner.value,
             "escalate": ", then ".join(role.value for role in rules.escalate_to) or "nobody",
             "record": label}, (label,))
        for name, one in rules.classes.items()
    )  # fmt: skip
    return Read(Listed(rows), "monitoring plan", records)


def trend(session: Session, basis: Basis) -> Read:
    """Categories of events with what is expected of each."""
    content, records, label = _plan(session, basis)
    rules = read_trend_rules(content)
    if rules is None:
        lacking = ("Rules of trends: the monitoring plan has no section trend.",)
        return Read(Listed(lacking=lacking), "rules of trends", records)
    rows = []
    for one in rules.categories:
        counted = isinstance(one.baseline, CountedBaseline)
        rows.append(Row({
            "name": one.name, "events": ", ".join(one.events),
            "rate": "counted" if counted else getattr(one.baseline, "rate", None),
            "unit": rules.exposure,
            "source": f"counted in {one.baseline.period}"
            if isinstance(one.baseline, CountedBaseline) else one.baseline.source,
            "record": label,
        }, (label,)))  # fmt: skip
    return Read(Listed(tuple(rows)), "rules of trends", records)


def plan_of_changes(_session: Session, basis: Basis) -> Read:
    """What the plan of changes rests on: authorization, protocol, limits, rollout."""
    plan, label = basis.definition.pccp, basis.device.label
    given, sent = plan.authorization, plan.communication
    items: tuple[tuple[str, Value], ...] = (
        ("Authorization", f"{given.document}, version {given.version}, {given.authority}, "
         f"{given.authorized_on}" if given else "none: no authority authorized it on record"),
        ("Data practice", plan.data_practice), ("Practice of retraining", plan.retraining_practice),
        ("Protocol", listed(spaced(one) for one in plan.protocol) if plan.protocol else None),
        ("Acceptance criteria", ", ".join(plan.acceptance) if plan.acceptance
         else "each declared one"),
        ("Versions on the same locked tests", plan.test_set_attempts),
        ("Rollout", ": ".join(filter(None, (spaced(plan.rollout.scope),
                                            ", ".join(plan.rollout.sites))))
         if plan.rollout else None),
        ("Communication", f"{listed(sent.audience)}, by {sent.by}, {sent.days_before} days before"
         if sent else None),
    )  # fmt: skip
    if not plan.modifications:
        none = "The change control plan allows no modification, and is not asked for its parts."
        return Read(Listed(none=none), "definition of the device", (basis.device,))
    lacking = tuple(f"Change control plan: {name.lower()}." for name, said in items if said is None)
    return Read(Listed(pairs(items, label), lacking), "definition of the device",
                (basis.device,))  # fmt: skip


def planned_changes(_session: Session, basis: Basis) -> Read:
    """The modifications with their bounds."""
    label = basis.device.label
    rows = tuple(
        Row({"id": one.id, "description": one.description,
             "bounds": "; ".join(filter(None, (
                 _words(one.bounds),
                 *(_words(each.model_dump(exclude_none=True)) for each in one.parameters or ()),
             ))) or "none", "record": label}, (label,))
        for one in basis.definition.pccp.modifications
    )  # fmt: skip
    return Read(Listed(rows), "definition of the device", (basis.device,))


PLAN_READINGS: Final[dict[str, Reading]] = {
    "risks": risks, "residual_risks": risks, "security_risks": security_risks,
    "controls": controls, "tests": requirements_tested,
    "anomalies": anomalies, "vulnerabilities": vulnerabilities, "charts": charts,
    "plan_rules": plan_rules, "alert_rules": alert_rules, "trend": trend,
    "plan_of_changes": plan_of_changes, "planned_changes": planned_changes,
}  # fmt: skip
