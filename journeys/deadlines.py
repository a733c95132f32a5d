"""Deadlines: every day that a law, a rule or a plan sets, with what it is counted from.

The lines are those of 'My work' that have a day, and the clocks of reporting as the rules computed
them; here they get the device, the jurisdiction, day 0 and the words of their rules.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlmodel import Session, col, select

from records.event_work import rows_reported
from records.incidents import Incident
from records.owed_work import OVERDUE, OwedWork, deadline_of
from records.product import Device
from records.record_devices import devices_of
from records.reportabilities import AI_ACT, ClockInstance, Reportability, latest_instances
from regulatory.periodic_schedule import ScheduledReport, device_in_force, schedule_of
from regulatory.rules.catalogue import Rule, catalogue

RUNNING, MET = "running", "report sent"
_LAWS: Final = (("21 CFR", "US"), ("FDA MDR", "US"), ("AI Act", AI_ACT), ("MDR", "EU"),
                ("2017/745", "EU"), ("GDPR", "EU"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Deadline:
    """Something owed that has a day: of which device, by which rules, and how soon.

    jurisdiction: '' where no law sets the day.
    """

    work: OwedWork
    device: str
    jurisdiction: str
    rules: tuple[Rule, ...]
    state: str

    def as_told(self) -> dict[str, Any]:
        """As programs read it."""
        one = self.work
        return {
            "record": one.label, "key": one.key, "what": one.what, "device": self.device,
            "jurisdiction": self.jurisdiction, "day_0": one.day_0, "due": one.due,
            "legal_day": one.last_legal_day, "computed": one.computed, "override": one.override,
            "state": self.state, "legal": one.legal, "citation": one.citation,
            "rules": {rule.id: rule.title for rule in self.rules}, "checked": one.checked,
            "roles": list(one.roles), "owner": one.owner,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReportingClock:
    """One clock of one incident in one jurisdiction, as the assessment that stands computed it.

    state: 'running', 'report sent', or what was decided: 'not reportable', 'not applicable'.
    """

    label: str
    incident: str
    device: str
    jurisdiction: str
    clock: str
    day_0: str
    due: str
    legal: str
    state: str
    rules: tuple[Rule, ...]
    checked: bool


def deadlines(reader: Session, work: Iterable[OwedWork], on: date) -> list[Deadline]:
    """Of all that is owed what has a day, the soonest first.

    work: as :func:`journeys.my_work.owed_work` gives it.
    """
    dated = [one for one in work if one.due is not None]
    rows = _rows_of_clocks(reader)
    devices = {one.id or 0: one.name for one in reader.exec(select(Device))}
    known = devices_of(reader, [one.label for one in dated])
    found = []
    for one in dated:
        row = rows.get(one.label)
        device = row[1] if row else known.get(one.label, 0)
        found.append(Deadline(
            one, devices.get(device, "") or _named(one, devices.values()),
            row[0].jurisdiction if row else _jurisdiction(one),
            _rules(one.rules), deadline_of(one.due, on),
        ))  # fmt: skip
    return sorted(found, key=lambda one: (one.work.due or date.max, one.work.key))


def _named(one: OwedWork, devices: Iterable[str]) -> str:
    """The device that a line names itself, such as 'NAME at SITE' of a revalidation."""
    return next((name for name in devices if one.label.startswith(f"{name} at ")), "")


def _jurisdiction(one: OwedWork) -> str:
    """By the rules that computed the day, else by the law that is cited; '' where none sets it."""
    for rule in _rules(one.rules):
        if rule.jurisdiction:
            return rule.jurisdiction
    if not one.legal:
        return ""
    return next((name for words, name in _LAWS if words in one.citation), "")


def _rules(names: Sequence[str]) -> tuple[Rule, ...]:
    known = catalogue()
    return tuple(known[name] for name in names if name in known)


def _rows_of_clocks(
    reader: Session,
) -> dict[str, tuple[Reportability, int, ClockInstance, Incident]]:
    """By label of a row of a jurisdiction: the row, its device, and the assessment that stands."""
    latest = latest_instances()
    query: Any = (
        select(Reportability, Incident, ClockInstance)
        .join(Incident, col(Incident.id) == Reportability.incident_id)
        .join(latest, latest.c.reportability_id == Reportability.id)
        .join(ClockInstance, (col(ClockInstance.reportability_id) == latest.c.reportability_id)
              & (col(ClockInstance.version) == latest.c.version))
        .order_by(col(Reportability.id).desc())
    )  # fmt: skip
    return {row.label: (row, incident.device_id, clock, incident)
            for row, incident, clock in reader.exec(query)}  # fmt: skip


def reporting_clocks(reader: Session) -> list[ReportingClock]:
    """Every clock of every incident, the newest row first, also those that were met or ended."""
    devices = {one.id: one.name for one in reader.exec(select(Device))}
    reported = set(reader.exec(rows_reported()))
    found = []
    for row, device, instance, incident in _rows_of_clocks(reader).values():
        state = MET if row.id in reported else row.status
        if state in ("open", "reportable"):
            state = RUNNING if instance.clocks else "no clock runs"
        found += [
            ReportingClock(
                row.label, incident.label, devices.get(device, ""), row.jurisdiction,
                f"{clock.get('clock', '')} {clock.get('member_state', '')}".strip(),
                str(clock.get("day0") or ""),
                str(clock.get("due_strict") or clock.get("due_target") or ""),
                str(clock.get("due_legal") or ""), state, _rules(instance.rule_ids),
                instance.primary_text_checked,
            )
            for clock in instance.clocks or [{"clock": instance.answer.get("no_clock_because")
                                              or "no clock"}]
        ]  # fmt: skip
    return found


def periodic_schedule(reader: Session, devices: Iterable[str], on: date) -> list[ScheduledReport]:
    """The reports of several devices by their day; what has none, or lacks a fact, comes last.

    Raises:
        IntegrityBroken: The definition of a device was altered.
    """
    found = [one for name in devices
             for one in schedule_of(reader, device_in_force(reader, name), on=on)]  # fmt: skip
    return sorted(found, key=lambda one: (one.issue_due or date.max, one.device, one.report))


def narrowed(
    found: Iterable[Deadline], *, device: str = "", jurisdiction: str = "", overdue: bool = False
) -> list[Deadline]:
    """Of deadlines those of a device and jurisdiction, or only what is overdue; '' is any."""
    return [
        one for one in found
        if device in ("", one.device) and jurisdiction in ("", one.jurisdiction)
        and (not overdue or one.state == OVERDUE)
    ]


def all_deadlines(reader: Session, now: datetime) -> list[Deadline]:
    """As :func:`deadlines`, of all that is owed now."""
    from journeys.my_work import owed_work

    return deadlines(reader, owed_work(reader, now), now.date())
