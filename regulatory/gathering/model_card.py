"""The facts of a model card: of the version released last, or of the newest one before any is."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlmodel import Session, col, select

from measures.estimate import Estimate
from records.base import Record
from records.clinical_follow_up import ReaderStudy
from records.held_definition import definition_of
from records.known_facts import certificates_on, organisations_on, reader_studies
from records.problem_reports import FIXED
from records.product import DatasetVersion, Deployment, Device, ModelVersion, Site
from records.quality import ChangeRequest
from records.queries import effective_plan
from records.risk import RiskItem, items_of, newest_risk_file
from regulatory.cleared import released_versions
from regulatory.documents.blocks import Cell
from regulatory.documents.card_facts import (
    CardFacts,
    CardReaderStudy,
    CardRelease,
    CardRisk,
    Named,
)
from regulatory.documents.registry import MODEL_CARD
from regulatory.documents.wording import estimate_cell
from regulatory.gathering.change_log import problem_entry, problems_of
from regulatory.gathering.chart_words import chart_words
from regulatory.gathering.dataset_datasheet import versions_of
from regulatory.gathering.edition import Basis, edition_of, name_of, trace
from regulatory.gathering.phrases import certificate_words
from regulatory.gathering.validation import split_result
from regulatory.gathering.validation_data import Collected, collect, dataset_facts
from regulatory.gathering.validation_judged import (
    LOCKED_SPLITS,
    Judged,
    criteria_plan,
    judged_of,
)
from regulatory.gathering.validation_model import intended_use, main_measure, model_facts
from regulatory.gathering.validation_truth import reference_facts


def gather_model_card(session: Session, basis: Basis) -> CardFacts:
    """What users and reviewers are told of the version in use; without one, of the device."""
    device, day, at = basis.device, basis.freeze_at.date(), basis.freeze_at
    version = _version_of(session, basis)
    unmade = (
        "the device has no model version" if version is None
        else "another maker's product of which only the results are seen"
        if version.seen_from_outside or version.dataset_version_id is None else ""
    )
    data, judged, held = None, None, basis
    if version is not None and not unmade:
        made_for = session.get_one(Device, version.device_id)
        held = replace(basis, device=made_for, definition=definition_of(made_for))
        data = collect(session, session.get_one(DatasetVersion, version.own_dataset))
        judged = judged_of(session, version)
    organisations = organisations_on(session, device.name, day, at=at)
    certificates = certificates_on(session, device.name, day, at=at)
    readers = reader_studies(session, device.name, at=at)
    risks = newest_risk_file(session, device.name)
    items = items_of(session, risks) if risks else []
    problems = [(one, name) for one, name in problems_of(session, device) if one.status != FIXED]
    history, changes = _history(session, basis)
    named = [*organisations.facts, *certificates.facts, *readers.facts]
    return CardFacts(
        edition=replace(edition_of(MODEL_CARD, basis),
                        model_versions=(name_of(version),) if version else ()),
        intended=intended_use(basis), status=version.status if version else "",
        made_at=version.trained_at if version else None,
        version=version.name if version else "", version_record=version.label if version else "",
        unmade=unmade,
        organisations=tuple(
            Named(one.role, ", ".join(filter(None, (one.name, one.country, one.registration,
                                                    one.contact))), one.label)
            for one in organisations.facts
        ),
        certificates=tuple(
            Named(certificate_words(one.of),
                  f"{one.number}, {one.issued_by}, issued {one.issued_on}, {one.state}"
                  + (f", valid until {one.valid_until}" if one.valid_until else ""), one.label)
            for one in certificates.facts
        ),
        lacking=(*organisations.lacking, *certificates.lacking), **_conditions(basis),
        model=model_facts(version, held, dataset_record=data.dataset.label)
        if version and data else None,
        data=dataset_facts(data, held) if data else None,
        reference=reference_facts(data, held) if data else None,
        results=_results(held, judged, data),
        plan=criteria_plan(session, held, judged, data.dataset) if judged and data else None,
        main_measure=main_measure(basis), readers=tuple(map(_readers, readers.facts)),
        problems=tuple(problem_entry(one, name) for one, name in problems),
        risk_file=f"{risks.label} ({risks.status})" if risks else "",
        risks=tuple(_risk(one) for one in items), **_monitoring(session, basis),
        policy=_policy(basis), history=history, disclosure=_disclosure(basis),
        traces=_traces(basis, version, data, judged, [
            ("1", "facts of organisations, certificates and reader studies", named),
            ("7", "problem reports that are not fixed", [one for one, _ in problems]),
            ("7", "newest risk file and its items", [*([risks] if risks else []), *items]),
            ("8", "changes of the device", changes),
        ]),
    )  # fmt: skip


def _version_of(session: Session, basis: Basis) -> ModelVersion | None:
    """The version released last; before any is, the newest."""
    released = released_versions(session, basis.device.name)
    if released:
        return released[-1]
    return next(iter(versions_of(session, basis.device.name)), None)


def _results(basis: Basis, judged: Judged | None, data: Collected | None) -> Any:
    if judged is None or data is None:
        return ()
    return tuple(split_result(judged, split, basis, data) for split in LOCKED_SPLITS)


def _conditions(basis: Basis) -> dict[str, Any]:
    said, record = basis.definition.conditions_of_use, basis.device.label
    if said is None:
        return {"conditions": (), "warnings": (), "residual_risks": ()}
    life = f"{said.expected_life_years:g} years" if said.expected_life_years else ""
    rows = (("Environment", said.environment), ("Accessories", "; ".join(said.accessories)
             or "none declared"), ("Expected life", life or "not declared"))  # fmt: skip
    return {
        "conditions": tuple(Named(name, words, record) for name, words in rows),
        "warnings": tuple(said.warnings), "residual_risks": tuple(said.residual_risks),
    }


def _readers(one: ReaderStudy) -> CardReaderStudy:
    result = Cell("no result yet", (one.label,), tone="unknown")
    if one.estimate is not None and one.low is not None and one.high is not None:
        result = estimate_cell(Estimate(
            "reader study", n=one.cases, value=one.estimate, low=one.low, high=one.high,
            method=one.method,
        ), one.label)  # fmt: skip
    return CardReaderStudy(one.label, one.title, one.design, one.readers, one.cases, one.diseased,
                           one.endpoint, result)  # fmt: skip


def _risk(one: RiskItem) -> CardRisk:
    return CardRisk(one.label, one.hazard, one.harm, one.residual)


def _monitoring(session: Session, basis: Basis) -> dict[str, Any]:
    """The charts of the plan in force, and how it follows up; of the definition before any is."""
    plan = effective_plan(session, basis.device)
    content: dict[str, Any] = plan.content if plan else basis.definition.monitoring_plan
    record = plan.label if plan else basis.device.label
    rows = [Named(str(one.get("name")), chart_words(one), record)
            for one in content.get("charts", ())]  # fmt: skip
    told = (
        ("Chance of any false alert", f"{content.get('false_alarm_budget')} in "
         f"{content.get('horizon_days')} days, all charts and sites"
         if content.get("false_alarm_budget") and content.get("horizon_days") else ""),
        ("Revalidation", f"every {content['revalidation'].get('every_days')} days and after an "
         "alert that demands it" if content.get("revalidation") else "after an alert that demands "
         "it; the plan sets no schedule"),
    )  # fmt: skip
    return {
        "monitoring": (*rows, *(Named(name, words, record) for name, words in told if words)),
        "monitoring_record": record,
    }


def _policy(basis: Basis) -> tuple[Named, ...]:
    plan, record = basis.definition.pccp, basis.device.label
    rows = [(one.id, one.description) for one in plan.modifications]
    if plan.authorization is not None:
        said = plan.authorization
        rows.insert(0, ("Authorised by", f"{said.authority}: {said.document}, version "
                        f"{said.version}, {said.authorized_on}"))  # fmt: skip
    if plan.communication is not None:
        told = plan.communication
        rows.append(("Users are told", f"{told.days_before} days before, by {told.by}: "
                     f"{', '.join(told.audience)}"))  # fmt: skip
    return tuple(Named(name, words, record) for name, words in rows)


def _history(
    session: Session, basis: Basis
) -> tuple[tuple[CardRelease, ...], list[ChangeRequest]]:
    """Every version of the device, newest first, with its change and where it runs now."""
    name = basis.device.name
    versions = versions_of(session, name)
    changes = list(session.exec(
        select(ChangeRequest).join(Device, col(Device.id) == ChangeRequest.device_id)
        .where(Device.name == name).order_by(col(ChangeRequest.id))
    ))
    running = session.exec(
        select(Deployment, Site.name).join(Site, col(Site.id) == Deployment.site_id)
        .where(col(Deployment.model_version_id).in_([one.id for one in versions]),
               col(Deployment.ended_at).is_(None))
        .order_by(col(Deployment.id))
    )  # fmt: skip
    sites: dict[int, list[str]] = {}
    for one, site in running:
        sites.setdefault(one.model_version_id, []).append(f"{site} ({one.mode})")
    by_version = {one.model_version_id: one for one in changes}
    rows = []
    for version in versions:
        change = by_version.get(version.id or 0)
        released = change.decided_at if change and change.status == "released" else None
        rows.append(CardRelease(
            version.name, version.label, version.trained_at, version.status, released,
            change.label if change else "", tuple(sites.get(version.id or 0, ())),
        ))  # fmt: skip
    return tuple(rows), changes


def _disclosure(basis: Basis) -> tuple[Named, ...]:
    said = basis.definition.manufacturer.disclosure
    if said is None:
        return ()
    return (Named("Where weaknesses are told", f"{said.contact}, {said.url}", basis.device.label),)


def _traces(
    basis: Basis, version: ModelVersion | None, data: Collected | None, judged: Judged | None,
    more: Sequence[tuple[str, str, Sequence[Record]]],
) -> Any:
    found = [trace("2", "accepted definition of the device", [basis.device])]
    if version is not None:
        found.append(trace("3", "the version", [version]))
    if data is not None:
        found += [
            trace("4", "dataset version", [data.dataset]),
            trace("4", "studies collected for development and external test", data.studies),
            trace("4", "their images", data.instances),
            trace("4", "reference standards known at the freeze of the dataset", data.truths),
        ]
    if judged is not None:
        found += [
            trace("6", "evaluations on the test sets", judged.evaluations.values()),
            trace("6", "their estimates", judged.all_results),
            trace("6", "acceptance criteria as judged", judged.acceptance),
        ]
    found += [trace(section, query, records) for section, query, records in more]
    return tuple(one for one in found if one.records)
