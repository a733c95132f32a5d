"""Change control: a change is proposed, assessed, signed, and released or refused (IEC 62304 8.2).

A criterion that was not met, could not be estimated or had no data is the same to a release: the
version is not released. The refusal is a record with its reason, like the release.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from models.tasks import TASKS, ClassificationTask
from records.definition import DeviceDefinition
from records.errors import Refused
from records.go_lives import require_go_live
from records.held_definition import definition_of
from records.people import Actor, Meaning
from records.permissions import Action, require
from records.product import Deployment, Device, ModelVersion, Site
from records.quality import ChangeRequest, Release
from records.reasons import require_reason
from records.retraining_rules import FOLLOWED
from records.rollouts import require_within_rollout
from records.separation import require_separate
from records.signatures import is_valid, require_two_people, signatures_on
from records.surveillance import AcceptanceResult
from regulatory.acceptance import acceptance_results, verdict_of
from regulatory.change_gate import require_regimes
from regulatory.claims import claim_gaps
from regulatory.release_evidence import release_gaps


def propose_change(
    tx: Session,
    model_version: ModelVersion,
    *,
    title: str,
    description: str,
    reason: str,
    proposed_by: str,
    now: datetime,
) -> ChangeRequest:
    """A request to put this version into use, with what changes and why.

    Raises:
        InvalidInput: No reason.
        Refused: The version is in use, was refused, or is under review already.
    """
    assert model_version.id is not None
    reason = require_reason(reason)
    _require_new(tx, model_version)
    change = ChangeRequest(
        device_id=model_version.device_id, model_version_id=model_version.id, title=title,
        description=description, reason=reason, proposed_by=proposed_by, proposed_at=now,
    )
    tx.add(change)
    tx.flush()
    return change


def _require_new(session: Session, version: ModelVersion) -> None:
    """A version is proposed once: what became of it stands in that change request."""
    known = session.exec(
        select(ChangeRequest).where(ChangeRequest.model_version_id == version.id)
    ).first()
    if known is not None or version.status != "candidate":
        where = f" ({known.label} is '{known.status}')" if known is not None else ""
        raise Refused(
            f"{version.label} is '{version.status}' and was proposed before{where}.",
            hint="Sign or decide that change, or train a new version.",
        )


def assess_change(
    tx: Session, change: ChangeRequest, *, protocol: Mapping[str, Any] | None = None
) -> ChangeRequest:
    """Set the declared criteria beside what was found, and check the PCCP's bounds.

    protocol: the record of the retraining run that proposes the version; it is signed with the
    assessment.
    """
    version = tx.get_one(ModelVersion, change.model_version_id)
    device = tx.get_one(Device, change.device_id)
    results = acceptance_results(tx, version)
    definition = definition_of(device)
    change.assessment = {
        "weights_hash": version.weights_hash,
        "version_digest": version.version_digest,
        "definition_digest": device.definition_digest,
        "criteria": [
            {
                "record": result.label, "criterion": result.criterion,
                "statement": result.statement, "verdict": result.verdict,
                "observed": result.observed, "bound": result.bound, "reason": result.reason,
            }
            for result in results
        ],
        "all_met": verdict_of(definition, results) == "met",
        "pccp": check_pccp(tx, definition, version, results, followed=protocol is not None),
    } | ({"retraining": dict(protocol)} if protocol is not None else {})
    change.status = "assessed"
    tx.add(change)
    tx.flush()
    return change


def _precision(version: ModelVersion) -> str:
    return str(version.model.get("precision", "float32"))


def check_pccp(
    session: Session,
    definition: DeviceDefinition,
    version: ModelVersion,
    results: list[AcceptanceResult],
    *,
    followed: bool = False,
) -> dict[str, Any]:
    """Whether the change lies inside a predetermined change control plan (FD&C Act 515C).

    It is compared with the version released last, also under an earlier revision of the definition:
    the plan in force may be in the newer one. The first version of a device has no predecessor to
    be compared with: a PCCP does not apply. followed: whether a run of the retraining protocol
    proposes it, which keeps every limit.
    """
    released = session.exec(
        select(ModelVersion)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Device.name == definition.name, ModelVersion.status == "released")
        .order_by(col(ModelVersion.id).desc())
    ).first()
    if released is None:
        return {"applies": False, "reason": "first version: no released version to compare with"}
    judged = {result.criterion: result.verdict for result in results}
    checks = []
    for modification in definition.pccp.modifications:
        bounds = modification.bounds
        answers = {
            # another precision is another configuration, whatever its layers are called
            "architecture_unchanged": released.architecture == version.architecture
            and _precision(released) == _precision(version),
            "operating_point_rule_unchanged": released.model.get("operating_rule")
            == version.model.get("operating_rule"),
            "acceptance_criteria": all(
                judged.get(one) == "met" for one in bounds.get("acceptance_criteria", [])
            ),
            FOLLOWED: followed,
        }
        unknown = sorted(set(bounds) - set(answers))
        inside = not unknown and all(answers[bound] for bound in bounds)
        checks.append(
            {"modification": modification.id, "answers": answers, "unknown_bounds": unknown,
             "inside": inside}
        )
    return {"applies": True, "compared_with": released.label, "modifications": checks,
            "inside": any(check["inside"] for check in checks)}


def approve_change(tx: Session, change: ChangeRequest, *, now: datetime) -> ChangeRequest:
    """Approve once two people in different roles have signed this very assessment."""
    if not change.assessment.get("all_met"):
        raise Refused(
            f"{change.label} cannot be approved: not every declared acceptance criterion is met.",
            hint="Refuse it, or propose a better version.",
        )
    require_two_people(tx, change)
    change.status = "approved"
    change.decided_at = now
    tx.add(change)
    tx.flush()
    return change


def signed_for_release(session: Session, change: ChangeRequest) -> Actor:
    """The person whose valid signature with the meaning 'release' stands on the change."""
    for one in signatures_on(session, change):
        if one.meaning == Meaning.RELEASE.value and is_valid(one, change):
            return session.get_one(Actor, one.signer_id)
    raise Refused(
        f"{change.label} is not signed for release.",
        hint="Somebody who releases signs it with the meaning 'release' first.",
    )


def release_version(
    tx: Session, change: ChangeRequest, *, sites: list[Site], decided_by: Actor, now: datetime
) -> Release:
    """Release an approved version and deploy it to the sites; earlier deployments there end.

    Raises:
        NotAllowed: The one who decides has no role that releases, or made the change.
        Refused: It is not approved, the signatures are not valid any more, a regime is undecided,
            or versions of the task are not operated.
    """
    require(decided_by, Action.RELEASE_CHANGE)
    require_separate(tx, change, decided_by, Meaning.RELEASE)
    if change.status != "approved":
        raise Refused(
            f"{change.label} is '{change.status}'; only an approved change is released.",
            hint="It is decided for good."
            if change.status in ("released", "refused")
            else "It needs met criteria and two signatures first.",
        )
    require_two_people(tx, change)
    require_regimes(tx, change, sites=[site.name for site in sites])
    version = tx.get_one(ModelVersion, change.model_version_id)
    _require_operable(version)
    gaps = release_gaps(tx, tx.get_one(Device, change.device_id), version)
    if gaps:
        raise Refused(
            f"{change.label} is not released: {'; '.join(gaps[:5])}"
            + (f"; and {len(gaps) - 5} more." if len(gaps) > 5 else "."),
            hint="See 'radvigil device claims', 'radvigil trace gaps', 'radvigil soup check' and "
            "'radvigil problem list'.",
        )
    version.status = "released"
    change.status = "released"
    release = _decision(change, "released", "all acceptance criteria met", decided_by, now)
    tx.add_all([version, change, release])
    deploy(tx, change, sites=sites, mode="live", now=now)
    return release


def refuse_change(
    tx: Session, change: ChangeRequest, *, decided_by: Actor, now: datetime
) -> Release:
    """Record that the version is not released, and why.

    Raises:
        NotAllowed: The one who decides has no role that refuses.
        Refused: It is not assessed yet, or decided already.
    """
    require(decided_by, Action.REFUSE_CHANGE)
    if change.status != "assessed":
        raise Refused(f"{change.label} is '{change.status}'; only an assessed change is refused.")
    failed = [
        f"{one['criterion']} ({one['statement']}): {one['verdict']}"
        + (f", {one['reason']}" if one["reason"] else f", observed {one['observed']:.3f}")
        for one in change.assessment.get("criteria", [])
        if one["verdict"] != "met"
    ]
    version = tx.get_one(ModelVersion, change.model_version_id)
    failed += claim_gaps(tx, version)
    version.status = "refused"
    change.status = "refused"
    change.decided_at = now
    release = _decision(change, "refused", "; ".join(failed) or "by decision", decided_by, now)
    tx.add_all([version, change, release])
    tx.flush()
    return release


def _decision(
    change: ChangeRequest, outcome: str, reason: str, decided_by: Actor, now: datetime
) -> Release:
    assert change.id is not None
    return Release(
        change_request_id=change.id, model_version_id=change.model_version_id, outcome=outcome,
        reason=reason, decided_by=decided_by.name, decided_at=now,
    )


def deploy(
    tx: Session, change: ChangeRequest, *, sites: list[Site], mode: str, now: datetime
) -> list[Deployment]:
    """Run the version at the sites from now on; 'live' returns results to care, 'shadow' none.

    Live ends what ran there before. A shadow ends another shadow only, and runs beside what is
    live. All sites change in the one transaction, or none does.

    Raises:
        Refused: The change is not released, a site is not confirmed, has no accepted go-live that
            the device asks for, or is not reached yet by the change's rollout; or versions of the
            task are not operated (:attr:`models.tasks.base.Task.not_operated`).
    """
    version = tx.get_one(ModelVersion, change.model_version_id)
    if sites:  # a refusal deploys to none
        _require_operable(version)
    if mode == "live" and change.status != "released":
        raise Refused(f"{change.label} is not released; it may run as a shadow only.")
    _require_confirmed(sites)
    require_within_rollout(tx, change, sites, mode)
    device, deployments = tx.get_one(Device, version.device_id), []
    for site in sites:
        assert site.id is not None
        if mode == "live":
            require_go_live(tx, version, site)
        running = (
            select(Deployment)
            .join(ModelVersion, col(ModelVersion.id) == Deployment.model_version_id)
            .join(Device, col(Device.id) == ModelVersion.device_id)
            .where(
                Deployment.site_id == site.id, col(Deployment.ended_at).is_(None),
                Device.name == device.name,
                func.coalesce(col(ModelVersion.model)["origin"].as_string(), "") != "external",
                *([Deployment.mode == "shadow"] if mode == "shadow" else []),
            )
        )
        for earlier in tx.exec(running):
            earlier.ended_at = now
            tx.add(earlier)
        deployments.append(
            Deployment(
                model_version_id=change.model_version_id, site_id=site.id,
                change_request_id=change.id, mode=mode, started_at=now,
            )
        )
    tx.add_all(deployments)
    tx.flush()
    return deployments


def _require_operable(version: ModelVersion) -> None:
    task = TASKS[version.model.get("task", ClassificationTask.name)]
    if task.not_operated:
        raise Refused(
            f"{version.label} cannot run at a site, as its task is {task.name}: "
            f"{task.not_operated}.",
            hint="It can be evaluated, validated, and asked with 'radvigil model predict'.",
        )


def _require_confirmed(sites: list[Site]) -> None:
    """A name in arriving data may be a mistake; a person says that it is a site of ours."""
    for site in sites:
        if site.status != "confirmed":
            raise Refused(
                f"The site '{site.name}' is '{site.status}'; a version runs at confirmed sites "
                "only.",
                hint=f"Use 'radvigil site confirm \"{site.name}\" --reason ...' first."
                if site.status == "unconfirmed"
                else "Name another site.",
            )
