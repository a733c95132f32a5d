"""Field safety corrective actions: what is corrected where, why, and what recipients are told.

The scope is computed from the ledger of deployments (21 CFR 806.10(c)(9) to (11)); the words of the
notice are a person's (MDR Art. 89(8)). It is in force by a signature of another than its maker, and
ends when every recipient has done what was asked and a signed check found that it worked (MDR Art.
89(5); 21 CFR 7.53).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Final

from sqlalchemy import JSON, Column
from sqlmodel import Field, Session, col, select

from records.base import Record
from records.capas import device_of, linked_record
from records.correction_assessments import CorrectionAssessment
from records.errors import InvalidInput, Refused
from records.incidents import Incident
from records.ledger import deployments
from records.lifecycle import check_transition
from records.lookup import find_record
from records.people import Actor, Meaning
from records.permissions import Action, require
from records.product import Device, ModelVersion
from records.reasons import says
from records.signatures import sign
from records.suspensions import Suspension

PLANNED, IN_FORCE, CLOSED, WITHDRAWN = "planned", "in force", "closed", "withdrawn"
KINDS_OF_ACTION: Final = ("correction", "removal")
TIED: Final = ("CAPA", "COA", "RBK", "SUS", "CHR", "ALT", "CMP")
"""Kinds of records that an action is tied to, by the prefix of their labels."""


class FieldAction(Record, table=True):
    """A correction or removal in the field: scope, reason, risk, actions, timing, notice."""

    __tablename__ = "field_action"
    PREFIX: ClassVar[str] = "FSA"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = (
        "device_id", "kind", "versions", "since", "scope", "reason", "risk", "actions", "advice",
        "timetable", "act_by", "remind_after", "notice", "languages", "incidents", "ties",
        "criterion", "opened_by", "opened_at",
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    device_id: int = Field(foreign_key="device.id")
    kind: str
    versions: list[str] = Field(sa_column=Column(JSON, nullable=False))
    """The affected model versions by label."""
    since: date | None = None
    """Deployments that ended before this day are not meant; None: every one there ever was."""
    scope: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    """Installations by the ledger on the day of opening: site, version, name, mode, from, until."""
    reason: str
    risk: str
    actions: str
    """What is done."""
    advice: str
    """What users are asked to do."""
    timetable: str
    act_by: date | None = None
    """By when recipients act."""
    remind_after: int
    """Days without an answer after which a reminder is owed."""
    notice: str
    """The text of the notice, written by a person."""
    languages: list[str] = Field(sa_column=Column(JSON, nullable=False))
    incidents: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """Related incidents by label."""
    ties: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """CAPA, assessment of the correction, rollback, suspension and others that belong to it."""
    criterion: str
    """What will show that it worked, fixed before anybody is told."""
    opened_by: str
    opened_at: datetime
    status: str = Field(default=PLANNED, index=True)
    decided_by: str = ""
    in_force_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def sites(self) -> list[str]:
        """The consignees, in order of their names."""
        return sorted({one["site"] for one in self.scope})


@dataclass(frozen=True, slots=True)
class FieldActionPlan:
    """What a person says of an action before it is opened."""

    kind: str
    versions: tuple[str, ...]
    reason: str
    risk: str
    actions: str
    advice: str
    timetable: str
    notice: str
    criterion: str
    languages: tuple[str, ...]
    remind_after: int
    since: date | None = None
    act_by: date | None = None
    incidents: tuple[str, ...] = ()
    ties: tuple[str, ...] = ()


def open_field_action(
    tx: Session, plan: FieldActionPlan, *, by: Actor, now: datetime
) -> FieldAction:
    """Open an action; its scope is what the ledger says of the affected versions today.

    Whether it is reported is asked at once, where it is tied to no assessment of a correction.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: A field says nothing or is wrong; it is named.
        NotFound: No such version, incident or record.
        Refused: Versions or records of several devices, the versions ran nowhere, or the same
            action is open already: it is named.
    """
    require(by, Action.PLAN_FIELD_ACTION)
    _require_said(plan, now)
    versions = [find_record(tx, ModelVersion, one) for one in dict.fromkeys(plan.versions)]
    device = _one_device(tx, versions)
    incidents = [find_record(tx, Incident, one) for one in dict.fromkeys(plan.incidents)]
    tied = [_tied(tx, one) for one in dict.fromkeys(plan.ties)]
    for record in (*incidents, *tied):
        if tx.get_one(Device, device_of(tx, record)).name != device.name:
            raise Refused(f"{record.label} is of another device than {versions[0].label}.")
    scope = affected_installations(tx, [one.label for one in versions], plan.since)
    if not scope:
        raise Refused(
            f"{', '.join(one.label for one in versions)} ran at no site: nobody is told.",
            hint="See 'radvigil model ledger'; name the versions that ran.",
        )
    _require_new(tx, plan, [one.label for one in versions], scope)
    words = {name: getattr(plan, name).strip() for name in _WORDS}
    made = FieldAction(
        device_id=device.id or 0, kind=plan.kind, versions=[one.label for one in versions],
        since=plan.since, scope=scope, act_by=plan.act_by, remind_after=plan.remind_after,
        languages=list(plan.languages), incidents=[one.label for one in incidents],
        ties=[one.label for one in tied], opened_by=by.name, opened_at=now, **words,
    )
    tx.add(made)
    tx.flush()
    if not assessments_of(tx, made):
        _ask_whether_reported(tx, made, now=now)
    return made


def _require_new(
    session: Session, plan: FieldActionPlan, versions: Sequence[str],
    scope: Sequence[dict[str, Any]],
) -> None:
    """Refuse what is open already: the same kind of action with the same versions, at installations
    that it covers, for the same reason. Upper case and spaces make no other reason."""
    query = select(FieldAction).where(
        FieldAction.kind == plan.kind, col(FieldAction.status).in_((PLANNED, IN_FORCE))
    )
    here = {(row["site"], row["version"]) for row in scope}
    for one in session.exec(query.order_by(col(FieldAction.id))):
        covered = {(row["site"], row["version"]) for row in one.scope}
        if (set(one.versions) == set(versions) and here <= covered
                and _plainly(one.reason) == _plainly(plan.reason)):
            raise Refused(
                f"{one.label} is this action already: {one.kind} of {', '.join(one.versions)} at "
                f"{', '.join(one.sites)}, for the same reason, and it is {one.status}.",
                hint="Work on that one, withdraw it, or say for what other reason this is opened.",
            )


def _plainly(words: str) -> str:
    return " ".join(words.split()).casefold()


def _ask_whether_reported(tx: Session, one: FieldAction, *, now: datetime) -> None:
    """Open the question of 21 CFR 806 and MDR Art. 87(1)(b): the report comes before the action."""
    tx.add(CorrectionAssessment(
        device_id=one.device_id, source=one.label, site=", ".join(one.sites), words=one.reason,
        aware_at=now, initiated_at=now, opened_at=now,
    ))  # fmt: skip
    tx.flush()


def asks_about(asked: CorrectionAssessment, one: FieldAction) -> bool:
    """Whether an assessment is of this action: opened by it, tied to it, or by a rollback or
    suspension that is tied to it."""
    if asked.source == one.label or {asked.label, asked.source} & set(one.ties):
        return True
    number = asked.suspension_id
    return number is not None and Suspension.label_of(number) in one.ties


def assessments_of(session: Session, one: FieldAction) -> list[CorrectionAssessment]:
    """Whether the action is reported: what it is tied to, and what it opened itself."""
    query = select(CorrectionAssessment).order_by(col(CorrectionAssessment.id))
    return [each for each in session.exec(query) if asks_about(each, one)]


_WORDS: Final = ("reason", "risk", "actions", "advice", "timetable", "notice", "criterion")


def _require_said(plan: FieldActionPlan, now: datetime) -> None:
    said = asdict(plan)
    if blank := [name for name in _WORDS if not says(said[name])]:
        raise InvalidInput(f"{', '.join(blank)}: nothing is said.",
                           hint="Each is a person's text; see docs/field-actions.md.")  # fmt: skip
    if plan.kind not in KINDS_OF_ACTION:
        raise InvalidInput(f"kind: '{plan.kind}' is neither {' nor '.join(KINDS_OF_ACTION)}.")
    if not plan.versions:
        raise InvalidInput("versions: no affected version is named.",
                           hint="Name them by label, such as MDV-0002.")  # fmt: skip
    if plan.remind_after < 1:
        raise InvalidInput(f"remind_after: {plan.remind_after} is no number of days from 1.")
    if plan.act_by is not None and plan.act_by < now.date():
        raise InvalidInput(f"act_by: {plan.act_by} is past.", hint="Name a day to come.")
    if not plan.languages or any(
        len(one) != 2 or not one.isalpha() or not one.islower() for one in plan.languages
    ):
        raise InvalidInput("languages: a list of codes of two small letters such as de is needed.")


def _one_device(session: Session, versions: Sequence[ModelVersion]) -> Device:
    devices = {one.device_id: session.get_one(Device, one.device_id) for one in versions}
    if len({one.name for one in devices.values()}) != 1:
        raise Refused("The versions are of several devices.", hint="Open an action for each.")
    return devices[max(devices)]


def _tied(session: Session, label: str) -> Record:
    record = linked_record(session, label)
    if record.PREFIX not in TIED:
        raise InvalidInput(f"ties: {record.label} is no record that an action is tied to.",
                           hint=f"Known: {', '.join(TIED)}.")  # fmt: skip
    return record


def affected_installations(
    session: Session, versions: Sequence[str], since: date | None
) -> list[dict[str, Any]]:
    """Where these versions ran, by the ledger: one row a site and version, of all its deployments.

    A version that ran at a site twice is one installation, from the first to the last; until is ''
    while it runs. Shadows are installations too: the device is there.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for label in versions:
        version = find_record(session, ModelVersion, label)
        for one in deployments(session, version=version, since=since):
            known = found.get((one.site, label))
            ended = one.until.isoformat() if one.until else ""
            if known is None:
                found[one.site, label] = {
                    "site": one.site, "version": label, "name": version.name,
                    "modes": [one.mode], "from": one.started_at.isoformat(), "until": ended,
                }  # fmt: skip
                continue
            known["modes"] = sorted({*known["modes"], one.mode})
            known["until"] = "" if "" in (known["until"], ended) else max(known["until"], ended)
    return [found[key] for key in sorted(found)]


