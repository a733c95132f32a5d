"""One cause, one alert: which signals of a site belong together, which join an open alert. Pure.

Signals belong together when they began together and are of one kind, or one explains the other.
Sites are not merged: an alert is answered, revalidated and shown to auditors at its site, so a
cause that shows at several sites is one alert a site, each naming the others (``elsewhere``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from monitoring.alerts import ProposedAlert, Severity
from monitoring.explaining.explanation import SiteCases, Trace, explain, trace_signal
from monitoring.explaining.moved import remaining_share

__all__ = ["Joined", "Merged", "OpenAlert", "as_member", "merge_signals", "signals_of"]

TOGETHER_DAYS = 7
"""Onsets estimated this near are one onset where no set of days could be estimated."""
LATE_DAYS = 35
"""How long after its cause an outcome may be told where its studies are not known: readers' answers
and reports come later."""
RELATED_DAYS = 2
"""Days between two sets of onset days that still count as together."""
SCANNER = ("acquisition change", "software")
EFFECTS = ("output", "outcome")
ORDER = ("recording", "software", "acquisition change", "patient mix", "output", "outcome", "flow")
"""What leads an alert when several charts signal on one day: causes before their effects."""
EXPLAINED = 0.5
"""A change of which less than this is left among studies alike in a column is explained by it."""


@dataclass(frozen=True)
class OpenAlert:
    """An alert that is not closed: how it is named, and its signals, the leading one first."""

    key: str
    site: str
    raised_on: date
    signals: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Joined:
    """A signal that joins an open alert.

    explanation: made anew where this says more of the cause than was known; else None.
    """

    key: str
    signal: ProposedAlert
    explanation: dict[str, Any] | None = None

    def added_to(self, evidence: Mapping[str, Any]) -> dict[str, Any]:
        """The alert's evidence with this signal; an explanation that is replaced stays in it."""
        found = {**evidence, "also": [*evidence.get("also", ()), as_member(self.signal)]}
        if self.explanation is not None:
            old = [evidence["explanation"]] if "explanation" in evidence else []
            found["explained_before"] = [*evidence.get("explained_before", ()), *old]
            found["explanation"] = self.explanation
        return found


@dataclass(frozen=True)
class Merged:
    """What becomes of the signals of a day: new alerts, each whole, and what joins open ones."""

    raise_now: tuple[ProposedAlert, ...]
    joined: tuple[Joined, ...]


@dataclass
class _Cluster:
    """Signals of one cause: of an open alert (key), or of one to be raised."""

    site: str
    members: list[tuple[Mapping[str, Any], Trace]]
    key: str = ""
    proposed: list[ProposedAlert] = field(default_factory=list)


