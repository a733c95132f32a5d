"""Lists of what only people know: the facts that stand at the data freeze, and what nobody said."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlmodel import Session

from records.base import Record
from records.clinical_follow_up import FollowUpActivity
from records.distribution import ExposureEstimate
from records.known_facts import (
    Known,
    applied_standards,
    certificates_on,
    findings_of,
    identifiers_on,
    label_claims,
    markets_on,
    organisations_on,
    plan_indicators_on,
    plan_sources_on,
    reader_studies,
    safety_requirements,
    similar_devices,
    standing_facts,
    suppliers,
)
from records.literature import LiteratureSearch, RegisterSearch
from regulatory.documents.listed import Listed, Row, Value
from regulatory.documents.wording import number
from regulatory.gathering.edition import Basis
from regulatory.gathering.evidence_versions import of_other_versions
from regulatory.gathering.phrases import certificate_words


@dataclass(frozen=True)
class Read:
    """A list, and the records behind it; words: the question that found them."""

    listed: Listed
    words: str
    records: tuple[Record, ...] = ()


Values = dict[str, Value]
Reading = Callable[[Session, Basis], Read]


def _read(known: Known[Any], words: str, of: Callable[[Any], Values], *, none: str = "") -> Read:
    rows = tuple(
        Row(of(one) | {"record": one.label}, (one.label, *getattr(one, "evidence", ())))
        for one in known.facts
    )
    return Read(Listed(rows, tuple(known.lacking), none=none), words, known.facts)


def _names(labels: Iterable[str]) -> str:
    return ", ".join(labels) or "none named"


def organisations(session: Session, basis: Basis) -> Read:
    """Maker, representatives, responsible people."""
    known = organisations_on(session, basis.device.name, basis.freeze_at.date(),
                             at=basis.freeze_at)  # fmt: skip
    return _read(known, "organisations of the device", lambda one: {
        "role": one.role, "name": one.name, "address": one.address, "country": one.country,
        "registration": one.registration, "contact": one.contact,
    })  # fmt: skip


def suppliers_of(session: Session, basis: Basis) -> Read:
    """Suppliers, with their last evaluation."""
    known = suppliers(session, basis.device.name, at=basis.freeze_at)
    return _read(known, "suppliers", lambda one: {
        "name": one.name, "supplies": one.supplies, "critical": one.critical,
        "control": one.control, "address": one.address, "on": one.evaluated_on,
        "outcome": one.outcome,
    })  # fmt: skip


def certificates(session: Session, basis: Basis) -> Read:
    """Certificates and declarations issued by the freeze."""
    known = certificates_on(session, basis.device.name, basis.freeze_at.date(),
                            at=basis.freeze_at)  # fmt: skip
    return _read(known, "certificates", lambda one: {
        "of": certificate_words(one.of), "number": one.number, "by": one.issued_by,
        "scope": one.scope, "on": one.issued_on, "until": one.valid_until or "no last day",
        "state": one.state,
    })  # fmt: skip


def identifiers(session: Session, basis: Basis) -> Read:
    """The UDI-DI in use at the freeze."""
    known = identifiers_on(session, basis.device.name, basis.freeze_at.date(),
                           at=basis.freeze_at)  # fmt: skip
    return _read(known, "identifiers in use", lambda one: {
        "udi": one.udi_di, "basic": one.basic_udi_di, "issuer": one.issuer,
        "version": one.of_version, "emdn": one.emdn, "code": one.product_code, "since": one.since,
    })  # fmt: skip


def markets(session: Session, basis: Basis) -> Read:
    """The countries at the freeze."""
    known = markets_on(session, basis.device.name, basis.freeze_at.date(), at=basis.freeze_at)
    return _read(known, "countries of the market", lambda one: {
        "country": one.country, "since": one.since, "languages": one.languages,
        "registered": one.registered_as,
    })  # fmt: skip


def claims_of_label(session: Session, basis: Basis) -> Read:
    """Claims of the label with their evidence."""
    known = label_claims(session, basis.device.name, at=basis.freeze_at)
    known = Known(known.facts, (*known.lacking, *of_other_versions(session, basis, known.facts)))
    return _read(known, "claims of label and instructions", lambda one: {
        "item": one.item, "claim": one.claim, "language": one.language,
        "measure": one.measure or "of none", "evidence": _names(one.evidence),
        "grounds": one.grounds or "none named",
    })  # fmt: skip


def requirements(session: Session, basis: Basis) -> Read:
    """Annex I row by row."""
    known = safety_requirements(session, basis.device.name, at=basis.freeze_at)
    read = _read(known, "rows of Annex I", lambda one: {
        "requirement": one.requirement, "applies": one.applies,
        "solution": one.solution if one.applies else f"Does not apply: {one.why_not}",
        "evidence": _names(one.evidence) if one.applies else "not applicable",
        "grounds": one.grounds or ("none named" if one.applies else "not applicable"),
    })  # fmt: skip
    applying = sum(one.applies for one in known.facts)
    named = {one.requirement.split(".")[0] for one in known.facts}
    said = (
        f"Rows of Annex I on record: {len(known.facts)}, of which {applying} apply and "
        f"{len(known.facts) - applying} do not. Numbers 1 to 23 with at least one row: "
        f"{len(named)} of 23.",
    )
    others = of_other_versions(session, basis, [one for one in known.facts if one.applies])
    lacking = (*_without_silent(read.listed.lacking), *others)
    listed = Listed(read.listed.rows, lacking, said, known.labels)
    return Read(listed, read.words, read.records)


def _without_silent(lacking: tuple[str, ...]) -> tuple[str, ...]:
    """The numbers that nobody spoke of in one sentence, and the other sentences."""
    start, end = "Annex I, ", ": nobody said whether it applies."
    silent = [one.removeprefix(start).removesuffix(end) for one in lacking if one.endswith(end)]
    others = tuple(one for one in lacking if not one.endswith(end))
    if not silent:
        return others
    return (f"Annex I: nobody said whether these apply: {', '.join(silent)}.", *others)


def standards(session: Session, basis: Basis) -> Read:
    """The standards that were applied."""
    known = applied_standards(session, basis.device.name, at=basis.freeze_at)
    return _read(known, "standards applied", lambda one: {
        "designation": one.designation, "title": one.title, "harmonised": one.harmonised,
        "extent": one.extent, "left_out": one.left_out or "nothing", "since": one.since,
    })  # fmt: skip


def similar(session: Session, basis: Basis) -> Read:
    """Similar devices and predicates."""
    known = similar_devices(session, basis.device.name, at=basis.freeze_at)
    return _read(known, "similar devices", lambda one: {
        "name": one.name, "maker": one.maker, "likeness": one.likeness,
        "number": one.number or "none stated", "compared": one.compared, "on": one.compared_on,
    })  # fmt: skip


def _activities(session: Session, basis: Basis) -> Known[FollowUpActivity]:
    found = standing_facts(session, FollowUpActivity, basis.device.name, at=basis.freeze_at)
    day = basis.freeze_at.date()
    late = tuple(
        f"{one.label} was to end by {one.until}, and is {one.state}." for one in found
        if one.until and one.until < day and one.state in ("planned", "running")
    )
    return Known(found, late if found else ("No PMCF activity is recorded.",))


def activities(session: Session, basis: Basis) -> Read:
    """What is planned: aim, method, size, endpoint, days."""
    known = Known(_activities(session, basis).facts)
    none = () if known.facts else ("No PMCF activity is recorded.",)
    return _read(Known(known.facts, none), "PMCF activities", lambda one: {
        "key": one.key, "aim": one.aim, "method": one.method, "endpoint": one.endpoint,
        "planned": one.planned_n, "since": one.since, "until": one.until or "not set",
        "owner": one.owner,
    })  # fmt: skip


def activity_results(session: Session, basis: Basis) -> Read:
    """How activities stand and what they found; one that is over and not finished is missing."""
    def of(one: FollowUpActivity) -> Values:
        return {
            "key": one.key, "state": one.state, "reached": one.reached_n,
            "planned": one.planned_n, "result": one.result or "none yet",
            "conclusion": one.conclusion or "none yet", "evidence": _names(one.evidence),
        }

    return _read(_activities(session, basis), "state of PMCF activities", of)


def activity_deviations(session: Session, basis: Basis) -> Read:
    """Where activities departed from their plan."""
    found = tuple(one for one in _activities(session, basis).facts if one.deviations)
    return _read(Known(found), "deviations of PMCF activities",
                 lambda one: {"key": one.key, "deviations": one.deviations})  # fmt: skip


def studies_of_readers(session: Session, basis: Basis) -> Read:
    """Studies of readers with their result."""
    known = reader_studies(session, basis.device.name, at=basis.freeze_at)
    return _read(known, "studies of readers", lambda one: {
        "title": one.title, "design": one.design, "readers": one.readers, "cases": one.cases,
        "diseased": one.diseased, "arms": one.arms, "endpoint": one.endpoint,
        "found": "no result yet" if one.estimate is None else
        f"{number(one.estimate)} (95 % CI {number(one.low)} to {number(one.high)})",
        "method": one.method,
    })  # fmt: skip


def literature(session: Session, basis: Basis) -> Read:
    """Every search of literature."""
    found = standing_facts(session, LiteratureSearch, basis.device.name, at=basis.freeze_at)
    none = () if found else ("No search of literature is recorded.",)
    return _read(Known(found, none), "searches of literature", lambda one: {
        "database": one.database, "words": one.words, "period": f"{one.since} to {one.until}",
        "on": one.searched_on, "hits": one.hits, "screened": one.screened,
        "included": one.included, "conclusion": one.conclusion,
    })  # fmt: skip


def publications(session: Session, basis: Basis) -> Read:
    """What the publications say that were kept."""
    name, at = basis.device.name, basis.freeze_at
    known = findings_of(session, name, standing_facts(session, LiteratureSearch, name, at=at),
                        at=at)  # fmt: skip
    return _read(known, "publications kept", lambda one: {
        "citation": one.citation + (f" ({one.identifier})" if one.identifier else ""),
        "finding": one.finding, "relevance": one.relevance, "assessment": one.assessment,
    })  # fmt: skip


def registers(session: Session, basis: Basis) -> Read:
    """Every search of databases of events."""
    found = standing_facts(session, RegisterSearch, basis.device.name, at=basis.freeze_at)
    none = () if found else ("No search of databases of events is recorded.",)
    return _read(Known(found, none), "searches of databases of events", lambda one: {
        "database": one.database, "words": one.words, "period": f"{one.since} to {one.until}",
        "on": one.searched_on, "hits": one.hits, "relevant": one.relevant,
        "assessment": one.assessment,
    })  # fmt: skip


def exposure(session: Session, basis: Basis) -> Read:
    """Every estimate of patients and studies."""
    found = standing_facts(session, ExposureEstimate, basis.device.name, at=basis.freeze_at)
    none = () if found else ("No estimate of patients or studies is recorded.",)
    return _read(Known(found, none), "estimates of exposure", lambda one: {
        "period": f"{one.since} to {one.until}", "region": one.region,
        "characteristic": one.characteristic, "group": one.group or "all",
        "patients": one.patients, "studies": one.studies, "method": one.method,
        "limits": one.limits or "nothing stated",
    })  # fmt: skip


def sources(session: Session, basis: Basis) -> Read:
    """The sources of the plan at the freeze."""
    known = plan_sources_on(session, basis.device.name, basis.freeze_at.date(),
                            at=basis.freeze_at)  # fmt: skip
    return _read(known, "sources of the plan", lambda one: {
        "collects": one.collects, "name": one.name, "every": one.every, "owner": one.owner,
        "method": one.method, "proactive": one.proactive, "limits": one.limits,
    })  # fmt: skip


def indicators(session: Session, basis: Basis) -> Read:
    """The indicators of the plan at the freeze."""
    known = plan_indicators_on(session, basis.device.name, basis.freeze_at.date(),
                               at=basis.freeze_at)  # fmt: skip
    return _read(known, "indicators of the plan", lambda one: {
        "name": one.name, "measure": one.measure, "baseline": one.baseline,
        "threshold": f"{one.direction} {one.threshold:g} {one.unit}", "period": one.period,
        "action": one.action, "owner": one.owner, "justification": one.justification,
    })  # fmt: skip


FACT_READINGS: Final[dict[str, Reading]] = {
    "organisations": organisations, "suppliers": suppliers_of, "certificates": certificates,
    "identifiers": identifiers, "markets": markets, "label_claims": claims_of_label,
    "gspr": requirements, "standards": standards, "similar": similar, "activities": activities,
    "activity_results": activity_results, "activity_deviations": activity_deviations,
    "reader_studies": studies_of_readers, "literature": literature, "findings": publications,
    "registers": registers, "exposure": exposure, "sources": sources, "indicators": indicators,
}  # fmt: skip
