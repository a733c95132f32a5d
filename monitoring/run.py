"""One day of surveillance: yesterday's states and today's studies in, points and alerts out."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from typing import Any

import numpy as np
from sqlmodel import Session, col, select

from monitoring.alerts import ProposedAlert
from monitoring.baselines import columns_of, facts_of_levels
from monitoring.day_streams import streams_of_day
from monitoring.detectors.base import ChartResult, Prepared, SiteDay, State
from monitoring.detectors.concordance import Concordance
from monitoring.late_studies import Recomputed, late_studies, raised_late, recompute
from monitoring.merging import Joined
from monitoring.outlines import judged_rows
from monitoring.output_columns import output_columns
from monitoring.plan import ParsedPlan
from monitoring.raising import add_to_alert, alert_of, decide_day, restarted_charts
from monitoring.site_charts import restarted_states, step_site
from monitoring.windows import choose_truth
from records.awareness import open_on_signal
from records.cases import Study
from records.chart_names import level_of
from records.errors import Refused
from records.finding_states import any_is_known
from records.held_definition import definition_of
from records.product import Device, ModelVersion, Site
from records.queries import case_rows, chart_states, prediction_rows, run_on
from records.reader_answers import overruled_on
from records.renewed_references import renewals_of
from records.report_answers import PRESENT, answers_of_day, said_of
from records.surveillance import Alert, ChartBaseline, ChartPoint, MonitoringPlan, MonitoringRun
from records.truth import rule_of, truths_changed_on
from records.vault import Vault

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Running:
    """The version that runs at a site, and the day since when it does."""

    version: ModelVersion
    since: date


@dataclass(frozen=True)
class DayFacts:
    """What a day's surveillance found, ready to be recorded."""

    day: date
    results: list[ChartResult]
    alerts: tuple[ProposedAlert, ...]
    counts: dict[str, Any]
    unwatched: dict[str, str] = field(default_factory=dict)
    joined: tuple[Joined, ...] = ()
    """Signals that join an open alert."""

    @property
    def studies(self) -> int:
        """Studies of the day, all sites together."""
        return sum(one["studies"] for one in self.counts.values())


def baselines_of(
    session: Session, plan: MonitoringPlan, version: ModelVersion, *, on: date | None = None
) -> dict[str, dict[str, Prepared]]:
    """Per site the prepared charts, with the newest reference of each, or that of a day; a site
    where a chart cannot run has no entry for it."""
    query = (
        select(Site.name, ChartBaseline)
        .join(Site, col(Site.id) == ChartBaseline.site_id)
        .where(ChartBaseline.plan_id == plan.id, ChartBaseline.model_version_id == version.id)
        .order_by(col(ChartBaseline.id))
    )
    newest = {
        one.baseline_id: one.prepared
        for one in renewals_of(session, plan.id or 0, version.id or 0)
        if on is None or one.confirmed_at.date() < on  # it counts from the next watched day on
    }
    prepared: dict[str, dict[str, Prepared]] = {}
    for site, baseline in session.exec(query):
        charts = prepared.setdefault(site, {})
        if not baseline.reason:
            charts[baseline.chart] = newest.get(baseline.id or 0, baseline.prepared)
    return prepared


def require_baselines(
    reader: Session, plan: MonitoringPlan, running: Mapping[str, Running]
) -> dict[str, dict[str, Prepared]]:
    """The prepared charts of each site, of the version that runs there.

    Raises:
        Refused: None was prepared at a site: a chart without its limit would be a guess.
    """
    known: dict[int | None, dict[str, dict[str, Prepared]]] = {}
    prepared = {}
    for site, one in running.items():
        if one.version.id not in known:
            known[one.version.id] = baselines_of(reader, plan, one.version)
        if site not in known[one.version.id]:
            raise Refused(
                f"The charts of {one.version.label} are not prepared at {site}: there is no "
                "reference and no limit.",
                hint="Prepare them once, before its first day: 'radvigil monitor start --daily N', "
                "with the studies that a site is expected to send a day.",
            )
        prepared[site] = known[one.version.id][site]
    return prepared


def _at(rows: list[dict[str, Any]], sites: Collection[str]) -> list[dict[str, Any]]:
    return [row for row in rows if row["site"] in sites]


