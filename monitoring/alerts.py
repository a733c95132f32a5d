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

from monitoring.detectors.base import ChartResult
from monitoring.plan import ParsedPlan
from records.counting import counted

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
    sentence = {
        "rank_cusum": _shift_sentence,
        "conformal_test": _shift_sentence,
        "claimed_performance": _performance_sentence,
        "override_rate": _override_sentence,
        "concordance": _performance_sentence,
        "silent_days": _silence_sentence,
        "fact_distribution": _window_sentence,
        "score_distribution": _window_sentence,
        "positive_rate": _rate_sentence,
        "performance_against_reference": _rate_sentence,
        "estimated_performance": _estimate_sentence,
        "calibration": _calibration_sentence,
        "study_volume": _volume_sentence,
    }[detector](result)
    since = f" since about {onset.isoformat()}" if onset and detector != "silent_days" else ""
    return ProposedAlert(
        chart=result.chart,
        site=result.site,
        day=result.day,
        severity=_severity(detector, result),
        summary=f"{result.site}: {sentence}{since} (chart {result.chart}, {result.day}).",
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
        "calibration",
    )
    return Severity.HIGH if large or worse else Severity.MODERATE


def _shift_sentence(result: ChartResult) -> str:
    column, direction = result.details["column"], result.details["direction"]
    shift, n = result.details["shift_sd"], result.details["studies_since_onset"]
    if direction in ("wider", "narrower") or shift is None:
        return f"{column} spreads {direction} than in the reference"
    others = [name for name in result.details.get("beyond", []) if name != column]
    also = f", also {', '.join(others)}" if others else ""
    word = "higher" if direction == "up" else "lower"
    return f"{column} is {abs(shift):.1f} SD {word} over {counted(n, 'study', 'studies')}{also}"


def _override_sentence(result: ChartResult) -> str:
    share, n = result.details["share_since_onset"], result.details["studies_since_onset"]
    seen = f": {share:.3f} over {counted(n, 'answer')}" if share is not None else ""
    return (
        f"readers overrule the output more often than {result.details['bound']:.2f} of the "
        f"time{seen}"
    )


def _performance_sentence(result: ChartResult) -> str:
    share, n = result.details["share_since_onset"], result.details["studies_since_onset"]
    measure, bound = result.details["column"], result.details["bound"]
    seen = f": {share:.3f} over {counted(n, 'case')}" if share is not None else ""
    return f"{measure} is below its bound of {bound:.3f}{seen}"


def _silence_sentence(result: ChartResult) -> str:
    silent = result.details["silent_days"]
    return f"too few studies for {counted(silent, 'day')} in a row, since {result.details['onset']}"


def _window_sentence(result: ChartResult) -> str:
    found, seen = result.details, f"over {counted(result.n, 'study', 'studies')}"
    if found.get("windows", 1) > 1:
        seen += f" of {found['windows']} windows together"
    if found["changed"] == "distribution":
        word = "higher" if found["direction"] == "up" else "lower"
        return f"{found['column']} lies {word}: {result.value:.2f} of the studies moved, {seen}"
    if found["changed"] == "ranks":
        word = "higher" if found["direction"] == "up" else "lower"
        return (
            f"{found['column']} lies {word}: a study exceeds one of the reference with "
            f"probability {found['probability_above']:.3f}, {seen}"
        )
    new = ", ".join(found.get("unseen", []))
    level = f"{found['level']} ({new})" if new and "never" in found["level"] else found["level"]
    return (
        f"{found['column']}: share of '{level}' is {found['share']:.3f} and was "
        f"{found['reference_share']:.3f}, {seen}"
    )


def _rate_sentence(result: ChartResult) -> str:
    found = result.details
    word = "share of positive decisions" if found["column"] == "decision" else found["column"]
    return (
        f"{word} is {result.value:.3f} over {counted(result.n, 'case')} and was "
        f"{found['reference']:.3f}"
    )


def _estimate_sentence(result: ChartResult) -> str:
    found = result.details
    seen = counted(found["studies"], "study", "studies")
    return (
        f"{found['column']} of {found['window_start']} to {found['window_end']} is "
        f"{result.value:.3f} ({found['way']}, {seen}, truth of {found['known']}) and should be at "
        f"least {found['reference']:.3f}"
    )


def _calibration_sentence(result: ChartResult) -> str:
    found, cases = result.details, counted(result.n, "case")
    proposal = found["proposed_recalibration"]
    mend = (
        f"a recalibration is proposed, not applied: log odds times {proposal['slope']:.2f} plus "
        f"{proposal['intercept']:.2f}"
    )
    if found["changed"] == "slope":
        now = found["calibration_slope"]["value"]
        return (
            f"the slope of the scores' calibration is {now:.2f} over {cases} and was "
            f"{found['reference_slope']:.2f}; {mend}"
        )
    return (
        f"{found['observed']} cases with the finding where the scores promise "
        f"{found['expected']:.1f}, over {cases} ({result.value:.2f} times as many); {mend}"
    )


def _volume_sentence(result: ChartResult) -> str:
    return f"{counted(result.n, 'study', 'studies')} where {result.details['usual']:.3g} are usual"
