"""Trends (MDR Art. 88): each question of the plan for one period, with what chance would give.

The rules (R-EU88-01 to 04) decide; here they are asked, three times each. First with what is
certain; that alone makes a trend. Then with all that nobody has decided counted as an event: where
that would be a trend, the answer is not estimable, and says what must be decided. Last with the
serious incidents too, which are reported one by one: a trend that they would make is watched.
So no fact that makes matters worse turns a trend into none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlmodel import Session, col, select

from measures.estimate import Estimate
from measures.event_rate import events_per_exposure
from measures.multiplicity import holm_levels
from measures.rate_ratio import counted_rate_ratio, fixed_rate_ratio
from records.base import digest_of
from records.counting import counted
from records.product import Device
from records.surveillance import MonitoringPlan
from records.trend_counts import Counted, Graded, PeriodCounts, count_period
from records.trend_rules import (
    SEVERITY,
    CountedBaseline,
    GraveBaseline,
    Period,
    RateBaseline,
    TrendCategory,
    TrendRules,
    read_trend_rules,
)
from regulatory.rules.applying import apply_rules
from regulatory.rules.catalogue import rule_version

TREND, WATCH, NONE = "trend", "watch", "no trend"
UNKNOWN, NO_RULE = "not estimable", "rule not loaded"
VERDICTS: Final[dict[str, str]] = {
    TREND: "significantly more, or graver, than the baseline, by the plan's numbers",
    WATCH: "not significant, but worth another look",
    NONE: "not shown",
    UNKNOWN: "cannot be said, for the reason beside it",
    NO_RULE: "no rule of trends is loaded for where the device is on the market",
}
"""What a question of a period is answered, with what each means."""
OPEN_GATES: Final = {"benefit_risk_significant": None, "unacceptable_risk": None}
CERTAIN, WORST, WITH_SERIOUS = "certain", "worst", "with serious"
_SIGNALS: Final = "PENDING_ASSESSMENT"


@dataclass(frozen=True, slots=True)
class TrendFacts:
    """A plan with its rules, the counts of a period, and those of the baselines by period."""

    plan: str
    effective: date
    rules: TrendRules
    counts: PeriodCounts
    before: Mapping[Period, PeriodCounts]


RULES_LOADED: Final = ("EU",)
"""Markets of which rules of trends are loaded: MDR Art. 88 (R-EU88-01 to 04)."""


def judge_trends(facts: TrendFacts, *, markets: Sequence[str] = ("EU",)) -> list[dict[str, Any]]:
    """One row a question of the plan: count, exposure, rate, baseline, ratio, p, level, verdict.

    markets: where the device is on the market. A category whose period has too little exposure is
    not answered and keeps its place in the family, so that what is asked never depends on counts.
    """
    rows = [_described(facts, one) for one in facts.rules.categories]
    if facts.rules.severity:
        rows.append(_severity_described(facts))
    if not trends_asked_in(markets):
        why = (f"the device is on the market of {', '.join(markets)}, not of "
               f"{' or '.join(RULES_LOADED)}")  # fmt: skip
        return [_sealed(one | {"verdict": NO_RULE, "reason": why}) for one in rows]
    asked = {name: _asked(facts, name) for name in (CERTAIN, WORST, WITH_SERIOUS)}
    return [
        _sealed(one | _verdict(facts, one["question"], {
            name: said[one["question"]] for name, said in asked.items()
        })) for one in rows
    ]  # fmt: skip


_SAID: Final = ("question", "count", "undecided", "serious", "exposure", "baseline", "verdict")


def _sealed(row: dict[str, Any]) -> dict[str, Any]:
    """With a digest of what a person decides on: the decision holds while that stays the same."""
    return row | {"digest": digest_of({name: row[name] for name in _SAID}),
                  "rule_version": rule_version()}  # fmt: skip


def _verdict(facts: TrendFacts, question: str, said: dict[str, dict[str, Any]]) -> dict[str, Any]:
    first = said[CERTAIN]
    row = {"p_value": first.get("p_value_exact"), "alpha": first.get("alpha"),
           "test": first.get("test", ""), "expected": first.get("expected"),
           "decision": first["decision"], "finding": first.get("finding", "")}  # fmt: skip
    signals = {name: one["decision"] == _SIGNALS for name, one in said.items()}
    if why := first.get("why") or _WORDS.get(row["finding"], row["finding"]):
        return row | {"verdict": UNKNOWN, "reason": why}
    if signals[CERTAIN]:
        return row | {"verdict": TREND, "reason": ""}
    if signals[WORST]:
        return row | {"verdict": UNKNOWN, "reason": _undecided(facts, question)}
    if signals[WITH_SERIOUS]:
        return row | {"verdict": WATCH, "reason": "with the serious incidents, which are reported "
                      "one by one, it would be a trend"}  # fmt: skip
    watch = first["decision"] == "WATCH"
    return row | {"verdict": WATCH if watch else NONE, "reason": ""}


_WORDS: Final = {
    "PLAN_EFFECTIVE_AFTER_PERIOD_START": "the plan came into force after the period had begun",
    "NO_PRESPECIFIED_METHOD": "the plan sets no method, baseline and period beforehand",
    "NOT_ESTIMABLE": "a period without events has no share of grave ones",
}


def _undecided(facts: TrendFacts, question: str) -> str:
    """What somebody has to decide before the question can be answered."""
    own = _graded(facts.counts, certain=True) if question == SEVERITY else (
        facts.counts.categories[question]
    )
    parts = [counted(own.undecided, "event") + " not screened, coded or assessed"]
    if isinstance(own, Graded):
        parts.append(counted(own.unknown, "event") + " of unknown harm")
    return f"{' and '.join(parts)}: with them it could be a trend"


def _asked(facts: TrendFacts, scenario: str) -> dict[str, dict[str, Any]]:
    """What the rules say of every question, the categories at their levels by Holm's procedure."""
    rules, found = facts.rules, {}
    names = [one.name for one in rules.categories]
    alone = {one.name: _frequency(facts, one, scenario, rules.family_alpha)
             for one in rules.categories}  # fmt: skip
    p_values = [alone[name].get("p_value_exact") for name in names]
    levels = holm_levels([1.0 if p is None else p for p in p_values], rules.family_alpha)
    for category, level in zip(rules.categories, levels.tolist(), strict=True):
        found[category.name] = _frequency(facts, category, scenario, level)
    if rules.severity:
        found[SEVERITY] = _severity(facts, scenario, rules.severity_alpha)
    return found


