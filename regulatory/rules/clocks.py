"""Time arithmetic: from the day that starts a clock to the days by which to report.

Day 0 is never counted. What an authority may still accept (``due_legal``, ``due_legal_max``) is
kept apart from the day to work towards (``due_target``, ``due_strict``), which is never later.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from regulatory.rules.calendars import US_OBSERVED, US_STATUTORY, Calendar, calendar, national


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One clock of one event: where it stands, from which day, and by which days to report."""

    clock: str
    day0: date
    due_legal: date
    due_target: date | None = None
    due_strict: date | None = None
    due_legal_max: date | None = None
    alarm: date | None = None
    """The day to work towards by an earlier day 0 of another zone, where there is one."""
    trigger: str = ""
    calendars: tuple[str, ...] = ()
    trace: tuple[str, ...] = ()

    @property
    def work_by(self) -> date:
        """The day to work towards: the earliest of target, strict reading and alarm."""
        days = (self.due_target, self.due_strict, self.due_legal, self.alarm)
        return min(day for day in days if day)

    def row(self) -> dict[str, Any]:
        """The clock among others: its name, its days, nothing else."""
        said = {
            "clock": self.clock, "trigger": self.trigger or None, "day0": self.day0,
            "due_target": self.due_target, "due_legal": self.due_legal,
            "due_strict": self.due_strict, "due_legal_max": self.due_legal_max,
        }  # fmt: skip
        return {name: _iso(value) for name, value in said.items() if value is not None}

    def answer(self) -> dict[str, Any]:
        """The clock alone, with how its days were counted."""
        told = self.row() | ({"trace": list(self.trace)} if self.trace else {})
        if self.alarm is not None:
            told["conservative_target"] = self.alarm.isoformat()
        return told | {"calendars": versions_of(self.calendars)}


def _iso(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def no_clock(reason: str) -> dict[str, Any]:
    """No clock runs, and why; never a guessed date."""
    return {"clock": None, "day0": None, "due_legal": None, "no_clock_because": reason}


def us_calendar_days(name: str, day0: date, n: int, *, alarm_from: date | None = None) -> Clock:
    """So many days after day 0; a Sunday stays a Sunday (21 CFR 803.10(c), 803.50(a)).

    alarm_from: day 0 by another zone; where it is earlier, there is an alarm by it.

    >>> us_calendar_days("803.50_30CD", date(2026, 3, 13), 30).row()["due_target"]
    '2026-04-10'
    """
    observed = calendar(US_OBSERVED)
    due = day0 + timedelta(days=n)
    alarm = None
    if alarm_from is not None and alarm_from < day0:
        alarm = observed.on_or_before(alarm_from + timedelta(days=n))
    return Clock(
        clock=name, day0=day0, due_legal=due, due_target=observed.on_or_before(due), alarm=alarm,
        calendars=(observed.id,),
    )


def us_work_days(
    name: str, day0: date, n: int, *, trigger: str = "", alarm_from: date | None = None
) -> Clock:
    """So many days from Monday to Friday that are no federal holiday (21 CFR 803.3(y)).

    due_strict takes days in lieu as work days, and is the day to work towards.

    >>> us_work_days("803.53_5WD", date(2026, 11, 23), 5).row()["due_legal"]
    '2026-12-01'
    """
    observed, statutory = calendar(US_OBSERVED), calendar(US_STATUTORY)
    due, trace = _counted(day0, n, observed)
    strict, _ = _counted(day0, n, statutory)
    alarm = None
    if alarm_from is not None and alarm_from < day0:
        alarm, _ = _counted(alarm_from, n, statutory)
    return Clock(
        clock=name, day0=day0, due_legal=due, due_strict=strict, trigger=trigger, alarm=alarm,
        calendars=(observed.id, statutory.id), trace=trace,
    )


def _counted(day0: date, n: int, holidays: Calendar) -> tuple[date, tuple[str, ...]]:
    day, count, trace = day0, 0, []
    while count < n:
        day += timedelta(days=1)
        if holidays.is_working_day(day):
            count += 1
            trace.append(f"{day:%a} {day} = {count}")
        else:
            trace.append(f"{day:%a} {day} skip ({holidays.holiday(day) or 'weekend'})")
    return day, tuple(trace)


def eu_days(name: str, day0: date, n: int, member_state: str) -> Clock:
    """So many days after day 0, as the member state's authority counts (MDCG 2023-3 rev.2 Q14).

    due_target never moves; due_legal moves to the next working day there (Reg. 1182/71 Art. 3(4));
    due_legal_max until the period holds two working days (Art. 3(5)).

    >>> eu_days("MDR87_10D", date(2026, 12, 16), 10, "DE").row()["due_legal"]
    '2026-12-28'
    """
    there = national(member_state)
    target = day0 + timedelta(days=n)
    legal = there.on_or_after(target)
    latest = legal
    while n >= 2 and _working_days(day0, latest, there) < 2:
        latest += timedelta(days=1)
    return Clock(
        clock=name, day0=day0, due_legal=legal, due_target=target, due_legal_max=latest,
        calendars=(there.id,),
    )


def _working_days(day0: date, last: date, there: Calendar) -> int:
    days = (day0 + timedelta(days=step) for step in range(1, (last - day0).days + 1))
    return sum(there.is_working_day(day) for day in days)


def alarmed_from(clock: Clock, n: int, alternative: date | None) -> Clock:
    """An EU clock with an alarm by an earlier day 0 of another zone, where there is one."""
    if alternative is None or alternative >= clock.day0:
        return clock
    return replace(clock, alarm=alternative + timedelta(days=n))


def governing(clocks: Sequence[Clock]) -> Clock:
    """The clock with the earliest legal date; of equal ones that to be worked towards first."""
    return min(clocks, key=lambda one: (one.due_legal, one.work_by))


def together(clocks: Sequence[Clock]) -> dict[str, Any]:
    """All clocks of one event: every instance is kept, the earliest date governs (R-TIME-05)."""
    first = governing(clocks)
    return {
        "clocks": [one.row() for one in clocks], "governing": first.clock,
        "governing_due": first.due_legal.isoformat(),
        "governing_target": min(one.work_by for one in clocks).isoformat(),
        "calendars": versions_of([name for one in clocks for name in one.calendars]),
    }  # fmt: skip


def versions_of(names: Sequence[str]) -> dict[str, int]:
    """The version of each calendar that was counted by."""
    return {name: calendar(name).version for name in sorted(set(names))}
