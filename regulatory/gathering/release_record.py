"""The facts of the release record: the version released last, what it is, and what was shown."""

from typing import Any

from sqlmodel import Session, col, select

from records.known_facts import standing_facts
from records.market_facts import DeviceIdentifier
from records.product import DatasetVersion, Deployment, Device, ModelVersion, Site
from records.quality import ChangeRequest, Document, Release
from records.surveillance import AcceptanceResult, Evaluation, EvaluationResult
from records.test_runs import newest_test_run
from regulatory.cleared import released_versions
from regulatory.documents.anomaly_facts import CriterionEntry, DecisionEntry, ReleaseFacts
from regulatory.documents.facts import Measured
from regulatory.documents.registry import RELEASE_NOTES, RELEASE_RECORD
from regulatory.documents.wording import NOT_RECORDED
from regulatory.found_answers import Difference, difference
from regulatory.gathering.bill_of_materials import version_of
from regulatory.gathering.edition import Basis, edition_of, measured, name_of, signed_on, trace
from regulatory.gathering.known_anomalies import anomaly_entries
from regulatory.gathering.parameter_words import container_words
from regulatory.gathering.trace_matrix import run_facts
from regulatory.release_evidence import release_gaps

LOCKED = ("internal_test", "external_test")


def gather_release_record(session: Session, basis: Basis) -> ReleaseFacts:
    """The version released last, or the newest where none is; other decisions beside it."""
    version, _ = version_of(session, basis)
    decisions = _decisions(session, basis.device.name)
    edition = edition_of(RELEASE_RECORD, basis)
    if version is None:
        return ReleaseFacts(edition, (), None, None, ())
    own = next((one for one, _, of in decisions if of.id == version.id), None)
    change = _change(session, version)
    results = _locked_results(session, version)
    run = newest_test_run(session)
    criteria = _criteria(session, version)
    before = _before(session, basis.device.name, version)
    identifiers = standing_facts(session, DeviceIdentifier, basis.device.name, at=basis.freeze_at)
    deployments = list(session.exec(
        select(Deployment).where(Deployment.model_version_id == version.id)
        .order_by(col(Deployment.id))
    ))  # fmt: skip
    return ReleaseFacts(
        edition=edition,
        traces=(
            trace("1", "the version and the decision on it", [version, *([own] if own else [])]),
            trace("2", "the change request of the version", [change] if change else []),
            trace("3", "acceptance results of the version", criteria),
            trace("3", "the run of tests that was imported last", [run] if run else []),
            trace("8", "identifiers of the device that stand", identifiers),
            trace("9", "sites where the version ran", deployments),
            trace("11", "releases and refusals", [one for one, _, _ in decisions]),
        ),
        version=name_of(version),
        decision=next((_decision(*one) for one in decisions if one[2].id == version.id), None),
        earlier=tuple(_decision(*one) for one in decisions if one[2].id != version.id),
        configuration=_configuration(session, version), archive=tuple(version.files.items()),
        archive_record=version.vault_path,
        replaces=f"{before.name} ({before.label})" if before else "",
        changes=_changes(difference(session, before, version)) if before else (),
        change_record=change.label if change else "", change_lines=_change_lines(change),
        criteria=tuple(
            CriterionEntry(one.label, one.criterion, one.statement, one.verdict, one.observed,
                           one.bound) for one in criteria
        ),
        not_judged=_not_judged(session, version, criteria), measured=results, run=run_facts(run),
        anomalies=anomaly_entries(session, basis.device, version),
        gate=tuple(release_gaps(session, session.get_one(Device, version.device_id), version)),
        udi=_udi(basis, identifiers),
        approvals=signed_on(session, change) if change else (),
        sites=_sites(session, deployments), notes_document=_notes_document(session, basis),
    )  # fmt: skip


def _decisions(
    session: Session, device: str
) -> list[tuple[Release, ChangeRequest, ModelVersion]]:
    query = (
        select(Release, ChangeRequest, ModelVersion)
        .join(ChangeRequest, col(ChangeRequest.id) == Release.change_request_id)
        .join(ModelVersion, col(ModelVersion.id) == Release.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Device.name == device).order_by(col(Release.id).desc())
    )
    return list(session.exec(query))


def _decision(one: Release, change: ChangeRequest, version: ModelVersion) -> DecisionEntry:
    return DecisionEntry(
        one.label, change.label, f"{version.name} ({version.label})", one.outcome, one.reason,
        one.decided_by, one.decided_at,
    )


def _change(session: Session, version: ModelVersion) -> ChangeRequest | None:
    query = select(ChangeRequest).where(ChangeRequest.model_version_id == version.id)
    return session.exec(query.order_by(col(ChangeRequest.id).desc())).first()


def _before(session: Session, device: str, version: ModelVersion) -> ModelVersion | None:
    """The version that was released last before this one."""
    others = released_versions(session, device)
    place = next((at for at, one in enumerate(others) if one.id == version.id), len(others))
    return others[place - 1] if place else None


def _criteria(session: Session, version: ModelVersion) -> list[AcceptanceResult]:
    """What was found last of each criterion."""
    query = select(AcceptanceResult).where(AcceptanceResult.model_version_id == version.id)
    newest = {one.criterion: one for one in session.exec(query.order_by(col(AcceptanceResult.id)))}
    return [newest[name] for name in sorted(newest)]