def _frequency(
    facts: TrendFacts, one: TrendCategory, scenario: str, alpha: float
) -> dict[str, Any]:
    counts = facts.counts
    if why := _too_little(facts, one.baseline):
        return {"decision": "CANNOT_DECIDE", "why": why, "alpha": alpha}
    if isinstance(one.baseline, RateBaseline):
        baseline: dict[str, Any] = {"type": "FIXED", "rate_per_unit": one.baseline.rate}
    else:
        before = facts.before[one.baseline.period]
        baseline = {"type": "ESTIMATED", "m0": _events_before(before, one.name, scenario),
                    "n0": before.exposure}  # fmt: skip
    said = apply_rules(["R-EU88-01", "R-EU88-02"], {
        "plan": _plan(facts, alpha), "baseline": baseline, "gates": OPEN_GATES,
        "period": {"x": _events(counts.categories[one.name], scenario), "n": counts.exposure},
    })  # fmt: skip
    return said | {"alpha": alpha}


def _events(own: Counted, scenario: str) -> int:
    serious = own.serious if scenario == WITH_SERIOUS else 0
    return own.certain + serious + (0 if scenario == CERTAIN else own.undecided)


def _events_before(before: PeriodCounts, name: str, scenario: str) -> int:
    """What is undecided of the baseline counts against a trend first, and then not."""
    own = before.categories[name]
    return own.certain + (own.undecided if scenario == CERTAIN else 0)


