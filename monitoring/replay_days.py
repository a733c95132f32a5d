"""A table cut into the days and windows that charts are stepped by."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

import numpy as np
from numpy.typing import NDArray

from monitoring.chart_levels import ChartLevel
from monitoring.detectors.base import Column, FloatArray, NotWatchable, SiteDay
from monitoring.detectors.calendar_windows import Window
from monitoring.plan import ReferenceRule
from monitoring.replay_tables import WatchTable
from monitoring.windows import StudyColumns, choose_reference

__all__ = ["TableDays", "once_a_patient", "reference_columns", "sampled_reference"]

MONDAY = 1
"""Ordinal of the first Monday: 0001-01-01."""


class TableDays:
    """The studies of one site of a table, and the truth of them, by day.

    maximum_delay_days: truth that arrived later than this after its study is left out, as in
    operation: a late correction would favour the cases that somebody had reason to look at again.
    facts: columns that divide the cases whose truth arrived into subgroups.
    """

    def __init__(
        self, table: WatchTable, site: str, maximum_delay_days: int, *, facts: Collection[str] = ()
    ) -> None:
        rows = table.rows_of(site)
        self.site = site
        first, last = table.covers or (int(table.day.min()), int(table.day.max()))
        self.first, self.last = date.fromordinal(first), date.fromordinal(last)
        self._day, self._patient = table.day[rows], table.patient[rows]
        self._columns = {name: one[rows] for name, one in table.values().items()}
        self._thin: dict[str, tuple[NDArray[np.int64], dict[str, Column]]] = {}
        arrived = table.truth_day[rows]
        in_time = arrived - self._day <= maximum_delay_days  # never true of NaN
        if "decision" in self._columns:  # a study that the device did not call is not called wrong
            in_time &= np.isfinite(self._columns["decision"])
        by_arrival = np.flatnonzero(in_time)[np.argsort(arrived[in_time], kind="stable")]
        absent = np.full(len(self._day), np.nan)
        self._arrived = arrived[by_arrival]
        self._truth = table.truth[rows][by_arrival]
        self._decision = self._columns.get("decision", absent)[by_arrival]
        self._score = self._columns.get("score", absent)[by_arrival]
        self._done = self._day[by_arrival]
        self._facts = {name: self._columns[name][by_arrival] for name in facts}
        known = table.truth_day[np.isfinite(table.truth_day)]
        self.last_truth = self.last
        if len(known):
            self.last_truth = max(self.last, date.fromordinal(int(known.max())))

    def covers(self, window: Window) -> bool:
        """Whether the whole window lies between the first and the last day of the table."""
        return self.first <= window.first and window.last <= self.last

    def during(self, window: Window, *, thinned: bool, by: str) -> SiteDay:
        """The studies of a window, and the truth that arrived in it.

        thinned: one study a patient and window `by` ('day', 'week').
        """
        day, columns = self._by_window(by) if thinned else (self._day, self._columns)
        ends = [window.first.toordinal(), window.last.toordinal() + 1]
        start, stop = np.searchsorted(day, ends)
        came, gone = np.searchsorted(self._arrived, ends)
        values: Mapping[str, Column] = {name: one[start:stop] for name, one in columns.items()}
        if not values:
            values = {"day": day[start:stop].astype(np.float64)}
        return SiteDay(
            self.site, window.last, values,
            truth=self._truth[came:gone].astype(np.int8),
            decision=_called(self._decision[came:gone]),
            truth_score=self._score[came:gone],
            truth_day=self._done[came:gone].astype(np.float64),
            truth_facts={name: one[came:gone] for name, one in self._facts.items()},
        )  # fmt: skip

    def _by_window(self, by: str) -> tuple[NDArray[np.int64], dict[str, Column]]:
        if by not in self._thin:
            kept = once_a_patient(self._day, self._patient, by)
            if kept.all():
                self._thin[by] = self._day, self._columns
            else:
                columns = {name: one[kept] for name, one in self._columns.items()}
                self._thin[by] = self._day[kept], columns
        return self._thin[by]


def _called(decision: FloatArray) -> NDArray[np.int8]:
    """Decisions as 0 and 1; -1, which is neither right nor wrong, where the device gave none."""
    return np.where(np.isnan(decision), -1, decision).astype(np.int8)


def once_a_patient(
    day: NDArray[np.int64], patient: NDArray[np.int64], by: str
) -> NDArray[np.bool_]:
    """The first study of each patient in each window; those of no known patient all count.

    >>> once_a_patient(np.array([1, 1, 2]), np.array([5, 5, 5]), "day").tolist()
    [True, False, True]
    """
    import pandas as pd

    window = (day - MONDAY) // (7 if by == "week" else 1)
    again = pd.DataFrame({"window": window, "patient": patient}).duplicated().to_numpy()
    return np.asarray(~again | (patient < 0))


def reference_columns(
    table: WatchTable, site: str, by: str, *, thinned: bool
) -> dict[str, Column]:
    """The reference of a site for charts of windows, thinned as the windows are."""
    rows = table.rows_of(site)
    day = table.day[rows]
    columns = {name: one[rows] for name, one in table.values().items()}
    columns |= {"truth": table.truth[rows], "day": day.astype(np.float64)}
    if not thinned:
        return columns
    kept = once_a_patient(day, table.patient[rows], by)
    return columns if kept.all() else {name: one[kept] for name, one in columns.items()}


def sampled_reference(
    table: WatchTable, site: str, rule: ReferenceRule, *, level: ChartLevel | None = None
) -> dict[str, Column]:
    """The reference of a site as a plan's rule chooses it in operation, of a level among its own
    studies; refused where it is small.

    Raises NotWatchable with the reason.
    """
    rows = table.rows_of(site)
    n = len(table.day[rows])
    columns = {name: one[rows] for name, one in table.values().items()}
    patient = table.patient[rows]
    if level is not None:
        own = level.holds(columns, n)
        n, patient = int(own.sum()), patient[own]
        columns = {name: one[own] for name, one in columns.items()}
    patients = ["" if one < 0 else str(one) for one in patient.tolist()]
    studies = StudyColumns(
        [f"{row:09d}" for row in range(n)], patients, [site] * n, [rule.splits[0]] * n
    )
    window = choose_reference(studies, rule, site=site, seed=0)
    if window.reason:
        of = f"{level.name} at " if level else ""
        raise NotWatchable(f"{of}{site}: {window.reason}.", hint="Give a longer reference.")
    return {name: one[window.rows] for name, one in columns.items()}