def _not_judged(
    session: Session, version: ModelVersion, found: list[AcceptanceResult]
) -> tuple[str, ...]:
    """The declared criteria of which no verdict is on record."""
    device = session.get_one(Device, version.device_id)
    known = {one.criterion for one in found}
    declared = (one["id"] for one in device.definition.get("acceptance_criteria", ()))
    return tuple(one for one in declared if one not in known)


def _locked_results(session: Session, version: ModelVersion) -> tuple[Measured, ...]:
    """The figures over all studies of the newest look at each locked test."""
    query = (
        select(EvaluationResult, Evaluation)
        .join(Evaluation, col(Evaluation.id) == EvaluationResult.evaluation_id)
        .where(
            Evaluation.model_version_id == version.id, EvaluationResult.subgroup == "all",
            col(Evaluation.purpose).in_(LOCKED),
        )
        .order_by(col(EvaluationResult.id))
    )
    found = list(session.exec(query))
    newest = {look.purpose: look.id for _, look in found}
    return tuple(
        measured(one, split=look.purpose) for one, look in found
        if newest[look.purpose] == look.id
    )


def _configuration(session: Session, one: ModelVersion) -> tuple[tuple[str, str, str], ...]:
    """What identifies the version and all that it was made from: name, value, record."""
    device = session.get_one(Device, one.device_id)
    dataset = (session.get(DatasetVersion, one.dataset_version_id)
               if one.dataset_version_id else None)  # fmt: skip
    model: dict[str, Any] = one.model
    software = model.get("software", {})
    return (
        ("Version digest", one.version_digest, one.label),
        ("Weights (SHA-256)", one.weights_hash, one.label),
        ("Architecture", one.architecture, one.label),
        ("Code digest", one.code_digest, one.label),
        ("Commit of the vault", one.commit, one.label),
        ("Lock of the training stages (dvc.lock)", one.dvc_lock_digest, one.label),
        ("Container image", container_words(model.get("container")), one.label),
        ("Software of the training",
         ", ".join(f"{name} {value}" for name, value in sorted(software.items()))
         if isinstance(software, dict) else str(software), one.label),
        ("Seed", str(model.get("seed", "")), one.label),
        ("Operating point", "" if one.operating_point is None else f"{one.operating_point:g}",
         one.label),
        ("Definition of the device", f"revision {device.revision}", device.label),
        ("Digest of the definition", device.definition_digest, device.label),
        ("Dataset", f"{dataset.name} ({dataset.label})" if dataset else "",
         dataset.label if dataset else one.label),
        ("Manifest of the dataset", dataset.manifest_digest if dataset else "",
         dataset.label if dataset else one.label),
    )  # fmt: skip


def _changes(seen: Difference) -> tuple[tuple[str, str, str], ...]:
    """What differs from the version before by type of item: item, before, whether it differs."""
    lines = (
        ("model", "weights", seen.weights), ("model", "architecture", seen.architecture),
        ("model", "precision", seen.precision),
        ("operation", "rule of the operating point", seen.operating_rule),
        ("input", "input requirements", seen.inputs),
    )  # fmt: skip
    said = [(kind, what, "changed" if differs else "as before") for kind, what, differs in lines]
    said += [("intended purpose", name, "changed") for name in seen.purpose]
    said += [("label", name, "changed") for name in seen.label if name not in seen.purpose]
    said += [("indication", name, "changed") for name in seen.indications]
    said += [("contraindication", name, "added") for name in seen.added]
    said += [("contraindication", name, "deleted") for name in seen.deleted]
    return tuple(said)


def _change_lines(change: ChangeRequest | None) -> tuple[tuple[str, str], ...]:
    if change is None:
        return ()
    return (
        ("Title", change.title), ("What changes", change.description), ("Why", change.reason),
        ("Proposed by", change.proposed_by),
        ("Affected items", ", ".join(map(str, change.affected_items or ()))),
        ("Risk review", change.risk_review or ""),
        ("Verification plan", change.verification_plan or ""), ("Status", change.status),
    )


def _udi(
    basis: Basis, identifiers: tuple[DeviceIdentifier, ...]
) -> tuple[tuple[str, str, str], ...]:
    udi = basis.definition.udi
    lines = [
        ("Basic UDI-DI of the definition", udi.basic_udi_di, basis.device.label),
        ("UDI-DI of the definition", udi.udi_di, basis.device.label),
    ]
    return (*lines, *(
        (f"UDI-DI ({one.issuer}), version {one.of_version or NOT_RECORDED}", one.udi_di, one.label)
        for one in identifiers
    ))  # fmt: skip


def _sites(
    session: Session, deployments: list[Deployment]
) -> tuple[tuple[str, str, str, Any, str], ...]:
    names = {one.id: one.name for one in session.exec(select(Site))}
    return tuple(
        (one.label, names[one.site_id], one.mode, one.started_at,
         f"{one.ended_at:%Y-%m-%d}" if one.ended_at else "still running")
        for one in deployments
    )  # fmt: skip


def _notes_document(session: Session, basis: Basis) -> tuple[str, str, str]:
    """Number, revision and status of the newest release notes for users, with their record."""
    query = (
        select(Document).join(Device, col(Device.id) == Document.device_id)
        .where(Device.name == basis.device.name, Document.kind == RELEASE_NOTES)
        .order_by(col(Document.id).desc())
    )
    found = session.exec(query).first()
    if found is None:
        return "", "", ""
    return f"{found.number}, revision {found.version}", found.status, found.label
