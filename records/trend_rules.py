"""What a monitoring plan says of trends: which events, against what, when, and how sure.

MDR Art. 88(1) asks for method, baseline and observation period in the plan, beforehand. Periods are
those of the calendar, each judged once, after its end. Each gets its part of the year's error
(alpha x months / 12). Of that the severity has an equal part, and Holm's procedure shares the rest
among the categories. So the chance of any false trend in a year is at most alpha, whatever the
dependence (Bonferroni over periods; Holm, Scand J Stat 1979;6:65).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from records.errors import InvalidInput
from records.event_terms import HARMS, coded_as

TOP: Final = "monitoring_plan.trend"
BASES: Final[dict[str, str]] = {
    "studies read": "studies that the device read and returned to care",
    "patients": "patients of whom the device read a study and returned it to care",
}
"""Of what exposure is counted, with what each means."""
MONTHS: Final = (1, 2, 3, 4, 6, 12)
"""The lengths of a period: those that fill a year."""
SEVERITY: Final = "severity"
"""The name of the question whether events are graver, beside the categories."""
FIELDS: Final = (
    "period_months", "exposure", "minimum_exposure", "alpha", "watch_alpha", "minimum_events",
    "minimum_ratio", "decide_within_days", "report_within_days", "direction", "categories",
    "severity",
)
SCALE: Final = tuple(one for one in HARMS if one != "UNKNOWN")
"""The harms from the least to the gravest."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days from first to last, both included (UTC)."""

    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"

    @property
    def interval(self) -> str:
        """As rules read it, such as 2026-07-01/2026-09-30."""
        return f"{self.first}/{self.last}"


@dataclass(frozen=True, slots=True)
class RateBaseline:
    """A rate that is known beforehand, in events for each unit of exposure, and where from."""

    rate: float
    source: str


@dataclass(frozen=True, slots=True)
class CountedBaseline:
    """An earlier period of this workspace, whose events and exposure are counted the same way."""

    period: Period


@dataclass(frozen=True, slots=True)
class GraveBaseline:
    """How many of so many earlier events were grave, and where from."""

    grave: int
    events: int
    source: str


@dataclass(frozen=True, slots=True)
class TrendCategory:
    """Event categories (``event_terms.yaml``) that are counted as one, and what is expected."""

    name: str
    events: tuple[str, ...]
    baseline: RateBaseline | CountedBaseline

    @property
    def terms(self) -> tuple[str, ...]:
        """The terms of IMDRF Annex A that its categories stand for."""
        coded = coded_as(self.events)
        return tuple(dict.fromkeys(term for one in coded for term in one["annex_a_terms"]))


@dataclass(frozen=True, slots=True)
class SeverityRule:
    """From which harm on an event is grave, and the share of grave ones that is expected."""

    grave_from: str
    baseline: GraveBaseline | CountedBaseline

    def is_grave(self, harm: str) -> bool | None:
        """Whether an event with this harm is grave; None where the harm is not known."""
        return SCALE.index(harm) >= SCALE.index(self.grave_from) if harm in SCALE else None


