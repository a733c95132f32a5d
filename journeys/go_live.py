"""A version tried at a site before it runs live there: the shadow begins, is judged, is decided."""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from monitoring.go_live import (
    NOT_ESTIMABLE,
    GoLiveJudgement,
    agreement_with_reports,
    judge_go_live,
    planned_studies,
)
from monitoring.outlines import judged_rows
from records.accounts import acting_on
from records.cases import ReaderAssessment, ReferenceStandard, Study
from records.errors import Refused
from records.go_live_rules import GoLiveRules
from records.go_lives import RUNNING, GoLive, begin_go_live, plan_go_live, record_judgement
from records.held_definition import definition_of
from records.lookup import sites_named
from records.people import Actor
from records.permissions import Action, require
from records.product import Deployment, Device, ModelVersion, Site
from records.quality import ChangeRequest
from records.queries import find_device, prediction_rows
from records.reference_kinds import REPORT_TEXT
from records.store import Store
from records.vault import Vault
from regulatory.changes import deploy


def plan(
    tx: Session, version: ModelVersion, site: str, *, clinician: Actor, by: Actor, now: datetime
) -> GoLive:
    """Plan the trial with the number of studies that the section `go_live` calls for.

    Raises:
        NotAllowed: As :func:`records.go_lives.plan_go_live`.
        Refused: The device has no such section, or the site is not confirmed.
    """
    (place,) = sites_named(tx, [site])
    device = find_device(tx, tx.get_one(Device, version.device_id).name)
    rules = definition_of(device).go_live
    planned = planned_studies(rules) if rules is not None else {}
    return plan_go_live(tx, version, place, clinician=clinician, planned=planned, by=by, now=now)


def start(tx: Session, one: GoLive, *, by: Actor, now: datetime) -> Deployment:
    """The version runs at the site as a shadow from now on, beside what is live there.

    Raises:
        NotAllowed: No role that may.
        Refused: The version was never proposed, so that no change stands behind it.
    """
    begin_go_live(tx, one, by=by, now=now)
    query = select(ChangeRequest).where(ChangeRequest.model_version_id == one.model_version_id)
    change = tx.exec(query).first()
    version = tx.get_one(ModelVersion, one.model_version_id)
    if change is None:
        raise Refused(
            f"{version.label} was not proposed for use.",
            hint=f"Use 'radvigil change propose {version.label}' first.",
        )
    (place,) = sites_named(tx, [one.site])
    running = tx.exec(
        select(Deployment).where(
            Deployment.site_id == place.id, Deployment.model_version_id == version.id,
            col(Deployment.ended_at).is_(None),
        )
    ).first()
    if running is not None:
        return running
    return deploy(tx, change, sites=[place], mode="shadow", now=now)[0]


def judge(
    store: Store, one: GoLive, *, actor: Actor, reason: str, now: datetime
) -> GoLiveJudgement:
    """Judge what the shadow said since it began; recorded once the planned studies are there.

    Raises:
        NotAllowed: No role that may.
        Refused: It does not run, or is judged already.
    """
    with acting_on(store, one, "judgement", actor=actor.name, reason=reason, now=now) as tx:
        require(actor, Action.PLAN_GO_LIVE)
        current = tx.get_one(GoLive, one.id)
        found = standing(store, tx, current, now=now)
        if found.verdict == NOT_ESTIMABLE:
            return found
        record_judgement(
            tx, current, verdict=found.verdict, now=now,
            judgement=dict(found.content) | {"conclusion": found.conclusion},
        )
    return found


def standing(store: Store, reader: Session, one: GoLive, *, now: datetime) -> GoLiveJudgement:
    """How the trial stands: the verdict where the studies suffice, else what is missing.

    Raises:
        Refused: It does not run.
    """
    if one.status != RUNNING or one.started_at is None:
        raise Refused(
            f"{one.label} is '{one.status}': a running trial is judged.",
            hint=f"Use 'radvigil go-live start {one.label}'."
            if one.status == "planned" else f"See 'radvigil go-live show {one.label}'.",
        )
    version = reader.get_one(ModelVersion, one.model_version_id)
    began = one.started_at.date()
    rows = judged_rows(
        reader, Vault(store.workspace.vault), version,
        prediction_rows(
            reader, version, since=began, until=now.date(), known_until=now.date(), site=one.site
        ),
        until=now.date(),
    )
    device = reader.get_one(Device, one.device_id)
    rules = GoLiveRules.model_validate(one.rules)
    found = judge_go_live(
        definition_of(device), rules, one.planned, rows, site=one.site,
        days=(now.date() - began).days,
    )
    if found.verdict == NOT_ESTIMABLE or not rules.site_reports:
        return found
    said = said_at_site(
        reader, one.site, finding=definition_of(device).task.finding, since=one.started_at
    )
    return GoLiveJudgement(
        found.verdict, found.conclusion,
        dict(found.content) | {"site_reports": agreement_with_reports(rows, said)},
    )


def said_at_site(
    reader: Session, site: str, *, finding: str, since: datetime
) -> dict[int, bool]:
    """What the site's own reports say of its studies; where there is none, its readers.

    A reading with the output in view is left out: it could only agree.
    """
    assessed = (
        select(ReaderAssessment.study_id, ReaderAssessment.present)
        .join(Study, col(Study.id) == ReaderAssessment.study_id)
        .join(Site, col(Site.id) == Study.site_id)
        .where(Site.name == site, Study.arrived_on >= since.date(),
               ReaderAssessment.finding == finding, col(ReaderAssessment.saw_output).is_(False))
        .order_by(col(ReaderAssessment.id))
    )  # fmt: skip
    reported = (
        select(ReferenceStandard.study_id, ReferenceStandard.present)
        .join(Study, col(Study.id) == ReferenceStandard.study_id)
        .join(Site, col(Site.id) == Study.site_id)
        .where(Site.name == site, Study.arrived_on >= since.date(),
               ReferenceStandard.kind == REPORT_TEXT)
        .order_by(col(ReferenceStandard.id))
    )  # fmt: skip
    return dict([*reader.exec(assessed), *reader.exec(reported)])


def told_of(reader: Session, one: GoLive) -> dict[str, Any]:
    """The go-live report: plan, judgement, decision and signatures, for a page or as JSON."""
    from records.signatures import is_valid, signatures_on

    version = reader.get_one(ModelVersion, one.model_version_id)
    rules = GoLiveRules.model_validate(one.rules)
    return {
        "label": one.label, "site": one.site, "version": version.label,
        "version_digest": version.version_digest, "status": one.status,
        "clinician": one.clinician, "proposed_by": one.proposed_by,
        "proposed_at": one.proposed_at, "started_at": one.started_at,
        "bounds": [
            {"measure": each.measure, "at_least": each.least, "assumed": each.expected}
            for each in rules.measures
        ],
        "planned": one.planned, "verdict": one.verdict, "judged_at": one.judged_at,
        "judgement": one.judgement, "decided_by": one.decided_by, "decided_at": one.decided_at,
        "signatures": [
            {"signature": each.label, "by": each.printed_name, "role": each.role,
             "meaning": each.meaning, "reason": each.reason, "at": each.signed_at,
             "valid": is_valid(each, one)}
            for each in signatures_on(reader, one)
        ],
    }  # fmt: skip
