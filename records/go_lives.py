"""The trial of a version as a shadow at a site before it runs live there, and who accepted it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Final

from sqlalchemy import JSON, Column
from sqlmodel import Field, Session, col, select

from records.base import Record
from records.errors import NotAllowed, Refused
from records.held_definition import definition_of
from records.lifecycle import check_transition
from records.people import Actor, Meaning, Role
from records.permissions import Action, has_role, require
from records.product import Deployment, Device, ModelVersion, Site
from records.queries import find_device
from records.revalidation_rules import PASSED
from records.signatures import sign

PLANNED, RUNNING, JUDGED = "planned", "running", "judged"
ACCEPTED, DECLINED = "accepted", "declined"
OPEN: Final = (PLANNED, RUNNING, JUDGED)


class GoLive(Record, table=True):
    """A version tried at a site as a shadow: planned, running, judged, accepted or declined."""

    __tablename__ = "go_live"
    PREFIX: ClassVar[str] = "GLV"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = (
        "device_id", "model_version_id", "site", "clinician", "rules", "planned", "started_at",
        "verdict", "judgement", "judged_at", "proposed_by",
    )

    id: int | None = Field(default=None, primary_key=True)
    device_id: int = Field(foreign_key="device.id")
    model_version_id: int = Field(foreign_key="model_version.id")
    site: str = Field(index=True)
    clinician: str
    """The account of the clinician who answers for the site: only that person decides."""
    rules: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """The section `go_live` of the definition in force when it was planned."""
    planned: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """Studies with truth that are needed, diseased and healthy."""
    status: str = Field(default=PLANNED, index=True)
    proposed_by: str
    proposed_at: datetime
    started_at: datetime | None = None
    verdict: str = ""
    judgement: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JSON, nullable=False)
    )
    judged_at: datetime | None = None
    decided_by: str = ""
    decided_at: datetime | None = None


def plan_go_live(
    tx: Session, version: ModelVersion, site: Site, *, clinician: Actor,
    planned: Mapping[str, Any], by: Actor, now: datetime,
) -> GoLive:
    """Plan that a version is tried at a site, and who there will decide.

    Raises:
        NotAllowed: No role that may, or who decides is no clinician or is the one who proposes.
        Refused: The device declares no go-live, the site is not confirmed, or one is under way.
    """
    require(by, Action.PLAN_GO_LIVE)
    device = _in_force(tx, version)
    rules = definition_of(device).go_live
    if rules is None:
        raise Refused(
            f"The definition of {device.name} has no section 'go_live': a released version runs "
            "live at a confirmed site without a trial.",
            hint="Add the section to a new revision of the definition: docs/rollout.md.",
        )
    if site.status != "confirmed":
        raise Refused(
            f"The site '{site.name}' is '{site.status}'.",
            hint="Confirm it: 'radvigil site confirm'.",
        )
    if not has_role(clinician, Role.CLINICIAN):
        raise NotAllowed(
            f"'{clinician.name}' is no active clinician.",
            hint="Name the clinician who answers for the site.",
        )
    if clinician.name == by.name:
        raise NotAllowed(
            f"'{by.name}' proposes it and may not accept it.", hint="Name another clinician."
        )
    known = newest(tx, version, site.name)
    if known is not None and known.status in (*OPEN, ACCEPTED):
        raise Refused(f"{known.label} of {version.label} at {site.name} is '{known.status}'.")
    made = GoLive(
        device_id=device.id or 0, model_version_id=version.id or 0, site=site.name,
        clinician=clinician.name, rules=rules.model_dump(mode="json"), planned=dict(planned),
        proposed_by=by.name, proposed_at=now,
    )
    tx.add(made)
    tx.flush()
    return made


def _in_force(session: Session, version: ModelVersion) -> Device:
    return find_device(session, session.get_one(Device, version.device_id).name)


def newest(session: Session, version: ModelVersion, site: str) -> GoLive | None:
    """The trial of a version at a site that was planned last."""
    query = (
        select(GoLive).where(GoLive.model_version_id == version.id, GoLive.site == site)
        .order_by(col(GoLive.id).desc())
    )  # fmt: skip
    return session.exec(query).first()


def begin_go_live(tx: Session, one: GoLive, *, by: Actor, now: datetime) -> GoLive:
    """The shadow runs from now on."""
    require(by, Action.PLAN_GO_LIVE)
    check_transition("GoLive", one.label, one.status, RUNNING)
    one.status, one.started_at = RUNNING, now
    tx.add(one)
    tx.flush()
    return one


def record_judgement(
    tx: Session, one: GoLive, *, verdict: str, judgement: Mapping[str, Any], now: datetime
) -> GoLive:
    """What was found, once and for all: it is judged when the planned studies are there."""
    check_transition("GoLive", one.label, one.status, JUDGED)
    one.status, one.verdict, one.judged_at = JUDGED, verdict, now
    one.judgement = dict(judgement)
    tx.add(one)
    tx.flush()
    return one


def accept_go_live(
    tx: Session, one: GoLive, *, by: Actor, password: str, reason: str, now: datetime
) -> GoLive:
    """The clinician of the site signs that the version may run live there.

    Raises:
        NotAllowed: Not the clinician who was named, or a wrong password.
        Refused: It was not judged, or not passed.
    """
    require(by, Action.DECIDE_GO_LIVE)
    if one.status != JUDGED or one.verdict != PASSED:
        raise Refused(
            f"{one.label} is '{one.verdict or one.status}': only a passed trial is accepted.",
            hint="Judge it when the planned studies are there, or decline it.",
        )
    return _decide(tx, one, ACCEPTED, by=by, password=password, reason=reason, now=now)


def decline_go_live(
    tx: Session, one: GoLive, *, by: Actor, password: str, reason: str, now: datetime
) -> GoLive:
    """The clinician of the site signs that the version does not run live there, and why."""
    return _decide(tx, one, DECLINED, by=by, password=password, reason=reason, now=now)


def _decide(
    tx: Session, one: GoLive, wanted: str, *, by: Actor, password: str, reason: str, now: datetime
) -> GoLive:
    require(by, Action.DECIDE_GO_LIVE)
    if by.name != one.clinician:
        raise NotAllowed(
            f"{one.label} is decided by '{one.clinician}', who answers for {one.site}.",
            hint="Have that person sign in.",
        )
    check_transition("GoLive", one.label, one.status, wanted)
    sign(tx, one, signer=by, password=password, meaning=Meaning.REVIEW, reason=reason, now=now)
    one.status, one.decided_by, one.decided_at = wanted, by.name, now
    tx.add(one)
    tx.flush()
    return one


def require_go_live(session: Session, version: ModelVersion, site: Site) -> None:
    """Raise :class:`Refused` where a version would run live at a site untried.

    Nothing is asked where the definition in force has no section `go_live`, or of a version that
    ran live there before.
    """
    device = _in_force(session, version)
    if definition_of(device).go_live is None or _ran_live(session, version, site):
        return
    known = newest(session, version, site.name)
    if known is not None and known.status == ACCEPTED:
        return
    stands = f"{known.label} is '{known.status}'" if known is not None else "none was planned"
    raise Refused(
        f"{version.label} runs live at {site.name} only after an accepted go-live: {stands}.",
        hint=f"Use 'radvigil go-live plan \"{site.name}\" --model {version.label} --clinician ...'."
        if known is None or known.status == DECLINED else
        f"See 'radvigil go-live show {known.label}'.",
    )  # fmt: skip


def _ran_live(session: Session, version: ModelVersion, site: Site) -> bool:
    query = select(Deployment.id).where(
        Deployment.model_version_id == version.id, Deployment.site_id == site.id,
        Deployment.mode == "live",
    )
    return session.exec(query).first() is not None
