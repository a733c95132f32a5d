"""From chart points to alerts: what a person must look at, said in one sentence.

One open alert per chart and site. While it is open, further signals of that chart belong to it;
it does not close itself when the chart comes down, a person closes it and restarts the chart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from monitoring.detectors import DETECTORS
from monitoring.detectors.base import ChartResult
from monitoring.plan import ParsedPlan
from records.chart_names import level_of

__all__ = ["AlertDecisions", "ProposedAlert", "Severity", "decide_alerts"]

LARGE_SHIFT = 1.0
"""From one SD on, a shift of images or scores is called high."""


class Severity(StrEnum):
    """How soon a person should look."""

    HIGH = "high"
    MODERATE = "moderate"


@dataclass(frozen=True, slots=True)
class ProposedAlert:
    """An alert to raise: which chart, where, how serious, since when, in words and as values."""

    chart: str
    site: str
    day: date
    severity: Severity
    summary: str
    onset_estimate: date | None
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AlertDecisions:
    """What follows from one day's points.

    raise_now: new alerts. keep: (chart, site) already open and still signalling. calmed: already
    open, and the chart is back in control; a person still has to close them.
    """

    raise_now: tuple[ProposedAlert, ...]
    keep: tuple[tuple[str, str], ...]
    calmed: tuple[tuple[str, str], ...]


def decide_alerts(
    results: Iterable[ChartResult], plan: ParsedPlan, *, open_alerts: Sequence[tuple[str, str]]
) -> AlertDecisions:
    """Alerts to raise and to keep from one day's results; open_alerts holds (chart, site)."""
    already = set(open_alerts)
    raised: list[ProposedAlert] = []
    keep: list[tuple[str, str]] = []
    calmed: list[tuple[str, str]] = []
    for result in results:
        key = (result.chart, result.site)
        if key in already:
            if result.signal:
                keep.append(key)
            elif result.value is not None:
                calmed.append(key)
        elif result.signal:
            raised.append(_proposed(result, plan))
            already.add(key)
    return AlertDecisions(tuple(raised), tuple(keep), tuple(calmed))


def _proposed(result: ChartResult, plan: ParsedPlan) -> ProposedAlert:
    detector = plan.chart(result.chart).detector
    began = result.details.get("onset")
    onset = date.fromisoformat(began) if began else None
    sentence = DETECTORS[detector].sentence(result)
    told = onset is None or onset.isoformat() in sentence
    level = level_of(result.chart)
    of = f", studies of {level.replace('=', ' ', 1)}" if level else ""
    since = "" if told or onset is None else f" since about {onset.isoformat()}"
    return ProposedAlert(
        chart=result.chart,
        site=result.site,
        day=result.day,
        severity=_severity(detector, result),
        summary=f"{result.site}{of}: {sentence}{since} (chart {result.chart}, {result.day}).",
        onset_estimate=onset,
        evidence={
            "detector": detector,
            "n": result.n,
            "statistic": result.statistic,
            "limit": result.limit,
            "value": result.value,
            "low": result.low,
            "high": result.high,
            **result.details,
        },
    )


def _severity(detector: str, result: ChartResult) -> Severity:
    shift = result.details.get("shift_sd")
    large = shift is not None and abs(shift) >= LARGE_SHIFT
    worse = detector in (
        "claimed_performance", "performance_against_reference", "estimated_performance",
        "calibration", "subgroup_gap",
    )
    return Severity.HIGH if large or worse else Severity.MODERATE
