"""What the records say for a form of an authority, each fact with the records that tell it.

Queries and no guess: what is not recorded is left out, so that the form lists it as missing. What
is told here stands below what a person gives.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from records.capas import CAPA
from records.clearances import Clearance
from records.complaints import Complaint
from records.field_actions import actions_of_incident
from records.incidents import AwarenessFact, Incident, counting_facts
from records.product import Deployment, Device, ModelVersion, Site
from records.regulatory_reports import RegulatoryReport, Submission
from records.reportabilities import (
    REPORTABLE,
    Reportability,
    decisions_of,
    rows_of,
    standing_instance,
)
from records.use_in_care import used_in_care
from regulatory.forms.catalogue import Form
from regulatory.forms.codes import NOT_LOADED, CodeList
from regulatory.forms.prefill import (
    Known,
    facts_of_device,
    facts_of_incident,
    known_as,
    of_the_form,
)
from regulatory.gathering.market_numbers import known_of_market, with_market
from regulatory.gathering.similar_counts import known_of_similar

_PLACE: Final[dict[str, str]] = {"MIR": "EU", "3500A": "US"}
"""By form the jurisdiction whose row it reports."""


def known_of_device(
    session: Session, form: Form, device: Device, *, on: date
) -> dict[str, Known]:
    """What a device's definition, its newest clearance by FDA, and facts in force on a day say."""
    found = known_as(facts_of_device(form, device.definition), device.label)
    market = (device.definition.get("regulation") or {}).get("us") or {}
    more = {"product_code": market.get("product_code")}
    query = (
        select(Clearance).join(Device, col(Device.id) == Clearance.device_id)
        .where(Device.name == device.name).order_by(col(Clearance.id).desc())
    )  # fmt: skip
    fda = next((one for one in session.exec(query) if one.authority.strip().upper() == "FDA"), None)
    if fda is not None:
        found |= known_as({"premarket_number": fda.number, "marketing_status": fda.number},
                          fda.label)  # fmt: skip
    found = known_as(more, device.label) | found
    return of_the_form(form, with_market(found, known_of_market(session, device.name, on)))


def known_of_incident(
    session: Session, form: Form, one: Incident, *, codes: CodeList = NOT_LOADED,
    countries: Mapping[str, str] | None = None, now: datetime,
) -> dict[str, Known]:
    """What the records say of an incident: words, days, awareness, version, clock, CAPAs, similar.

    countries: of sites by their names, told with the form; they come before the sites' records.
    """
    device = session.get_one(Device, one.device_id)
    found = known_of_device(session, form, device, on=now.date())
    found |= _of_the_event(session, form, one)
    found |= _of_capas(session, one)
    found |= _of_codes(one, codes)
    if place := _PLACE.get(form.id):
        found |= _of_the_clock(session, one, place)
        found |= _of_submissions(session, one, place)
    actions = actions_of_incident(session, one.label)
    if actions:
        labels = [each.label for each in actions]
        found |= known_as({"fsca_references": labels}, *labels)
    if form.id == "MIR":
        found |= known_of_similar(session, one, countries=countries or {}, on=now.date())
    return of_the_form(form, found)


def _of_the_event(session: Session, form: Form, one: Incident) -> dict[str, Known]:
    known = counting_facts(session, one)
    version, by_ledger = _version_of(session, one)
    told = facts_of_incident(
        form, label=one.label, words=one.words, event_from=one.event_from, event_to=one.event_to,
        version=version.name if version else "", site=one.site,
        aware_on=_civil_day(known[0]) if known else None,
    )
    by_field = {"awareness_incident": known[0].label if known else "",
                "date_received": known[0].label if known else ""}  # fmt: skip
    for name in ("software_version", "device_version", "versions", "software_versions"):
        by_field[name] = by_ledger or (version.label if version else "")
    return {key: Known(value, (by_field.get(key, one.label),)) for key, value in told.items()}