def _severity(facts: TrendFacts, scenario: str, alpha: float) -> dict[str, Any]:
    rule = facts.rules.severity
    assert rule is not None
    if isinstance(rule.baseline, GraveBaseline):
        before = {"grave": rule.baseline.grave, "total": rule.baseline.events}
    elif why := _overlaps(facts, rule.baseline):
        return {"decision": "CANNOT_DECIDE", "why": why, "alpha": alpha}
    else:
        earlier = _graded(facts.before[rule.baseline.period], certain=scenario != CERTAIN)
        before = {"grave": earlier.grave, "total": earlier.certain + earlier.undecided}
    now = _graded(facts.counts, certain=scenario == CERTAIN)
    serious = now.serious if scenario == WITH_SERIOUS else 0
    said = apply_rules(["R-EU88-03"], {
        "plan": _plan(facts, alpha), "gates": OPEN_GATES, "severity": {
            "period": {"grave": now.grave + serious,
                       "total": now.certain + now.undecided + serious},
            "baseline": before,
        },
    })  # fmt: skip
    return said | {"alpha": alpha}


def _graded(counts: PeriodCounts, *, certain: bool) -> Graded:
    """The events by harm; where not only what is certain counts, the rest is grave."""
    own = counts.severity
    if certain:
        return own
    grave = own.grave + own.unknown + own.undecided
    return Graded(grave, own.unknown, own.certain, own.undecided, own.serious)


def _plan(facts: TrendFacts, alpha: float) -> dict[str, Any]:
    rules = facts.rules
    return {
        "version": facts.plan, "effective": facts.effective.isoformat(), "alpha": alpha,
        "watch_alpha": max(alpha, rules.watch_alpha), "min_count": rules.minimum_events,
        "min_rate_ratio": rules.minimum_ratio, "looks": 1,
        "observation_period": facts.counts.period.interval,
    }  # fmt: skip


def _too_little(facts: TrendFacts, baseline: RateBaseline | CountedBaseline) -> str:
    """Why a rate cannot be told; '' where it can."""
    least, basis = facts.rules.minimum_exposure, facts.rules.exposure
    if facts.counts.exposure < least:
        return f"{facts.counts.exposure} {basis}, and the plan asks for {least}"
    if isinstance(baseline, RateBaseline):
        return ""
    if facts.before[baseline.period].exposure < least:
        return (f"{facts.before[baseline.period].exposure} {basis} in the baseline, and the plan "
                f"asks for {least}")  # fmt: skip
    return _overlaps(facts, baseline)


def _overlaps(facts: TrendFacts, baseline: CountedBaseline) -> str:
    over = baseline.period.last < facts.counts.period.first
    return "" if over else f"the baseline {baseline.period} is not over before the period"


def _described(facts: TrendFacts, one: TrendCategory) -> dict[str, Any]:
    """What is counted of a category, whatever the rules say of it."""
    counts, own = facts.counts, facts.counts.categories[one.name]
    rate = events_per_exposure(one.name, own.certain, counts.exposure)
    if isinstance(one.baseline, RateBaseline):
        expected = {"rate": one.baseline.rate, "source": one.baseline.source}
        ratio = fixed_rate_ratio(one.name, own.certain, counts.exposure, one.baseline.rate)
    else:
        before = facts.before[one.baseline.period]
        events = _events_before(before, one.name, CERTAIN)
        ratio = counted_rate_ratio(one.name, own.certain, counts.exposure, events, before.exposure)
        expected = {"period": str(one.baseline.period), "events": events,
                    "exposure": before.exposure, "rate": _told(
                        events_per_exposure(one.name, events, before.exposure))}  # fmt: skip
    return {
        "question": one.name, "events": list(one.events), "imdrf_annex_a": list(one.terms),
        "count": own.certain, "undecided": own.undecided, "serious": own.serious,
        "exposure": counts.exposure, "unit": facts.rules.exposure, "rate": _told(rate),
        "baseline": expected, "ratio": _told(ratio),
    }  # fmt: skip