def prepare_day(
    reader: Session,
    vault: Vault,
    plan: MonitoringPlan,
    parsed: ParsedPlan,
    running: Mapping[str, Running],
    *,
    day: date,
    gathering: Mapping[str, str] | None = None,
) -> DayFacts | None:
    """Step every chart at every site by one day; None where the day was watched before.

    running: by site, what runs there. Each site is held against the baselines of its own version,
    and a chart starts afresh where another version has begun, or its alert was closed, since the
    last day. gathering: sites whose reference is still gathered, with the reason: no chart runs
    there, and the run says so.

    Raises:
        Refused: A site's version has no baseline there: a chart without its limit would be a guess.
    """
    if run_on(reader, plan, day) is not None:
        return None
    gathering = gathering or {}
    watched = {site: one for site, one in running.items() if site not in gathering}
    prepared = require_baselines(reader, plan, watched)
    states, last = chart_states(reader, plan, before=day)
    states = restarted_states(parsed, states, restarted_charts(reader, plan, last=last))
    known = gather_day(reader, vault, plan, parsed, running, day=day)
    late = {} if last is None else late_studies(reader, plan, last=last)

    @cache  # several sites may go over one day again
    def known_on(earlier: date) -> KnownDay:
        return gather_day(reader, vault, plan, parsed, running, day=earlier)

    results, signals = list[ChartResult](), list[ChartResult]()
    counts: dict[str, Any] = {}
    for site in sorted(running):
        charts = prepared.get(site, {})
        begun = last is None or running[site].since > last
        own: dict[str, State] = {} if begun else {
            chart: states[chart, site] for chart in charts
            if (chart, site) in states
        }
        counts[site] = known.counts[site]
        again = Recomputed()
        if site in late:
            counts[site] |= {"studies_late": late[site].n, "studies_too_late": late[site].too_late}
        begin = late[site].first if site in late else None
        if begin is not None and last is not None and running[site].since <= begin:
            again = recompute(
                reader, plan, parsed, {name: charts[name] for name in own}, site,
                first=begin, last=last,
                day_of=lambda earlier, at=site: known_on(earlier).days[at],  # type: ignore[misc]
            )
        results += [
            replace(one, details=one.details | {"recomputed": again.revised[one.chart]})
            if one.chart in again.revised else one
            for one in step_site(parsed, charts, own | again.states, known.days[site])
        ]
        signals += [raised_late(one, day) for one in again.signals]
        if site in gathering:
            counts[site]["charts_wait"] = gathering[site]
    decided = decide_day(
        reader, plan, parsed, running, [*results, *signals], day=day, studies=study_rows
    )
    return DayFacts(
        day, results, decided.raise_now, counts, dict(gathering), joined=decided.joined
    )


@dataclass(frozen=True)
class KnownDay:
    """A day as it is known now: what the charts of each site take, and what is counted of it."""

    days: dict[str, SiteDay]
    counts: dict[str, dict[str, Any]]


def gather_day(
    reader: Session, vault: Vault, plan: MonitoringPlan, parsed: ParsedPlan,
    running: Mapping[str, Running], *, day: date,
) -> KnownDay:
    """The studies of a day and what became known on it, at every site where a version runs."""
    versions = {one.version.id: one.version for one in running.values()}
    changed: Counter[str] = Counter()
    today, truths = list[dict[str, Any]](), list[dict[str, Any]]()
    answers: dict[str, list[int]] = {}
    for version in versions.values():
        at = {site for site, one in running.items() if one.version.id == version.id}
        today += _at(study_rows(reader, version, since=day, until=day), at)
        read = prediction_rows(reader, version, known_until=day, known_on=day)
        truths += judged_rows(reader, vault, version, _at(read, at), until=day, on=day)
        said = overruled_on(reader, version, day)
        answers |= {site: said[site] for site in at if site in said}
        changed += Counter(
            one.site for one in truths_changed_on(reader, day, rule_of(reader, version), sites=at)
        )
    at_site = {
        number: {site for site, one in running.items() if one.version.id == number}
        for number in versions
    }
    streams = streams_of_day(reader, parsed, versions, at_site, day)
    reported = _agreed(reader, plan, parsed, versions.values(), running, day)
    known = KnownDay({}, {})
    for site in sorted(running):
        facts, late = site_day(
            site, day, [row for row in today if row["site"] == site],
            [row for row in truths if row["site"] == site], parsed, answers.get(site, ()),
        )
        facts = replace(
            facts, agreed=np.array(reported.get(site, []), np.int8), streams=streams.get(site, {})
        )
        counts: dict[str, Any] = {
            "studies": facts.n, "truth_received": len(facts.truth), "truth_too_late": late
        }
        if changed[site]:  # counted before, by what was known then
            counts["truth_changed"] = changed[site]
        if reported is not _NOT_ASKED:
            counts["reports_counted"] = len(facts.agreed)
        if len(versions) > 1:
            counts["model_version"] = running[site].version.label
        known.days[site], known.counts[site] = facts, counts
    return known


_NOT_ASKED: dict[str, list[int]] = {}


