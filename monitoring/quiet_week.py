"""The week's message: quiet or not, what was watched, and what could have been seen.

Silence is worth as much as what it could have broken on. So the message says with the charts that
kept quiet what they would have found, with which power, what nobody judged and why, which sites
sent nothing, which alerts wait too long, and how much of the truth is known. Pure: text from facts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from monitoring.smallest_change import SmallestChange
from records.counting import counted

__all__ = ["SiteWeek", "WeekFacts", "week_text"]

DAYS = 7


@dataclass(frozen=True, slots=True)
class SiteWeek:
    """A site's week: watched days, studies, truths that came; days without any study."""

    site: str
    days: int
    studies: int
    truths: int
    silent_days: int
    changed: int = 0
    """Truths that changed after charts had counted what was known before."""

    @property
    def state(self) -> str:
        """studies came, no data, or not watched: a silent site is a state, and no zero."""
        if not self.days:
            return "not watched"
        return "studies came" if self.studies else "NO DATA"


@dataclass(frozen=True, slots=True)
class WeekFacts:
    """What is known of a week.

    unwatched: days without surveillance. raised, overdue: one sentence an alert. judged: pairs of
    chart and site that had a point with a figure. not_judged: by chart and site why there is none.
    truth: sentences. untold: where nobody is told of alerts.
    """

    device: str
    first: date
    last: date
    unwatched: tuple[date, ...]
    sites: tuple[SiteWeek, ...]
    raised: tuple[str, ...]
    waiting: tuple[str, ...]
    overdue: tuple[str, ...]
    judged: int
    not_judged: tuple[str, ...]
    could_see: tuple[SmallestChange, ...]
    truth: tuple[str, ...]
    untold: str = ""
    owed: tuple[str, ...] = ()
    """Revalidations whose day has passed, and where use is suspended; one sentence each."""
    notes: tuple[str, ...] = field(default_factory=tuple)

    @property
    def verdict(self) -> str:
        """The week in a sentence; it is called quiet only where it was watched."""
        if len(self.unwatched) == DAYS:
            return "NOT WATCHED: no day of this week had surveillance. Nothing is known of it."
        said = (
            f"{counted(len(self.raised), 'alert')} raised." if self.raised
            else "Nothing was raised."
        )
        if self.unwatched:
            return f"{said} {counted(len(self.unwatched), 'day')} of {DAYS} not watched."
        if self.raised or self.overdue:
            return f"{said} {counted(len(self.overdue), 'alert')} overdue."
        if self.owed:
            return f"{said} {counted(len(self.owed), 'matter')} of revalidation open."
        rest = [f"{counted(len(self.waiting), 'alert')} open and in time."] * bool(self.waiting)
        silent = [one.site for one in self.sites if one.state != "studies came"]
        rest += [f"Silent: {', '.join(silent)}."] * bool(silent)
        return " ".join([said, *rest]) if rest else "All quiet."

    @property
    def quiet(self) -> bool:
        """Whether nothing was raised or is late, every day was watched, every site sent studies."""
        return self.verdict == "All quiet."

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON values."""
        return asdict(self) | {
            "verdict": self.verdict,
            "sites": [asdict(one) | {"state": one.state} for one in self.sites],
            "could_see": [
                {"chart": one.chart, "site": one.site, "change": one.change,
                 "words": one.sentence}
                for one in self.could_see
            ],
        }  # fmt: skip


def week_text(facts: WeekFacts) -> str:
    """The message in Markdown: one page."""
    lines = [
        f"# {facts.device}: the week {facts.first} to {facts.last}", "", f"**{facts.verdict}**",
    ]
    if facts.unwatched and len(facts.unwatched) < DAYS:
        lines += ["", f"Not watched: {', '.join(map(str, facts.unwatched))}."]
    lines += _listed("Suspended, or revalidation overdue", facts.owed)
    lines += _listed("Overdue", facts.overdue) + _listed("Raised", facts.raised)
    lines += _listed("Open and in time", facts.waiting)
    lines += _listed("Watched", [
        *(f"{one.site}: {one.state}; {counted(one.studies, 'study', 'studies')} and "
          f"{counted(one.truths, 'truth')} on {counted(one.days, 'day')} watched, "
          f"{counted(one.silent_days, 'day')} without a study{_changed(one)}"
          for one in facts.sites),
        f"{counted(facts.judged, 'chart')} judged (each chart at each site counts)",
    ])  # fmt: skip
    if facts.could_see:
        lines += _listed(
            "What could have been seen (smallest change, present all week, that is found with "
            "probability 0.8; 'at most': of the steps that were tried, this one was enough)",
            [f"{one.chart} at {one.site}: {one.sentence}" for one in facts.could_see],
        )
    lines += _listed("What could not be judged", facts.not_judged)
    lines += _listed("Truth", facts.truth)
    lines += _listed("Note", [*facts.notes, *([facts.untold] if facts.untold else [])])
    return "\n".join(lines) + "\n"


def _changed(one: SiteWeek) -> str:
    if not one.changed:
        return ""
    return f"; {counted(one.changed, 'truth')} changed after charts had counted what was known"


def _listed(heading: str, said: Sequence[str]) -> list[str]:
    return ["", f"## {heading}", "", *(f"- {one}" for one in said)] if said else []