@dataclass(frozen=True, slots=True)
class TrendRules:
    """The section, complete and checked. alpha is of a year; minimum_exposure of a period."""

    period_months: int
    exposure: str
    minimum_exposure: int
    alpha: float
    watch_alpha: float
    minimum_events: int
    minimum_ratio: float
    decide_within_days: int
    categories: tuple[TrendCategory, ...]
    severity: SeverityRule | None = None
    report_within_days: int | None = None
    """The plan's own days from the decision to the report; the law sets none."""

    @property
    def period_alpha(self) -> float:
        """What one period may spend, over all its questions."""
        return self.alpha / (12 // self.period_months)

    @property
    def questions(self) -> tuple[str, ...]:
        """What a period asks, answered or not."""
        names = tuple(one.name for one in self.categories)
        return (*names, SEVERITY) if self.severity else names

    @property
    def severity_alpha(self) -> float:
        """The part of a period's error that is the severity's own: as much as a category's first.

        It is outside the categories' family: one more event without harm makes events less grave,
        and must not take a trend in frequency with it.
        """
        return self.period_alpha / len(self.questions) if self.severity else 0.0

    @property
    def family_alpha(self) -> float:
        """What the categories of one period may spend together."""
        return self.period_alpha - self.severity_alpha

    @property
    def baselines(self) -> tuple[Period, ...]:
        """The earlier periods that have to be counted."""
        listed = [one.baseline for one in self.categories]
        rules = [*listed, *([self.severity.baseline] if self.severity else [])]
        found = [one.period for one in rules if isinstance(one, CountedBaseline)]
        return tuple(dict.fromkeys(found))

    def period_of(self, day: date) -> Period:
        """The period of the calendar that a day lies in."""
        month = (day.month - 1) // self.period_months * self.period_months + 1
        first = day.replace(month=month, day=1)
        after = month + self.period_months
        end = date(day.year + (after > 12), (after - 1) % 12 + 1, 1)
        return Period(first, end - timedelta(days=1))

    def periods(self, since: date, until: date) -> Iterator[Period]:
        """The periods that begin on ``since`` or later and are over at the end of ``until``."""
        one = self.period_of(since)
        while one.last <= until:
            if one.first >= since:
                yield one
            one = self.period_of(one.last + timedelta(days=1))


def read_trend_rules(content: Mapping[str, Any]) -> TrendRules | None:
    """What the content of a monitoring plan says of trends; None where it says nothing.

    Raises:
        InvalidInput: Naming the field, what was found, and what is needed.
    """
    if content.get("trend") is None:
        return None
    given = _fields(content["trend"], FIELDS, TOP)
    if (direction := given.get("direction", "increase")) != "increase":
        raise InvalidInput(f"{TOP}.direction: {direction!r} is no direction of harm.",
                           hint="Write increase: MDR Art. 88 asks for increases.")  # fmt: skip
    months, basis = given.get("period_months"), given.get("exposure")
    if isinstance(months, bool) or months not in MONTHS:
        raise InvalidInput(f"{TOP}.period_months: {months!r} does not fill a year.",
                           hint=f"One of: {', '.join(map(str, MONTHS))}.")  # fmt: skip
    if not isinstance(basis, str) or basis not in BASES:
        raise InvalidInput(f"{TOP}.exposure: {basis!r} is nothing that is counted here.",
                           hint=f"One of: {', '.join(BASES)}.")  # fmt: skip
    rules = TrendRules(
        period_months=int(months), exposure=basis,
        minimum_exposure=_whole(given, "minimum_exposure", TOP, low=1),
        alpha=_number(given, "alpha", TOP, low=0.0001, high=0.2),
        watch_alpha=_number(given, "watch_alpha", TOP, low=0.0001, high=0.5, default=0.05),
        minimum_events=_whole(given, "minimum_events", TOP, default=3),
        minimum_ratio=_number(given, "minimum_ratio", TOP, low=1.0, high=10.0, default=1.5),
        decide_within_days=_whole(given, "decide_within_days", TOP, high=180, default=30),
        categories=_categories(given.get("categories")), severity=_severity(given.get("severity")),
        report_within_days=None if given.get("report_within_days") is None else
        _whole(given, "report_within_days", TOP, high=180),
    )
    if rules.watch_alpha < rules.period_alpha:
        raise InvalidInput(
            f"{TOP}.watch_alpha: {rules.watch_alpha:g} is stricter than what a period may spend, "
            f"{rules.period_alpha:g}.", hint="Watching begins earlier than a trend.",
        )
    return rules


def _categories(listed: Any) -> tuple[TrendCategory, ...]:
    where = f"{TOP}.categories"
    if not isinstance(listed, Sequence) or isinstance(listed, str) or not listed:
        raise InvalidInput(f"{where}: list at least one category (name, events, baseline).")
    found = []
    for index, entry in enumerate(listed):
        here = f"{where}[{index}]"
        own = _fields(entry, ("name", "events", "baseline"), here)
        name, events = own.get("name"), own.get("events")
        if not isinstance(name, str) or not name.strip() or name.strip() == SEVERITY:
            raise InvalidInput(f"{here}.name: {name!r} is no name of a category.",
                               hint=f"Any words but '{SEVERITY}'.")  # fmt: skip
        if not isinstance(events, list) or not events:
            raise InvalidInput(f"{here}.events: a list of event categories is needed, not "
                               f"{events!r}.")  # fmt: skip
        try:
            coded_as(events)
        except InvalidInput as wrong:
            raise InvalidInput(f"{here}.events: {wrong.message}", hint=wrong.hint) from None
        found.append(TrendCategory(name.strip(), tuple(events), _rate(own, here)))
    names = [one.name for one in found]
    if twice := sorted({one for one in names if names.count(one) > 1}):
        raise InvalidInput(f"{where}: {', '.join(twice)} named twice.", hint="Rename one.")
    return tuple(found)


def _rate(own: Mapping[str, Any], where: str) -> RateBaseline | CountedBaseline:
    here = f"{where}.baseline"
    given = _fields(own.get("baseline"), ("rate", "source", "from", "until"), here)
    if "from" in given or "until" in given:
        return _counted(given, ("rate", "source"), here)
    return RateBaseline(_number(given, "rate", here, low=1e-9, high=1.0), _source(given, here))


def _severity(given: Any) -> SeverityRule | None:
    if given is None:
        return None
    where = f"{TOP}.severity"
    own = _fields(given, ("grave_from", "baseline"), where)
    if own.get("grave_from") not in SCALE[1:]:
        raise InvalidInput(f"{where}.grave_from: {own.get('grave_from')!r} is no grave harm.",
                           hint=f"One of: {', '.join(SCALE[1:])}.")  # fmt: skip
    here = f"{where}.baseline"
    told = _fields(own.get("baseline"), ("grave", "events", "source", "from", "until"), here)
    if "from" in told or "until" in told:
        return SeverityRule(own["grave_from"], _counted(told, ("grave", "events", "source"), here))
    grave, events = _whole(told, "grave", here, low=0), _whole(told, "events", here)
    if grave > events:
        raise InvalidInput(f"{here}: {grave} grave events of {events} cannot be.")
    return SeverityRule(own["grave_from"], GraveBaseline(grave, events, _source(told, here)))


def _counted(given: Mapping[str, Any], others: Sequence[str], where: str) -> CountedBaseline:
    if both := sorted(set(given) & set(others)):
        raise InvalidInput(f"{where}: {', '.join(both)} beside a period of its own.",
                           hint="Give a period (from, until), or numbers with their source.")
    days = [given.get(name) for name in ("from", "until")]
    for name, day in zip(("from", "until"), days, strict=True):
        if not _is_day(day):
            raise InvalidInput(f"{where}.{name}: a day such as 2026-01-01 is needed, not {day!r}.")
    first, last = (date.fromisoformat(str(one)) for one in days)
    if last < first:
        raise InvalidInput(f"{where}: it ends on {last}, before it begins on {first}.")
    return CountedBaseline(Period(first, last))


def _is_day(value: Any) -> bool:
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return False
    return True


def _source(given: Mapping[str, Any], where: str) -> str:
    source = given.get("source")
    if not isinstance(source, str) or len(source.strip()) < 8:
        raise InvalidInput(f"{where}.source: say where the number is from, not {source!r}.")
    return source.strip()


def _fields(given: Any, known: Sequence[str], where: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise InvalidInput(f"{where}: fields are needed here: {', '.join(known)}.")
    if unknown := sorted(set(given) - set(known)):
        raise InvalidInput(f"{where}: unknown field {', '.join(map(str, unknown))}.",
                           hint=f"Known: {', '.join(known)}.")  # fmt: skip
    return given


def _whole(
    given: Mapping[str, Any], name: str, where: str, *, low: int = 1, high: int = 100_000_000,
    default: int | None = None,
) -> int:
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InvalidInput(
            f"{where}.{name}: a whole number from {low} to {high} is needed, not {value!r}."
        )
    return value


def _number(
    given: Mapping[str, Any], name: str, where: str, *, low: float, high: float,
    default: float | None = None,
) -> float:
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise InvalidInput(
            f"{where}.{name}: a number from {low:g} to {high:g} is needed, not {value!r}."
        )
    return float(value)
