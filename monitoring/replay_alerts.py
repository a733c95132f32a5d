"""From the points of a replay to alerts: decided, merged and explained as in operation.

An alert ends when all of its charts are quiet again, as nobody is there to close it; the next
signal is a new alert.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitoring.alerts import ProposedAlert, decide_alerts
from monitoring.detectors.base import ChartResult
from monitoring.explaining.case_table import CaseTable
from monitoring.explaining.explanation import SiteCases
from monitoring.likely_causes import cause_in_words
from monitoring.merging import OpenAlert, merge_signals, signals_of
from monitoring.replay_plan import ReplayPlan
from monitoring.replay_tables import WatchTable

__all__ = ["alerts_of"]

MOST_REFERENCE, MOST_WATCHED = 5_000, 20_000
"""Studies that an explanation looks at: of the reference evenly, of those watched the latest."""


@dataclass
class _Running:
    """An alert of the replay while it is open: its signals, and which charts are quiet again."""

    alert: ProposedAlert
    evidence: dict[str, Any]
    quiet: set[str] = field(default_factory=set)

    @property
    def signals(self) -> tuple[Mapping[str, Any], ...]:
        return signals_of(self.alert.chart, self.evidence)

    @property
    def charts(self) -> set[str]:
        return {str(one["chart"]) for one in self.signals}

    def opened(self, key: int) -> OpenAlert:
        """As merging takes it."""
        return OpenAlert(str(key), self.alert.site, self.alert.day, self.signals)


def alerts_of(
    plan: ReplayPlan, results: Sequence[ChartResult], reference: WatchTable, current: WatchTable
) -> list[dict[str, Any]]:
    """Day by day as in operation; results sorted by day."""
    made: list[_Running] = []
    running: list[int] = []
    at = 0
    while at < len(results):
        day, start = results[at].day, at
        while at < len(results) and results[at].day == day:
            at += 1
        opened = [
            (chart, made[one].alert.site) for one in running for chart in made[one].charts
        ]
        decided = decide_alerts(results[start:at], plan.plan, open_alerts=opened)
        if decided.raise_now:
            sites = sorted({one.site for one in decided.raise_now})
            cases = {site: _cases(reference, current, site, day) for site in sites}
            merged = merge_signals(
                decided.raise_now, [made[one].opened(one) for one in running], cases
            )
            for one in merged.joined:
                into = made[int(one.key)]
                into.evidence = one.added_to(into.evidence)
            running += range(len(made), len(made) + len(merged.raise_now))
            made += [_Running(one, one.evidence) for one in merged.raise_now]
        running = [one for one in running if not _ended(made[one], decided.keep, decided.calmed)]
    return [_alert(one) for one in made]


def _ended(
    one: _Running, keep: Sequence[tuple[str, str]], calmed: Sequence[tuple[str, str]]
) -> bool:
    """Whether every chart of the alert is quiet again, which its last points tell."""
    site = one.alert.site
    one.quiet -= {chart for chart, where in keep if where == site}
    one.quiet |= {chart for chart, where in calmed if where == site}
    return one.charts <= one.quiet


def _cases(
    reference: WatchTable, current: WatchTable, site: str, day: date
) -> SiteCases:
    """The studies of a site up to a day, with the truth that was known by then."""
    before, watched = reference.rows_of(site), current.rows_of(site)
    until = int(np.searchsorted(current.day[watched], day.toordinal(), side="right"))
    last = watched.start + until
    rows = np.arange(max(watched.start, last - MOST_WATCHED), last)
    known = np.arange(before.start, before.stop)
    if len(known) > MOST_REFERENCE:
        known = known[np.linspace(0, len(known) - 1, MOST_REFERENCE).astype(np.int64)]
    return SiteCases(
        _table(reference, known, "reference row", day), _table(current, rows, "row", day)
    )


def _table(table: WatchTable, rows: NDArray[np.int64], what: str, day: date) -> CaseTable:
    arrived = table.truth_day[rows] <= day.toordinal()
    labels = np.array([f"{what} {one}" for one in table.row[rows].tolist()], object)
    return CaseTable(
        table.day[rows], labels, {name: one[rows] for name, one in table.values().items()},
        np.where(arrived, table.truth[rows], np.nan),
    )  # fmt: skip


def _alert(one: _Running) -> dict[str, Any]:
    alert = one.alert
    columns: list[str] = []
    for signal in one.signals:
        beyond = signal.get("beyond") if signal["detector"] == "rank_cusum" else None
        columns += beyond or ([str(signal["column"])] if signal.get("column") else [])
    since = alert.onset_estimate
    return {
        "chart": alert.chart, "site": alert.site, "raised_at": alert.day.isoformat(),
        "since": since.isoformat() if since else None,
        "cause": cause_in_words(one.evidence, columns), "columns": list(dict.fromkeys(columns)),
        "evidence": {
            "summary": alert.summary, "severity": str(alert.severity), **one.evidence
        },
    }  # fmt: skip