def _severity_described(facts: TrendFacts) -> dict[str, Any]:
    from measures.proportions import clopper_pearson

    rule, own = facts.rules.severity, facts.counts.severity
    assert rule is not None
    if isinstance(rule.baseline, GraveBaseline):
        expected: dict[str, Any] = asdict(rule.baseline)
    else:
        earlier = _graded(facts.before[rule.baseline.period], certain=False)
        expected = {"period": str(rule.baseline.period), "grave": earlier.grave,
                    "events": earlier.certain + earlier.undecided}  # fmt: skip
    total = own.certain + own.undecided
    return {
        "question": SEVERITY, "events": [f"harm from {rule.grave_from} on"], "imdrf_annex_a": [],
        "count": own.grave, "undecided": own.undecided + own.unknown, "serious": own.serious,
        "exposure": total, "unit": "events",
        "rate": _told(clopper_pearson("share of grave events", own.grave, total)),
        "baseline": expected,
        "ratio": _told(Estimate.not_estimable("ratio", "Fisher's test gives none", n=total)),
    }  # fmt: skip


def _told(one: Estimate) -> dict[str, Any]:
    return {"n": one.n, "value": one.value, "low": one.low, "high": one.high, "level": one.level,
            "method": one.method, "reason": one.reason}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PeriodLook:
    """A period of a device as it is judged: rows by question, the counts, what it spends of alpha.

    plan_id: the plan that was in force when the period began.
    """

    device_id: int
    plan_id: int
    period: Period
    rules: TrendRules
    counts: PeriodCounts
    rows: list[dict[str, Any]]

    @property
    def worst(self) -> str:
        """The verdict that asks most of people."""
        order = (TREND, UNKNOWN, WATCH, NONE, NO_RULE)
        return min((str(one["verdict"]) for one in self.rows), key=order.index)


def trend_plans(session: Session, device: str) -> list[tuple[MonitoringPlan, TrendRules | None]]:
    """Every plan of a device, all its revisions, the first one first."""
    query = (
        select(MonitoringPlan).join(Device, col(Device.id) == MonitoringPlan.device_id)
        .where(Device.name == device).order_by(col(MonitoringPlan.id))
    )  # fmt: skip
    return [(one, read_trend_rules(one.content)) for one in session.exec(query)]


def closed_periods(
    session: Session, device: str, *, until: date
) -> list[tuple[MonitoringPlan, TrendRules, Period]]:
    """The periods over at the end of a day, each with the plan in force when it began.

    Those of first day are none of its own; a device of which no plan was in force yet has none.
    """
    found: list[tuple[MonitoringPlan, TrendRules, Period]] = []
    plans = trend_plans(session, device)
    ends = [one.effective_at.date() for one, _ in plans[1:]] + [date.max] * bool(plans)
    taken = date.min
    for (plan, rules), end in zip(plans, ends, strict=True):
        if rules is None:
            continue
        begin = max(plan.effective_at.date(), taken)
        found += [(plan, rules, one) for one in rules.periods(begin, until) if one.first < end]
        last = rules.period_of(min(end, date.max - timedelta(days=366)))
        if begin <= last.first < end:  # it runs to its end, and no day is judged by two plans
            taken = last.last + timedelta(days=1)
    return found


def look_at_period(
    session: Session, device: str, plan: MonitoringPlan, rules: TrendRules, period: Period
) -> PeriodLook:
    """Count a period and its baselines, and judge it."""
    counts = count_period(session, device, rules, period)
    before = {one: count_period(session, device, rules, one) for one in rules.baselines}
    facts = TrendFacts(plan.label, plan.effective_at.date(), rules, counts, before)
    rows = judge_trends(facts, markets=markets_of(session, plan))
    return PeriodLook(plan.device_id, plan.id or 0, period, rules, counts, rows)


def trends_asked_in(markets: Sequence[str]) -> bool:
    """Whether a rule of trends is loaded for one of the markets: else no look is judged or owed."""
    return any(one in RULES_LOADED for one in markets)


def markets_of(session: Session, plan: MonitoringPlan) -> tuple[str, ...]:
    """Where the plan's revision of the device is on the market; the EU where it does not say."""
    regulation = session.get_one(Device, plan.device_id).definition.get("regulation") or {}
    return tuple(regulation.get("jurisdictions") or ("EU",))
