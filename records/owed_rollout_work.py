"""What is owed of trials at sites, rollouts and rollbacks: rows of the one list of owed work."""

from datetime import datetime

from sqlmodel import Session, col, select

from records.go_lives import JUDGED, PLANNED, RUNNING, GoLive
from records.owed_work import OwedWork
from records.permissions import Action
from records.product import ModelVersion
from records.quality import ChangeRequest
from records.rollouts import HALTED, Rollout
from records.rollouts import PLANNED as NOT_BEGUN
from records.work_steps import roles_of


def owed_rollout_work(reader: Session, now: datetime) -> list[OwedWork]:
    """Trials to start, judge or decide, and rollouts to sign or decide.

    No due day: the plans name none, and the clock of a report is that of its rule.
    """
    owed = [
        OwedWork(one.label, "go-live", f"{_step(one)} ({version.label} at {one.site})",
                 roles_of(Action.DECIDE_GO_LIVE if one.status == JUDGED else Action.PLAN_GO_LIVE),
                 None, "MDR Annex I 17.1; IEC 62304 5.8", one.judged_at or one.proposed_at)
        for one, version in reader.exec(
            select(GoLive, ModelVersion)
            .join(ModelVersion, col(ModelVersion.id) == GoLive.model_version_id)
            .where(col(GoLive.status).in_((PLANNED, RUNNING, JUDGED)))
            .order_by(col(GoLive.id))
        )
    ]  # fmt: skip
    for rollout, change in reader.exec(
        select(Rollout, ChangeRequest)
        .join(ChangeRequest, col(ChangeRequest.id) == Rollout.change_request_id)
        .where(col(Rollout.status).in_((NOT_BEGUN, HALTED)))
        .order_by(col(Rollout.id))
    ):
        newer = reader.exec(
            select(Rollout.id).where(
                Rollout.change_request_id == change.id, col(Rollout.id) > rollout.id
            )
        ).first() if rollout.status == HALTED else None
        if newer is None:
            what = ("decide after the halt" if rollout.status == HALTED
                    else "sign the rollout plan")  # fmt: skip
            owed.append(
                OwedWork(rollout.label, "rollout", f"{what} ({change.label})",
                         roles_of(Action.RELEASE_CHANGE), None, "IEC 62304 5.8, 6.3",
                         rollout.ended_at or rollout.proposed_at, words=rollout.halted_because)
            )  # fmt: skip
    return [one for one in owed if one.since <= now]


def _step(one: GoLive) -> str:
    return {
        PLANNED: "start the trial", RUNNING: "judge the trial when its studies are there",
        JUDGED: f"{one.clinician} accepts or declines the trial ({one.verdict})",
    }[one.status]
