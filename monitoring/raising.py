"""From a day's points to alerts on record: raised, merged, explained; and what closing does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, col, select

from monitoring.alert_cases import site_cases
from monitoring.alerts import ProposedAlert, Severity, decide_alerts
from monitoring.detectors.base import ChartResult
from monitoring.merging import Joined, Merged, OpenAlert, merge_signals, signals_of
from monitoring.plan import ParsedPlan
from records.errors import Refused
from records.planned_changes import PlannedChange, announcing, standing_changes
from records.queries import open_alerts, run_on
from records.renewed_references import renewed_since
from records.surveillance import Alert, ChartPoint, MonitoringPlan

if TYPE_CHECKING:
    from monitoring.run import Running

__all__ = [
    "NoLongerOpen",
    "add_to_alert",
    "alert_of",
    "charts_of",
    "decide_day",
    "restarted_charts",
]

StudyReader = Callable[..., list[dict[str, Any]]]


class NoLongerOpen(Refused):
    """An alert was closed after the day was decided: what joined it is to be decided again."""


def charts_of(alert: Alert) -> list[tuple[str, str]]:
    """(chart, site) of every signal that an alert covers, the leading one first."""
    return [(chart, alert.site) for chart in alert.charts]


def decide_day(
    reader: Session, plan: MonitoringPlan, parsed: ParsedPlan, running: Mapping[str, Running],
    results: Sequence[ChartResult], *, day: date, studies: StudyReader,
) -> Merged:  # fmt: skip
    """The alerts of a day's results: new ones, and what joins those that are open.

    studies: :func:`monitoring.run.study_rows`; it is asked for sites with a new signal only.
    """
    opened = open_alerts(reader, plan)
    covered = [pair for one in opened for pair in charts_of(one)]
    decided = decide_alerts(results, parsed, open_alerts=covered)
    cases = {}
    for site in sorted({one.site for one in decided.raise_now} & set(running)):
        version, began = running[site].version, running[site].since

        def of_version(*, at: Any = version, **asked: Any) -> list[dict[str, Any]]:
            return studies(reader, at, **asked)

        cases[site] = site_cases(reader, version, site, began=began, day=day, studies=of_version)
    known = [
        OpenAlert(one.label, one.site, one.raised_on, signals_of(one.chart, one.evidence))
        for one in opened
    ]
    merged = merge_signals(decided.raise_now, known, cases)
    if not merged.raise_now:
        return merged
    changes = standing_changes(reader)
    return replace(merged, raise_now=tuple(_announced(one, changes) for one in merged.raise_now))


def _announced(
    one: ProposedAlert, changes: Sequence[tuple[PlannedChange, str]]
) -> ProposedAlert:
    """The alert with the announcement that accounts for its likely cause, where there is one: it
    is raised, answered and merged as any other."""
    found = announcing(
        one.evidence, one.day, [change for change, site in changes if site == one.site]
    )
    if found is None:
        return one
    told = {
        "change": found.label, "kind": found.kind, "from": found.first_day.isoformat(),
        "until": found.last_day.isoformat(), "description": found.description,
        "after_the_fact": found.after_the_fact,
    }
    return replace(
        one, summary=f"{one.summary} Announced: {found.words}.",
        evidence=one.evidence | {"announced": told},
    )


def restarted_charts(
    reader: Session, plan: MonitoringPlan, *, last: date | None
) -> set[tuple[str, str]]:
    """The charts that start afresh because their alert was closed since the last watched day (every
    chart that the alert covered, its leading one and those that joined), or because a new reference
    was put into force since."""
    run = None if last is None else run_on(reader, plan, last)
    if run is None:
        return set()
    query = select(Alert).where(
        Alert.plan_id == plan.id, Alert.status == "closed", col(Alert.closed_at) >= run.run_at
    )
    closed = {pair for alert in reader.exec(query) for pair in charts_of(alert)}
    return closed | renewed_since(reader, plan.id or 0, run.run_at)


def alert_of(
    plan_id: int, points: Mapping[tuple[str, str], ChartPoint], proposed: ProposedAlert,
    now: datetime,
) -> Alert:  # fmt: skip
    """A proposed alert as a record; each signal in it names its chart point."""
    point = points[proposed.chart, proposed.site]
    assert point.id is not None
    also = [one | {"point": points[one["chart"], proposed.site].label}
            for one in proposed.evidence.get("also", ())]  # fmt: skip
    return Alert(
        plan_id=plan_id, chart_point_id=point.id, chart=proposed.chart, site=proposed.site,
        severity=str(proposed.severity), summary=proposed.summary,
        evidence=proposed.evidence | {"also": also},
        onset_estimate=proposed.onset_estimate, raised_on=proposed.day, raised_at=now,
    )


def add_to_alert(
    tx: Session, points: Mapping[tuple[str, str], ChartPoint], joined: Joined
) -> Alert:
    """Put a signal into the open alert whose cause it fits: a change of the alert, in the trail.

    Raises:
        NoLongerOpen: It was closed in the meantime.
    """
    number = int(joined.key.split("-")[1])
    alert = tx.get_one(Alert, number)
    if alert.status == "closed":
        raise NoLongerOpen(
            f"{joined.key} was closed while the day was decided: nothing joins it.",
            hint="Watch the day again: its signals are then decided without it.",
        )
    evidence = joined.added_to(alert.evidence)
    point = points[joined.signal.chart, joined.signal.site]
    evidence["also"] = [*evidence["also"][:-1], evidence["also"][-1] | {"point": point.label}]
    alert.evidence = evidence
    if joined.signal.severity is Severity.HIGH:
        alert.severity = str(Severity.HIGH)
    tx.add(alert)
    tx.flush()
    return alert
