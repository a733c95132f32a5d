"""One cause, one alert: which signals of a site belong together, which join an open alert. Pure.

Signals belong together when they began together and are of one kind, or one explains the other.
Sites are not merged: an alert is answered, revalidated and shown to auditors at its site, so a
cause that shows at several sites is one alert a site, each naming the others (``elsewhere``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from monitoring.alerts import ProposedAlert, Severity
from monitoring.explaining.explanation import SiteCases, Trace, explain, trace_signal
from monitoring.one_cause import (
    EFFECTS,
    LARGER,
    Member,
    began_after,
    close,
    fits,
    has_moved_on,
    of_one_source,
    rank,
)

__all__ = ["Joined", "Merged", "OpenAlert", "as_member", "merge_signals", "signals_of"]


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
    """Signals of one cause: of an open alert, or of one to be raised; and what joins today.

    proposed: today's, which stand last in members too.
    """

    site: str
    members: list[Member]
    opened: OpenAlert | None = None
    proposed: list[ProposedAlert] = field(default_factory=list)

    def add(self, told: ProposedAlert, trace: Trace) -> None:
        self.members.append(({"chart": told.chart, **told.evidence}, trace))
        self.proposed.append(told)

    @property
    def inputs(self) -> list[Member]:
        return [one for one in self.members if one[1].family not in EFFECTS]

    @property
    def largest(self) -> Member:
        """The largest change of what goes in; of effects alone the first."""
        return max(
            self.inputs or self.members[:1], key=lambda one: (one[1].place is None, one[1].size)
        )  # the site as a whole before levels of subgroups


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
        for one, trace in sorted(waiting, key=_rank):
            told = replace(one, evidence={**one.evidence, "family": trace.family, **trace.told()})
            member = ({"chart": told.chart, **told.evidence}, trace)
            home = next((into for into in clusters if _belongs(member, into, here)), None)
            if home is None:
                home = _Cluster(site, [])
                clusters.append(home)
            home.add(told, trace)
        clusters = _of_one_source(clusters, here)
        joined += [added for one in clusters if one.opened for added in _joined(one, here)]
        raised += [_alert(one, here) for one in clusters if one.proposed and not one.opened]
    return Merged(_elsewhere(raised, open_alerts), tuple(joined))


def _of_one_source(clusters: list[_Cluster], cases: SiteCases | None) -> list[_Cluster]:
    """The clusters, those of one source of studies as one: an open alert takes in the others."""
    if cases is None:
        return clusters
    fed = sorted((one for one in clusters if one.inputs), key=lambda one: -one.largest[1].size)
    for anchor in fed:
        near = [
            one for one in fed
            if close(one.largest[1], anchor.largest[1])
            and not _passed(anchor.largest, one, cases)
        ]
        home = next((one for one in near if one.opened), anchor)
        others = [one for one in near if one is not home and not one.opened]
        if others and of_one_source([one for each in near for one in each.inputs]):
            for one in others:
                home.members += one.members
                home.proposed += one.proposed
            return _of_one_source([one for one in clusters if one not in others], cases)
    return clusters


def _joined(home: _Cluster, cases: SiteCases | None) -> list[Joined]:
    """What joins an open alert today; the last of it brings the explanation made anew."""
    assert home.opened is not None
    if not home.proposed:
        return []
    key = home.opened.key
    known = len(home.members) - len(home.proposed)
    told = [Joined(key, one) for one in home.proposed]
    return [*told[:-1], replace(told[-1], explanation=_anew(home, known, cases))]


def _anew(
    home: _Cluster, known: int, cases: SiteCases | None
) -> dict[str, Any] | None:
    """The explanation of an open alert made anew, where what joins says more of the cause: the
    first or a larger change of what goes in, all of it at once, a change that grew since it was
    told, performance beside the output, or all of the site where only levels of subgroups had
    signalled. Else None."""
    old, new = home.members[:known], home.members[known:]
    whole = next((one for one in new if one[1].place is None), None)
    if whole is not None and all(trace.place is not None for _, trace in old):
        families = sorted({trace.family for _, trace in old})  # of levels; now the whole site
        return explain(whole[1], str(whole[0].get("column", "")), cases, also=families)
    before = {trace.family for _, trace in old}
    signal, trace = home.largest
    larger = LARGER * max(
        (one.size for _, one in old if one.family not in EFFECTS), default=0.0
    )
    at_once = of_one_source(home.members) and not of_one_source(old)
    grown = has_moved_on(old[0])
    if before <= {*EFFECTS} and not home.inputs:  # the leading one stays what is explained
        if {one.family for _, one in new} <= before:
            return None
        signal, trace = old[0]
    elif not (at_once or grown or any(trace is one and one.size > larger for _, one in new)):
        return None
    others = sorted({one.family for _, one in home.members if one is not trace})
    return explain(trace, str(signal.get("column", "")), cases, also=others)


def _rank(waiting: tuple[ProposedAlert, Trace]) -> tuple[int, bool, float, date, str]:
    one, trace = waiting
    return rank(({"chart": one.chart}, trace))


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
    return _Cluster(alert.site, members, alert)


def _belongs(new: Member, cluster: _Cluster, cases: SiteCases | None) -> bool:
    """One member that it fits is enough, but a change of the input must fit the largest of the
    others: else a chart of scores would tie two causes together. Nothing joins an open alert whose
    cause had passed before it began."""
    if new[1].family not in EFFECTS and cluster.inputs and not fits(new, cluster.largest):
        return False
    if not any(fits(new, one) for one in cluster.members):
        return False
    return not _passed(new, cluster, cases)


def _passed(new: Member, cluster: _Cluster, cases: SiteCases | None) -> bool:
    alert = cluster.opened
    return alert is not None and cases is not None and all(
        began_after(new[1], signal, alert.raised_on, trace.cases or cases)
        for signal, trace in cluster.members[: len(alert.signals)]
    )


def _alert(cluster: _Cluster, cases: SiteCases | None) -> ProposedAlert:
    """The cluster as one alert: the leading signal, the others under 'also', the explanation."""
    lead, *others = cluster.proposed
    trace = cluster.members[0][1]
    families = sorted({one[1].family for one in cluster.members[1:]})
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
