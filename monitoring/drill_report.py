"""What the repeats of a drill say, per chart and for the plan as a whole: rates, shares, delays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from measures.estimate import Estimate
from measures.event_rate import events_per_year
from measures.proportions import wilson
from measures.waiting_time import waiting_time
from monitoring.drill import Arrangement, Repeat
from monitoring.plan import allocate
from monitoring.replay_plan import ReplayPlan

__all__ = ["ChartFindings", "DrillReport", "drill_report"]

YEAR = 365.0


@dataclass(frozen=True)
class ChartFindings:
    """Of one chart, or of the plan as a whole.

    false_alerts: alerts a year while nothing has changed, at all sites; budget: the highest mean
    rate that the plan allows. disturbed: share of repeats with one or more false alerts. detected:
    share of repeats with an alert at the shifted site from the day of the shift on. days: waiting
    from the shift (the same day: 1) to the first of them; studies: the studies at the site until
    then; both as a median over repeats, those without an alert still waiting. judged: share of
    windows with a verdict; reason: why there was none, of the first without.
    """

    name: str
    detector: str
    false_alerts: Estimate
    budget: float
    disturbed: Estimate
    detected: Estimate
    days: Estimate
    studies: Estimate
    judged: float
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        estimates = ("false_alerts", "disturbed", "detected", "days", "studies")
        said = {name: getattr(self, name).to_dict() for name in estimates}
        return {"chart": self.name, "detector": self.detector, "budget": self.budget,
                "judged": self.judged, "reason": self.reason, **said}  # fmt: skip


@dataclass(frozen=True)
class DrillReport:
    """The plan as a whole, then each chart; elsewhere: alerts at other sites after the shift, which
    nothing there explains (they are no part of the rates)."""

    whole: ChartFindings
    charts: tuple[ChartFindings, ...]
    elsewhere: int
    causes: dict[str, int]


def drill_report(
    plan: ReplayPlan, repeats: Sequence[Repeat], arrangement: Arrangement,
    *, sites: Sequence[str], shifted: bool,
) -> DrillReport:  # fmt: skip
    """Count what the repeats found. Without a shift all days are days on which nothing changed."""
    where = arrangement.site or sites[0]
    quiet_days = arrangement.before if shifted else arrangement.days
    allocation = allocate(plan.plan, sites=len(sites))
    of_chart = allocation.alpha * len(sites) * YEAR / plan.plan.horizon_days
    counting = _Counting(repeats, arrangement, where, quiet_days, shifted)
    charts = tuple(
        counting.findings(chart.name, chart.detector, of_chart * chart.share)
        for chart in plan.plan.charts
    )
    late = [
        one for repeat in repeats for one in repeat.alerts if shifted and one.day >= quiet_days
    ]
    causes = Counter(one.cause for one in late if one.site == where)
    return DrillReport(
        counting.findings("", "", plan.alerts_per_year), charts,
        sum(one.site != where for one in late), dict(causes.most_common()),
    )  # fmt: skip


@dataclass(frozen=True)
class _Counting:
    repeats: Sequence[Repeat]
    arrangement: Arrangement
    where: str
    quiet_days: int
    shifted: bool

    def findings(self, chart: str, detector: str, budget: float) -> ChartFindings:
        """Of one chart; of all where chart is empty."""
        n = len(self.repeats)
        false = [
            sum(day < self.quiet_days for day, _ in self._of(repeat, chart))
            for repeat in self.repeats
        ]
        first = np.array([self._first(repeat, chart) for repeat in self.repeats])
        found = np.isfinite(first)
        judged, reason = self._judged(chart)
        return ChartFindings(
            chart or "the plan", detector,
            events_per_year("false alerts a year", sum(false), n * self.quiet_days),
            budget, wilson("repeats with a false alert", sum(one > 0 for one in false), n),
            self._detected(int(found.sum()), n), self._days(first), self._studies(first),
            judged, reason,
        )  # fmt: skip

    def _of(self, repeat: Repeat, chart: str) -> list[tuple[int, str]]:
        """Day and site of each signal of a chart that is in an alert, merged or leading."""
        return [(day, one.site) for one in repeat.alerts for day in one.days_of(chart)]

    def _first(self, repeat: Repeat, chart: str) -> float:
        days = [
            day for day, site in self._of(repeat, chart)
            if site == self.where and day >= self.arrangement.before
        ]  # fmt: skip
        return float(min(days)) if days and self.shifted else np.inf

    def _detected(self, found: int, n: int) -> Estimate:
        if not self.shifted:
            return Estimate.not_estimable("detected", "nothing was changed", n=n)
        return wilson("detected", found, n)

    def _days(self, first: np.ndarray[Any, Any]) -> Estimate:
        waits = first - self.arrangement.before + 1.0
        return self._median("days until detection", waits, float(self.arrangement.after))

    def _studies(self, first: np.ndarray[Any, Any]) -> Estimate:
        """Truth may come after the last day of the table: then all its studies were needed."""
        read = [
            repeat.studies[min(int(day), self.arrangement.days - 1)]
            if np.isfinite(day) else np.inf
            for repeat, day in zip(self.repeats, first, strict=True)
        ]  # fmt: skip
        ends = [repeat.studies[-1] for repeat in self.repeats]
        return self._median("studies until detection", np.array(read), max(ends))

    def _median(self, measure: str, waits: np.ndarray[Any, Any], end: float) -> Estimate:
        if not self.shifted:
            return Estimate.not_estimable(measure, "nothing was changed", n=len(waits))
        came = np.isfinite(waits)
        longest = max(end, float(waits[came].max(initial=1.0)), 1.0)
        found = waiting_time(
            np.where(came, np.maximum(waits, 0.5), longest), came.astype(np.int64)
        )
        if not found.estimable:
            few = f"found in {int(came.sum())} of {len(waits)} repeats: too few for a median"
            return Estimate.not_estimable(measure, few, n=found.n)
        return Estimate(
            measure, found.n, found.value, found.low, found.high, found.level, found.method
        )

    def _judged(self, chart: str) -> tuple[float, str]:
        total: Counter[str] = Counter()
        reason = ""
        for repeat in self.repeats:
            for name, states in repeat.states.items():
                if chart in ("", name):
                    total += states
            reason = reason or repeat.reasons.get(chart, "")
        verdicts = sum(total[one] for one in ("quiet", "alert", "underpowered"))
        return verdicts / max(sum(total.values()), 1), reason
