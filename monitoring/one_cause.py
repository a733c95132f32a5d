"""Do two signals of a site have one cause? Kind, time, and whether one explains the other. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from monitoring.explaining.explanation import SiteCases, Trace, size_of
from monitoring.explaining.marks import mark_cases
from monitoring.explaining.moved import alike_share, of_scanner, remaining_share
from monitoring.explaining.ranking import KINDS, SCANNER, SEVERAL
from monitoring.explaining.where import change_of

__all__ = [
    "EFFECTS",
    "LARGER",
    "Member",
    "began_after",
    "close",
    "fits",
    "has_moved_on",
    "of_one_source",
    "rank",
]

Member = tuple[Mapping[str, Any], Trace]
"""A signal's chart and evidence, and the signal followed back to the studies."""

TOGETHER_DAYS = 7
"""Onsets estimated this near are one onset where no set of days could be estimated."""
LATE_DAYS = 35
"""How long after its cause an outcome may be told where its studies are not known: readers' answers
and reports come later."""
RELATED_DAYS = 2
"""Days between two sets of onset days that still count as together."""
EFFECTS = ("output", "outcome")
ORDER = ("output", "outcome", "flow")
"""What leads an alert when several charts signal on one day: what goes in, then its effects."""
EXPLAINED = 0.5
"""A change of which less than this is left among studies alike in a column is explained by it."""
ALIKE = 0.05
"""Where fewer studies than this share have their like before, nothing tells the changes apart."""
SMALL, LARGE = 0.2, 0.5
"""Sizes of a change in SD (of shares in Cohen's h, which is on that scale): small and medium by
Cohen J. Statistical Power Analysis for the Behavioral Sciences. 2nd ed. 1988, chapters 2 and 6."""
LARGER = 1.5
"""A change so many times as large as another is another event, where it began later."""
LEAST = 10
"""Studies, fewer than which do not tell whether a change lasted."""


def rank(member: Member) -> tuple[int, bool, float, date, str]:
    """What leads: causes before their effects, the site as a whole before levels of subgroups, and
    of causes the largest change. The smaller ones came with it: with other views other matrices.
    """
    signal, trace = member
    place = 1 + ORDER.index(trace.family) if trace.family in ORDER else 0
    size = 0.0 if place else -round(trace.size, 3)
    return place, trace.place is not None, size, trace.started, str(signal["chart"])


def fits(one: Member, other: Member) -> bool:
    """Whether two signals have one cause: together in time, and of one kind, or one explains the
    other, or one is a small change beside a large one."""
    (_, first), (_, second) = one, other
    kinds = {first.family, second.family}
    fed = kinds <= {*KINDS} and len({KINDS[kind] for kind in kinds}) > 1
    if fed and close(first, second) and (_small_beside(first, second) or _unlike(one, other)):
        return True
    if len(kinds) == 1 or kinds <= {*SCANNER}:
        near = together(first, second, days=TOGETHER_DAYS) and close(first, second)
        return near or together(first, second)
    if not together(first, second):
        return False
    if kinds <= {*EFFECTS}:
        return True
    if "flow" in kinds:
        return False
    if kinds & {*EFFECTS}:
        effect, cause = (one, other) if first.family in EFFECTS else (other, one)
        left = _left(effect, cause)
        if left is None or (cause[1].family in SCANNER and _of_all(cause)):
            return True
        return left < EXPLAINED
    return any(
        left is not None and left < EXPLAINED for left in (_left(one, other), _left(other, one))
    )


def _unlike(one: Member, other: Member) -> bool:
    """Whether no study since the larger change has its like before: then nothing tells the
    smaller one apart from it."""
    signal, trace = max((one, other), key=lambda member: member[1].size)
    column = str(signal.get("column", ""))
    if trace.family == "recording" or trace.before is None or trace.since is None:
        return False
    if column not in trace.before.columns or column not in trace.since.columns:
        return False
    return alike_share(trace.before.columns[column], trace.since.columns[column]) < ALIKE


def _small_beside(first: Trace, second: Trace) -> bool:
    sizes = sorted((first.size, second.size))
    return 0.0 < sizes[0] < SMALL and sizes[1] >= LARGE


