"""The explanation of an alert, made once when it is raised and kept with it. Pure.

What moved and by how much, since when, where, why probably, what that may do to sensitivity and
specificity, what to do next, and which studies show it. Everything is a JSON value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from monitoring.chart_levels import ChartLevel
from monitoring.detectors.base import FloatArray
from monitoring.explaining.case_table import CaseTable, joined
from monitoring.explaining.expected import expected_effect, prevalence_of_scores
from monitoring.explaining.level_alone import beside_rest, level_alone
from monitoring.explaining.marks import Marks, mark_cases
from monitoring.explaining.moved import Moved, family_of, moved_columns, unseen_names
from monitoring.explaining.onset import Onset, estimate_onset
from monitoring.explaining.ranking import NEXT_STEPS, Cause, Findings, rank_causes
from monitoring.explaining.where import Change, Place, change_of, find_place

__all__ = ["SiteCases", "Trace", "explain", "size_of", "trace_signal"]

SHOWN = 3
"""Example studies before, and as many since."""
NOT_ALIKE = 0.05
"""Of 'inside and outside changed alike', for a group that was chosen beforehand."""
UNCHANGED = "no change against the studies before is seen"
WIDE = 0.999
"""Level of the set of days by which signals are compared."""
LOCAL_BEFORE = 30
"""Watched studies before the onset, from which on the examples are taken from them."""


@dataclass(frozen=True)
class SiteCases:
    """What an explanation of a site's alerts looks at.

    reference: studies before the watch, as the charts compare with. watched: studies since the
    chart started, up to the day of the alert. events: (day, cause, words) known of the site.
    """

    reference: CaseTable
    watched: CaseTable
    events: Sequence[tuple[date, str, str]] = ()


@dataclass(frozen=True)
class Trace:
    """A signal followed back to the studies: its marks, how far they moved, and since when.

    started: the first day that counts as since. marks: of the studies before (reference and
    watched before) and since; None with the reason. place, cases: of a chart of one level of a
    subgroup, how the level changed beside the rest, and its studies.
    """

    family: str
    onset: Onset
    started: date
    marks: Marks | None
    effect: Change
    before: CaseTable | None = None
    since: CaseTable | None = None
    reason: str = ""
    place: Place | None = None
    cases: SiteCases | None = None
    wide: tuple[date, date] | None = None
    """Days that are ruled out by next to nothing (99.9 %), to compare with other signals: of the
    many charts that are compared the 95 % sets of some lie beside their day."""

    @property
    def size(self) -> float:
        """How large the change is, in SD of studies before; of shares Cohen's h (1988, chapter 6),
        which is on that scale. 0 where it is not estimable."""
        if self.marks is None or self.effect.value is None:
            return 0.0
        return size_of(self.marks.before, self.marks.since, self.marks.unit)

    def told(self) -> dict[str, Any]:
        """As JSON: moved and since."""
        moved: dict[str, Any] = {"reason": self.reason}
        if self.marks is not None:
            moved = {"what": self.marks.what, "unit": self.marks.unit, **asdict(self.effect)}
        return {"moved": moved, "since": _days(self.onset)}


def size_of(before: FloatArray, since: FloatArray, unit: str) -> float:
    """How far the mean of marks moved: in SD, or of shares (unit 'points') as Cohen's h.

    >>> round(size_of(np.array([0.0] * 9 + [1.0]), np.array([0.0, 1.0]), "points"), 2)
    0.93
    """
    was, now = (float(np.nanmean(one)) for one in (before, since))
    if unit == "points":
        was, now = (
            2.0 * float(np.arcsin(np.sqrt(np.clip(one, 0.0, 1.0)))) for one in (was, now)
        )
    return abs(now - was)


def _days(onset: Onset) -> dict[str, Any]:
    said = asdict(onset)
    return said | {
        name: None if said[name] is None else said[name].isoformat()
        for name in ("day", "first", "last")
    }


def trace_signal(
    detector: str, details: Mapping[str, Any], cases: SiteCases | None, *, day: date,
    since: date | None,
) -> Trace:  # fmt: skip
    """Follow a signal of `day` back to its studies; `since`: what the chart itself estimates.

    The change is measured from the likeliest day on, so it is a little larger than another look at
    the same change would find.
    """
    if cases is not None and "of" in details:
        level = ChartLevel.of_dict(details["of"])
        alone = {name: one for name, one in details.items() if name != "of"}
        own = SiteCases(
            level_alone(level, cases.reference), level_alone(level, cases.watched), cases.events
        )
        trace = trace_signal(detector, alone, own, day=day, since=since)
        place = beside_rest(
            level, cases.reference, cases.watched, alone, detector=detector, started=trace.started
        )
        return replace(trace, place=place, cases=own)
    family, started = family_of(detector, details), since or day
    nothing = Change(0, 0)
    if cases is None or family == "flow":
        reason = "the change is one of numbers of studies" if cases else "no table of studies"
        return Trace(family, Onset(0, reason=reason), started, None, nothing, reason=reason)
    marks = mark_cases(cases.reference, cases.watched, details, detector=detector)
    if isinstance(marks, str):
        return Trace(family, Onset(0, reason=marks), started, None, nothing, reason=marks)
    onset, wider = (
        estimate_onset(marks.before, marks.since, cases.watched.day, level=level)
        for level in (0.95, WIDE)
    )
    likeliest = onset.day or started
    late = cases.watched.day >= likeliest.toordinal()
    before = joined(cases.reference, cases.watched.where(~late))
    at = Marks(np.concatenate([marks.before, marks.since[~late]]), marks.since[late],
               marks.unit, marks.what, marks.level, marks.far)  # fmt: skip
    effect = change_of(at.before, at.since)
    if effect.value is not None and not effect.seen:
        onset = Onset(onset.n, level=onset.level, reason=UNCHANGED)
    else:
        started = likeliest
    return Trace(
        family, onset, started, at, effect, before, cases.watched.where(late),
        reason=effect.reason,
        wide=(wider.first, wider.last) if wider.first and wider.last else None,
    )  # fmt: skip


def explain(
    trace: Trace, column: str, cases: SiteCases | None, *, also: Sequence[str] = ()
) -> dict[str, Any]:
    """The whole explanation of the signal that leads an alert, as JSON values.

    column: what the chart watches. also: families of the other signals of the alert.
    """
    cases = trace.cases or cases
    if trace.before is None or trace.since is None or trace.marks is None or cases is None:
        found = Findings(trace.family, column, trace.onset, Place(0),
                         events=cases.events if cases else ())  # fmt: skip
        causes = rank_causes(found)
        return trace.told() | _why(causes) | {
            "column": column, "where": {"sentence": trace.reason}, "moved_too": [], "new": {},
            "expected": {}, "examples": {"before": [], "since": []},
        }  # fmt: skip
    marks = trace.marks.before, trace.marks.since
    place = Place(0, reason=UNCHANGED)
    if trace.effect.seen:
        place = find_place(trace.before, trace.since, marks, column=column)
    if trace.place is not None:
        place = trace.place
    elif not place.group and trace.marks.level and not place.mix:
        place = _of_level(place, trace, column)
    moved = moved_columns(trace.before, trace.since)
    unseen = unseen_names(trace.before, trace.since)
    findings = Findings(
        trace.family, column, trace.onset, place, moved, unseen, trace.since.n, cases.events,
        prevalence_of_scores(trace.before, trace.since), also, trace.effect,
    )  # fmt: skip
    causes = rank_causes(findings)
    return trace.told() | _why(causes) | {
        "column": column, "where": _placed(place), "new": unseen,
        "moved_too": [_also(one) for one in moved if one.column != column],
        "expected": expected_effect(trace.before, trace.since, cause=causes[0].name),
        "examples": _examples(trace, cases, place),
    }  # fmt: skip


def _why(causes: Sequence[Cause]) -> dict[str, Any]:
    return {
        "causes": [
            {"cause": one.name, "for": list(one.speaks_for), "against": list(one.speaks_against)}
            for one in causes
        ],
        "cause": causes[0].name,
        "next_steps": list(NEXT_STEPS[causes[0].name]),
    }


def _also(one: Moved) -> dict[str, Any]:
    return {"column": one.column, "unit": one.unit, "level": one.level, "p_value": one.p_value,
            **asdict(one.effect)}  # fmt: skip


def _placed(place: Place) -> dict[str, Any]:
    return asdict(place) | {"group": dict(place.group), "sentence": _place_sentence(place)}


def _of_level(place: Place, trace: Trace, column: str) -> Place:
    """Where a share of names changed, the studies of that name are the place."""
    assert trace.marks is not None
    known = [one[np.isfinite(one)] for one in (trace.marks.before, trace.marks.since)]
    shares = [float(one.mean()) if len(one) else None for one in known]
    return replace(place, group={column: trace.marks.level}, share_before=shares[0],
                   share=shares[1], reason="")  # fmt: skip


def _place_sentence(place: Place) -> str:
    searched = f"{place.groups_asked} groups searched"
    if place.group and not place.groups_asked:  # a chart of this group alone
        apart = place.p_value is not None and place.p_value <= NOT_ALIKE
        searched = "the chart watches this group" + (
            "" if apart else "; that the others changed otherwise is not shown"
        )
    mix = ""
    if place.mix:
        part = 100.0 * (place.mix_share or 0.0)
        mix = f" The mix of {place.mix} changed, which makes {part:.0f} % of the change."
    if place.reason and place.group:
        group = " and ".join(f"{column} {level}" for column, level in place.group.items())
        return f"In the studies of {group}, which their own chart found; {place.reason}."
    if place.reason:
        return f"At the whole site, as far as can be told: {place.reason}.{mix}"
    group = " and ".join(f"{column} {level}" for column, level in place.group.items())
    if group and place.inside is None:
        was, now = 100.0 * (place.share_before or 0.0), 100.0 * (place.share or 0.0)
        return (
            f"The studies of {group}: {now:.0f} % since and {was:.0f} % before; no other group "
            f"changed otherwise than the rest ({searched})."
        )
    if place.inside is None or place.outside is None:
        return f"At the whole site: no group changed otherwise than the rest ({searched}).{mix}"
    carried = "" if place.carried is None else f", {100 * place.carried:.0f} % of the change"
    return (
        f"In the studies of {group}: {100 * (place.share or 0.0):.0f} % of the studies{carried}; "
        f"inside {_figure(place.inside)}, outside {_figure(place.outside)} ({searched}).{mix}"
    )


def _figure(one: Change) -> str:
    if one.value is None or one.low is None or one.high is None:
        return f"not estimable: {one.reason}"
    return f"{one.value:+.2f} ({one.low:+.2f} to {one.high:+.2f}, n = {one.n})"


def _examples(trace: Trace, cases: SiteCases, place: Place) -> dict[str, Any]:
    """Labels of studies that show the change: before it, and since within the place.

    Of numbers those nearest to the median mark, of what the model saw those since that lie furthest
    in the direction of the change; of shares those without what became commoner, and
    those with it. Among equals the ones nearest to the onset.
    """
    assert trace.before is not None and trace.since is not None and trace.marks is not None
    local = trace.before.n - cases.reference.n
    first = cases.reference.n if local >= LOCAL_BEFORE else 0
    inside = np.ones(trace.since.n, bool)
    for column, level in place.group.items():
        values = trace.since.columns[column]
        if values.dtype == object:
            inside &= np.array([str(one) == level for one in values], bool)
    sides = (
        (trace.before.label[first:], trace.marks.before[first:], trace.before.day[first:]),
        (trace.since.label[inside], trace.marks.since[inside], trace.since.day[inside]),
    )
    wanted: list[float | None] = [None, None]
    if trace.marks.unit == "points":
        more = (trace.effect.value or 0.0) > 0.0
        wanted = [float(not more), float(more)]
    elif trace.marks.far and np.isfinite(sides[1][1]).any():
        up = (trace.effect.value or 0.0) >= 0.0
        return {
            "before": _nearest(*sides[0], target=None, began=trace.started.toordinal()),
            "since": _outermost(sides[1][0], sides[1][1], up=up),
        }
    began = trace.started.toordinal()
    return {
        name: _nearest(*side, target=target, began=began)
        for name, side, target in zip(("before", "since"), sides, wanted, strict=True)
    }


def _outermost(labels: Any, marks: FloatArray, *, up: bool) -> list[str]:
    known = np.flatnonzero(np.isfinite(marks))
    order = known[np.argsort(-marks[known] if up else marks[known], kind="stable")]
    return [str(labels[at]) for at in order[:SHOWN]]


def _nearest(
    labels: Any, marks: FloatArray, day: Any, *, target: float | None, began: int
) -> list[str]:
    known = np.flatnonzero(np.isfinite(marks) & ((marks == target) | (target is None)))
    if not len(known):
        return []
    middle = np.median(marks[known])
    order = np.lexsort((np.abs(day[known] - began), np.abs(marks[known] - middle)))
    return [str(labels[at]) for at in known[order[:SHOWN]]]
