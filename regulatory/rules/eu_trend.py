"""EU trend reports: statistics of the plan, two human gates, no deadline by law (MDR Art. 88).

Nothing is decided without a method, a baseline and a period that the plan set down beforehand.
"""

from datetime import date, timedelta
from typing import Any, Final

from measures.event_excess import conditional_excess, fixed_rate_excess, severity_excess
from measures.significance import SignificanceTest
from records.errors import InvalidInput
from regulatory.rules.facts import Facts, FactsMissing, all_of, civil_date, coded, number
from regulatory.rules.parameters import parameters
from regulatory.rules.reading import counted_of

Answer = dict[str, Any]

NO_METHOD: Final = "NO_PRESPECIFIED_METHOD"
TOO_LATE: Final = "PLAN_EFFECTIVE_AFTER_PERIOD_START"
GATES: Final = ("benefit_risk_significant", "unacceptable_risk")


def decision(facts: Facts) -> Answer:
    """R-EU88-01 and -02: count against baseline by the plan, then the two gates that people decide.

    Serious incidents are reported one by one and only listed here; worldwide events count.
    """
    if facts.has("p_values"):
        return several_categories(facts)
    plan = facts.inside("plan")
    facts.need("baseline", "period")
    if finding := _no_method(plan, facts.value("baseline")):
        return _cannot(finding)
    if finding := _not_comparable(facts, plan):
        return _cannot(finding)
    found, expected = _counted(facts)
    if found.p_value is None:
        return _cannot("NOT_ESTIMABLE")
    alpha = _alpha(plan)
    ratio = found.statistic
    period = facts.inside("period")
    enough = period["x"] >= _told(plan, "min_count", 0)
    higher = ratio is None or ratio >= _told(plan, "min_rate_ratio", 0)
    signal = bool(found.p_value <= alpha and enough and higher)
    return {
        "expected": _rounded(expected), "p_value": _rounded(found.p_value),
        "rate_ratio": _rounded(ratio), "statistical_signal": signal, "test": found.test,
        "n": found.n, "alpha_used": _rounded(alpha), "p_value_exact": found.p_value,
        "decision": _decided(facts, signal, found.p_value, plan),
        "plan_version": plan.get("version"),
    } | _no_deadline()  # fmt: skip


def _told(plan: dict[str, Any], name: str, otherwise: float) -> float:
    """A number of the plan; a condition that the plan does not set is none."""
    value = plan.get(name)
    return otherwise if value is None else number(f"plan.{name}", value)


def _alpha(plan: dict[str, Any]) -> float:
    alpha = number("plan.alpha", plan["alpha"])
    if not 0 < alpha < 1:
        raise InvalidInput(f"plan.alpha: {alpha} is not between 0 and 1.")
    looks = _told(plan, "looks", _told(plan, "number_of_looks", 1))
    if looks < 1:
        raise InvalidInput("plan.looks: at least one look is needed.")
    return alpha / looks


def _no_method(plan: dict[str, Any], baseline: Any) -> str:
    """Why the plan cannot decide; '' where method, baseline and period stood beforehand."""
    if plan.get("alpha") is None or plan.get("observation_period") is None or baseline is None:
        return NO_METHOD
    if plan.get("effective") is None:
        return NO_METHOD
    start, end = _period(plan["observation_period"])
    if end < start:
        raise InvalidInput("plan.observation_period: it ends before it starts.")
    return TOO_LATE if civil_date("plan.effective", plan["effective"]) > start else ""


def _period(said: Any) -> tuple[date, date]:
    name = "plan.observation_period"
    parts = said.split("/") if isinstance(said, str) else []
    if len(parts) != 2:
        raise InvalidInput(f"{name}: {said!r} is no period such as 2026-07-01/2026-09-30.")
    return civil_date(name, parts[0]), civil_date(name, parts[1])


def _not_comparable(facts: Facts, plan: dict[str, Any]) -> str:
    if facts.told("denominator_changed"):
        return "DENOMINATOR_CHANGED"
    spread = facts.told("index_of_dispersion")
    stated = plan.get("method") in ("NEGATIVE_BINOMIAL", "SITE_STRATIFIED")
    if spread is not None and spread > parameters()["trend"]["dispersion_limit"] and not stated:
        return "OVERDISPERSION_WITHOUT_PRESTATED_METHOD"
    return ""


