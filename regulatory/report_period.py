"""The period that a periodic report of surveillance is about, and whether the rules give that one.

A PSUR runs from the day of the certificate (R-PSUR-02), a PMS report of class I as the maker's own
plan says. Where the definition does not say from when, a period of the right length is taken that
ends with the last day that was watched, and the report says that nothing sets it.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session

from records.definition import DeviceDefinition
from records.known_facts import twelve_months_back
from records.periodic_facts import OwnCadence, PeriodicReports
from records.product import Device
from regulatory.periodic_schedule import (
    PSUR_RULES,
    lacking_facts,
    own_periods,
    psur_periods,
    schedule_facts,
    schedule_of,
    which_report,
)
from regulatory.rules.applying import apply_rules
from regulatory.rules.catalogue import catalogue

Span = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Fit:
    """What the rules say of a period: the report, its cadence, and which of its periods it is.

    says: in words, also why no period is known.
    """

    report: str
    cadence_months: int | None
    fits: bool
    says: str
    period_no: int | None = None
    issue_due: date | None = None
    submission: str = ""
    citation: str = ""
    issued_through: date | None = None
    """By the definition, the last day of what was issued before or outside this system."""


def period_of_report(
    session: Session, device: Device, definition: DeviceDefinition, *, on: date,
    watched: Span | None,
) -> Span:
    """The oldest period that is over and not reported, else the one that runs, else the last.

    watched: first and last day of surveillance, where there is one.
    """
    rows = [
        (one.period_start, one.period_end) for one in schedule_of(session, device, on=on)
        if one.report in ("PSUR", "PMS_REPORT") and one.period_start and one.period_end
    ]
    over = [(start, end) for start, end in rows if start and end and end < on]
    if over:
        return over[0]
    for start, end in rows:
        if start and end:
            return start, end
    last = watched[1] if watched else on
    years = 2 if definition.risk_class.eu == "IIa" else 1
    return twelve_months_back(last, years)[-1][0], last


def fit_of(definition: DeviceDefinition, period: Span) -> Fit:
    """Whether a period is one that the rules, or the maker's own plan, give for this device."""
    told = definition.periodic_reports or PeriodicReports()
    facts = schedule_facts(definition, told)
    if definition.risk_class.eu == "I":
        return _own(told.pms_report, told, facts, period)
    answer = which_report(facts)
    known = catalogue()
    common: dict[str, Any] = {
        "report": answer["report"], "cadence_months": answer["cadence_months"],
        "submission": str(answer.get("submission") or ""),
        "citation": known[PSUR_RULES[1]].citation, "issued_through": told.issued_through,
    }
    if lacking := lacking_facts(facts):
        return Fit(**common, fits=False, says="no period can be computed: the definition does not "
                   f"say {' or '.join(lacking)}")  # fmt: skip
    for one in psur_periods(facts):
        if (one.first, one.last) == period:
            return Fit(**common, fits=True, period_no=one.number, issue_due=one.due,
                       says=f"period {one.number} by R-PSUR-02, {one.first} to {one.last}")
        if one.first > period[0]:
            break
    begin = next(psur_periods(facts)).first
    return Fit(**common, fits=False, says="R-PSUR-02 gives no such period for this device; its "
               f"periods run from {begin}")  # fmt: skip


def _own(
    cadence: OwnCadence | None, told: PeriodicReports, facts: dict[str, Any], period: Span
) -> Fit:
    answer = apply_rules([PSUR_RULES[0]], facts)
    common: dict[str, Any] = {
        "report": answer["report"], "submission": str(answer.get("submission") or ""),
        "citation": catalogue()[PSUR_RULES[0]].citation,
        "issued_through": cadence.issued_through if cadence else None,
    }
    if cadence is None:
        return Fit(**common, cadence_months=None, fits=True,
                   says="when necessary: the law sets no period, and the plan names no cadence")
    common["cadence_months"] = cadence.every_months
    for one in own_periods(cadence, told):
        if (one.first, one.last) == period:
            return Fit(**common, fits=True, period_no=one.number, issue_due=one.due,
                       says=f"period {one.number} by the own plan")  # fmt: skip
        if one.first > period[0]:
            break
    return Fit(**common, fits=False, says="the plan's cadence gives no such period")