def _version_of(session: Session, one: Incident) -> tuple[ModelVersion | None, str]:
    """The version that the incident names; else the only one that ran at the site in its days, with
    the deployment that says so."""
    if one.model_version_id:
        return session.get_one(ModelVersion, one.model_version_id), ""
    if one.event_from is None:
        return None, ""
    begin, end = one.event_from, one.event_to or one.event_from
    name = session.get_one(Device, one.device_id).name
    query = (
        select(Deployment, ModelVersion)
        .join(ModelVersion, col(ModelVersion.id) == Deployment.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .join(Site, col(Site.id) == Deployment.site_id)
        .where(Device.name == name, Site.name == one.site, used_in_care())
    )
    ran = [
        (each, version) for each, version in session.exec(query)
        if each.started_at.date() <= end
        and (each.ended_at is None or each.ended_at.date() >= begin)
    ]
    if len({version.id for _, version in ran}) != 1:
        return None, ""
    return ran[0][1], ran[0][0].label


def _civil_day(fact: AwarenessFact) -> date:
    """The day where the person was who became aware."""
    return fact.known_at.astimezone(ZoneInfo(fact.zone)).date()


def _of_the_clock(session: Session, one: Incident, place: str) -> dict[str, Known]:
    """The classification by the standing instance, and when it was decided to be reportable."""
    row = next((each for each in rows_of(session, one) if each.jurisdiction == place), None)
    standing = standing_instance(session, row) if row is not None else None
    if row is None or standing is None:
        return {}
    facts = standing.facts
    kinds = (("public_health_threat", "PUBLIC_HEALTH_THREAT"), ("death", "DEATH"),
             ("unanticipated_serious_deterioration", "UNANTICIPATED_DETERIORATION"))
    said = next((word for name, word in kinds if facts.get(name) is True), None)
    if said is None and all(facts.get(name) is False for name, _ in kinds):
        said = "OTHER"
    type_ = standing.answer.get("classification") if place == "US" else None
    of_us = type_ if type_ in ("DEATH", "SERIOUS_INJURY", "MALFUNCTION") else None
    found = known_as({"classification": said if place == "EU" else None, "event_type": of_us},
                     standing.label)  # fmt: skip
    made = [each for each in decisions_of(session, row) if each.decision == REPORTABLE]
    known = counting_facts(session, one)
    if made and known:
        # The civil day of the same place as the awareness: both stand side by side on the form.
        day = made[0].decided_at.astimezone(ZoneInfo(known[0].zone)).date()
        found |= known_as({"awareness_reportability": day.isoformat()}, made[0].label)
    return found


def _of_submissions(session: Session, one: Incident, place: str) -> dict[str, Known]:
    """The authority's own number, where exactly one was assigned."""
    query = (
        select(Submission)
        .join(RegulatoryReport, col(RegulatoryReport.id) == Submission.report_id)
        .join(Reportability, col(Reportability.id) == RegulatoryReport.reportability_id)
        .where(Reportability.incident_id == one.id, Reportability.jurisdiction == place,
               Submission.reference_status == "assigned")
    )  # fmt: skip
    given = session.exec(query.order_by(col(Submission.id))).all()
    numbers = {each.reference for each in given}
    if len(numbers) != 1:
        return {}
    return known_as({"authority_reference": numbers.pop()}, *(each.label for each in given))


def _of_capas(session: Session, one: Incident) -> dict[str, Known]:
    """Containment, cause, actions and days of the CAPAs that were opened for it or linked to it."""
    about = {one.label, Complaint.label_of(one.complaint_id) if one.complaint_id else one.label}
    capas = [each for each in session.exec(select(CAPA).order_by(col(CAPA.id)))
             if each.source in about or about & set(each.links)]  # fmt: skip
    days = [
        f"{each.label}: " + ", ".join(
            f"{step} by {day}" for step, day in sorted(each.due.items(), key=lambda at: str(at[1]))
        ) for each in capas if each.due
    ]
    texts = {
        "immediate_actions": _told(capas, "containment"), "root_cause": _told(capas, "root_cause"),
        "corrective_actions": _told(
            capas, "correction", "corrective_action", "preventive_action"
        ),
        "action_schedule": "\n".join(days),
    }  # fmt: skip
    return known_as(texts, *(each.label for each in capas))


def _told(capas: Iterable[CAPA], *names: str) -> str:
    return "\n".join(
        f"{one.label}: {getattr(one, name)}" for one in capas for name in names
        if getattr(one, name)
    )


def _of_codes(one: Incident, codes: CodeList) -> dict[str, Known]:
    """Annex A codes, where the list that was loaded has exactly one for the category's one term."""
    by_term: dict[str, list[str]] = {}
    for code, term in codes.terms.items():
        if code.startswith("A"):
            by_term.setdefault(term.casefold(), []).append(code)
    found = []
    for each in one.codes:
        terms = each.get("annex_a_terms") or []
        fits = by_term.get(str(terms[0]).casefold(), []) if len(terms) == 1 else []
        found += fits if len(fits) == 1 else []
    return known_as({"imdrf_a": found}, one.label)
