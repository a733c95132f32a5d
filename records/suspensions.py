"""Use of a device suspended at a site: proposed, confirmed by a person or by a signed rule, lifted.

While a suspension is in force no study of the site is read for care (MDR Art. 10(12) and 93; 21 CFR
806; ISO 13485:2016, 8.3.3). It holds for the device at the site, whichever version is deployed
there, until a resumption rests on a passed revalidation and two people have signed it.
"""

from datetime import date, datetime
from typing import ClassVar, Final

from sqlmodel import Field, Session, col, select

from records.base import Record
from records.errors import InvalidInput, Refused
from records.lifecycle import check_transition
from records.people import Actor, Meaning
from records.permissions import Action, require
from records.product import Deployment, Device, ModelVersion, Site
from records.reasons import says
from records.revalidation_rules import PASSED
from records.separation import makers_of
from records.signatures import sign
from records.surveillance import Revalidation

PROPOSED, IN_FORCE, DECLINED, LIFTED = "proposed", "in force", "declined", "lifted"
OVERTAKEN: Final = "overtaken"
"""Proposed still when a rule of the signed plan suspended use there."""
CARRIED_OUT: Final = "carried out"
SUSPENDED: Final = "device suspended"
"""How the reason begins for which a study is not read."""


class Suspension(Record, table=True):
    """Use of a device at a site stopped, or the proposal to stop it."""

    __tablename__ = "suspension"
    PREFIX: ClassVar[str] = "SUS"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = (
        "device_id", "model_version_id", "site", "revalidation_id", "grounds", "rule",
        "proposed_by", "proposed_at",
    )

    id: int | None = Field(default=None, primary_key=True)
    device_id: int = Field(foreign_key="device.id")
    model_version_id: int = Field(foreign_key="model_version.id")
    site: str = Field(index=True)
    revalidation_id: int | None = Field(default=None, foreign_key="revalidation.id")
    """The revalidation that failed; none where a person proposes it for another reason."""
    grounds: str
    rule: str = ""
    """The rule of the signed plan that suspended at once; '' where a person decides."""
    proposed_by: str
    proposed_at: datetime
    status: str = Field(default=PROPOSED, index=True)
    decided_by: str = ""
    in_force_at: datetime | None = None
    ended_at: datetime | None = None
    """When it was declined, lifted or overtaken."""

    @property
    def why_not_read(self) -> str:
        """Why a study of the site is not read, in words that name nobody."""
        return f"{SUSPENDED} ({self.label})"


class Resumption(Record, table=True):
    """The proposal that a suspended device runs again, on a passed revalidation."""

    __tablename__ = "resumption"
    PREFIX: ClassVar[str] = "RSM"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = ("suspension_id", "revalidation_id", "grounds")

    id: int | None = Field(default=None, primary_key=True)
    suspension_id: int = Field(foreign_key="suspension.id")
    revalidation_id: int = Field(foreign_key="revalidation.id")
    grounds: str
    proposed_by: str
    proposed_at: datetime
    status: str = PROPOSED
    decided_by: str = ""
    decided_at: datetime | None = None


def standing_suspensions(session: Session, device_name: str) -> dict[str, Suspension]:
    """The suspension in force of a device by site."""
    query = (
        select(Suspension)
        .join(Device, col(Device.id) == Suspension.device_id)
        .where(Device.name == device_name, Suspension.status == IN_FORCE)
        .order_by(col(Suspension.id))
    )
    return {one.site: one for one in session.exec(query)}


def suspended_on(session: Session, device_name: str, day: date) -> dict[str, str]:
    """By site why it is not watched on a day: use was suspended before it, and not resumed before
    it, so that not all was read, and a chart would signal a silence that we made."""
    query = (
        select(Suspension)
        .join(Device, col(Device.id) == Suspension.device_id)
        .where(Device.name == device_name, col(Suspension.in_force_at).is_not(None))
        .order_by(col(Suspension.id))
    )
    return {
        one.site: one.why_not_read for one in session.exec(query)
        if one.in_force_at is not None and one.in_force_at.date() < day
        and (one.ended_at is None or day <= one.ended_at.date())
    }


