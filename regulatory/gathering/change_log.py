"""The facts of the change log: versions, changes with their evidence, where versions ran."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import Session, col, select

from records.problem_reports import ProblemReport
from records.product import DatasetVersion, Deployment, Device, ModelVersion, Site
from records.quality import ChangeRequest, Release
from records.regime_decisions import TITLES, Regime, decisions_on
from records.regime_decisions import RegimeDecision as Decided
from regulatory.documents.change_facts import (
    ChangeEntry,
    ChangeLogFacts,
    DefinitionEntry,
    DeploymentEntry,
    ProblemEntry,
    RegimeDecision,
    VersionEntry,
)  # fmt: skip
from regulatory.documents.regime_words import result_words
from regulatory.documents.registry import CHANGE_LOG, INTERNAL_CHANGE_LOG
from regulatory.documents.wording import instant
from regulatory.gathering.edition import Basis, edition_of, name_of, signed_on, trace
from regulatory.gathering.retraining import gather_retraining


@dataclass(frozen=True)
class Found:
    """The records of a device's changes, each kind in order."""

    versions: list[ModelVersion]
    """Newest first."""
    changes: list[ChangeRequest]
    releases: dict[int, Release]
    """By change request."""
    deployments: list[Deployment]
    definitions: list[Device]


OUTSIDE = "not known: another maker's product, seen from outside"


def gather_change_log(session: Session, basis: Basis) -> ChangeLogFacts:
    """Every version of the device, newest first, with its changes and deployments."""
    found = _found(session, basis.device)
    sites = {site.id: site.name for site in session.exec(select(Site))}
    datasets = {one.id: one.label for one in session.exec(select(DatasetVersion))}
    retraining, steps = gather_retraining(session, basis.device)
    runs = (trace(str(len(found.versions) + 3), "steps of retraining runs", steps),)
    return ChangeLogFacts(
        edition=edition_of(CHANGE_LOG, basis),
        versions=tuple(
            _version(session, one, found, datasets.get(one.dataset_version_id, OUTSIDE), sites,
                     before)
            for one, before in zip(found.versions, (*found.versions[1:], None), strict=False)
        ),
        definitions=tuple(
            DefinitionEntry(
                one.label, str(one.revision), one.definition_digest, one.status, one.defined_at
            )
            for one in found.definitions
        ),
        traces=(
            trace("1", "model versions of the device", found.versions),
            trace("2", "change requests of the device", found.changes),
            trace("2", "releases and refusals", found.releases.values()),
            trace("2", "deployments", found.deployments),
            trace("3", "revisions of the device definition", found.definitions),
            *(runs if steps else ()),
        ),
        retraining=retraining,
    )


def gather_internal_log(session: Session, basis: Basis) -> ChangeLogFacts:
    """The same log for the maker's own people, with every problem report."""
    facts = gather_change_log(session, basis)
    found = problems_of(session, basis.device)
    section = str(len(facts.versions) + (4 if facts.retraining else 3))
    return replace(
        facts, edition=edition_of(INTERNAL_CHANGE_LOG, basis),
        problems=tuple(problem_entry(one, name) for one, name in found),
        traces=(*facts.traces, trace(section, "problem reports of the device",
                                     [one for one, _ in found])),
    )  # fmt: skip


def problems_of(session: Session, device: Device) -> list[tuple[ProblemReport, str]]:
    """Every problem report on a version of the device, each with the version's name."""
    query = (
        select(ProblemReport, ModelVersion.name)
        .join(ModelVersion, col(ModelVersion.id) == ProblemReport.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Device.name == device.name).order_by(col(ProblemReport.id))
    )
    return list(session.exec(query))


def problem_entry(one: ProblemReport, version: str) -> ProblemEntry:
    """A problem report as documents tell it."""
    decided = f"{instant(one.decided_at)} by {one.decided_by}" if one.decided_at else ""
    return ProblemEntry(
        one.label, version, one.words, one.severity, one.status, risk=one.risk_evaluation,
        rationale=one.rationale, reported=f"{instant(one.reported_at)} by {one.reported_by}",
        decided=decided, fixed_in=one.fixed_in,
    )