def sites_not_covered(session: Session, one: FieldAction) -> list[str]:
    """Sites where an affected version runs by the ledger today and that no standing action covers.

    They came after the action was opened: another action is opened for them.
    """
    query = select(FieldAction).where(FieldAction.status != WITHDRAWN)
    covered = {
        (row["site"], row["version"]) for each in session.exec(query) for row in each.scope
    }
    return sorted({
        row["site"] for row in affected_installations(session, one.versions, one.since)
        if (row["site"], row["version"]) not in covered
    })  # fmt: skip


def put_in_force(
    tx: Session, one: FieldAction, *, by: Actor, password: str, reason: str, now: datetime
) -> FieldAction:
    """Another than its maker signs the action and the text of its notice; recipients are told then.

    Raises:
        NotAllowed: No role that may, its maker, or a wrong password.
        TransitionRefused: It is not planned any more.
    """
    require(by, Action.DECIDE_FIELD_ACTION)
    check_transition("FieldAction", one.label, one.status, IN_FORCE)
    sign(tx, one, signer=by, password=password, meaning=Meaning.APPROVAL, reason=reason, now=now)
    one.status, one.decided_by, one.in_force_at = IN_FORCE, by.name, now
    tx.add(one)
    tx.flush()
    return one


def withdraw_field_action(
    tx: Session, one: FieldAction, *, by: Actor, now: datetime
) -> FieldAction:
    """Withdraw an action of which nobody was told yet; the reason stands in the trail.

    Raises:
        NotAllowed: No role that may.
        TransitionRefused: It is in force: it is closed, not withdrawn.
    """
    require(by, Action.DECIDE_FIELD_ACTION)
    check_transition("FieldAction", one.label, one.status, WITHDRAWN)
    one.status, one.decided_by, one.ended_at = WITHDRAWN, by.name, now
    tx.add(one)
    tx.flush()
    return one


def actions_of_incident(session: Session, incident: str) -> list[FieldAction]:
    """The actions that name an incident and were not withdrawn, in order."""
    query = select(FieldAction).where(FieldAction.status != WITHDRAWN)
    found = session.exec(query.order_by(col(FieldAction.id)))
    return [one for one in found if incident in one.incidents]