def unsettled(session: Session, device_name: str, site: str) -> Suspension | None:
    """The suspension of a device at a site that is proposed or in force; None where there is none.
    """
    query = (
        select(Suspension)
        .join(Device, col(Device.id) == Suspension.device_id)
        .where(
            Device.name == device_name, Suspension.site == site,
            col(Suspension.status).in_((PROPOSED, IN_FORCE)),
        )
        .order_by(col(Suspension.id).desc())
    )
    return session.exec(query).first()


def propose_suspension(
    tx: Session, version: ModelVersion, site: str, *, grounds: str, by: str, now: datetime,
    revalidation: Revalidation | None = None, rule: str = "",
) -> Suspension:
    """Propose that use is suspended at a site; with a signed rule it is in force at once, and a
    proposal that waits there is overtaken.

    Raises:
        InvalidInput: No grounds, or no such site.
        Refused: One is proposed or in force there already, or no live deployment stands there.
    """
    if not says(grounds):
        raise InvalidInput("No grounds were given.", hint="Say why use must be suspended.")
    device = tx.get_one(Device, version.device_id)
    known = unsettled(tx, device.name, site)
    if known is not None and not (rule and known.status == PROPOSED):
        raise Refused(
            f"{known.label} of {device.name} at {site} is '{known.status}' already.",
            hint="Confirm, decline or lift that one.",
        )
    _require_live(tx, device.name, site)
    made = Suspension(
        device_id=version.device_id, model_version_id=version.id or 0, site=site,
        revalidation_id=revalidation.id if revalidation else None, grounds=grounds.strip(),
        rule=rule, proposed_by=by, proposed_at=now, status=IN_FORCE if rule else PROPOSED,
        decided_by="rule of the signed plan" if rule else "", in_force_at=now if rule else None,
    )
    tx.add(made)
    tx.flush()
    if known is not None:
        known.status, known.decided_by, known.ended_at = OVERTAKEN, made.label, now
        tx.add(known)
        tx.flush()
    return made


def require_overtaken(session: Session, one: Suspension) -> None:
    """Raise :class:`Refused` unless another suspension of the device is in force at the site."""
    name = session.get_one(Device, one.device_id).name
    if standing_suspensions(session, name).get(one.site) in (None, one):
        raise Refused(
            f"{one.label} is not overtaken: no other suspension is in force at {one.site}.",
            hint="Confirm or decline it.",
        )


def _require_live(session: Session, device_name: str, site: str) -> None:
    if not live_at(session, device_name, site):
        raise Refused(
            f"No version of {device_name} returns results at {site}: there is nothing to suspend.",
            hint="A shadow returns nothing; another maker's product is suspended by its maker.",
        )


