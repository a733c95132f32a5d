"""Back to the version that ran before, at once, at every site named; assessed as a correction."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from journeys.tell_users import NOBODY, tell_users
from records.correction_assessments import CorrectionAssessment
from records.errors import InvalidInput
from records.lookup import sites_named
from records.notices import NoticeKind, raise_notice
from records.people import Actor, Meaning
from records.permissions import Action, require
from records.product import Deployment, Device, ModelVersion
from records.quality import ChangeRequest
from records.reasons import says
from records.rollbacks import Rollback, deployments_here, way_back
from records.rollouts import RUNNING, halt_rollout, rollout_of
from records.signatures import sign


def roll_back(
    tx: Session, change: ChangeRequest, sites: Sequence[str], *, grounds: str, by: Actor,
    password: str, now: datetime,
) -> list[tuple[Rollback, CorrectionAssessment]]:
    """End the change's version at the sites and run there what ran before, all in one transaction.

    Each rollback is signed, opens the question of a reportable correction, and is told to the
    site. A rollout of the change that is under way is halted.

    Raises:
        NotAllowed: No role that may, or a wrong password.
        InvalidInput: No grounds, or no site.
        NotFound: A site that is not registered.
        Refused: The version does not run live at a site, or none ran there before it.
    """
    require(by, Action.ROLL_BACK)
    if not says(grounds):
        raise InvalidInput("No grounds were given.", hint="Say why the version is taken back.")
    if not sites:
        raise InvalidInput("No site was named.", hint="Name where: --site, repeatable.")
    device = tx.get_one(Device, change.device_id)
    made = []
    for site in sites_named(tx, list(dict.fromkeys(sites))):
        current, before = way_back(tx, change, site)
        for each in deployments_here(tx, device.name, site):
            if each.ended_at is None and each.mode != "external":
                each.ended_at = now
                tx.add(each)
        back = Deployment(
            model_version_id=before.model_version_id, site_id=before.site_id,
            change_request_id=before.change_request_id, mode="live", started_at=now,
        )
        tx.add(back)
        tx.flush()
        one = Rollback(
            device_id=change.device_id, change_request_id=change.id or 0, site=site.name,
            from_deployment_id=current.id or 0, to_deployment_id=back.id or 0,
            grounds=grounds.strip(), rolled_back_by=by.name, rolled_back_at=now,
        )
        tx.add(one)
        tx.flush()
        sign(tx, one, signer=by, password=password, meaning=Meaning.AUTHOR, reason=one.grounds,
             now=now)  # fmt: skip
        made.append((one, _assessment(tx, one, device, back, now=now)))
    known = rollout_of(tx, change)
    if known is not None and known.status == RUNNING:
        halt_rollout(tx, known, because=f"{made[0][0].label}: {grounds.strip()}", now=now)
    return made


def _assessment(
    tx: Session, one: Rollback, device: Device, back: Deployment, *, now: datetime
) -> CorrectionAssessment:
    """The question whether it must be reported (21 CFR 806.2; MDR Art. 87(1)(b)), and the word to
    the site."""
    asked = CorrectionAssessment(
        device_id=one.device_id, source=one.label, site=one.site, words=one.grounds, aware_at=now,
        initiated_at=now, opened_at=now,
    )
    tx.add(asked)
    tx.flush()
    gone = tx.get_one(Deployment, one.from_deployment_id)
    names = [
        f"{version.label} ({version.name})"
        for number in (gone.model_version_id, back.model_version_id)
        for version in [tx.get_one(ModelVersion, number)]
    ]
    words = (
        f"From {now:%Y-%m-%d %H:%M} UTC on studies at {one.site} are read by {names[1]} again, not "
        f"by {names[0]}. Why: {one.grounds}. Whether this is a correction that must be reported is "
        f"asked in {asked.label}."
    )
    told = tell_users(
        tx, one, [one.site], title=f"VERSION TAKEN BACK at {one.site}, {device.name}", words=words,
        now=now,
    )
    raise_notice(
        tx, NoticeKind.VERSION_TAKEN_BACK, one.subject,
        f"{one.label}, {device.name}: {words}{'' if told else ' ' + NOBODY}", now=now,
    )
    return asked
