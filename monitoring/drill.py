"""Monitoring verification: does this plan keep quiet when it should, and how soon does it speak?

Replays a plan on studies of a source (:mod:`monitoring.drill_studies`), with or without a shift at
one site, by :func:`monitoring.replay.replay`: the charts, limits and rule of alerts of operation.
Pure: touches no record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np

from monitoring.drill_shifts import Shift
from monitoring.drill_studies import FIRST_DAY, Rows, StudySource, joined, table_of
from monitoring.replay import replay
from monitoring.replay_plan import ReplayPlan
from monitoring.replay_tables import WatchTable
from monitoring.shift_changes import Usual

__all__ = ["Arrangement", "DrillAlert", "Repeat", "drill", "streams"]

USUAL_N = 2000
"""Studies that say what was usual at the site before a shift."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """How long: days watched before the shift and from its first day on. site: where it happens;
    empty for the first of the source."""

    before: int = 28
    after: int = 63
    site: str = ""

    @property
    def days(self) -> int:
        """Days that are watched."""
        return self.before + self.after


@dataclass(frozen=True, slots=True)
class DrillAlert:
    """An alert of a repeat: day number (0: the first watched), site, leading chart, guessed cause.

    signals: day number and name of every chart that signalled within it, the leading one too; a
    later one that joined stands with the day on which it did. Without any, the leading chart alone.
    """

    day: int
    site: str
    chart: str
    cause: str
    signals: tuple[tuple[int, str], ...] = ()

    def days_of(self, chart: str) -> list[int]:
        """The days on which this chart signalled within it; of the alert itself for no name."""
        if not chart:
            return [self.day]
        said = self.signals or ((self.day, self.chart),)
        return [day for day, name in said if name == chart]


@dataclass(frozen=True, slots=True)
class Repeat:
    """One repeat: its alerts, and of the shifted site the studies up to each day.

    studies: one entry a day, studies at the shifted site since the shift, up to and with that day.
    states: how many windows of each chart were quiet, alert, underpowered, not estimable, failed.
    """

    alerts: tuple[DrillAlert, ...]
    studies: tuple[float, ...]
    states: dict[str, Counter[str]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)


def drill(
    plan: ReplayPlan, source: StudySource, shift: Shift, arrangement: Arrangement,
    *, seeds: Sequence[int],
) -> list[Repeat]:  # fmt: skip
    """The plan on fresh studies, once per seed.

    Raises InvalidInput where the source lacks a column that the plan watches or the shift changes.
    """
    return [_repeated(plan, source, shift, arrangement, seed) for seed in seeds]


def streams(
    source: StudySource, shift: Shift, arrangement: Arrangement, *, seed: int
) -> tuple[WatchTable, WatchTable]:
    """Reference and watched studies of one repeat; the shift begins `before` days into the second.

    Every site, and reference and watched studies, have random numbers of their own: the same seed
    gives the same studies before the shift, whatever the shift.
    """
    where = arrangement.site or source.sites[0]
    before: dict[str, Rows] = {}
    after: dict[str, Rows] = {}
    for index, site in enumerate(source.sites):
        one, two = (np.random.default_rng([seed, index, part]) for part in range(2))
        span = source.reference_days(site)
        before[site] = _quiet(source, site, FIRST_DAY - timedelta(days=span), span, one)
        first = FIRST_DAY + timedelta(days=arrangement.before)
        early = _quiet(source, site, FIRST_DAY, arrangement.before, two)
        late = _quiet(source, site, first, arrangement.after, two)
        if site == where and shift.name != "none":
            late = _shifted(source, site, shift, late, two, first.toordinal())
        after[site] = joined([early, late])
    watched = table_of("watched", after, first=FIRST_DAY, days=arrangement.days)
    return table_of("reference", before), watched


def _quiet(
    source: StudySource, site: str, first: date, days: int, rng: np.random.Generator
) -> Rows:
    counts = source.counts(site, first, days, rng).astype(np.int64)
    rows = source.draw(site, int(counts.sum()), rng)
    return rows | {"day": first.toordinal() + np.repeat(np.arange(days), counts)}


def _shifted(
    source: StudySource, site: str, shift: Shift, rows: Rows, rng: np.random.Generator, first: int
) -> Rows:
    """These studies, the shift having begun on the day `first`."""
    usual = Usual.of(source.draw(site, USUAL_N, np.random.default_rng([2, 7])))
    shift.refuse_missing(usual.rows, site)
    n = len(rows["day"])
    grown = shift.grown((rows["day"] - first).astype(np.float64))
    prefers = shift.kind.who
    if prefers is not None:
        others = source.draw(site, n, rng, who=lambda drawn: prefers(drawn, shift.size, usual))
        theirs = rng.random(n) < grown
        mixed = {
            name: np.where(theirs, one, rows[name]).astype(one.dtype)
            for name, one in others.items()
        }
        rows = rows | mixed
    return shift.changed(rows, grown, usual=usual, rng=rng)


def _signals_of(alert: Mapping[str, Any], first: int) -> tuple[tuple[int, str], ...]:
    """Day number and chart of every signal of an alert, its own first."""
    said = [(alert["raised_at"], alert["chart"])]
    said += [(one["raised_on"], one["chart"]) for one in alert["evidence"].get("also", ())]
    return tuple((date.fromisoformat(day).toordinal() - first, chart) for day, chart in said)


def _repeated(
    plan: ReplayPlan, source: StudySource, shift: Shift, arrangement: Arrangement, seed: int
) -> Repeat:
    reference, watched = streams(source, shift, arrangement, seed=seed)
    found = replay(plan, reference, watched)
    where = arrangement.site or source.sites[0]
    first = FIRST_DAY.toordinal()
    alerts = tuple(
        DrillAlert(date.fromisoformat(one["raised_at"]).toordinal() - first, one["site"],
                   one["chart"], one["cause"], _signals_of(one, first))
        for one in found.alerts
    )  # fmt: skip
    day = watched.day[watched.rows_of(where)] - first
    counts = np.bincount(day[day >= arrangement.before], minlength=arrangement.days)
    states: dict[str, Counter[str]] = {}
    reasons: dict[str, str] = {}
    for point in found.points:
        states.setdefault(point["chart"], Counter())[point["state"]] += 1
        if point["state"] in ("not estimable", "failed"):
            reasons.setdefault(point["chart"], point["reason"])
    return Repeat(alerts, tuple(np.cumsum(counts).astype(float).tolist()), states, reasons)
