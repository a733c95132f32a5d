"""When periodic reports of a device are due: the PSUR by its rule, own reviews by the PMS plan.

Days come from the rules and from what the accepted definition says; where a fact is not there no
day is given, and the row says what it needs. A period counts as reported by a document of it that
is or was in force, or by what the definition says was issued before.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any, Final

from sqlmodel import Session, col, or_, select

from records.definition import DeviceDefinition
from records.errors import NotFound
from records.held_definition import definition_of
from records.owed_work import OwedWork, sources_read
from records.periodic_facts import OwnCadence, PeriodicReports
from records.permissions import Action
from records.product import Device
from records.quality import Document
from records.retention import months_after
from records.work_steps import roles_of
from regulatory.rules.applying import apply_rules
from regulatory.rules.catalogue import catalogue, rule_version
from regulatory.rules.facts import FactsMissing

Span = tuple[date, date]

PSUR_RULES: Final = ("R-PSUR-01", "R-PSUR-02", "R-PSUR-03")
AHEAD: Final = timedelta(days=60)
"""So long before its day a report stands in the list of work, or from the end of its period."""
OWN: Final[dict[str, tuple[str, str]]] = {
    "pms_report": ("PMS_REPORT", "MDR Art. 85; cadence of the PMS plan (Annex III 1.1)"),
    "trend_review": ("TREND_REVIEW", "MDR Art. 88(1); cadence of the PMS plan (Annex III 1.1)"),
    "management_review": ("MANAGEMENT_REVIEW", "ISO 13485 5.6.1; cadence of the maker's own plan"),
}
"""Reports and reviews whose cadence is the maker's own: their name, and why they are made."""
UNKNOWN: Final = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class ScheduledReport:
    """One period of one report, or why no day is known; fields as the rules name them.

    missing: the facts that it needs; empty where its day is known, or where none is set at all.
    """

    device: str
    record: str
    report: str
    says: str
    citation: str
    legal: bool
    period_no: int | None = None
    period_start: date | None = None
    period_end: date | None = None
    preparation_days: int | None = None
    issue_due: date | None = None
    cadence_months: int | None = None
    submission: str = ""
    missing: tuple[str, ...] = ()
    rule_ids: tuple[str, ...] = ()
    primary_text_checked: bool = False
    checked: str = ""

    @property
    def name(self) -> str:
        """What people call it, such as 'PMS report'."""
        words = self.report.replace("_", " ").lower()
        return words.replace("pms", "PMS").replace("psur", "PSUR")

    def as_told(self, on: date) -> dict[str, Any]:
        """As programs read it: the names of the rules' interface, and the state on a day."""
        return {
            "device": self.device, "record": self.record, "report": self.report,
            "state": self.state(on), "says": self.says, "period_no": self.period_no,
            "period_start": self.period_start, "period_end": self.period_end,
            "preparation_days": self.preparation_days, "issue_due": self.issue_due,
            "cadence_months": self.cadence_months, "submission": self.submission,
            "missing": list(self.missing), "rule_ids": list(self.rule_ids),
            "rule_version": rule_version() if self.rule_ids else None,
            "citation": self.citation, "legal": self.legal,
            "primary_text_checked": self.primary_text_checked, "checked": self.checked,
        }

    def state(self, on: date) -> str:
        """UNKNOWN, WHEN_NECESSARY, OVERDUE, IN_PREPARATION or RUNNING."""
        if self.missing:
            return UNKNOWN
        if self.issue_due is None or self.period_end is None:
            return "WHEN_NECESSARY"
        if self.issue_due < on:
            return "OVERDUE"
        return "IN_PREPARATION" if self.period_end < on else "RUNNING"


def schedule_of(session: Session, device: Device, *, on: date) -> list[ScheduledReport]:
    """Each report of a device and each of its periods that has begun and is not reported yet.

    Raises:
        IntegrityBroken: The definition was altered.
    """
    definition = definition_of(device)
    told = definition.periodic_reports or PeriodicReports()
    issued = _issued(session, device)
    found = list(_psur(device, definition, told, issued["psur"], on))
    for name, (report, citation) in OWN.items():
        cadence: OwnCadence | None = getattr(told, name)
        if cadence is not None:
            found += _own(device, report, citation, cadence, told, issued.get(name, set()), on)
    return sorted(found, key=lambda one: (one.issue_due or date.max, one.report))