def _found(session: Session, device: Device) -> Found:
    own = select(Device.id).where(Device.name == device.name)
    versions = select(ModelVersion).where(col(ModelVersion.device_id).in_(own))
    changes = select(ChangeRequest).where(col(ChangeRequest.device_id).in_(own))
    definitions = select(Device).where(Device.name == device.name)
    return Found(
        versions=list(session.exec(versions.order_by(col(ModelVersion.id).desc()))),
        changes=list(session.exec(changes.order_by(col(ChangeRequest.id)))),
        releases={one.change_request_id: one for one in session.exec(select(Release))},
        deployments=list(session.exec(select(Deployment).order_by(col(Deployment.id)))),
        definitions=list(session.exec(definitions.order_by(col(Device.revision)))),
    )


def _version(
    session: Session, version: ModelVersion, found: Found, dataset: str,
    sites: dict[int | None, str], before: ModelVersion | None,
) -> VersionEntry:
    return VersionEntry(
        version=name_of(version), status=version.status, made_at=version.trained_at,
        dataset=dataset, predecessor=f"{before.name} ({before.label})" if before else "",
        changes=tuple(
            _change(session, one, found.releases.get(one.id or 0))
            for one in found.changes
            if one.model_version_id == version.id
        ),
        deployments=tuple(
            DeploymentEntry(one.label, sites[one.site_id], one.mode, one.started_at, one.ended_at)
            for one in found.deployments
            if one.model_version_id == version.id
        ),
    )


def _change(session: Session, change: ChangeRequest, release: Release | None) -> ChangeEntry:
    assessed: dict[str, Any] = change.assessment
    decided = decisions_on(session, change.id or 0)
    judged = assessed.get("criteria", [])
    evidence = (*(one["record"] for one in judged), *(one.label for one in decided.values()),
                *_evidence(assessed.get("retraining")))  # fmt: skip
    return ChangeEntry(
        record=change.label, title=change.title, description=change.description,
        reason=change.reason, proposed_by=change.proposed_by, proposed_at=change.proposed_at,
        status=change.status, outcome=release.outcome if release else "not decided",
        decided_at=release.decided_at if release else None,
        decided_by=release.decided_by if release else "",
        outcome_reason=release.reason if release else "",
        risk_review=change.risk_review or "",
        regimes=_regimes(assessed, decided) + _decided(decided),
        criteria=tuple(
            (f"{one['criterion']}: {one['statement']}", one["verdict"], one["record"])
            for one in judged
        ),
        evidence=tuple(sorted(dict.fromkeys(evidence))), approvals=signed_on(session, change),
        release_record=release.label if release else "",
    )


def _evidence(retraining: dict[str, Any] | None) -> tuple[str, ...]:
    """The records that a retraining run links to the change: alert, dataset, comparison, steps."""
    if retraining is None:
        return ()
    named = (retraining[name] for name in ("alert", "dataset", "evaluation"))
    return (*(one for one in named if one), *retraining["steps"].values())


def _decided(decisions: Mapping[Regime, Decided]) -> tuple[RegimeDecision, ...]:
    """The decisions of the question trees, with whether another person has reviewed them."""
    return tuple(
        RegimeDecision(
            TITLES[regime], result_words(one.result),
            f"{one.label}, {one.rule or one.rationale}: {one.status}, compared with "
            f"{one.compared_with}{_settled(one)}",
        )
        for regime, one in sorted(decisions.items())
    )


def _settled(one: Decided) -> str:
    """What was done about a result that asks for it, such as the number of a clearance."""
    said: dict[str, Any] = one.settled
    return f"; settled on {said['on']}: {said['reference']}" if said else ""


def _regimes(
    assessed: dict[str, Any], decisions: Mapping[Regime, Decided]
) -> tuple[RegimeDecision, ...]:
    """What the assessment says of the plan, where no question tree decided on it."""
    pccp = assessed.get("pccp", {})
    if not pccp or Regime.PCCP in decisions:
        return ()
    decision = (
        "does not apply" if not pccp.get("applies")
        else "inside the plan" if pccp.get("inside") else "outside the plan"
    )
    basis = pccp.get("reason") or f"compared with {pccp.get('compared_with', '')}"
    return (RegimeDecision("PCCP (FD&C Act 515C)", decision, basis),)
