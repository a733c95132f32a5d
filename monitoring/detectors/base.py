"""What every control chart of a monitoring plan takes, gives and promises.

A chart watches one site. It is prepared once (`prepare`: the frozen reference and the limit,
JSON values to be stored before day one) and then stepped day by day (`step`): yesterday's state
and today's studies in, a result with tomorrow's state out. Nothing is kept in memory, so a run
continues from stored chart points, and a replay gives the same points.

Every chart keeps its false alarms within the `alpha` it was prepared with: the probability of one
or more signals within `horizon_days` while it is in control. After a horizon without a signal it
starts afresh, with the same promise for the next horizon. It is started afresh by hand (state
None) when its alert is closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from records.counting import counted
from records.errors import InvalidInput

__all__ = [
    "ChartContext", "ChartResult", "ChartStatus", "Column", "Detector", "NotWatchable", "Parameter",
    "SiteDay", "finite", "no_data", "read_parameters", "waiting",
]  # fmt: skip

FloatArray = NDArray[np.float64]
Column = NDArray[Any]
"""One entry a study: numbers (NaN where missing), or names of dtype object (None where missing)."""
Prepared = dict[str, Any]
"""JSON values: the frozen reference and the limit of one chart at one site."""
State = dict[str, Any]
"""JSON values: what a chart carries from one day to the next."""


class ChartStatus(StrEnum):
    """What a chart point says."""

    IN_CONTROL = "in control"
    SIGNAL = "signal"
    NO_DATA = "no data"
    UNDERPOWERED = "underpowered"
    """Quiet, but a change worth finding would hardly have shown."""
    FAILED = "failed"
    """The chart broke; nothing is known of the day."""


class NotWatchable(InvalidInput):
    """This chart cannot run at this site, and why; a reason to show, not a crash."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A figure or name that a plan may set for a chart, with what it means and what is allowed."""

    name: str
    default: float | int | str | tuple[str, ...]
    meaning: str
    low: float = float("-inf")
    high: float = float("inf")
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChartContext:
    """One chart at one site, as the plan wants it.

    alpha: the chart's share of the plan's false-alarm budget. daily_n: studies a day expected
    here. minimum_n: fewer studies than this are carried over to the next day. bounds: lowest
    acceptable value per measure, the claim minus its margin. seed: of the random numbers that
    break ties between scores.
    """

    chart: str
    site: str
    alpha: float
    horizon_days: int
    daily_n: int
    minimum_n: int
    bounds: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0

    def frozen(self, limit: float, *, reference_n: int) -> Prepared:
        """What every prepared chart holds, as JSON values."""
        return {
            "chart": self.chart,
            "site": self.site,
            "alpha": self.alpha,
            "horizon_days": self.horizon_days,
            "daily_n": self.daily_n,
            "minimum_n": self.minimum_n,
            "seed": self.seed,
            "reference_n": reference_n,
            "limit": limit,
        }


@dataclass(frozen=True, slots=True)
class SiteDay:
    """One day at one site: the studies done that day and the truth that arrived that day.

    values: per column (image quality, ``"score"``) one number a study, shape (n,), NaN where it
    could not be had; or one name a study (dtype object), None where it could not be had. truth,
    decision, truth_score: shape (m,), finding present, device's call (0 or 1) and its score of
    the cases whose truth arrived today, whenever their studies were done; truth_day: shape (m,),
    the ordinal day of those studies, empty where nobody can tell. overruled: shape (k,),
    of each output that a reader answered today whether it was changed or rejected (1) or accepted.
    agreed: shape (j,), 1 where device and report agree, of the studies whose report counts today.
    truth_facts: of the cases whose truth arrived, what divides them into subgroups, one entry a
    case. rest_truth, rest_decision: of a day of one level, the cases of the other levels.
    A chart of calendar windows may be given a whole window at once, under its last day.
    """

    site: str
    day: date
    values: Mapping[str, Column]
    truth: NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, np.int8))
    decision: NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, np.int8))
    overruled: NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, np.int8))
    agreed: NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, np.int8))
    truth_score: FloatArray = field(default_factory=lambda: np.zeros(0))
    truth_day: FloatArray = field(default_factory=lambda: np.zeros(0))
    truth_facts: Mapping[str, Column] = field(default_factory=dict)
    rest_truth: NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, np.int8))
    rest_decision: NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, np.int8))

    @property
    def n(self) -> int:
        """Studies of the day."""
        return max((len(column) for column in self.values.values()), default=0)


