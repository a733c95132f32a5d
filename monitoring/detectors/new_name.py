"""Has something come that was never seen: a scanner, a software version, a reason of refusal?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from monitoring.detectors.base import (
    ChartContext,
    ChartResult,
    ChartStatus,
    Column,
    Parameter,
    Prepared,
    SiteDay,
    State,
)
from monitoring.detectors.stated_share import kinds_of
from records.counting import counted

__all__ = ["NewName"]

NONE = "none"
LONGEST, MOST = 60, 300
"""Signs of a name and names that are kept."""
LEAST_LEARNING = 50
"""Entries that teach what is ordinary where neither reference nor plan names anything: without them
the only scanner of a site would be new on its first day."""


class NewName:
    """Tells of a name that the site has not shown before, as an event of its own: the first study
    of a new scanner, the first file refused for a new reason.

    Value: entries of today with a name that is new. Statistic: how often the commonest new name has
    come; limit: how often it must have. What is ordinary are the names of the frozen reference,
    those that the plan lists, and those of the first entries after the start. A name of which
    there is none in control is never told: false signals are then 0. This is no test: a rare name
    that is ordinary but neither listed nor in the reference is told once, by its name. Once an
    alert is closed, the names in it are known. Whether a *share* changed is tested by
    `fact_distribution`, with its error.
    """

    name = "new_name"
    in_control = "no name comes that the reference, the plan and the first entries do not hold"
    parameters = (
        Parameter("column", "refused", "stream or column of names"),
        Parameter("known", (NONE,), "ordinary names (or kinds of reasons) beside the reference's"),
        Parameter("learning", 200, "first entries whose names are ordinary too", 0, 1_000_000),
        Parameter("least", 1, "how often a new name must have come", 1, 1000),
    )

    def prepare(
        self,
        reference: Mapping[str, Column],
        /,
        *,
        context: ChartContext,
        parameters: Mapping[str, Any],
    ) -> Prepared:
        """The names of the reference and of the plan; of neither, the first entries teach them."""
        column = parameters["column"]
        held = _names(reference.get(column, ()))
        known = sorted({*held, *(one for one in parameters["known"] if one != NONE)})
        return context.frozen(float(parameters["least"]), reference_n=len(held)) | {
            "column": column, "known": known,
            "learning": max(parameters["learning"], 0 if known else LEAST_LEARNING),
        }  # fmt: skip

    def step(self, prepared: Prepared, state: State | None, today: SiteDay) -> ChartResult:
        """Today's names beside all that are known."""
        column = prepared["column"]
        past = state or {"seen": 0, "learnt": [], "new": {}, "since": {}}
        entries = today.entries(column)
        names, n = _names(entries), len(entries)
        learning = past["seen"] < prepared["learning"]
        known = {*prepared["known"], *past["learnt"]}
        if learning:
            taught = {one for one in names if known.isdisjoint(kinds_of(one))}
            learnt = sorted({*past["learnt"], *taught})[:MOST]
            kept = past | {"seen": past["seen"] + n, "learnt": learnt}
            left = max(prepared["learning"] - kept["seen"], 0)
            return _point(prepared, today, n, kept, value=None, reason=(
                f"the first {prepared['learning']} entries tell what is ordinary: {left} to come"
                if n else _nothing(column)
            ))  # fmt: skip
        fresh = Counter(one for one in names if known.isdisjoint(kinds_of(one)))
        new = dict((Counter(past["new"]) + fresh).most_common(MOST))
        since = {name: past["since"].get(name, today.day.isoformat()) for name in new}
        kept = past | {"seen": past["seen"] + n, "new": new, "since": since}
        if not n:
            return _point(prepared, today, n, kept, value=None, reason=_nothing(column))
        return _point(prepared, today, n, kept, value=float(sum(fresh.values())), reason="")

    def restarted(self, state: State) -> State:
        """Begin again: what was told of is known from now on."""
        learnt = sorted({*state["learnt"], *state["new"]})[:MOST]
        return state | {"learnt": learnt, "new": {}, "since": {}}

    def sentence(self, result: ChartResult) -> str:
        """What the chart says when it signals."""
        found = result.details
        named = ", ".join(
            f"{name} ({counted(times, 'time')})" for name, times in found["new"].items()
        )
        return f"{found['column']}: never seen here before: {named}"


def _point(
    prepared: Prepared, today: SiteDay, n: int, kept: State, *, value: float | None, reason: str
) -> ChartResult:
    new = {name: times for name, times in kept["new"].items() if times >= prepared["limit"]}
    most = max(kept["new"].values(), default=0)
    quiet = ChartStatus.NO_DATA if value is None else ChartStatus.IN_CONTROL
    onset = min((kept["since"][name] for name in new), default=None)
    return ChartResult(
        prepared["chart"], prepared["site"], today.day, n,
        ChartStatus.SIGNAL if new else quiet, prepared["limit"],
        value=value, statistic=float(most), reason=reason, state=kept,
        details={
            "column": prepared["column"], "direction": "up", "changed": "mix",
            "level": "never seen in the reference", "unseen": sorted(new)[:5],
            "new": dict(list(new.items())[:5]), "onset": onset,
        },
    )  # fmt: skip


def _names(entries: Column | tuple[()]) -> list[str]:
    """The names among entries; what is missing is none, and numbers are none either."""
    return [str(one)[:LONGEST] for one in entries if isinstance(one, str) and one]


def _nothing(column: str) -> str:
    return f"nothing came that {column} tells of"
