"""Where the trends of a device stand: the last period that is over, the one that runs, decisions.

What the page and the command line show; nothing is recorded by looking.
"""

import math
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlmodel import Session

from records.errors import Refused
from records.queries import find_device
from records.trend_counts import PeriodCounts
from records.trends import (
    TrendDecision,
    TrendLook,
    decision_of,
    decisions_on,
    standing_looks,
)
from regulatory.rules.parameters import parameters
from regulatory.trends import (
    UNKNOWN,
    PeriodLook,
    closed_periods,
    look_at_period,
    trend_plans,
)


@dataclass(frozen=True, slots=True)
class TrendStanding:
    """closed: the last period that is over, as it is counted now; None where none is, and why.

    running: the period after it, which nobody judges yet. recorded: the standing look at the closed
    period; decisions: those on what it says now, by question. spent: of the error of its year.
    """

    device: str
    until: date
    closed: PeriodLook | None = None
    running: PeriodLook | None = None
    recorded: TrendLook | None = None
    decisions: dict[str, TrendDecision] = field(default_factory=dict)
    spent: float = 0.0
    why_none: str = ""


def trend_standing(session: Session, device: str, *, until: date) -> TrendStanding:
    """Count and judge what is over at the end of a day, on what is known now.

    Raises:
        NotFound: There is no such device.
        Refused: No plan of it is in force.
    """
    find_device(session, device)
    plans = trend_plans(session, device)
    if not plans:
        raise Refused(f"No monitoring plan of '{device}' is in force.",
                      hint="Put the device's definition into force first.")  # fmt: skip
    plan, rules = plans[-1]
    found = closed_periods(session, device, until=until)
    closed = look_at_period(session, device, *found[-1]) if found else None
    running = None
    if rules is not None:
        now = rules.period_of(until)
        if now.last > until:
            running = _not_over(look_at_period(session, device, plan, rules, now))
    if closed is None:
        why = "the plan says nothing of trends: no method, baseline and period were set beforehand"
        if rules is not None:
            why = ("no period is over that began after the plan came into force, "
                   f"{plan.effective_at:%Y-%m-%d}")  # fmt: skip
        return TrendStanding(device, until, running=running, why_none=why)
    looks = standing_looks(session, device)
    recorded = next((
        one for one in looks
        if (one.plan_id, one.period_from) == (closed.plan_id, closed.period.first)
    ), None)  # fmt: skip
    made = decisions_on(session, [recorded]).get(recorded.id or 0, []) if recorded else []
    decided = {row["question"]: decision_of(row, made) for row in closed.rows}
    return TrendStanding(
        device, until, closed, running, recorded,
        {name: one for name, one in decided.items() if one is not None},
        sum(one.alpha_spent for one in looks if one.period_from.year == closed.period.first.year),
    )  # fmt: skip


def spent_words(found: TrendStanding) -> str:
    """Which period is over, whether its look is recorded, and what it may spend of the error."""
    if found.closed is None:
        return f"{found.device}: not estimable, {found.why_none}."
    label = found.recorded.label if found.recorded else "not recorded yet"
    rules = found.closed.rules
    return (f"{found.device}, {found.closed.period} ({label}). This period may spend "
            f"{rules.period_alpha:g} of the year's error of {rules.alpha:g}; recorded looks of "
            f"its year have spent {found.spent:g}.")  # fmt: skip


def running_words(found: TrendStanding) -> str:
    """That a period runs and is not judged; '' where none does."""
    if found.running is None:
        return ""
    return f"{found.device}, {found.running.period}: this period runs; nothing of it is judged yet."


def p_words(row: dict[str, Any]) -> tuple[str, str]:
    """The p value of a row and the level that it is held against; 'none' where not tested."""
    p, level = row.get("p_value"), row.get("alpha")
    return ("none" if p is None else f"{p:.3g}", "none" if level is None else f"{level:.3g}")