def _agreed(
    reader: Session, plan: MonitoringPlan, parsed: ParsedPlan, versions: Iterable[ModelVersion],
    running: Mapping[str, Running], day: date,
) -> dict[str, list[int]]:
    """By site whether device and report agree, of the studies whose report counts on a day; asked
    only where the plan has a chart of it."""
    if not any(chart.detector == Concordance.name for chart in parsed.charts):
        return _NOT_ASKED
    finding = definition_of(reader.get_one(Device, plan.device_id)).task.finding
    found: dict[str, list[int]] = {}
    for version in versions:
        for row in answers_of_day(reader, version, finding, day):
            one = running.get(row["site"])
            if one is not None and one.version.id == version.id:
                said = said_of(row["findings"], finding) == PRESENT
                found.setdefault(row["site"], []).append(int(said == row["decision"]))
    return found


def study_rows(
    reader: Session,
    version: ModelVersion,
    *,
    purposes: Sequence[str] = ("clinical",),
    since: date | None = None,
    until: date | None = None,
    scored: bool = False,
    site: str = "",
) -> list[dict[str, Any]]:
    """One row a study: facts, the quality of its first image, and its score (None if unread).

    ``scored`` leaves out the studies that the version has not read. site: of one site only.
    """
    asked: dict[str, Any] = {
        "purposes": purposes, "since": since, "until": until, "site": site
    }
    said = {
        row["study_id"]: {"score": row["score"], "decision": row["decision"]} | output_columns(
            row["score"], row["outputs"], strange=row["out_of_distribution"],
            latency_ms=row["latency_ms"], embedding=row["embedding"],
        )
        for row in prediction_rows(reader, version, embedding=True, **asked)
    }  # fmt: skip
    unread = {"score": None, "decision": None} | output_columns(None, {})
    first: dict[int, dict[str, Any]] = {}
    for row in case_rows(reader, **asked):
        if not scored or row["study_id"] in said:
            first.setdefault(row["study_id"], row | said.get(row["study_id"], unread))
    return list(first.values())


def site_day(
    site: str, day: date, studies: Rows, predictions: Rows, parsed: ParsedPlan,
    overruled: Sequence[int] = (),
) -> tuple[SiteDay, int]:
    """One site's day as the charts take it, and how many truths came too late to count.

    Of a device that outlines, the decision is whether the outline fits the true one. A study of
    which it is not known whether it shows any finding does not count. overruled: 0 or 1 for each
    answer of a reader that came today.
    """
    arrived, late = choose_truth(
        [row["arrived_on"] for row in predictions], [row["known_on"] for row in predictions],
        day=day, maximum_delay_days=parsed.maximum_delay_days,
    )
    known = [
        row for row in (predictions[index] for index in arrived.tolist())
        if any_is_known(row.get("truth_finding") or "")
    ]
    return (
        SiteDay(
            site=site, day=day, values=columns_of(studies),
            truth=np.array([int(row["truth"]) for row in known], dtype=np.int8),
            decision=np.array(
                [int(row.get("fits", row["decision"])) for row in known], dtype=np.int8
            ),
            overruled=np.array(overruled, dtype=np.int8),
            truth_score=np.array([row.get("score") for row in known], dtype=np.float64),
            truth_day=np.array([row["arrived_on"].toordinal() for row in known], dtype=np.float64),
            truth_facts=facts_of_levels(known),
            labels=tuple(Study.label_of(row.get("study_id", 0)) for row in studies),
        ),
        late,
    )


def record_day(
    tx: Session, plan: MonitoringPlan, version: ModelVersion, facts: DayFacts, *, now: datetime
) -> tuple[MonitoringRun, list[Alert]]:
    """Record the run, its chart points, the alerts that it raises, and what joins an open one."""
    assert plan.id is not None and version.id is not None
    run = MonitoringRun(
        plan_id=plan.id, model_version_id=version.id, day=facts.day, studies=facts.studies,
        counts=facts.counts, run_at=now,
    )
    tx.add(run)
    tx.flush()
    assert run.id is not None
    points = {
        (result.chart, result.site): point_of(run.id, result) for result in facts.results
    }
    tx.add_all(points.values())
    tx.flush()
    alerts = [alert_of(plan.id, points, one, now) for one in facts.alerts]
    tx.add_all(alerts)
    tx.flush()
    joined = [add_to_alert(tx, points, one) for one in facts.joined]
    for alert in (*alerts, *joined):  # what joined is known only now
        open_on_signal(tx, alert, known=now if alert in joined else alert.raised_at, now=now)
    return run, alerts


def point_of(run_id: int, result: ChartResult) -> ChartPoint:
    """A chart's result as a record."""
    return ChartPoint(
        run_id=run_id, chart=result.chart, site=result.site, day=result.day, n=result.n,
        value=result.value, low=result.low, high=result.high, statistic=result.statistic,
        limit=result.limit, signal=result.signal,
        reason=result.reason, state=result.state, subgroup=level_of(result.chart),
        details={"status": str(result.status)} | result.details,
    )