def live_at(session: Session, device_name: str, site: str) -> bool:
    """Whether a version of the device returns results to care at a site now."""
    query = (
        select(Deployment.id)
        .join(ModelVersion, col(ModelVersion.id) == Deployment.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .join(Site, col(Site.id) == Deployment.site_id)
        .where(
            Device.name == device_name, Site.name == site, Deployment.mode == "live",
            col(Deployment.ended_at).is_(None),
        )
    )
    return session.exec(query).first() is not None


def confirm_suspension(
    tx: Session, one: Suspension, *, by: Actor, password: str, reason: str, now: datetime
) -> Suspension:
    """A named person signs that use is suspended; it holds from this instant.

    Who proposed it signs as its author, so that one person alone can stop the device; who did not,
    with an approval.

    Raises:
        NotAllowed: No role that may, or a wrong password.
        TransitionRefused: It is not proposed any more.
    """
    require(by, Action.CONFIRM_SUSPENSION)
    check_transition("Suspension", one.label, one.status, IN_FORCE)
    standing = standing_suspensions(tx, tx.get_one(Device, one.device_id).name).get(one.site)
    if standing is not None:
        raise Refused(
            f"{standing.label} is in force at {one.site} already.", hint="Decline this one."
        )
    own = by.name in makers_of(tx, one)
    sign(tx, one, signer=by, password=password, reason=reason, now=now,
         meaning=Meaning.AUTHOR if own else Meaning.APPROVAL)  # fmt: skip
    one.status, one.decided_by, one.in_force_at = IN_FORCE, by.name, now
    tx.add(one)
    tx.flush()
    return one


def decline_suspension(tx: Session, one: Suspension, *, by: Actor, now: datetime) -> Suspension:
    """A person decides that use goes on; the reason stands in the trail.

    Raises:
        NotAllowed: No role that may.
        TransitionRefused: It is not proposed any more: one in force is lifted, not declined.
    """
    require(by, Action.CONFIRM_SUSPENSION)
    check_transition("Suspension", one.label, one.status, DECLINED)
    one.status, one.decided_by, one.ended_at = DECLINED, by.name, now
    tx.add(one)
    tx.flush()
    return one


def propose_resumption(
    tx: Session, one: Suspension, revalidation: Revalidation, *, grounds: str, by: Actor,
    now: datetime,
) -> Resumption:
    """Propose that the device runs again at the site.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: No grounds.
        Refused: The suspension is not in force, or the revalidation does not carry it.
    """
    require(by, Action.RESUME_USE)
    if not says(grounds):
        raise InvalidInput("No grounds were given.", hint="Say what was corrected.")
    if one.status != IN_FORCE:
        raise Refused(f"{one.label} is '{one.status}': only a suspension in force is lifted.")
    require_carrying(tx, one, revalidation)
    made = Resumption(
        suspension_id=one.id or 0, revalidation_id=revalidation.id or 0, grounds=grounds.strip(),
        proposed_by=by.name, proposed_at=now,
    )
    tx.add(made)
    tx.flush()
    return made


def require_carrying(session: Session, one: Suspension, revalidation: Revalidation) -> None:
    """Raise :class:`Refused` unless a revalidation lets use resume: passed, signed, of the same
    device at the site, and made after use was suspended."""
    from records.signatures import counting, signatures_on

    if one.in_force_at is None or revalidation.revalidated_at <= one.in_force_at:
        raise Refused(
            f"{revalidation.label} was made before {one.label} was in force: it says nothing of "
            "what was corrected since.", hint="Revalidate again: 'radvigil monitor revalidate'.",
        )
    names = {
        session.get_one(Device, number).name
        for number in (
            one.device_id, session.get_one(ModelVersion, revalidation.model_version_id).device_id
        )
    }
    if revalidation.site != one.site or len(names) > 1:
        raise Refused(f"{revalidation.label} is not of the device at {one.site}.")
    if revalidation.verdict != PASSED:
        raise Refused(
            f"{revalidation.label} is '{revalidation.verdict or revalidation.outcome}': use "
            "resumes on a passed revalidation only.",
            hint="Correct the cause, wait for truth, and revalidate again.",
        )
    if not counting(signatures_on(session, revalidation), revalidation):
        raise Refused(
            f"{revalidation.label} is not signed.",
            hint="Use 'radvigil monitor sign-revalidation'.",
        )


def resume_use(tx: Session, made: Resumption, *, by: Actor, now: datetime) -> Suspension:
    """Lift the suspension: the device runs at the site from now on.

    Raises:
        NotAllowed: No role that may.
        Refused: Without valid signatures of two people in different roles, or on a revalidation
            that does not carry it.
        TransitionRefused: It was carried out, or lifted, before.
    """
    from records.required_signatures import require_signatures

    require(by, Action.RESUME_USE)
    one = tx.get_one(Suspension, made.suspension_id)
    check_transition("Resumption", made.label, made.status, CARRIED_OUT)
    check_transition("Suspension", one.label, one.status, LIFTED)
    require_carrying(tx, one, tx.get_one(Revalidation, made.revalidation_id))
    require_signatures(tx, made)
    made.status, made.decided_by, made.decided_at = CARRIED_OUT, by.name, now
    one.status, one.ended_at = LIFTED, now
    tx.add_all([made, one])
    tx.flush()
    return one


def resumed(session: Session, one: Suspension) -> bool:
    """Whether a resumption of this suspension was carried out."""
    query = select(Resumption.id).where(
        Resumption.suspension_id == one.id, Resumption.status == CARRIED_OUT
    )
    return session.exec(query).first() is not None