def _cannot(finding: str) -> Answer:
    return {"decision": "CANNOT_DECIDE", "finding": finding, "statistical_signal": None} | (
        _no_deadline()
    )


def _no_deadline() -> Answer:
    return {"due_legal": None, "statement": "no statutory deadline (MDR Art. 88)"}


def _counted(facts: Facts) -> tuple[SignificanceTest, float]:
    period, baseline = facts.inside("period"), facts.inside("baseline")
    absent = [f"period.{one}" for one in ("x", "n") if period.get(one) is None]
    if baseline.get("type") is None:
        absent.append("baseline.type")
    if absent:
        raise FactsMissing(f"Missing facts: {', '.join(absent)}.")
    events, exposure = _whole("period.x", period["x"]), number("period.n", period["n"])
    if exposure <= 0:
        return SignificanceTest("none", 0, reason="no exposure"), 0.0
    if coded("baseline.type", baseline["type"], ("FIXED", "ESTIMATED")) == "FIXED":
        rate = counted_of("baseline", baseline, ("rate",), role="rate_per_unit")
        if rate <= 0:
            raise InvalidInput("baseline.rate_per_unit: a rate above 0 is needed.")
        return fixed_rate_excess(events, exposure, rate), rate * exposure
    before = _whole("baseline.m0", counted_of(
        "baseline", baseline, ("m0", "x0", "m", "x", "event", "count"), role="m0"))  # fmt: skip
    over = counted_of("baseline", baseline, ("n0", "n", "exposure", "unit"), role="n0")
    if over <= 0:
        return SignificanceTest("none", 0, reason="no exposure before"), 0.0
    return conditional_excess(events, exposure, before, over), before / over * exposure


def _whole(name: str, value: Any) -> int:
    found = number(name, value)
    if found != int(found):
        raise InvalidInput(f"{name}: {value!r} is no whole number.")
    return int(found)


def _decided(facts: Facts, signal: bool, p_value: float, plan: dict[str, Any]) -> str:
    if not signal:
        return "WATCH" if p_value <= _told(plan, "watch_alpha", 0) else "NO_SIGNAL"
    return _gated(facts)


def _gated(facts: Facts) -> str:
    """What a signal leads to: a gate with 'no' closes it, one that nobody decided keeps it open."""
    gates = facts.inside("gates")
    absent = [f"gates.{name}" for name in GATES if name not in gates]
    if absent:
        raise FactsMissing(f"Missing facts: {', '.join(absent)}.")
    for name in GATES:
        if not isinstance(gates[name], bool | None):
            raise InvalidInput(f"gates.{name}: {gates[name]!r} is not known.",
                               hint="Known: true, false, null.")  # fmt: skip
    passed = all_of([gates[name] for name in GATES])
    if passed is None:
        return "PENDING_ASSESSMENT"
    return "REPORT_TREND" if passed else "SIGNAL_INTERNAL_ACTION"


def several_categories(facts: Facts) -> Answer:
    """R-EU88-02 for several categories: Holm's step-down at the family's error of the plan."""
    from measures.multiplicity import holm

    plan, given = facts.inside("plan"), facts.inside("p_values")
    if plan.get("family_alpha") is None or plan.get("method") is None:
        return _cannot(NO_METHOD)
    coded("plan.method", plan["method"], ("HOLM",))
    alpha = number("plan.family_alpha", plan["family_alpha"])
    if not given or any(value is None for value in given.values()):
        raise FactsMissing("Missing facts: p_values, one number for each category.")
    if not all(number(f"p_values.{name}", value) <= 1 for name, value in given.items()):
        raise InvalidInput("p_values: each is from 0 to 1.")
    adjusted = dict(zip(given, holm(list(given.values())).tolist(), strict=True))
    order = sorted(given, key=lambda name: given[name])
    # 0.05 / 3 x 3 is not 0.05 to the last digit
    signals = [name for name in order if adjusted[name] <= alpha * (1 + 1e-12)]
    return {"signals": signals, "p_values_adjusted": adjusted,
            "statistical_signal": bool(signals)} | _no_deadline()  # fmt: skip


