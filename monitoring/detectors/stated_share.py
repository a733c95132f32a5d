"""Is more refused, unanswered or slow than the plan says is ordinary; for which reason?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measures.sequential import bernoulli_bets, mean_bets
from monitoring.detectors.base import (
    ChartContext,
    ChartResult,
    Column,
    FloatArray,
    Parameter,
    Prepared,
    SiteDay,
    State,
)
from monitoring.detectors.claimed_performance import ClaimedPerformance
from monitoring.detectors.override_rate import as_share_wrong
from records.counting import counted

__all__ = ["StatedShare", "kinds_of"]

ANY = "any"
MOST_REASONS = 40
WORDS = {
    "refused": ("files refused", "file"),
    "not_run": ("studies to which the AI gave no answer", "study"),
    "flagged_later": ("flagged studies that waited longer than an unflagged one", "pair"),
}
"""The streams of operation in words, and what one entry is."""


class _Counted(ClaimedPerformance):
    """The share of entries that are as they should be, as a claimed share is charted."""

    def outcomes(self, prepared: Prepared, /, today: SiteDay) -> NDArray[np.bool_]:
        """Whether each entry is as it should be."""
        return ~marked(prepared, today.entries(prepared["column"]))

    def bets(self, prepared: Prepared, /, outcomes: NDArray[np.bool_]) -> FloatArray:
        """Entry by entry, or on the day's share alone."""
        if prepared["counted"] == "days":
            return mean_bets([1.0 - outcomes.mean()], at_most=prepared["highest_share"])
        return bernoulli_bets(outcomes, at_least=prepared["bound"])

    def nothing(self, prepared: Prepared, /) -> str:
        """Why a day without an entry has no value."""
        return f"nothing came that {prepared['column']} tells of"


class StatedShare:
    """Finds a share above the highest that the plan states for ordinary times: of files refused
    (``refused``), of studies that were not read (``not_run``), or of a column's values from a limit
    on (``latency_ms`` at or above 30,000).

    Value: that share among all since the chart started, with an interval that may be read every day
    (95 %). Statistic: base-10 logarithm of the capital of bettors on 'above the highest share';
    limit log10(1 / alpha), reached with probability at most alpha while each entry counts with at
    most that probability given those before (Ville). counted 'days' bets on the share of each day:
    then the entries of a day may depend on each other, as the slices of one refused study do, and
    only the share expected of a day must not be above the highest; a rise is found later. Reasons
    are counted in the details.
    """

    name = "stated_share"
    in_control = "the share is at or below the highest that the plan states"
    parameters = (
        Parameter("column", "refused", "stream or column to count"),
        Parameter("highest_share", 0.05, "share in ordinary times, at most", 0.0005, 0.9),
        Parameter("at_least", 0.5, "of a column of numbers, from where on a value counts"),
        Parameter("reasons", (ANY,), "of a stream of reasons, those (or their kinds) that count"),
        Parameter(
            "counted", "each", "whether entries of a day are independent", choices=("each", "days")
        ),
        Parameter("recent_days", 30, "days of the recent figure beside the whole", 7, 365),
    )  # fmt: skip
    _kept = _Counted()

    def prepare(
        self,
        _reference: Mapping[str, Column],
        /,
        *,
        context: ChartContext,
        parameters: Mapping[str, Any],
    ) -> Prepared:
        """The bound; no reference is needed, the plan says what is ordinary."""
        highest = float(parameters["highest_share"])
        return context.frozen(float(-np.log10(context.alpha)), reference_n=0) | {
            "measure": parameters["column"], "beside": "an entry", "bound": 1.0 - highest,
            "highest_share": highest,
            **{name: parameters[name]
               for name in ("column", "at_least", "reasons", "counted", "recent_days")},
        }  # fmt: skip

    def step(self, prepared: Prepared, state: State | None, today: SiteDay) -> ChartResult:
        """The entries that came today, added to those before."""
        entries = today.entries(prepared["column"])
        found = self._kept.step(prepared, state, today)
        fresh = not state or found.state["days"] <= 1
        before = {} if fresh or state is None else state.get("reasons", {})
        reasons = Counter(before) + Counter(_reasons(prepared, entries))
        kept = dict(reasons.most_common(MOST_REASONS))
        found = replace(found, state=found.state | {"reasons": kept})
        if found.statistic is None:
            return replace(found, details={"column": prepared["column"]})
        one = _words(prepared)[1]
        found = replace(
            found, reason=found.reason.replace("case", one).replace(" with an entry", "")
        )
        told = as_share_wrong(found, prepared["column"], bound=prepared["highest_share"])
        return replace(told, details=told.details | {
            "reasons": kept, "reasons_today": dict(Counter(_reasons(prepared, entries))),
            "at_least": prepared["at_least"],
        })  # fmt: skip

    def sentence(self, result: ChartResult) -> str:
        """What the chart says when it signals."""
        found = result.details
        what, one = _words(found)
        share, n = found["share_since_onset"], found["studies_since_onset"]
        seen = f": {share:.3f} of {counted(n, one, _several(one))}" if share is not None else ""
        why = ", ".join(f"{name} {times}" for name, times in list(found["reasons"].items())[:3])
        because = f" (reasons since the chart began: {why})" if why else ""
        return f"share of {what} is above {found['bound']:.3g}{seen}{because}"


def marked(prepared: Mapping[str, Any], entries: Column) -> NDArray[np.bool_]:
    """Which entries count: those with a reason, or with a value from the limit on.

    A number that could not be had is left out by the caller's choice of column: it does not count.
    """
    if entries.dtype == object:
        wanted = prepared["reasons"]
        return np.array(
            [one is not None and (ANY in wanted or not {*wanted}.isdisjoint(kinds_of(str(one))))
             for one in entries], bool
        )  # fmt: skip
    numbers = np.asarray(entries, np.float64)
    known = numbers[np.isfinite(numbers)]
    return np.asarray(known >= prepared["at_least"])


def kinds_of(reason: str) -> tuple[str, str]:
    """A reason, and the kind that it is of: what stands before a colon.

    >>> kinds_of("out_of_scope:view")
    ('out_of_scope:view', 'out_of_scope')
    """
    return reason, reason.partition(":")[0]


def _reasons(prepared: Prepared, entries: Column) -> list[str]:
    if entries.dtype != object:
        return []
    chosen = marked(prepared, entries)
    return [str(one)[:40] for one, counts in zip(entries, chosen, strict=True) if counts]


def _words(found: Mapping[str, Any]) -> tuple[str, str]:
    """What is counted in words, and what one entry is called."""
    column = str(found["column"])
    if column in WORDS:
        return WORDS[column]
    return f"{column} at or above {found['at_least']:g}", "study"


def _several(one: str) -> str:
    return "studies" if one == "study" else f"{one}s"