def _issued(session: Session, device: Device) -> dict[str, set[Span]]:
    """By kind the periods of documents of any revision of the device that are or were in force: the
    next period's supersedes this one's, which stays issued."""
    query = (
        select(Document).join(Device, col(Device.id) == Document.device_id)
        .where(Device.name == device.name, col(Document.kind).in_(("psur", "pms_report")),
               or_(Document.status == "effective", col(Document.effective_at).is_not(None)),
               Document.status != "withdrawn")
    )  # fmt: skip
    found: dict[str, set[Span]] = {"psur": set(), "pms_report": set()}
    for one in session.exec(query):
        if one.period_from is not None and one.period_to is not None:
            found[one.kind].add((one.period_from, one.period_to))
    return found


def _psur(
    device: Device, definition: DeviceDefinition, told: PeriodicReports, issued: set[Span], on: date
) -> Iterator[ScheduledReport]:
    """The periods of the PSUR by R-PSUR-02; of class I the report that has none."""
    facts = schedule_facts(definition, told)
    if definition.risk_class.eu == "I":
        if told.pms_report is None:
            answer = apply_rules(["R-PSUR-01"], facts)
            yield _row(device, answer, "when necessary: no period is set by law (MDR Art. 85)")
        return
    which = which_report(facts)
    lacking = lacking_facts(facts)
    if lacking:
        yield _row(device, which, f"unknown: cannot be computed, needs {', '.join(lacking)}",
                   missing=lacking)  # fmt: skip
        return
    for one in psur_periods(facts):
        if one.first > on:
            return
        if not _reported(one.last, issued, told.issued_through):
            yield _row(device, which | one.said, _days(one.last, one.due),
                       preparation_days=told.preparation_days)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReportPeriod:
    """A period of a report: its days, both included, the day of issue, and what a rule said."""

    number: int
    first: date
    last: date
    due: date
    said: dict[str, Any] = field(default_factory=dict)


def psur_periods(facts: Mapping[str, Any]) -> Iterator[ReportPeriod]:
    """The periods of the PSUR by R-PSUR-02, the first one first, without end."""
    for number in count(1):
        said = apply_rules(["R-PSUR-02"], dict(facts) | {"period_no": number})
        first, last, due = (date.fromisoformat(said[name])
                            for name in ("period_start", "period_end", "issue_due"))  # fmt: skip
        yield ReportPeriod(number, first, last, due, said)


def own_periods(cadence: OwnCadence, told: PeriodicReports) -> Iterator[ReportPeriod]:
    """The periods of the maker's own plan, the first one first, without end; none where it is not
    known from when they run."""
    anchor = cadence.counted_from or told.first_placed_on_market
    if anchor is None:
        return
    for number in count(1):
        first, after = (months_after(anchor, times * cadence.every_months)
                        for times in (number - 1, number))  # fmt: skip
        last = after - timedelta(days=1)
        yield ReportPeriod(number, first, last, last + timedelta(days=cadence.preparation_days))


def schedule_facts(definition: DeviceDefinition, told: PeriodicReports) -> dict[str, Any]:
    """What the rules on periodic reports are asked on, as far as the definition says it."""
    eu = definition.regulation.eu if definition.regulation else None
    facts: dict[str, Any] = {
        "class_": definition.risk_class.eu, "implantable": told.implantable,
        "legacy_device": eu is not None and eu.certificate == "legacy",
        "eudamed_vgl_mandatory": told.eudamed_mandatory,
    }
    if told.certificate_issued is not None:
        facts["mdr_certificate_date"] = told.certificate_issued.isoformat()
    if told.preparation_days is not None:
        facts["preparation_days"] = told.preparation_days
    return facts