def severity(facts: Facts) -> Answer:
    """R-EU88-03: whether grave events became a larger share (Fisher, one-sided), then the gates."""
    plan = facts.inside("plan")
    facts.need("severity")
    if plan.get("alpha") is None:
        return _cannot(NO_METHOD)
    if plan.get("effective") is not None and plan.get("observation_period") is not None and (
        finding := _no_method(plan, "counted in the severity itself")
    ):
        return _cannot(finding)
    said = facts.inside("severity")
    before = {key: value for key, value in said.items() if _is_of(key, _BEFORE)}
    rest = {key: value for key, value in said.items() if key not in before}
    now = {key: value for key, value in rest.items() if _is_of(key, _NOW)} or rest
    found = severity_excess(*_share("period", now), *_share("baseline", before))
    if found.p_value is None:
        return _cannot("NOT_ESTIMABLE")
    signal = found.p_value <= _alpha(plan)
    return {
        "p_value": _rounded(found.p_value), "p_value_exact": found.p_value,
        "statistical_signal": signal, "test": found.test, "n": found.n,
        "share_ratio": _rounded(found.statistic),
        "decision": _decided(facts, signal, found.p_value, plan),
    } | _no_deadline()  # fmt: skip


_NOW: Final = ("period", "current", "now")
_BEFORE: Final = ("base", "reference", "before", "x0", "m0", "n0")


def _is_of(key: str, words: tuple[str, ...]) -> bool:
    return any(one in key.lower() for one in words)


def _share(period: str, own: dict[str, Any]) -> tuple[int, int]:
    """Grave events and all events of one of the two periods."""
    if not own:
        raise FactsMissing(f"Missing facts: severity does not tell the {period}.")
    values = list(own.values())
    if len(values) == 1 and isinstance(values[0], list) and len(values[0]) == 2:
        return _whole(period, values[0][0]), _whole(period, values[0][1])
    inner = values[0] if len(values) == 1 and isinstance(values[0], dict) else own
    return _grave_of(f"severity.{period}", {key: value for key, value in inner.items()
                                            if isinstance(value, int | float)})  # fmt: skip


_BELOW: Final = {"below", "under", "minor", "low", "lower", "lt", "less", "other", "others", "rest"}
_DENYING: Final = ("non", "not")
_TOTAL: Final = ({"n", "n0", "total", "all", "denominator"},
                 {"events", "count", "incidents", "reports"})  # fmt: skip
"""Words for all events, the plain ones first: 'events_at_or_above' beside a total is no total."""


def _grave_of(name: str, counts: dict[str, Any]) -> tuple[int, int]:
    """Grave events and all events by the names of two numbers: the total, or those below the cut.

    Raises:
        FactsMissing: There are not two numbers, or their names do not tell which is which.
    """
    whole = {key: _whole(name, value) for key, value in counts.items() if key.lower() != "cut"}
    if len(whole) != 2:
        raise FactsMissing(
            f"Missing facts: {name} needs two numbers: events at or above the cut, and all events."
        )
    below = [key for key in whole if _words(key) & _BELOW
             or any(one.startswith(_DENYING) for one in _words(key))]  # fmt: skip
    if len(below) == 1:
        rest = whole.pop(below[0])
        grave = next(iter(whole.values()))
        return grave, grave + rest
    found = ([key for key in whole if _words(key) & words] for words in _TOTAL)
    total = next((keys[0] for keys in found if len(keys) == 1), None)
    if total is None or below:
        raise FactsMissing(
            f"Missing facts: {name} does not tell which of {' and '.join(whole)} is all events.",
            hint="Name it 'total'.",
        )
    all_events = whole.pop(total)
    grave = next(iter(whole.values()))
    if grave > all_events:
        raise InvalidInput(f"{name}: {grave} grave events of {all_events} cannot be.")
    return grave, all_events


def _words(key: str) -> set[str]:
    return set(key.lower().split("_"))


def no_deadline(facts: Facts) -> Answer:
    """R-EU88-04: the article states no number of days; the plan's own date is an internal clock."""
    plan = facts.inside("plan")
    within = plan.get("report_within_days")
    answer = _no_deadline()
    if within is None:
        return answer | {"internal_due": None}
    day = facts.day("decision_local_date")
    due = day + timedelta(days=_whole("plan.report_within_days", within))
    words = f"no statutory deadline (MDR Art. 88); plan says: {within} days from the decision"
    return answer | {"internal_due": due.isoformat(), "statement": words}


def _rounded(value: float | None) -> float | None:
    """To four digits, as the worked cases show numbers; the exact one stands beside it."""
    return None if value is None else float(f"{value:.4g}")