def _of_all(cause: Member) -> bool:
    """A change of numbers says how the scanner is set; what else it set differently is not known,
    so studies alike in it are not alike in all that changed."""
    return cause[1].marks is not None and cause[1].marks.unit == "SD"


def _left(effect: Member, cause: Member) -> float | None:
    """The share of one change that is left among studies alike in the other's column."""
    trace = effect[1]
    if trace.before is None or trace.since is None or trace.marks is None:
        return None
    marks = trace.marks.before, trace.marks.since
    return remaining_share(
        trace.before, trace.since, marks, given=str(cause[0].get("column", ""))
    )


def together(one: Trace, other: Trace, *, days: int = RELATED_DAYS) -> bool:
    """Whether two changes may have begun on one day; their sets lie so many days apart at most."""
    (first, last), (start, end) = _days(one), _days(other)
    slack = timedelta(days=days)
    return first - slack <= end and start - slack <= last


def close(one: Trace, other: Trace) -> bool:
    """Together in time, or a smaller change that shows since the larger one began.

    The estimated day of a change of a few points lies beside its day more often than its set says:
    a chart signals where chance had moved it already.
    """
    if together(one, other):
        return True
    small, large = sorted((one, other), key=lambda trace: trace.size)
    if large.size < LARGE or large.onset.day is None or small.marks is None:
        return False
    if small.before is None or small.since is None or not small.effect.value:
        return False
    marks = np.concatenate([small.marks.before, small.marks.since])
    late = np.concatenate([small.before.day, small.since.day]) >= large.started.toordinal()
    shown = change_of(marks[~late], marks[late])
    return shown.seen and (shown.value or 0.0) / small.effect.value >= EXPLAINED


def _days(trace: Trace) -> tuple[date, date]:
    if trace.wide is not None and trace.onset.first is not None:
        return trace.wide
    late = LATE_DAYS if trace.family == "outcome" else TOGETHER_DAYS
    return (trace.started - timedelta(days=late), trace.started + timedelta(days=TOGETHER_DAYS))


def of_one_source(members: Sequence[Member]) -> bool:
    """Whether what goes in changed in several kinds at once, as when studies of another source
    come: recording, acquisition and patients on the same days, or two of them where a scanner
    signals that was never seen. Independent causes of so many kinds do not begin on one day.
    """
    inputs = [one for one in members if one[1].family in KINDS]
    if not inputs:
        return False
    largest = max((trace for _, trace in inputs), key=lambda one: one.size)
    near = [one for one in inputs if close(one[1], largest)]
    needed = SEVERAL - any(_never_seen(signal) for signal, _ in near)
    return len({KINDS[trace.family] for _, trace in near}) >= needed


def _never_seen(signal: Mapping[str, Any]) -> bool:
    return "never" in str(signal.get("level", "")) and of_scanner(str(signal.get("column", "")))


def began_after(new: Trace, signal: Mapping[str, Any], raised_on: date, cases: SiteCases) -> bool:
    """Whether a change is another one than that of which an open alert was raised.

    It is where it began after that day, as far as its studies tell, and the change of the alert
    had not lasted until then (a false alarm, or one that passed), or it is much larger.
    """
    first, told = new.onset.first, (signal.get("moved") or {}).get("value")
    if first is None or told is None or first <= raised_on:
        return False
    marks = mark_cases(cases.reference, cases.watched, signal, detector=str(signal["detector"]))
    if isinstance(marks, str):
        return False
    day = cases.watched.day
    between = marks.since[(day > raised_on.toordinal()) & (day < first.toordinal())]
    if int(np.isfinite(between).sum()) < LEAST:
        return False
    stayed = change_of(marks.before, between)
    if stayed.value is None or not stayed.seen or stayed.value / told < EXPLAINED:
        return True
    return new.size >= LARGER * size_of(marks.before, between, marks.unit)


def has_moved_on(member: Member) -> bool:
    """Whether a signal, followed anew, began later than it was told: its change grew since, or
    another one of the same column came."""
    signal, trace = member
    told, first = (signal.get("since") or {}).get("last"), trace.onset.first
    if not told or first is None:
        return False
    return date.fromisoformat(str(told)) + timedelta(days=RELATED_DAYS) < first