@dataclass(frozen=True, slots=True)
class ChartResult:
    """One point of one chart: what was seen, from how many, against which limit, and the verdict.

    value, low, high: today's figure with its interval, in the unit the detector states; None when
    there is none, never zero. statistic and limit: what is compared; a signal is a statistic at
    or beyond the limit. state: to be stored and given to the next day's step. details: JSON
    values for pages and alerts: leading column, direction, shift, onset.
    """

    chart: str
    site: str
    day: date
    n: int
    status: ChartStatus
    limit: float | None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    statistic: float | None = None
    reason: str = ""
    state: State = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def signal(self) -> bool:
        """Whether the chart is beyond its limit today."""
        return self.status is ChartStatus.SIGNAL


class Detector(Protocol):
    """A kind of control chart. One file each; listed in ``DETECTORS``.

    in_control: what is true while the chart is quiet, in a sentence for the report.
    """

    @property
    def name(self) -> str:
        """How a plan names this kind of chart."""
        ...

    @property
    def in_control(self) -> str:
        """What is true while the chart is quiet."""
        ...

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What a plan may set."""
        ...

    def prepare(
        self,
        reference: Mapping[str, Column],
        /,
        *,
        context: ChartContext,
        parameters: Mapping[str, Any],
    ) -> Prepared:
        """Freeze the reference and solve the limit; raises NotWatchable with the reason."""
        ...

    def step(self, prepared: Prepared, state: State | None, today: SiteDay) -> ChartResult:
        """One day on: pure, the same input gives the same result."""
        ...

    def sentence(self, result: ChartResult) -> str:
        """What a signalling result says, in words and figures, without site, day and full stop."""
        ...


def read_parameters(detector: Detector, given: Mapping[str, Any], *, where: str) -> dict[str, Any]:
    """A chart's parameters, complete and checked; what the plan leaves out takes its default.

    where: the field of the plan, for the error. Raises InvalidInput naming the parameter.
    """
    known = {parameter.name: parameter for parameter in detector.parameters}
    for name in given:
        if name not in known:
            names = ", ".join(known) or "none"
            raise InvalidInput(
                f"{where}.{name}: {detector.name} has no such parameter.",
                hint=f"It takes: {names}.",
            )
    return {
        name: _checked(parameter, given.get(name, parameter.default), f"{where}.{name}")
        for name, parameter in known.items()
    }


def no_data(prepared: Prepared, today: SiteDay, *, reason: str, state: State) -> ChartResult:
    """The point of a day on which there was nothing, or too little, to judge: no value, not zero.

    The day counts towards the horizon.
    """
    return ChartResult(
        prepared["chart"], prepared["site"], today.day, today.n, ChartStatus.NO_DATA,
        prepared["limit"], reason=reason, state=state | {"days": state["days"] + 1},
    )  # fmt: skip


def waiting(n: int, needed: int) -> str:
    """Why a day with too few studies has no value."""
    if n == 0:
        return "no study today"
    waiting_now = counted(n, "study", "studies")
    return f"{waiting_now} waiting, {needed} needed; carried over to the next day"


def finite(values: FloatArray) -> FloatArray:
    """The numbers that could be had, in order."""
    array = np.asarray(values, np.float64)
    return np.asarray(array[np.isfinite(array)])


def _checked(parameter: Parameter, value: Any, where: str) -> Any:
    if isinstance(parameter.default, tuple):
        if not isinstance(value, list | tuple) or not value or len(set(value)) != len(value):
            raise InvalidInput(f"{where}: a list of different names is needed, not {value!r}.")
        return [str(name) for name in value]
    if isinstance(parameter.default, str):
        if not isinstance(value, str) or (parameter.choices and value not in parameter.choices):
            allowed = ", ".join(parameter.choices) or "a name"
            raise InvalidInput(f"{where}: {value!r} is not known.", hint=f"Expected: {allowed}.")
        return value
    whole = isinstance(parameter.default, int)
    right = isinstance(value, int) if whole else isinstance(value, int | float)
    if isinstance(value, bool) or not right or not parameter.low <= value <= parameter.high:
        kind = "whole number" if whole else "number"
        raise InvalidInput(
            f"{where}: a {kind} from {parameter.low:g} to {parameter.high:g} is needed, "
            f"not {value!r}.",
            hint=f"It means: {parameter.meaning}.",
        )
    return value