def signals_of(chart: str, evidence: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The signals that an alert's evidence holds: its own, then those that were merged into it."""
    return ({"chart": chart, **evidence}, *evidence.get("also", ()))


def merge_signals(
    proposed: Sequence[ProposedAlert], open_alerts: Sequence[OpenAlert],
    cases: Mapping[str, SiteCases],
) -> Merged:  # fmt: skip
    """Put each signal into the open alert whose cause it fits, else among the new ones.

    cases: by site the studies to look at; a site without them is merged by kind and time alone.
    Every signal is in exactly one alert: as the leading one or under ``also`` in its evidence.
    """
    joined: list[Joined] = []
    raised: list[ProposedAlert] = []
    for site in sorted({one.site for one in proposed}):
        here = cases.get(site)
        clusters = [
            _opened(one, here) for one in open_alerts
            if one.site == site and all("detector" in signal for signal in one.signals)
        ]  # one that was raised before signals kept what they are about: nothing joins it
        waiting = [(one, _traced(one, here)) for one in proposed if one.site == site]
        for one, trace in sorted(waiting, key=lambda pair: _rank(*pair)):
            told = replace(one, evidence={**one.evidence, "family": trace.family, **trace.told()})
            member = ({"chart": told.chart, **told.evidence}, trace)
            home = next((into for into in clusters if _belongs(member, into)), None)
            if home is None:
                home = _Cluster(site, [])
                clusters.append(home)
            before = {known.family for _, known in home.members}
            home.members.append(member)
            if home.key:
                joined.append(Joined(home.key, told, _anew(home, before, here)))
            else:
                home.proposed.append(told)
        raised += [_alert(one, here) for one in clusters if one.proposed]
    return Merged(_elsewhere(raised, open_alerts), tuple(joined))


def _anew(
    home: _Cluster, before: set[str], cases: SiteCases | None
) -> dict[str, Any] | None:
    """The explanation of an open alert made anew, where what joined says more of the cause: the
    first change of the input, performance beside the output, or all of the site where only levels
    of subgroups had signalled. Else None."""
    *known, (signal, trace) = home.members
    if trace.place is None and all(one.place is not None for _, one in known):
        families = sorted({one.family for _, one in known})  # of levels; now the site as a whole
        return explain(trace, str(signal.get("column", "")), cases, also=families)
    if not before <= {*EFFECTS} or trace.family in before:
        return None
    if trace.family in EFFECTS:  # the leading one stays what is explained
        signal, trace = known[0]
    others = sorted({one.family for _, one in home.members if one is not trace})
    return explain(trace, str(signal.get("column", "")), cases, also=others)


def _rank(one: ProposedAlert, trace: Trace) -> tuple[int, bool, date, str]:
    """The site as a whole leads its subgroups: a fall of all of them is one of the site."""
    return ORDER.index(trace.family), trace.place is not None, trace.started, one.chart


def _traced(one: ProposedAlert, cases: SiteCases | None) -> Trace:
    return trace_signal(
        str(one.evidence["detector"]), one.evidence, cases, day=one.day, since=one.onset_estimate
    )


def _opened(alert: OpenAlert, cases: SiteCases | None) -> _Cluster:
    """An open alert with its signals followed anew over the studies that have come since."""
    members = []
    for signal in alert.signals:
        began = signal.get("since") or {}
        told = began.get("day") or signal.get("onset") or signal.get("raised_on")
        at = date.fromisoformat(told) if told else alert.raised_on
        trace = trace_signal(str(signal["detector"]), signal, cases, day=at, since=at)
        members.append((signal, trace))
    return _Cluster(alert.site, members, alert.key)


Member = tuple[Mapping[str, Any], Trace]


def _belongs(new: Member, cluster: _Cluster) -> bool:
    """One member that it fits is enough, but a change of the input must fit all of the others: else
    a chart of scores would tie two causes together."""
    if new[1].family not in EFFECTS and any(
        not _fits(new, one) for one in cluster.members if one[1].family not in EFFECTS
    ):
        return False
    return any(_fits(new, one) for one in cluster.members)


def _fits(one: Member, other: Member) -> bool:
    (_, first), (_, second) = one, other
    kinds = {first.family, second.family}
    if not _together(first, second):
        return False
    if len(kinds) == 1 or kinds <= {*SCANNER} or kinds <= {*EFFECTS}:
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


def _together(one: Trace, other: Trace) -> bool:
    (first, last), (start, end) = _days(one), _days(other)
    slack = timedelta(days=RELATED_DAYS)
    return first - slack <= end and start - slack <= last


def _days(trace: Trace) -> tuple[date, date]:
    if trace.onset.first is not None and trace.onset.last is not None:
        return trace.onset.first, trace.onset.last
    late = LATE_DAYS if trace.family == "outcome" else TOGETHER_DAYS
    return (trace.started - timedelta(days=late), trace.started + timedelta(days=TOGETHER_DAYS))


def _alert(cluster: _Cluster, cases: SiteCases | None) -> ProposedAlert:
    """The cluster as one alert: the leading signal, the others under 'also', the explanation."""
    lead, *others = cluster.proposed
    trace = cluster.members[0][1]
    families = [one[1].family for one in cluster.members[1:]]
    told = explain(trace, str(lead.evidence.get("column", "")), cases, also=families)
    high = any(one.severity is Severity.HIGH for one in cluster.proposed)
    summary = lead.summary
    if others:
        summary += f" With it: {'; '.join(one.summary for one in others)}"
    return replace(
        lead, summary=summary, severity=Severity.HIGH if high else lead.severity,
        onset_estimate=trace.onset.day or lead.onset_estimate,
        evidence=lead.evidence | {
            "explanation": told, "also": [as_member(one) for one in others], "elsewhere": [],
        },
    )  # fmt: skip


def as_member(one: ProposedAlert) -> dict[str, Any]:
    """A signal as it stands under 'also': its chart, day, sentence and all of its evidence."""
    return {
        "chart": one.chart, "site": one.site, "raised_on": one.day.isoformat(),
        "summary": one.summary, "severity": str(one.severity), **one.evidence,
    }


def _elsewhere(
    raised: Sequence[ProposedAlert], open_alerts: Sequence[OpenAlert]
) -> tuple[ProposedAlert, ...]:
    """Each new alert names the other sites where the same column moved, now or in an open alert."""
    seen = [(one.site, column) for one in raised for column in _columns(one.chart, one.evidence)]
    seen += [
        (one.site, str(signal.get("column", ""))) for one in open_alerts for signal in one.signals
    ]
    found = []
    for one in raised:
        columns = {*_columns(one.chart, one.evidence)} - {""}
        sites = sorted({site for site, column in seen if column in columns and site != one.site})
        found.append(replace(one, evidence=one.evidence | {"elsewhere": sites}))
    return tuple(found)


def _columns(chart: str, evidence: Mapping[str, Any]) -> list[str]:
    return [str(one.get("column", "")) for one in signals_of(chart, evidence)]
