"""What a field action says for FSCA, 806 and 806.20, each fact with its records."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from sqlmodel import Session, col, select

from records.correction_assessments import CorrectionAssessment
from records.countries import countries_at, countries_of_sites
from records.field_actions import FieldAction, assessments_of
from records.field_notices import (
    Consigned,
    FieldNotice,
    checks_of,
    ledger_of,
    notices_of,
    reconciled,
)
from records.incidents import Incident
from records.lookup import find_record
from records.product import Deployment, Device, ModelVersion, Site
from records.queries import sites_by_name
from records.regulatory_reports import RegulatoryReport, Submission
from records.reportabilities import Reportability
from records.rollbacks import Rollback
from records.suspensions import Suspension
from regulatory.forms.catalogue import Form
from regulatory.forms.prefill import Known, known_as, of_the_form
from regulatory.gathering.submission_facts import known_of_device

NOT_YET: Final = "not yet"
_US: Final = "21 CFR 806"


def known_of_field_action(
    session: Session, form: Form, one: FieldAction, *, on: date
) -> dict[str, Known]:
    """Reason, scope, actions, timing, notice and the ledger of an action, as records tell them.

    A consignee's address and telephone number are those of the site's record; where it has none the
    cell is empty, and the form says so as a fault until a person gives it.
    """
    rows = ledger_of(session, one)
    steps = notices_of(session, [one])[one.id or 0]
    found = known_of_device(session, form, session.get_one(Device, one.device_id), on=on)
    found |= known_as(_said(one), one.label)
    names = {row["version"]: row["name"] for row in one.scope}
    found |= known_as(
        {"software_versions": list(names.values()), "versions": list(names.values())}, *names
    )
    found |= known_as(_of_scope(one, rows, sites_by_name(session)), one.label, *names)
    affected = countries_at(countries_of_sites(session), one.sites)
    found |= known_as({"states_affected": affected}, one.label)
    found |= known_as(_of_ledger(one, rows, steps), one.label, *(each.label for each in steps))
    if made := checks_of(session, one):
        words = f"{made[-1].result}: {made[-1].words}"
        found |= known_as({"effectiveness": words}, made[-1].label)
    found |= _of_incidents(session, one)
    found |= _of_assessments(session, one)
    return of_the_form(form, found)


def _said(one: FieldAction) -> dict[str, Any]:
    return {
        "own_reference": one.label, "reason": one.reason, "action_description": one.actions,
        "risk": one.risk, "advice": one.advice, "timetable": one.timetable,
        "event_description": one.reason, "actions_expected": one.timetable,
        "actions_taken": one.actions, "actions": f"{one.actions}\n{one.timetable}",
        "action": {"correction": "C", "removal": "R"}[one.kind], "notice_reference": one.label,
        "notice_reason": one.reason, "notice_user_actions": one.advice,
        "notice_deadline": one.act_by.isoformat() if one.act_by else None,
        "notice_languages": [each.upper() for each in one.languages],
    }  # fmt: skip


def _of_scope(
    one: FieldAction, rows: list[Consigned], sites: Mapping[str, Site]
) -> dict[str, Any]:
    began = sorted(row["from"][:10] for row in one.scope)
    by_version = {
        version: sum(row["version"] == version for row in one.scope) for version in one.versions
    }
    counted = "; ".join(f"{version}: {n}" for version, n in by_version.items())
    return {
        "devices_affected": len(one.scope), "total_devices": len(one.scope),
        "devices_of_version": len(one.scope) if len(by_version) == 1 else None,
        "distribution_dates": f"{began[0]} to {began[-1]}; installations by version: {counted}",
        "consignees": [
            {"name": here.site, "address": sites[here.site].address,
             "telephone": sites[here.site].telephone, "devices": here.installations,
             "date": min(row["from"][:10] for row in one.scope if row["site"] == here.site)}
            for here in rows
        ],
    }  # fmt: skip


def _of_ledger(
    one: FieldAction, rows: list[Consigned], steps: list[FieldNotice]
) -> dict[str, Any]:
    if not steps:
        return {}
    return {
        "progress": f"{one.label}: {reconciled(rows).words}.",
        "responses": [
            {"recipient": here.site, "notified_on": _day(here.notified_on),
             "answered_on": _day(here.answered_on), "done_on": _day(here.done_on)}
            for here in rows
        ],
        "communications": [
            f"{each.label}: {each.step} {each.site} on {each.happened_on} by {each.channel}"
            for each in steps if each.channel
        ],
    }  # fmt: skip


def _day(day: date | datetime | None) -> str:
    return day.isoformat() if day else NOT_YET


def _of_incidents(session: Session, one: FieldAction) -> dict[str, Known]:
    """Related incidents, and the numbers of the reports of them that FDA acknowledged."""
    if not one.incidents:
        return {}
    known = [find_record(session, Incident, label).id for label in one.incidents]
    query = (
        select(Submission)
        .join(RegulatoryReport, col(RegulatoryReport.id) == Submission.report_id)
        .join(Reportability, col(Reportability.id) == RegulatoryReport.reportability_id)
        .where(col(Reportability.incident_id).in_(known), Reportability.jurisdiction == "US",
               Submission.reference_status == "assigned")
    )  # fmt: skip
    given = session.exec(query.order_by(col(Submission.id))).all()
    return known_as({"related_incidents": list(one.incidents)}, *one.incidents) | known_as(
        {"mdr_numbers": list(dict.fromkeys(each.reference for each in given))},
        *(each.label for each in given),
    )


def _of_assessments(session: Session, one: FieldAction) -> dict[str, Known]:
    """Why it is not reported under 21 CFR 806, where its assessment says so."""
    found: dict[str, Known] = {}
    for said in assessments_of(session, one):
        found |= _not_reported(said)
    return found


def _not_reported(said: CorrectionAssessment) -> dict[str, Known]:
    answer = said.answers.get(_US) or {}
    if answer.get("reportable") is not False:
        return {}
    return known_as({"justification": answer["why"], "reviewed_by": said.assessed_by}, said.label)


def known_of_assessment(
    session: Session, form: Form, one: CorrectionAssessment, *, on: date
) -> dict[str, Known]:
    """What the assessment of a suspension or rollback says for 806 and 806.20."""
    found = known_of_device(session, form, session.get_one(Device, one.device_id), on=on)
    found |= known_as({"own_reference": one.label, "event_description": one.words}, one.label)
    if one.suspension_id is not None:
        stopped = session.get_one(Suspension, one.suspension_id)
        version = session.get_one(ModelVersion, stopped.model_version_id)
        found |= known_as({"versions": [version.name]}, version.label, stopped.label)
    elif one.source.startswith(f"{Rollback.PREFIX}-"):
        back = find_record(session, Rollback, one.source)
        ended = session.get_one(Deployment, back.from_deployment_id)
        version = session.get_one(ModelVersion, ended.model_version_id)
        found |= known_as({"versions": [version.name]}, version.label, back.label)
    return of_the_form(form, found | _not_reported(one))
