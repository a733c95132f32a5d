"""How a change goes on once assessed: approvals, trials as a shadow, stages, the way back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from records.go_lives import GoLive
from records.people import Meaning
from records.permissions import SIGNING, roles_named
from records.product import Deployment, ModelVersion, Site
from records.quality import ChangeRequest, Signature
from records.rollbacks import Rollback
from records.rollouts import Rollout, RolloutLook
from records.signatures import counting, signatures_on


@dataclass(frozen=True, slots=True)
class Approval:
    """A signature that a release needs, and who gave it; nobody where ``given`` is empty."""

    needed: str
    who_may: str
    given: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShadowLook:
    """A look at the version as a shadow beside what was live, under the rule of its rollout."""

    label: str
    rollout: str
    sites: tuple[str, ...]
    studies: int
    verdict: str
    figures: dict[str, Any]
    looked_at: datetime


@dataclass(frozen=True, slots=True)
class Trial:
    """The version tried at a site before it ran live there."""

    label: str
    site: str
    clinician: str
    verdict: str
    status: str


@dataclass(frozen=True, slots=True)
class Staging:
    """A rollout: how many of its stages began, and why it was halted; '' where it was not."""

    label: str
    begun: int
    stages: int
    status: str
    halted_because: str


@dataclass(frozen=True, slots=True)
class TakenBack:
    """The version taken back at a site, and what runs there in its place since."""

    label: str
    site: str
    went: str
    runs_again: str
    grounds: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RunsAt:
    """Where the version runs now."""

    site: str
    mode: str
    since: datetime


@dataclass(frozen=True, slots=True)
class ChangeCourse:
    """All that was recorded of a change beside its assessment."""

    approvals: tuple[Approval, ...]
    trials: tuple[Trial, ...]
    rollouts: tuple[Staging, ...]
    looks: tuple[ShadowLook, ...]
    runs: tuple[RunsAt, ...]
    rollbacks: tuple[TakenBack, ...]


def course_of(session: Session, change: ChangeRequest) -> ChangeCourse:
    """Approvals needed and given, trials, rollouts with their looks, and versions taken back."""
    rollouts = session.exec(
        select(Rollout).where(Rollout.change_request_id == change.id).order_by(col(Rollout.id))
    ).all()
    looks = session.exec(
        select(RolloutLook).where(col(RolloutLook.rollout_id).in_([one.id for one in rollouts]))
        .order_by(col(RolloutLook.id))
    ).all()
    trials = session.exec(
        select(GoLive).where(GoLive.model_version_id == change.model_version_id)
        .order_by(col(GoLive.id))
    ).all()
    runs = session.exec(
        select(Deployment, Site.name).join(Site, col(Site.id) == Deployment.site_id)
        .where(Deployment.model_version_id == change.model_version_id,
               col(Deployment.ended_at).is_(None)).order_by(Site.name)
    ).all()  # fmt: skip
    return ChangeCourse(
        _approvals(counting(signatures_on(session, change), change)),
        tuple(Trial(one.label, one.site, one.clinician, one.verdict, one.status)
              for one in trials),
        tuple(Staging(one.label, len(one.progress), len(one.stages), one.status,
                      one.halted_because) for one in rollouts),
        tuple(ShadowLook(one.label, Rollout.label_of(one.rollout_id), tuple(one.sites),
                         one.studies, one.verdict, one.figures, one.looked_at) for one in looks),
        tuple(RunsAt(site, one.mode, one.started_at) for one, site in runs),
        _taken_back(session, change),
    )  # fmt: skip


def _approvals(valid: Sequence[Signature]) -> tuple[Approval, ...]:
    """An approval, and a second person in another role; the release is signed as it is decided."""
    approved = [one for one in valid if one.meaning == Meaning.APPROVAL.value]
    others = [
        one for one in valid
        if any(one.signer_id != other.signer_id and one.role != other.role for other in approved)
        or not approved
    ]  # fmt: skip
    released = [one for one in valid if one.meaning == Meaning.RELEASE.value]
    return (
        Approval("an approval", roles_named(SIGNING[Meaning.APPROVAL]), _names(approved)),
        Approval("a second person in another role", "whoever signs", _names(others)),
        Approval("the release, signed as it is decided", roles_named(SIGNING[Meaning.RELEASE]),
                 _names(released)),
    )  # fmt: skip


def _names(signatures: Sequence[Signature]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"{one.printed_name} ({one.role})" for one in signatures))


def _taken_back(session: Session, change: ChangeRequest) -> tuple[TakenBack, ...]:
    made = session.exec(
        select(Rollback).where(Rollback.change_request_id == change.id).order_by(col(Rollback.id))
    ).all()
    numbers = {one for each in made for one in (each.from_deployment_id, each.to_deployment_id)}
    ran = {
        one.id: ModelVersion.label_of(one.model_version_id)
        for one in session.exec(select(Deployment).where(col(Deployment.id).in_(numbers)))
    }
    return tuple(
        TakenBack(one.label, one.site, ran[one.from_deployment_id], ran[one.to_deployment_id],
                  one.grounds, one.rolled_back_by, one.rolled_back_at)
        for one in made
    )  # fmt: skip
