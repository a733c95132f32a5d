"""The control charts of a period as they were stored, and Evidently's reports beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from sqlmodel import Session, col, select

from records.alert_rules import AlertRule, AlertRules, read_alert_rules
from records.chart_names import level_of, whole_chart
from records.errors import Refused
from records.queries import effective_plan
from records.surveillance import (
    ChartBaseline,
    ChartPoint,
    DriftReport,
    MonitoringPlan,
    MonitoringRun,
)
from regulatory.documents.facts import ChartSeries
from regulatory.documents.performance_facts import ChartFacts, DriftReportFacts, WatchedPlan
from regulatory.documents.wording import number, spaced
from regulatory.gathering.edition import Basis
from regulatory.gathering.performance_sites import Coverage
from regulatory.gathering.phrases import listed, percent

Group = Literal["input", "output", "performance"]
_EVIDENCE = "log10 of the evidence"
OF_OUTPUT = ("output_entropy", "uncertainty", "out_of_distribution", "latency_ms", "share", "parts",
             "longest", "across", "largest_change")  # fmt: skip
"""Columns that tell of the output and not of the image."""
ADDING_UP = ("fact_distribution", "score_distribution", "positive_rate", "share_beyond")


@dataclass(frozen=True)
class Watched:
    """The plan, its charts' frozen baselines, and the period's runs with their points."""

    plan: MonitoringPlan
    baselines: list[ChartBaseline]
    runs: list[MonitoringRun]
    points: list[ChartPoint]
    reports: list[DriftReport]

    @property
    def plans(self) -> set[int]:
        """The plans under which the period was watched."""
        return {one.plan_id for one in self.runs} | {self.plan.id or 0}


def watched_in(session: Session, basis: Basis, found: Coverage) -> Watched:
    """What surveillance stored in a period; five questions.

    Raises Refused where no monitoring plan is on record.
    """
    versions = list(found.versions)
    runs = list(session.exec(
        select(MonitoringRun)
        .where(
            col(MonitoringRun.model_version_id).in_(versions),
            col(MonitoringRun.day).between(*found.period),
        )
        .order_by(col(MonitoringRun.day), col(MonitoringRun.id))
    ))  # fmt: skip
    plan = (
        session.get_one(MonitoringPlan, runs[-1].plan_id) if runs
        else effective_plan(session, basis.device)
    )
    if plan is None:
        raise Refused(
            f"{basis.device.name} has no monitoring plan to report on.",
            hint="Accept the device's definition first.",
        )
    baselines = select(ChartBaseline).where(
        ChartBaseline.plan_id == plan.id, col(ChartBaseline.model_version_id).in_(versions)
    )
    numbers = [one.id for one in runs]
    points = select(ChartPoint).where(col(ChartPoint.run_id).in_(numbers))
    reports = select(DriftReport).where(col(DriftReport.run_id).in_(numbers))
    return Watched(
        plan=plan, baselines=list(session.exec(baselines.order_by(col(ChartBaseline.id)))),
        runs=runs, points=list(session.exec(points.order_by(col(ChartPoint.id)))),
        reports=list(session.exec(reports.order_by(col(DriftReport.id)))),
    )


def plan_facts(watched: Watched) -> WatchedPlan:
    """The plan in force and how its false alarms are held down, in the words of its record."""
    content = watched.plan.content
    rules = read_alert_rules(content)
    delay = content.get("truth", {}).get("maximum_delay_days")
    least = content.get("minimum_n")
    return WatchedPlan(
        record=watched.plan.label, digest=watched.plan.content_digest,
        effective_at=watched.plan.effective_at,
        budget=(
            f"at most {percent(content['false_alarm_budget'])} probability of one or more false "
            f"alerts in {content['horizon_days']} days, over all charts and sites together"
        ),
        error_control=_error_control(watched.baselines),
        minimum_n=f"{least} studies; fewer are carried over to the next day" if least else "",
        truth_delay=f"truths count up to {delay} days after the study" if delay else "",
        responsibility=(
            f"alerts are {rules.owner.value}'s; one that nobody answers in time goes to "
            f"{', then '.join(role.value for role in rules.escalate_to)}"
        ),
        answering=tuple(
            (name, listed(chart for chart, _ in pairs), rule.words)
            for (name, rule), pairs in _by_rule(rules).items()
        ),
    )


def _by_rule(rules: AlertRules) -> dict[tuple[str, AlertRule], list[tuple[str, str]]]:
    """The charts under each class and rule: a chart may have a rule of its own."""
    found: dict[tuple[str, AlertRule], list[tuple[str, str]]] = {}
    for chart, (name, rule) in rules.charts.items():
        found.setdefault((name, rule), []).append((chart, name))
    return found


def _error_control(baselines: Sequence[ChartBaseline]) -> str:
    if not baselines:
        return "no limit is on record: the charts were not prepared"
    charts = {whole_chart(one.chart) for one in baselines}
    levels = len({one.chart for one in baselines if level_of(one.chart)})
    divided = (
        f"; a chart by subgroup gives half of its share to all studies of the site and half in "
        f"equal parts to its levels ({levels} charts of levels)" if levels else ""
    )
    sites = {one.site_id for one in baselines}
    shares = listed(percent(alpha) for alpha in sorted({one.alpha for one in baselines}))
    return (
        f"Bonferroni: the budget is shared equally by {len(charts)} charts at {len(sites)} sites; "
        f"each chart at each site has {shares}{divided}"
    )


def chart_facts(watched: Watched, found: Coverage, *, score: str) -> tuple[ChartFacts, ...]:
    """Every chart of the plan, site by site and day by day, as surveillance stored it.

    score: what the number that a study is given is called.
    """
    return tuple(
        _chart(plan | {"name": name}, watched, found, score)
        for plan in watched.plan.content.get("charts", [])
        for name in _names(str(plan["name"]), watched.baselines)
    )


def _names(chart: str, baselines: Sequence[ChartBaseline]) -> list[str]:
    """A chart of the plan as it runs: of the whole site, then of each level of its subgroups."""
    ran = list(dict.fromkeys(
        one.chart for one in baselines if whole_chart(one.chart) == chart and one.chart != chart
    ))  # fmt: skip
    whole = any(one.chart == chart for one in baselines) or not ran
    return [*([chart] if whole else []), *ran]


def _chart(
    plan: dict[str, Any], watched: Watched, found: Coverage, score: str
) -> ChartFacts:
    name = str(plan["name"])
    baselines = [one for one in watched.baselines if one.chart == name]
    prepared = next((one.prepared for one in baselines if not one.reason), {})
    refused = [
        f"not run at {found.sites[one.site_id]}: {one.reason}" for one in baselines if one.reason
    ]
    question, group, method, in_control, axis = _described(plan, prepared, score)
    if level := level_of(name):
        question = f"{level.replace('=', ' ', 1)}: {question}"
    points = [one for one in watched.points if one.chart == name]
    shares = sorted({one.alpha for one in baselines})
    return ChartFacts(
        name=name, question=question, group=group, detector=method,
        in_control="; ".join([in_control, *refused]),
        budget=(
            f"{listed(percent(one) for one in shares)} in "
            f"{watched.plan.content['horizon_days']} days at each site"
            if shares else "not prepared"
        ),
        axis=axis,
        series=tuple(
            _series(site, [one for one in points if one.site == site], found.period)
            for site in found.names
        ),
        records=tuple(one.label for one in baselines),
    )


def _series(
    site: str, points: Sequence[ChartPoint], period: tuple[date, date]
) -> ChartSeries:
    days = tuple(
        period[0] + timedelta(days=step) for step in range((period[1] - period[0]).days + 1)
    )
    by_day = {one.day: one for one in points}
    stored = [by_day.get(day) for day in days]
    return ChartSeries(
        site=site, days=days,
        statistic=tuple(one.statistic if one else None for one in stored),
        upper=tuple(one.limit if one else None for one in stored),
        signals=tuple(one.day for one in stored if one and one.signal),
    )


def asked_by(plan: Mapping[str, Any], score: str) -> tuple[str, str]:
    """What a chart of a plan asks, and by which method, before anything of it was prepared."""
    question, _, method, _, _ = _described(dict(plan), {}, score)
    return question, method


def _described(
    plan: dict[str, Any], prepared: dict[str, Any], score: str
) -> tuple[str, Group, str, str, str]:
    """(question, group, method, in control, axis) of a chart, by its kind and what it holds."""
    kind = str(plan["detector"])
    if kind == "rank_cusum":
        told = prepared.get("mean") or plan.get("parameters", {}).get("columns", ())
        columns = listed(map(spaced, sorted(told))) or "the image quality measures"
        return (
            f"Has the appearance of the images shifted ({columns})?", "input",
            f"CUSUM of normal rank scores, smallest shift found {_shift(plan, prepared)}",
            "studies of a day are exchangeable with the site's frozen reference",
            "largest CUSUM",
        )
    if kind == "conformal_test":
        column = str(prepared.get("column", plan.get("parameters", {}).get("column", "score")))
        named = {"share": "share of the picture that is outlined", "score": score}
        words = named.get(column, column)
        return (
            f"Has the distribution of the {words} changed?",
            "output" if column in ("score", "share") else "input",
            "conformal test martingale; limit log10(1 / share of the budget)",
            "values are exchangeable with the site's frozen reference and each other", _EVIDENCE,
        )
    if kind == "claimed_performance":
        measure = str(prepared.get("measure", plan.get("parameters", {}).get("measure", "")))
        measure = "share of outlines that fit" if measure == "fitting" else measure
        bound = f" ({number(prepared['bound'], 2)})" if "bound" in prepared else ""
        return (
            f"Has the {measure} fallen below its claim less the margin{bound}?", "performance",
            "betting on 'below the bound'; limit log10(1 / share of the budget)",
            f"the true {measure} is at or above its claim less the margin", _EVIDENCE,
        )
    if kind == "override_rate":
        highest = prepared.get("highest_share", plan.get("parameters", {}).get("highest_share"))
        bound = f" ({number(highest, 2)})" if highest is not None else ""
        return (
            f"Do readers overrule the output more often than the plan says{bound}?", "performance",
            "betting on 'above the bound'; limit log10(1 / share of the budget)",
            "the true share that readers change or reject is at or below the bound", _EVIDENCE,
        )
    if kind == "concordance":
        bound = f" ({number(prepared['bound'], 2)})" if "bound" in prepared else ""
        return (
            "Do device and radiologists' reports agree less often than the plan declares"
            f"{bound}?", "performance",
            "betting on 'below the bound'; limit log10(1 / share of the budget)",
            "device and report agree at least as often as the plan declares", _EVIDENCE,
        )
    if kind == "silent_days":
        return (
            "Has the site stopped sending studies?", "input", "silent days in a row",
            "a day is silent no more often than the plan says, independently of other days",
            "silent days",
        )
    return _described_window(kind, plan, plan.get("parameters", {}))


def _described_window(
    kind: str, plan: dict[str, Any], parameters: dict[str, Any]
) -> tuple[str, Group, str, str, str]:
    """As `_described`, of the charts that judge whole days or weeks."""
    span = "weeks" if parameters.get("window") == "week" else "days"
    method = f"calendar {span}, each against the frozen reference, exact at the share of the budget"
    if plan.get("season"):
        method = method.replace("the frozen reference", "the same time of year of the reference")
    alike = "studies of the window are exchangeable with the site's frozen reference"
    usual = {"share_beyond": "out_of_distribution", "stated_share": "refused",
             "new_name": "refused"}  # fmt: skip
    column = str(parameters.get("column", usual.get(kind, "score")))
    if parameters.get("adds_up", "windows") == "windows" and kind in ADDING_UP:
        method += "; the latest of them together at half of it"
    if kind in ("fact_distribution", "score_distribution"):
        of_output = kind == "score_distribution" or column in OF_OUTPUT
        group: Group = "output" if of_output else "input"
        return f"Has {spaced(column)} changed?", group, method, alike, "change of a share"
    if kind == "positive_rate":
        return "Has the share called positive changed?", "output", method, alike, "share"
    if kind == "performance_against_reference":
        measure = str(parameters.get("measure", ""))
        return (
            f"Has the {measure} fallen below that of the reference?", "performance", method,
            f"the true {measure} is at least that of the reference", measure,
        )
    if kind == "calibration":
        return (
            "Do the scores still mean what they meant?", "performance",
            f"calendar {span}: change of calibration-in-the-large and slope from the reference",
            "the finding is as common at each score as it was on the reference",
            "change of log odds or slope",
        )
    if kind == "estimated_performance":
        measure = str(parameters.get("measure", ""))
        return (
            f"Is the {measure} still as good, by what can be known so far?", "performance",
            f"calendar {span}: estimated without truth, prediction-powered, realised; upper end of "
            "the interval at the share of the budget",
            f"the true {measure} is at or above the claim less its margin, or the reference's own "
            "less the plan's", f"upper end of the {measure}",
        )
    if kind == "subgroup_gap":
        measure, allowed = str(parameters.get("measure", "sensitivity")), 0.05
        allowed = float(parameters.get("allowed_gap", allowed))
        return (
            f"Does the {measure} lie behind that of the other levels by more than "
            f"{number(allowed, 2)}?", "performance",
            "betting on 'further behind'; limit log10(1 / share of the budget)",
            f"the level's true {measure} lies behind the others by no more than is allowed",
            _EVIDENCE,
        )
    if kind == "study_volume":
        return (
            "Has the number of studies changed?", "input", f"calendar {span}, prediction interval",
            "counts scatter as in the reference", "studies",
        )
    return _described_stream(kind, column, parameters, method)


def _described_stream(
    kind: str, column: str, parameters: dict[str, Any], method: str
) -> tuple[str, Group, str, str, str]:
    """As `_described`, of the charts of shares, refusals, new names and the model's features."""
    if kind == "share_beyond":
        limit = parameters.get("at_least", 0.95)
        return (
            f"Has the share of studies with {spaced(column)} at or above {limit:g} changed?",
            "output", method, "the share from the limit on is that of the frozen reference",
            "share",
        )
    if kind == "stated_share":
        highest = parameters.get("highest_share", 0.05)
        what = {"refused": "files refused", "not_run": "studies that the AI did not read"}
        limit = parameters.get("at_least", 0.5)
        words = what.get(column, f"{spaced(column)} at or above {limit:g}")
        return (
            f"Is the share of {words} above the stated {number(highest, 3)}?", "input",
            "betting on 'above the stated share'; limit log10(1 / share of the budget)",
            "the true share is at or below the stated one", _EVIDENCE,
        )
    if kind == "new_name":
        return (
            f"Has {spaced(column)} shown a name that was never seen?", "input",
            "comparison of names",
            "no name comes that reference, plan and first entries do not hold",
            "times the commonest new name came",
        )
    if kind == "embedding_drift":
        return (
            "Do the pictures look otherwise to the model itself?", "input",
            "conformal test along the model's features, their distance and learnt directions; "
            "limit log10(1 / share of the budget)",
            "features are exchangeable with the site's frozen reference", _EVIDENCE,
        )
    return "not recorded", "input", kind, "not recorded", "statistic"


def _shift(plan: dict[str, Any], prepared: dict[str, Any]) -> str:
    shift = prepared.get("findable_shift", plan.get("parameters", {}).get("smallest_shift"))
    return f"{number(shift, 2)} SD" if shift is not None else "not recorded"


def drift_facts(watched: Watched, *, score: str) -> tuple[DriftReportFacts, ...]:
    """Evidently's reports: the columns it called drifted, and the kept report's digest."""
    return tuple(
        DriftReportFacts(
            record=one.label, day=one.day, occasion=one.occasion,
            reference_rows=one.reference_rows, current_rows=one.current_rows,
            columns=len(one.verdicts),
            drifted=tuple(
                score if verdict["column"] == "score" else verdict["column"]
                for verdict in one.verdicts if verdict["drifted"]
            ),
            html_digest=one.html_digest,
        )
        for one in watched.reports
    )
