"""A monitoring plan, read and checked: which charts, how many false alarms in all, from which data.

The plan's promise: the probability of one or more false alerts, over all charts and sites
together, within `horizon_days`, is at most `false_alarm_budget`. Every alert-raising chart at
every site gets an equal share (Bonferroni: no assumption about how charts depend on each other);
a chart by subgroup shares its own out among its levels (:mod:`monitoring.chart_levels`).
The weekly table comparison raises no alert and takes no share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from monitoring.adjudication_design import read_rule
from monitoring.chart_levels import LEVELS_ONLY, ChartLevel, read_levels
from monitoring.detectors import find_detector
from monitoring.detectors.base import read_parameters
from monitoring.seasons import SEASONAL, YEARLY
from records.alert_rules import AlertRules, read_alert_rules
from records.chart_names import level_chart, level_of
from records.counting import counted
from records.errors import InvalidInput
from records.revalidation_rules import RevalidationRules, read_revalidation
from records.trend_rules import read_trend_rules

__all__ = [
    "Allocation", "ChartPlan", "EvidentlySettings", "ParsedPlan", "ReferenceRule", "allocate",
    "parse_plan",
]  # fmt: skip

NUMERICAL_METHODS = ("wasserstein", "jensenshannon", "hellinger", "psi")
CATEGORICAL_METHODS = ("jensenshannon", "hellinger", "psi", "TVD")
CHART_FIELDS = ("name", "detector", "parameters", "subgroups", "season", "alert")
SPLITS = ("internal_test", "external_test", "tuning", "train")


@dataclass(frozen=True, slots=True)
class ChartPlan:
    """One chart of the plan, run at every site: its name, its kind, its complete parameters.

    level: the level of a subgroup that it watches; None for the whole site. share: its part of
    what a chart of the plan gets of the false-alarm budget. season: 'yearly' where each window is
    held against its own time of year; else empty.
    """

    name: str
    detector: str
    parameters: dict[str, Any]
    level: ChartLevel | None = None
    share: float = 1.0
    season: str = ""

    @property
    def smallest_shift(self) -> str:
        """The smallest change worth finding, as the plan declares it; empty where it has none."""
        known = {one.name: one for one in find_detector(self.detector).parameters}
        for name in ("smallest_shift", "smallest_change"):
            if name in known:
                return f"{self.parameters[name]:g} ({known[name].meaning})"
        return ""

    @property
    def in_control(self) -> str:
        """What is true while the chart is quiet."""
        return find_detector(self.detector).in_control


@dataclass(frozen=True, slots=True)
class ReferenceRule:
    """Which studies of a site are its frozen reference: these splits, not fewer, not more."""

    splits: tuple[str, ...] = ("internal_test", "external_test", "tuning")
    minimum_n: int = 50
    maximum_n: int = 400


@dataclass(frozen=True, slots=True)
class EvidentlySettings:
    """The pinned table comparison: how often, how many rows, which method and limit per kind.

    Only distances are allowed (drift when at or above the limit); p values would flag every
    harmless difference once the tables are large.
    """

    every_days: int = 7
    at_alert: bool = True
    maximum_rows: int = 2000
    columns: tuple[str, ...] = ()
    categorical_columns: tuple[str, ...] = ()
    numerical_method: str = "wasserstein"
    numerical_threshold: float = 0.2
    categorical_method: str = "jensenshannon"
    categorical_threshold: float = 0.1
    seed: int = 0


@dataclass(frozen=True, slots=True)
class ParsedPlan:
    """A monitoring plan that passed every check.

    charts: all that run at a site, those of each level of a subgroup after the one of the whole.
    """

    horizon_days: int
    false_alarm_budget: float
    minimum_n: int
    charts: tuple[ChartPlan, ...]
    reference: ReferenceRule = field(default_factory=ReferenceRule)
    evidently: EvidentlySettings | None = None
    maximum_delay_days: int = 90
    alerts: AlertRules = field(default_factory=AlertRules)
    revalidation: RevalidationRules | None = None

    @property
    def level_fields(self) -> tuple[str, ...]:
        """The facts that divide studies into the levels which charts watch."""
        return tuple(dict.fromkeys(one.level.field for one in self.charts if one.level))

    def chart(self, name: str) -> ChartPlan:
        """The chart of that name; raises InvalidInput with the known names."""
        for chart in self.charts:
            if chart.name == name:
                return chart
        names = ", ".join(chart.name for chart in self.charts)
        raise InvalidInput(f"The plan has no chart {name!r}.", hint=f"It has: {names}.")


@dataclass(frozen=True, slots=True)
class Allocation:
    """How the false-alarm budget is shared out: the same part to every chart at every site.

    levels: charts of levels among them, which share the part of their chart.
    """

    charts: int
    sites: int
    budget: float
    horizon_days: int
    alpha: float
    levels: int = 0

    def alpha_of(self, chart: ChartPlan) -> float:
        """What one chart may spend at each site."""
        return self.alpha * chart.share

    def sentence(self) -> str:
        """The allocation as the report states it."""
        return (
            f"At most {100 * self.budget:g} % probability of one or more false alerts in "
            f"{self.horizon_days} days, over {counted(self.charts, 'chart')} at "
            f"{counted(self.sites, 'site')} together; "
            f"{100 * self.alpha:.3g} % for each chart at each site{self._levels()}."
        )

    def _levels(self) -> str:
        if not self.levels:
            return ""
        return (
            f"; a chart by subgroup gives half of it to the whole site and half in equal parts to "
            f"its levels ({self.levels} charts of levels in all)"
        )


def allocate(plan: ParsedPlan, *, sites: int) -> Allocation:
    """Each chart's share of the budget at each site.

    >>> content = {"horizon_days": 90, "false_alarm_budget": 0.06, "minimum_n": 5,
    ...            "charts": [{"name": "silence", "detector": "silent_days"}]}
    >>> allocate(parse_plan(content), sites=3).alpha
    0.02
    """
    if sites < 1:
        raise InvalidInput("A monitoring plan needs at least one site to watch.")
    declared = round(sum(one.share for one in plan.charts))
    alpha = plan.false_alarm_budget / (declared * sites)
    levels = sum(one.level is not None for one in plan.charts)
    return Allocation(
        declared, sites, plan.false_alarm_budget, plan.horizon_days, alpha, levels
    )


def parse_plan(content: Mapping[str, Any]) -> ParsedPlan:
    """The plan as a device definition declares it under `monitoring_plan`, complete and checked.

    Raises InvalidInput naming the field, what was found, and what is needed.
    """
    top = "monitoring_plan"
    known = "horizon_days false_alarm_budget minimum_n reference charts evidently truth alerts "
    known += "subgroups"
    _refuse_unknown(content, (*known.split(), "adjudication", "revalidation", "trend"), top)
    read_rule(content.get("adjudication"), operating_point=0.5)  # a wrong one is refused here
    read_trend_rules(content)  # and here
    truth = _section(content, "truth", ("maximum_delay_days",), top)
    return ParsedPlan(
        horizon_days=_whole(content, "horizon_days", top, low=7, high=730),
        false_alarm_budget=_number(content, "false_alarm_budget", top, low=0.001, high=0.5),
        minimum_n=_whole(content, "minimum_n", top, low=2, high=1000),
        charts=_charts(content.get("charts"), f"{top}.charts", _subgroups(content, top)),
        reference=_reference(content, top),
        evidently=_evidently(content, top),
        maximum_delay_days=_whole(truth, "maximum_delay_days", f"{top}.truth", default=90),
        alerts=read_alert_rules(content),
        revalidation=read_revalidation(content),
    )


def _subgroups(content: Mapping[str, Any], top: str) -> dict[str, Mapping[str, Any]]:
    listed = content.get("subgroups") or []
    if not isinstance(listed, Sequence) or not all(isinstance(one, Mapping) for one in listed):
        raise InvalidInput(f"{top}.subgroups: a list of subgroups is needed (name, field, values).")
    return {str(one.get("name") or ""): one for one in listed}


def _charts(
    listed: Any, where: str, subgroups: Mapping[str, Mapping[str, Any]]
) -> tuple[ChartPlan, ...]:
    if not isinstance(listed, Sequence) or isinstance(listed, str) or not listed:
        raise InvalidInput(f"{where}: list at least one chart (name, detector, parameters).")
    charts: list[ChartPlan] = []
    for index, entry in enumerate(listed):
        here = f"{where}[{index}]"
        if not isinstance(entry, Mapping) or not entry.get("name") or not entry.get("detector"):
            raise InvalidInput(f"{here}: a chart needs a name and a detector.")
        _refuse_unknown(entry, CHART_FIELDS, here)
        if level_of(str(entry["name"])):
            raise InvalidInput(
                f"{here}.name: {entry['name']!r} is how a level of a subgroup is named.",
                hint="Name the subgroup under subgroups, and leave the brackets out.",
            )
        detector = find_detector(str(entry["detector"]), where=f"{here}.detector")
        given = entry.get("parameters") or {}
        parameters = read_parameters(detector, given, where=f"{here}.parameters")
        levels = read_levels(entry.get("subgroups"), subgroups, detector=detector.name,
                             where=f"{here}.subgroups")  # fmt: skip
        season = _season(entry.get("season"), detector.name, f"{here}.season")
        charts += _by_level(
            ChartPlan(str(entry["name"]), detector.name, parameters, season=season), levels
        )
    names = [chart.name for chart in charts]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidInput(f"{where}: {', '.join(twice)} named twice.", hint="Rename one.")
    return tuple(charts)


def _season(given: Any, detector: str, where: str) -> str:
    if given is None:
        return ""
    if given != YEARLY:
        raise InvalidInput(f"{where}: {given!r} is no season.", hint=f"Write season: {YEARLY}.")
    if detector not in SEASONAL:
        raise InvalidInput(
            f"{where}: {detector} knows no season.", hint=f"Known to: {', '.join(SEASONAL)}."
        )
    return YEARLY


def _by_level(chart: ChartPlan, levels: Sequence[ChartLevel]) -> list[ChartPlan]:
    """The chart of the whole site, where its kind has one, then those of its levels."""
    if not levels:
        return [chart]
    only = chart.detector in LEVELS_ONLY
    share = (1.0 if only else 0.5) / len(levels)
    return [
        *([] if only else [replace(chart, share=0.5)]),
        *(
            replace(chart, name=level_chart(chart.name, one.subgroup, one.label), level=one,
                    share=share)
            for one in levels
        ),
    ]  # fmt: skip


def _reference(content: Mapping[str, Any], top: str) -> ReferenceRule:
    where = f"{top}.reference"
    section = _section(content, "reference", ("splits", "minimum_n", "maximum_n"), top)
    splits = _names(section, "splits", where, default=ReferenceRule().splits)
    unknown = sorted(set(splits) - set(SPLITS))
    if unknown or not splits:
        raise InvalidInput(
            f"{where}.splits: {', '.join(unknown) or 'empty'} is not a split.",
            hint=f"Use one or more of {', '.join(SPLITS)}.",
        )
    least = _whole(section, "minimum_n", where, default=50, low=20, high=400)
    most = _whole(section, "maximum_n", where, default=400, low=least, high=2000)
    return ReferenceRule(splits, least, most)


def _evidently(content: Mapping[str, Any], top: str) -> EvidentlySettings | None:
    if not content.get("evidently"):
        return None
    where, default = f"{top}.evidently", EvidentlySettings()
    section = _section(content, "evidently", tuple(EvidentlySettings.__dataclass_fields__), top)
    at_alert = section.get("at_alert", default.at_alert)
    if not isinstance(at_alert, bool):
        raise InvalidInput(f"{where}.at_alert: true or false is needed, not {at_alert!r}.")
    return EvidentlySettings(
        every_days=_whole(section, "every_days", where, default=default.every_days, high=92),
        at_alert=at_alert,
        maximum_rows=_whole(section, "maximum_rows", where, default=2000, low=100, high=2000),
        columns=_names(section, "columns", where),
        categorical_columns=_names(section, "categorical_columns", where),
        numerical_method=_choice(section, "numerical_method", where, NUMERICAL_METHODS),
        numerical_threshold=_number(section, "numerical_threshold", where, default=0.2),
        categorical_method=_choice(section, "categorical_method", where, CATEGORICAL_METHODS),
        categorical_threshold=_number(section, "categorical_threshold", where, default=0.1),
        seed=_whole(section, "seed", where, default=0, low=0),
    )


def _section(
    content: Mapping[str, Any], name: str, known: Sequence[str], top: str
) -> Mapping[str, Any]:
    section = content.get(name) or {}
    if not isinstance(section, Mapping):
        raise InvalidInput(f"{top}.{name}: fields are needed here: {', '.join(known)}.")
    _refuse_unknown(section, known, f"{top}.{name}")
    return section


def _refuse_unknown(section: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    unknown = sorted(set(section) - set(known))
    if unknown:
        raise InvalidInput(
            f"{where}: unknown field {', '.join(map(str, unknown))}.",
            hint=f"Known: {', '.join(known)}.",
        )


def _whole(
    section: Mapping[str, Any],
    name: str,
    where: str,
    *,
    default: int | None = None,
    low: int = 1,
    high: int = 1_000_000,
) -> int:
    value = section.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InvalidInput(
            f"{where}.{name}: a whole number from {low} to {high} is needed, not {value!r}."
        )
    return int(value)


def _number(
    section: Mapping[str, Any],
    name: str,
    where: str,
    *,
    default: float | None = None,
    low: float = 0.001,
    high: float = 10.0,
) -> float:
    value = section.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise InvalidInput(
            f"{where}.{name}: a number from {low:g} to {high:g} is needed, not {value!r}."
        )
    return float(value)


def _names(
    section: Mapping[str, Any], name: str, where: str, default: tuple[str, ...] = ()
) -> tuple[str, ...]:
    value = section.get(name, default)
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise InvalidInput(f"{where}.{name}: a list of names is needed, not {value!r}.")
    return tuple(str(entry) for entry in value)


def _choice(section: Mapping[str, Any], name: str, where: str, choices: Sequence[str]) -> str:
    value = section.get(name, choices[0])
    if value not in choices:
        raise InvalidInput(
            f"{where}.{name}: {value!r} is not allowed.", hint=f"One of: {', '.join(choices)}."
        )
    return str(value)