def decided_words(found: TrendStanding, row: dict[str, Any], *, closed: bool) -> tuple[str, str]:
    """What was decided of a row, and by which record; of the running period that it runs."""
    if not closed:
        return "period runs", ""
    made = found.decisions.get(row["question"])
    if made is None:
        return "by nobody", ""
    return (made.outcome.replace("_", " ").lower(),
            f"{made.label}, {made.decided_by}; next look {made.next_look_on}")  # fmt: skip


def _not_over(look: PeriodLook) -> PeriodLook:
    """Counts are shown before the period is over, and no verdict: it is tested once."""
    why = f"the period runs until {look.period.last}"
    empty = {"verdict": UNKNOWN, "reason": why, "p_value": None, "alpha": None}
    return replace(look, rows=[one | empty for one in look.rows])


def shown(estimate: dict[str, Any], digits: int = 3) -> str:
    """An estimate with its interval as people read it, or why there is none.

    >>> shown({"value": 1.8, "low": 1.0672, "high": 2.8449, "reason": ""})
    '1.8 (1.07 to 2.84)'
    >>> shown({"value": 463.0, "low": 11.72, "high": 2580.4, "reason": ""})
    '463 (11.7 to 2,580)'
    """
    if estimate["value"] is None:
        return f"not estimable: {estimate['reason']}"
    value, low, high = (written_out(estimate[one], digits) for one in ("value", "low", "high"))
    return f"{value} ({low} to {high})"


def written_out(value: float, digits: int = 3) -> str:
    """A number to so many figures, without an exponent.

    >>> written_out(0.00001), written_out(1710.4), written_out(0.0), written_out(0.0171)
    ('0.00001', '1,710', '0', '0.0171')
    """
    if not value:
        return "0"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{float(f'{value:.{digits}g}'):,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def baseline_words(row: dict[str, Any]) -> str:
    """What a row is held against, with where it is from."""
    one = row["baseline"]
    if "grave" in one:
        said = f"{one['grave']} of {one['events']} events"
    elif "events" in one:
        said = f"{one['events']} on {one['exposure']}"
    else:
        said = f"{written_out(one['rate'])} each of the {row['unit']}"
    return f"{said}: {one.get('source') or one.get('period')}"


def dispersion_of(counts: PeriodCounts) -> float | None:
    """How much the sites' counts differ, over what chance gives: chi-square by its freedom.

    None below five events or two sites with exposure. It silences no verdict: a rise at one site
    alone is a trend too.
    """
    exposed = {name: n for name, n in counts.sites.items() if n}
    events = [counts.events_by_site.get(name, 0) for name in exposed]
    if sum(events) < 5 or len(exposed) < 2:
        return None
    scale = sum(events) / sum(exposed.values())
    parts = ((x - n * scale) ** 2 / (n * scale)
             for x, n in zip(events, exposed.values(), strict=True))  # fmt: skip
    return sum(parts) / (len(exposed) - 1)


def notes_of(look: PeriodLook) -> list[str]:
    """What stands beside the table: sites without data, serious incidents, what was left out."""
    counts = look.counts
    said = []
    if counts.silent:
        said.append(f"No {look.rules.exposure} from {', '.join(counts.silent)}: nothing is said of "
                    "these sites, and none of their exposure is in the rates.")  # fmt: skip
    index = dispersion_of(counts)
    limit = parameters()["trend"]["dispersion_limit"]
    if index is not None and index > limit:
        said.append(f"The sites differ: index of dispersion {index:.1f}, where chance gives about "
                    f"1 and the rules take {limit:g} as much. Look at the sites apart: "
                    f"{', '.join(f'{name} {n}' for name, n in counts.events_by_site.items())}.")
    if counts.serious:
        said.append("Serious, so reported one by one and not counted here (MDR Art. 87): "
                    f"{', '.join(counts.serious)}.")  # fmt: skip
    if counts.outside:
        said.append(f"{counts.outside} events are of no category of the plan.")
    if counts.unscreened:
        said.append(f"{counts.unscreened} complaints or awareness candidates are not screened; "
                    "each may be an event.")  # fmt: skip
    if counts.duplicates:
        said.append(f"Left out, since another tells of the same: {', '.join(counts.duplicates)}.")
    return said
