"""Trends of periods that are over: looked at once each, and again where what was counted changed.

A period of which nobody thinks is looked at all the same: each day of surveillance asks for it.
"""

from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from sqlmodel import Session, select

from records.owed_work import OwedWork
from records.permissions import Action
from records.product import Device
from records.store import Store
from records.trends import TrendLook, decisions_on, standing_looks, undecided_rows
from records.work_steps import roles_of
from regulatory.trends import (
    NO_RULE,
    TREND,
    PeriodLook,
    closed_periods,
    look_at_period,
    markets_of,
    trends_asked_in,
)

AGAIN_FOR: Final = timedelta(days=366)
"""So long after a period its counts are compared anew: reports are decided late."""


def look_at_trends(store: Store, device: str, *, actor: str, now: datetime) -> list[TrendLook]:
    """Record a look at every period that is over and has none, or whose counts have changed.

    Nothing where the plan has no section on trends, or no rule of trends is loaded for the market.
    """
    with store.reader() as reader:
        owed = due_looks(reader, device, today=now.date())
    if not owed:
        return []
    with store.transaction(actor, "look at the trends of a period", now=now) as tx:
        known = {(one.plan_id, one.period_from): one.version for one in standing_looks(tx, device)}
        made = [_record(one, known.get((one.plan_id, one.period.first), 0) + 1, now)
                for one in owed]  # fmt: skip
        tx.add_all(made)
        tx.flush()
    return made


def due_looks(reader: Session, device: str, *, today: date) -> list[PeriodLook]:
    """What would be recorded now: periods without a look, or with other counts than theirs."""
    known = {(one.plan_id, one.period_from): one for one in standing_looks(reader, device)}
    found = []
    for plan, rules, period in closed_periods(reader, device, until=today - timedelta(days=1)):
        before = known.get((plan.id or 0, period.first))
        if before is not None and period.last < today - AGAIN_FOR:
            continue
        look = look_at_period(reader, device, plan, rules, period)
        same = before is not None and _digests(before.rows) == _digests(look.rows)
        if look.worst != NO_RULE and not same:
            found.append(look)
    return found


def _digests(rows: list[dict[str, str]]) -> list[str]:
    return [one["digest"] for one in rows]


def _record(one: PeriodLook, version: int, now: datetime) -> TrendLook:
    counts = asdict(one.counts)
    beside = ("exposure", "sites", "silent", "events_by_site", "serious", "outside", "unscreened",
              "duplicates")  # fmt: skip
    decide_by = one.period.last + timedelta(days=one.rules.decide_within_days)
    return TrendLook(
        device_id=one.device_id, plan_id=one.plan_id, period_from=one.period.first,
        period_to=one.period.last, version=version, rows=one.rows,
        counts={name: list(counts[name]) if isinstance(counts[name], tuple) else counts[name]
                for name in beside}, alpha_spent=one.rules.period_alpha,
        alpha_year=one.rules.alpha, decide_by=max(decide_by, now.date()), looked_at=now,
    )  # fmt: skip


def owed_trends(session: Session, now: datetime) -> list[OwedWork]:
    """The decisions that looks wait for, the trends apart, and the looks that are owed."""
    looks = standing_looks(session)
    made = decisions_on(session, looks)
    roles = roles_of(Action.DECIDE_REPORTABILITY)
    found = []
    for look in looks:
        waiting = undecided_rows(look, made.get(look.id or 0, []))
        period = f"{look.period_from} to {look.period_to}"
        for step in (TREND, "the rest"):
            own = [one for one in waiting if (one["verdict"] == TREND) == (step == TREND)]
            if own:
                what = (f"Decide on the trend of {period}" if step == TREND else
                        f"Sign what was found of {period}: no trend, or why not")  # fmt: skip
                found.append(OwedWork(
                    look.label, "trend", what, roles, look.decide_by,
                    "monitoring plan, trend; MDR Art. 88 sets no day", look.looked_at, step=step,
                    words="; ".join(f"{one['question']}: {one['verdict']}" for one in own),
                ))  # fmt: skip
    return found + _not_looked_at(session, looks, now)


def _not_looked_at(session: Session, looks: list[TrendLook], now: datetime) -> list[OwedWork]:
    known = {(one.plan_id, one.period_from) for one in looks}
    found = []
    for name in sorted(set(session.exec(select(Device.name)))):
        for plan, _, period in closed_periods(session, name, until=now.date() - timedelta(days=1)):
            if (plan.id, period.first) not in known and trends_asked_in(
                markets_of(session, plan)
            ):
                day = period.last + timedelta(days=1)
                found.append(OwedWork(
                    f"{name} {period}", "trend", "Look at the trends of the period",
                    roles_of(Action.WATCH), day, "monitoring plan, trend",
                    datetime.combine(day, time(), UTC), step="look",
                ))  # fmt: skip
    return found