def lacking_facts(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """The facts without which no day can be computed, as the definition calls them."""
    named = {"preparation_days": "periodic_reports.preparation_days"}
    if not facts["legacy_device"]:
        named = {"mdr_certificate_date": "periodic_reports.certificate_issued"} | named
    return tuple(words for name, words in named.items() if facts.get(name) is None)


def which_report(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Which report, how often and to whom; the way is unknown where its facts are, not the days."""
    try:
        return apply_rules(["R-PSUR-01", "R-PSUR-03"], facts)
    except FactsMissing:
        # the report and its months do not rest on the way; it is not told then
        answer = apply_rules(["R-PSUR-01"], dict(facts) | {"eudamed_vgl_mandatory": False})
        needs = "periodic_reports.eudamed_mandatory"
        if facts["implantable"] is None:
            needs = f"periodic_reports.implantable or {needs}"
        return answer | {"submission": f"unknown: needs {needs}"}


def _row(
    device: Device, answer: Mapping[str, Any], says: str, *, missing: tuple[str, ...] = (),
    preparation_days: int | None = None,
) -> ScheduledReport:
    known = catalogue()
    used = PSUR_RULES if answer["report"] == "PSUR" else PSUR_RULES[:1]
    days = {
        name: date.fromisoformat(answer[name]) if answer.get(name) else None
        for name in ("period_start", "period_end", "issue_due")
    }
    return ScheduledReport(
        device=device.name, record=device.label, report=answer["report"], says=says,
        citation=known[used[-1]].citation, legal=True, period_no=answer.get("period_no"),
        preparation_days=preparation_days, cadence_months=answer.get("cadence_months"),
        submission=str(answer.get("submission") or ""), missing=missing, rule_ids=used,
        primary_text_checked=all(known[one].primary_text_checked for one in used),
        checked=sources_read({one: known[one].checked for one in used}), **days,
    )


def _own(
    device: Device, report: str, citation: str, cadence: OwnCadence, told: PeriodicReports,
    issued: set[Span], on: date,
) -> Iterator[ScheduledReport]:
    """The periods of a report or review whose cadence the maker's own plan sets."""
    row: dict[str, Any] = {
        "device": device.name, "record": device.label, "report": report, "citation": citation,
        "legal": False, "cadence_months": cadence.every_months,
        "preparation_days": cadence.preparation_days,
    }
    if cadence.counted_from is None and told.first_placed_on_market is None:
        needs = (f"periodic_reports.{report.lower()}.counted_from",
                 "periodic_reports.first_placed_on_market")  # fmt: skip
        yield ScheduledReport(**row, missing=needs, says="unknown: cannot be computed, needs "
                              f"{' or '.join(needs)}")  # fmt: skip
        return
    for one in own_periods(cadence, told):
        if one.first > on:
            return
        if not _reported(one.last, issued, cadence.issued_through):
            yield ScheduledReport(**row, period_no=one.number, period_start=one.first,
                                  period_end=one.last, issue_due=one.due,
                                  says=_days(one.last, one.due))  # fmt: skip


def _reported(end: date, issued: set[Span], before: date | None) -> bool:
    """Whether a report that was issued holds the last day of a period."""
    return (before is not None and end <= before) or any(
        first <= end <= last for first, last in issued
    )


def _days(end: date, due: date) -> str:
    return f"data to {end}, prepared in {(due - end).days} days, issued by {due}"


def device_in_force(session: Session, name: str) -> Device:
    """The revision of a device that is in force, else its newest draft.

    Raises:
        NotFound: There is no such device.
    """
    query = select(Device).where(Device.name == name).order_by(col(Device.revision).desc())
    found = list(session.exec(query))
    if not found:
        raise NotFound(f"There is no device '{name}'.")
    return next((one for one in found if one.status == "accepted"), found[0])


def owed_periodic_reports(session: Session, now: datetime) -> list[OwedWork]:
    """Reports whose period is over or whose day is near, and those whose day cannot be computed.

    Asked of devices in force that say where they are on the market or what their plan asks.
    """
    query = select(Device).where(Device.status == "accepted").order_by(col(Device.id))
    found = []
    for device in session.exec(query):
        told = device.definition
        market = (told.get("regulation") or {}).get("jurisdictions", ())
        if told.get("periodic_reports") is None and "EU" not in market:
            continue
        for one in schedule_of(session, device, on=now.date()):
            if one.missing or _near(one, now.date()):
                found.append(_owed(device, one))
    return found


def _near(one: ScheduledReport, on: date) -> bool:
    return (one.issue_due is not None and one.period_end is not None
            and (one.period_end < on or one.issue_due - on <= AHEAD))  # fmt: skip


def _owed(device: Device, one: ScheduledReport) -> OwedWork:
    period = f"{one.period_start} to {one.period_end}"
    what = (f"say in the definition what the {one.name} needs: {', '.join(one.missing)}"
            if one.missing else f"issue the {one.name} for {period}")  # fmt: skip
    since = one.period_end + timedelta(days=1) if one.period_end else None
    return OwedWork(
        device.label, "periodic report", what, roles_of(Action.SUBMIT_DOCUMENT), one.issue_due,
        one.citation, datetime.combine(since, time(), UTC) if since else device.defined_at,
        legal=one.legal and one.issue_due is not None,
        step=f"{one.report.lower()}-{one.period_no}" if one.period_no else one.report.lower(),
        words=one.says, rules=one.rule_ids if one.issue_due else (), day_0=one.period_end,
    )
