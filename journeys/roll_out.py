"""A change comes to the sites stage by stage: look at the shadow, advance, halt."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from journeys.release import sign_release
from journeys.shadow_watch import shadows_beside
from journeys.tell_users import tell_in_use, tell_users
from monitoring.paired_shadow import PairedLook, compare_shadow
from records.accounts import acting_on
from records.errors import InvalidInput, Refused
from records.lookup import sites_named
from records.notices import NoticeKind, raise_notice
from records.people import Actor, Meaning
from records.permissions import Action, require
from records.product import Deployment, Device, ModelVersion, Site
from records.quality import ChangeRequest
from records.queries import find_device, prediction_rows, running_deployments
from records.rollouts import (
    FAILED,
    LIVE,
    NOT_WORSE,
    RUNNING,
    SHADOW,
    Rollout,
    RolloutLook,
    begin_stage,
    halt_rollout,
    plan_rollout,
)
from records.separation import require_separate
from records.store import Store
from records.yaml_source import read_yaml
from regulatory.change_gate import require_regimes
from regulatory.changes import approve_change, deploy, release_version

WHAT_NOW = (
    "No further site is reached. What runs goes on until a person decides: take it back with "
    "'radvigil change rollback', or refuse the change, or plan another rollout with grounds."
)


def plan_from_file(
    tx: Session, change: ChangeRequest, path: Path, *, by: Actor, now: datetime
) -> Rollout:
    """Plan a rollout by a YAML file with stages, rule and way_back.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: The file is missing, or holds something else.
        Refused: As :func:`records.rollouts.plan_rollout`.
    """
    require(by, Action.PLAN_ROLLOUT)
    content = read_yaml(path).content
    if set(content) - {"stages", "rule", "way_back"} or not isinstance(content.get("stages"), list):
        raise InvalidInput(
            f"{path.name} holds stages (a list), rule and way_back.",
            hint="See docs/rollout.md for a file that works.",
        )
    return plan_rollout(
        tx, change, content["stages"], content.get("rule") or {},
        way_back=str(content.get("way_back") or ""), by=by, now=now,
    )


def look(
    store: Store, one: Rollout, *, actor: Actor, reason: str, now: datetime
) -> RolloutLook:
    """Compare the shadow with what is live, on the same studies, and record it.

    Where the rule finds the shadow worse, the rollout is halted in the same transaction.

    Raises:
        NotAllowed: No role that may.
        Refused: No stage began, or it is not under way.
    """
    with acting_on(store, one, "look", actor=actor.name, reason=reason, now=now) as tx:
        require(actor, Action.PLAN_ROLLOUT)
        current = tx.get_one(Rollout, one.id)
        found, sites = compared(tx, current, now=now)
        return _record(tx, current, found, sites, now=now)


def compared(reader: Session, one: Rollout, *, now: datetime) -> tuple[PairedLook, list[str]]:
    """The shadow beside the live version at all sites of the stages that began, and which sites.

    Raises:
        Refused: No stage began.
    """
    if not one.progress:
        raise Refused(
            f"No stage of {one.label} began.", hint=f"Use 'radvigil rollout advance {one.label}'."
        )
    change = reader.get_one(ChangeRequest, one.change_request_id)
    version = reader.get_one(ModelVersion, change.model_version_id)
    device = find_device(reader, reader.get_one(Device, change.device_id).name)
    live = {each.site_id: each for each in running_deployments(reader, device)}
    ours: list[dict[str, Any]] = []
    theirs: list[dict[str, Any]] = []
    sites = []
    for shadow in shadows_beside(reader, device.name):
        other = live.get(shadow.site_id)
        if shadow.model_version_id != version.id or other is None or other.mode != LIVE:
            continue
        site = reader.get_one(Site, shadow.site_id).name
        sites.append(site)
        since = max(shadow.started_at, other.started_at).date()
        rival = reader.get_one(ModelVersion, other.model_version_id)
        how: dict[str, Any] = {"since": since, "until": now.date(), "known_until": now.date(),
                               "site": site}  # fmt: skip
        ours += prediction_rows(reader, version, **how)
        theirs += prediction_rows(reader, rival, **how)
    return compare_shadow(theirs, ours, one.stopping), sites


def _record(
    tx: Session, one: Rollout, found: PairedLook, sites: list[str], *, now: datetime
) -> RolloutLook:
    made = RolloutLook(
        rollout_id=one.id or 0, stage=len(one.progress), sites=sites, studies=found.studies,
        verdict=found.verdict, figures=found.to_dict(), looked_at=now,
    )
    tx.add(made)
    tx.flush()
    if found.verdict == FAILED and one.status == RUNNING:
        worse = "; ".join(each.words for each in found.tested if each.verdict == FAILED)
        halt_rollout(tx, one, because=f"{made.label}: {worse}", now=now)
        _tell_halted(tx, one, now=now)
    return made


def halt(tx: Session, one: Rollout, *, because: str, by: Actor, now: datetime) -> Rollout:
    """A person halts the rollout, or withdraws one that did not begin.

    Raises:
        NotAllowed: No role that may.
        TransitionRefused: It is not under way.
    """
    require(by, Action.PLAN_ROLLOUT)
    begun = one.status == RUNNING
    halt_rollout(tx, one, because=because, now=now)
    if begun:
        _tell_halted(tx, one, now=now)
    return one


def _tell_halted(tx: Session, one: Rollout, *, now: datetime) -> None:
    words = f"{one.label} is halted: {one.halted_because}. {WHAT_NOW}"
    raise_notice(tx, NoticeKind.ROLLOUT_HALTED, one.subject, words, now=now)
    reached = sorted({site for stage in one.begun for site in stage.sites})
    tell_users(tx, one, reached, title="rollout halted", words=words, now=now)


def advance(
    tx: Session, one: Rollout, *, by: Actor, password: str, reason: str, now: datetime
) -> list[Deployment]:
    """Begin the next stage: at all its sites at once, or at none.

    The first live stage releases the change, with the release signature. Each stage waits for the
    days, the studies and the stopping rule of the one before.

    Raises:
        NotAllowed: No role that may, or a wrong password.
        Refused: The stage before is not over, the rollout or the change lacks signatures, or a site
            lacks its go-live.
    """
    from records.people import prove_identity

    require(by, Action.RELEASE_CHANGE)
    change = tx.get_one(ChangeRequest, one.change_request_id)
    coming = one.next_stage
    if one.progress and coming is not None:
        _require_stage_over(tx, one, change, going_live=coming.mode == LIVE, now=now)
    stage = begin_stage(tx, one, by=by, now=now)
    sites = sites_named(tx, stage.sites)
    require_separate(tx, change, by, Meaning.RELEASE)
    if stage.mode == SHADOW:
        prove_identity(by, password)
        return deploy(tx, change, sites=sites, mode=SHADOW, now=now)
    if change.status == "released":
        prove_identity(by, password)
        made = deploy(tx, change, sites=sites, mode=LIVE, now=now)
    else:
        # the release is of the whole rollout: later stages reach no site that nobody checked
        everywhere = {
            name for each in one.stages if each["mode"] == LIVE for name in each["sites"]
        }
        require_regimes(tx, change, sites=sorted(everywhere))
        if change.status == "assessed":
            approve_change(tx, change, now=now)
        sign_release(tx, change, by, password=password, reason=reason, now=now)
        release_version(tx, change, sites=sites, decided_by=by, now=now)
        numbers = [site.id for site in sites]
        made = list(
            tx.exec(
                select(Deployment).where(
                    col(Deployment.site_id).in_(numbers), col(Deployment.ended_at).is_(None),
                    Deployment.change_request_id == change.id, Deployment.mode == LIVE,
                )
            )
        )
    tell_in_use(tx, change, one, stage.sites, now=now)
    return made


def _require_stage_over(
    session: Session, one: Rollout, change: ChangeRequest, *, going_live: bool, now: datetime
) -> None:
    """Raise :class:`Refused` naming what the stage before still lacks."""
    stage, began = one.begun[-1], datetime.fromisoformat(str(one.progress[-1]["at"]))
    lacking = []
    if now < began + timedelta(days=stage.minimum_days):
        lacking.append(f"{(now - began).days} of {stage.minimum_days} days")
    version = session.get_one(ModelVersion, change.model_version_id)
    read = sum(
        len(prediction_rows(session, version, since=began.date(), until=now.date(), site=site))
        for site in stage.sites
    )
    if read < stage.minimum_studies:
        lacking.append(f"{read} of {stage.minimum_studies} studies read")
    found, sites = compared(session, one, now=now)
    if found.verdict == FAILED:
        lacking.append("the shadow is worse by the stopping rule (record it: "
                       f"'radvigil rollout look {one.label}')")  # fmt: skip
    elif going_live and one.stopping.require_shown and sites and found.verdict != NOT_WORSE:
        lacking.append("the rule asks to show that no margin is broken, and it is not decided yet")
    if lacking:
        raise Refused(
            f"Stage {len(one.progress)} of {one.label} is not over: {'; '.join(lacking)}.",
            hint=f"See 'radvigil rollout show {one.label}'.",
        )
