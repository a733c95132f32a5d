"""A chart of the plan by subgroup: the same kind of chart for every level, at every site.

The levels are written down before the first day and never chosen by the data: the declared values,
or the bins. Half of the chart's share of the false-alarm budget stays with the whole site; the
other half goes to the levels of all its subgroups in equal parts (Bonferroni; a chart that has
levels only gives them all of it). Levels of one subgroup hold different studies, so their charts
are independent and the rule costs next to nothing: of six levels at 0.1 % together 0.0995 % is
spent. Holm's steps would gain nothing: the budget is about the first false alert, and they only
loosen the limits after one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from monitoring.detectors.base import Column, SiteDay
from records.errors import InvalidInput

if TYPE_CHECKING:
    from records.definition import DeviceDefinition

__all__ = [
    "LEVELS_ONLY", "NOT_BY_LEVEL", "WITHOUT_REFERENCE", "ChartLevel", "day_of_level", "levels_of",
    "plan_content", "read_levels", "recorded_elsewhere", "with_subgroups",
]  # fmt: skip

Mask = NDArray[np.bool_]
LEVELS_ONLY = ("subgroup_gap",)
"""Kinds of chart that compare levels: they have none of the whole site."""
WITHOUT_REFERENCE = ("claimed_performance", "subgroup_gap")
"""Kinds of chart that are held against a declared figure: a level too small for a reference has
them all the same."""
NOT_BY_LEVEL = {
    "silent_days": "a rare level sends nothing on many days; silence is one of the whole site",
    "override_rate": "answers of readers are counted without facts of the study",
    "concordance": "agreement with reports is counted without facts of the study",
}
FIELDS = ("name", "field", "values", "bins")
MOST_LEVELS = 40


@dataclass(frozen=True, slots=True)
class ChartLevel:
    """One level of a subgroup: the studies whose `field` has this value, or lies in [low, high).

    subgroup: its name in the plan. label: as estimates name the level.
    """

    subgroup: str
    label: str
    field: str
    value: str = ""
    low: float | None = None
    high: float | None = None

    @property
    def name(self) -> str:
        """As estimates name it.

        >>> ChartLevel("sex", "F", "sex", "F").name
        'sex=F'
        """
        return f"{self.subgroup}={self.label}"

    @property
    def numbers(self) -> bool:
        """Whether the field holds numbers, not names."""
        return self.low is not None

    def to_dict(self) -> dict[str, Any]:
        """JSON values, which a chart point and its alert keep."""
        return asdict(self)

    @classmethod
    def of_dict(cls, kept: Mapping[str, Any]) -> ChartLevel:
        """Read back from :meth:`to_dict`."""
        return cls(**kept)

    def holds(self, columns: Mapping[str, Column], n: int) -> Mask:
        """Which of n studies are of this level; none where the field is not recorded.

        >>> old = ChartLevel("age", "65 to under 120", "age", low=65.0, high=120.0)
        >>> old.holds({"age": np.array([70.0, 30.0, np.nan])}, 3).tolist()
        [True, False, False]
        """
        values = columns.get(self.field)
        if values is None or len(values) != n:
            return np.zeros(n, bool)
        if self.low is None or self.high is None:
            return np.array([one is not None and str(one) == self.value for one in values], bool)
        numbers = np.asarray(values, np.float64)
        return np.asarray((numbers >= self.low) & (numbers < self.high))


def levels_of(subgroup: Mapping[str, Any], *, where: str) -> tuple[ChartLevel, ...]:
    """The levels of a subgroup as a device declares it: by its values, or between its bins.

    Raises InvalidInput where neither is given: levels that the data choose cannot share a budget.

    >>> levels_of({"name": "age", "field": "age", "bins": [0, 18, 65]}, where="it")[1].label
    '18 to under 65'
    """
    unknown = sorted(set(subgroup) - set(FIELDS))
    name, field = str(subgroup.get("name") or ""), str(subgroup.get("field") or "")
    if unknown or not name or not field:
        raise InvalidInput(
            f"{where}: a subgroup needs {', '.join(FIELDS[:2])} and values or bins"
            f"{', and knows no ' + ', '.join(map(str, unknown)) if unknown else ''}."
        )
    values, bins = subgroup.get("values"), subgroup.get("bins")
    if field == "site":
        raise InvalidInput(
            f"{where}: {name} names sites, and every chart runs at every site already.",
            hint="Leave it out of the chart.",
        )
    if bool(values) == bool(bins):
        raise InvalidInput(
            f"{where}: {name} lists {'both' if values else 'neither'} values and bins, so its "
            "levels are not known beforehand and cannot share the false-alarm budget.",
            hint="Declare the subgroup's values, or the edges of its bins.",
        )
    if values:
        found = [ChartLevel(name, str(one), field, value=str(one)) for one in values]
    else:
        edges = _edges(bins, f"{where}: {name}.bins")
        found = [
            ChartLevel(name, f"{low:g} to under {high:g}", field, low=low, high=high)
            for low, high in pairwise(edges)
        ]
    return tuple(found)


def _edges(bins: Any, where: str) -> list[float]:
    listed = bins if isinstance(bins, list | tuple) else []
    edges = [float(one) for one in listed if isinstance(one, int | float)]
    if len(edges) < 2 or len(edges) < len(listed) or any(a >= b for a, b in pairwise(edges)):
        raise InvalidInput(f"{where}: two or more rising numbers are needed, not {bins!r}.")
    return edges


def read_levels(
    asked: Any, known: Mapping[str, Mapping[str, Any]], *, detector: str, where: str
) -> tuple[ChartLevel, ...]:
    """The levels that a chart of the plan asks for by the names of subgroups.

    Raises InvalidInput naming the field: no such subgroup, or a kind of chart that cannot.
    """
    if asked is None:
        if detector in LEVELS_ONLY:
            raise InvalidInput(
                f"{where}: {detector} compares the levels of subgroups.",
                hint="Name them, such as subgroups: [sex].",
            )
        return ()
    names = [str(one) for one in asked] if isinstance(asked, list | tuple) else []
    if not names or len(set(names)) < len(names):
        raise InvalidInput(f"{where}: a list of different subgroups is needed, not {asked!r}.")
    if detector in NOT_BY_LEVEL:
        raise InvalidInput(f"{where}: {detector} is not watched by subgroup: "
                           f"{NOT_BY_LEVEL[detector]}.", hint="Leave it out.")  # fmt: skip
    found: list[ChartLevel] = []
    for name in names:
        if name not in known:
            raise InvalidInput(
                f"{where}: no subgroup {name!r} is declared.",
                hint=f"Declared: {', '.join(known) or 'none'}.",
            )
        found += levels_of(known[name], where=where)
    if len(found) > MOST_LEVELS:
        raise InvalidInput(
            f"{where}: {len(found)} levels would each get too small a share of the budget.",
            hint=f"At most {MOST_LEVELS} levels together.",
        )
    return tuple(found)


def with_subgroups(
    content: Mapping[str, Any], declared: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """A plan's content with the device's subgroups that its charts name: the list that is frozen
    with the plan. A plan that names none is given back as it is.

    >>> plan = {"charts": [{"name": "c", "subgroups": ["sex"]}]}
    >>> with_subgroups(plan, [{"name": "sex", "field": "sex", "values": ["F", "M"]}])["subgroups"]
    [{'name': 'sex', 'field': 'sex', 'values': ['F', 'M']}]
    """
    charts = content.get("charts")
    named = {
        str(name)
        for chart in (charts if isinstance(charts, list | tuple) else ())
        if isinstance(chart, Mapping) and isinstance(chart.get("subgroups"), list | tuple)
        for name in chart["subgroups"]
    }
    own = content.get("subgroups") or []
    known = {str(one.get("name")) for one in own if isinstance(one, Mapping)}
    added = [
        {key: value for key, value in one.items() if value is not None}
        for one in declared
        if isinstance(one, Mapping) and one.get("name") in named - known
    ]
    return {**content, "subgroups": [*own, *added]} if added else dict(content)


def plan_content(definition: DeviceDefinition) -> dict[str, Any]:
    """The plan of a device as it is put into force: with the subgroups that its charts name."""
    declared = [one.model_dump(mode="json") for one in definition.subgroups]
    return with_subgroups(definition.monitoring_plan, declared)


def recorded_elsewhere(level: ChartLevel, columns: Mapping[str, Column], n: int) -> Mask:
    """Which of n studies are of another level of the subgroup: the field is recorded."""
    values = columns.get(level.field)
    if values is None or len(values) != n:
        return np.zeros(n, bool)
    if level.numbers:
        known = np.isfinite(np.asarray(values, np.float64))
    else:
        known = np.array([one is not None and str(one) != "" for one in values], bool)
    return np.asarray(known & ~level.holds(columns, n))


def day_of_level(level: ChartLevel, today: SiteDay) -> SiteDay:
    """The studies and truths of one level of a site's day; those of the other levels beside it.

    What was counted without facts of the study (readers' answers, reports) is left out.
    """
    studies = level.holds(today.values, today.n)
    cases = len(today.truth)
    own = level.holds(today.truth_facts, cases)
    rest = recorded_elsewhere(level, today.truth_facts, cases)
    return replace(
        today, values={name: one[studies] for name, one in today.values.items()},
        truth=today.truth[own], decision=today.decision[own],
        truth_score=_kept(today.truth_score, own), truth_day=_kept(today.truth_day, own),
        truth_facts={name: one[own] for name, one in today.truth_facts.items()},
        rest_truth=today.truth[rest], rest_decision=today.decision[rest],
        overruled=np.zeros(0, np.int8), agreed=np.zeros(0, np.int8),
    )  # fmt: skip


def _kept(values: Column, rows: Mask) -> Column:
    """Empty where the source did not say."""
    return values[rows] if len(values) == len(rows) else values
