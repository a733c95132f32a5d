"""Periodic reports: which one, for which period, issued by when, to whom (MDR Art. 85, 86)."""

from datetime import date, timedelta
from typing import Any

from records.errors import InvalidInput
from records.retention import months_after
from regulatory.rules.calendars import MEMBER_STATES
from regulatory.rules.facts import Facts
from regulatory.rules.parameters import parameters

Answer = dict[str, Any]


def which_report(facts: Facts) -> Answer:
    """R-PSUR-01: class I a PMS report when necessary, IIa a PSUR each 24 months, above each 12.

    With the period's number it tells the period too.
    """
    return _report(facts) | _submission(facts) | _period_if_told(facts)


def _report(facts: Facts) -> Answer:
    months = _cadence(facts)
    if months is None:
        return {"report": "PMS_REPORT", "cadence_months": None, "update": "WHEN_NECESSARY"}
    return {"report": "PSUR", "cadence_months": months,
            "update": "WHEN_FINDINGS_CHANGE_BENEFIT_RISK"}  # fmt: skip


def _period_if_told(facts: Facts) -> Answer:
    return schedule(facts) if facts.has("period_no") and _cadence(facts) is not None else {}


def _cadence(facts: Facts) -> int | None:
    months: int | None = parameters()["psur"]["cadence_months"][facts.text("class_")]
    return months


def submission(facts: Facts) -> Answer:
    """R-PSUR-03: class III and implantables through EUDAMED, directly while it is not mandatory.

    With the period's number it tells the period too.
    """
    return _report(facts) | _submission(facts) | _period_if_told(facts)


def _submission(facts: Facts) -> Answer:
    class_ = facts.text("class_")
    if class_ == "I":
        return {"submission": "CA_ON_REQUEST"}
    # an implantable is never left to a guess: what is not known goes the way of an implantable
    if class_ == "III" or facts.yes_no("implantable") is not False:
        through = facts.known("eudamed_vgl_mandatory")
        return {"submission": "SUBMIT_VIA_EUDAMED" if through else "SUBMIT_TO_NB_DIRECT"}
    return {"submission": "MAKE_AVAILABLE_TO_NB"}


def schedule(facts: Facts) -> Answer:
    """R-PSUR-02: period k from the certificate's day, in months, clamped to the end of a month.

    Issued so many days after the period as the PMS plan sets for preparing it.
    """
    months = _cadence(facts)
    if months is None:
        return {"period_start": None, "period_end": None, "issue_due": None}
    k = facts.whole("period_no")
    if k < 1:
        raise InvalidInput("period_no: the first period is 1.")
    anchor = _anchor(facts)
    start = months_after(anchor, (k - 1) * months)
    end = months_after(anchor, k * months) - timedelta(days=1)
    due = end + timedelta(days=facts.whole("preparation_days"))
    return {
        "period_no": k, "period_start": start.isoformat(), "period_end": end.isoformat(),
        "issue_due": due.isoformat(),
    }  # fmt: skip


def _anchor(facts: Facts) -> date:
    if facts.told("legacy_device") and facts.told("mdr_certificate_date") is None:
        return date.fromisoformat(str(parameters()["psur"]["legacy_anchor"]))
    return facts.day("mdr_certificate_date")


def table_columns(facts: Facts) -> Answer:
    """R-PSUR-04: the columns that an incident counts in, and its conclusion at the freeze.

    Worldwide always; EEA+TR+XI where it happened there (Great Britain does not belong).
    """
    country = facts.text("country_of_incident")
    inside = country in MEMBER_STATES or country in parameters()["eea"]["also"]
    answer: Answer = {"columns": [*(["EEA+TR+XI"] if inside else []), "WORLDWIDE"]}
    if facts.has("freeze_local_date"):
        closed = facts.told("closed_local_date")
        frozen = facts.day("freeze_local_date")
        done = closed is not None and date.fromisoformat(closed) <= frozen
        answer["conclusion"] = "CLOSED" if done else "PENDING"
    return answer
