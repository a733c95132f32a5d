"""The ledger of a field action: per consignee notified, reminded, answered and done, by the day.

Each step is a row that is never changed; where a consignee stands is read from them (REG-086; MDR
Art. 89(8); 21 CFR 7.53, 806.10(c)(11)). The check whether the action worked is a signed record, and
the action is closed by it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Final

from sqlalchemy import JSON, Column
from sqlmodel import Field, Session, col, select

from records.base import Record
from records.errors import InvalidInput, NotAllowed, Refused
from records.field_actions import CLOSED, IN_FORCE, FieldAction, sites_not_covered
from records.lifecycle import check_transition
from records.people import Actor, Meaning
from records.permissions import Action, require
from records.reasons import says
from records.signatures import counting, sign, signatures_on

NOTIFIED, REMINDED, ANSWERED, DONE = "notified", "reminded", "answered", "done"
NOT_YET: Final = "not notified"
PARTLY: Final = "partly done"
"""It says that fewer installations were corrected than the ledger names there."""
EFFECTIVE, NOT_EFFECTIVE = "effective", "not effective"


class FieldNotice(Record, table=True):
    """One step with one consignee: the notice, a reminder, an answer, or that it was done."""

    __tablename__ = "field_notice"
    PREFIX: ClassVar[str] = "FSN"

    id: int | None = Field(default=None, primary_key=True)
    field_action_id: int = Field(foreign_key="field_action.id", index=True)
    site: str
    step: str
    happened_on: date
    channel: str = ""
    addressee: str = ""
    """The function that was told; nobody is named."""
    words: str = ""
    """What was answered or done, in their words."""
    installations: int | None = None
    """With 'done': how many installations the consignee corrected or removed."""
    recorded_by: str
    recorded_at: datetime


class FieldActionCheck(Record, table=True):
    """The signed check whether an action worked: the ledger as it stood, and the finding."""

    __tablename__ = "field_action_check"
    PREFIX: ClassVar[str] = "FAC"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = (
        "field_action_id", "totals", "result", "words", "decided_by", "decided_at",
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    field_action_id: int = Field(foreign_key="field_action.id", index=True)
    totals: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """The reconciliation on that day."""
    result: str
    words: str
    """What was found against the criterion."""
    decided_by: str
    decided_at: datetime


@dataclass(slots=True)
class Consigned:
    """Where one consignee stands."""

    site: str
    installations: int
    """By the ledger."""
    versions: list[str]
    status: str = NOT_YET
    notified_on: date | None = None
    reminders: list[date] = field(default_factory=list)
    answered_on: date | None = None
    done_on: date | None = None
    corrected: int | None = None
    """As the consignee says; None until it is done."""
    words: str = ""

    def silent_since(self) -> date | None:
        """The last word to a consignee that has not answered; None where nothing is awaited."""
        return max([self.notified_on, *self.reminders]) if (
            self.notified_on is not None and self.answered_on is None
        ) else None  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The totals of an action; each consignee and installation is counted once."""

    consignees: int
    notified: int
    answered: int
    done: int
    installations: int
    corrected: int

    @property
    def open_installations(self) -> int:
        """Installations of which no consignee has said that they were corrected."""
        return self.installations - self.corrected

    @property
    def words(self) -> str:
        """As people read it."""
        return (
            f"of {self.consignees} consignees {self.notified} notified, {self.answered} answered, "
            f"{self.done} done; of {self.installations} installations {self.corrected} corrected"
        )


def notices_of(session: Session, actions: Sequence[FieldAction]) -> dict[int, list[FieldNotice]]:
    """The steps of several actions, in order, by the number of the action; one query."""
    found: dict[int, list[FieldNotice]] = {one.id or 0: [] for one in actions}
    query = select(FieldNotice).where(col(FieldNotice.field_action_id).in_(list(found)))
    for one in session.exec(query.order_by(col(FieldNotice.id))):
        found[one.field_action_id].append(one)
    return found


def ledger_of(session: Session, one: FieldAction) -> list[Consigned]:
    """Where each consignee of an action stands, by site."""
    return consigned(one, notices_of(session, [one])[one.id or 0])


def consigned(one: FieldAction, notices: Sequence[FieldNotice]) -> list[Consigned]:
    """Where each consignee stands by the steps that were recorded."""
    found = {
        site: Consigned(
            site, sum(row["site"] == site for row in one.scope),
            sorted({row["version"] for row in one.scope if row["site"] == site}),
        )
        for site in one.sites
    }
    for each in notices:
        here = found[each.site]
        if each.step == REMINDED:
            here.reminders.append(each.happened_on)
            continue
        here.status = each.step
        if each.step == NOTIFIED:
            here.notified_on = each.happened_on
        if each.step == ANSWERED:
            here.answered_on, here.words = each.happened_on, each.words
        if each.step == DONE:
            here.corrected, here.words = each.installations, each.words
            here.answered_on = here.answered_on or each.happened_on
            whole = here.corrected == here.installations
            here.done_on = each.happened_on if whole else None
            here.status = DONE if whole else PARTLY
    return [found[site] for site in sorted(found)]


def reconciled(rows: Sequence[Consigned]) -> Reconciliation:
    """The totals of a ledger."""
    return Reconciliation(
        len(rows), sum(one.notified_on is not None for one in rows),
        sum(one.answered_on is not None for one in rows),
        sum(one.done_on is not None for one in rows),
        sum(one.installations for one in rows), sum(one.corrected or 0 for one in rows),
    )


def notify_consignee(
    tx: Session, one: FieldAction, site: str, *, channel: str, addressee: str, on: date,
    by: Actor, now: datetime,
) -> FieldNotice:
    """Record that a consignee was told; one that was told and is silent is reminded.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: No such consignee, no channel or addressee, or a day that cannot be.
        Refused: The action is not in force, or the consignee has answered.
    """
    here = _consignee(tx, one, site, by)
    if not (says(channel) and says(addressee)):
        raise InvalidInput("Say over which channel and to which function it was told.")
    if here.answered_on is not None:
        raise Refused(f"{site} answered {one.label} on {here.answered_on}: no reminder is owed.")
    step = NOTIFIED if here.notified_on is None else REMINDED
    began = one.in_force_at.date() if one.in_force_at else now.date()
    _require_day(on, here.silent_since() or began, now)
    return _step(tx, one, site, step, on, by=by, now=now, channel=channel.strip(),
                 addressee=addressee.strip())  # fmt: skip


def answer_notice(
    tx: Session, one: FieldAction, site: str, *, words: str, on: date, by: Actor, now: datetime,
    installations: int | None = None,
) -> FieldNotice:
    """Record what a consignee answered; with a number of installations that it is done there.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: No such consignee, no words, a day that cannot be, or a wrong number.
        Refused: The action is not in force, the consignee was not told, or has said that it is
            done.
    """
    here = _consignee(tx, one, site, by)
    if not says(words):
        raise InvalidInput("The answer says nothing.", hint="Write what the site answered.")
    if here.notified_on is None:
        raise Refused(f"{site} was not told of {one.label} yet.",
                      hint=f"First: radvigil field-action notify {one.label}.")  # fmt: skip
    if here.done_on is not None:
        raise Refused(f"{site} has done {one.label} on {here.done_on}.")
    if installations is not None and not 0 <= installations <= here.installations:
        raise InvalidInput(
            f"{site} has {here.installations} installations by the ledger: {installations} are not "
            "corrected there.", hint="Count them with the site.",
        )
    _require_day(on, here.answered_on or here.notified_on, now)
    step = ANSWERED if installations is None else DONE
    return _step(tx, one, site, step, on, by=by, now=now, words=words.strip(),
                 installations=installations)  # fmt: skip


def _consignee(tx: Session, one: FieldAction, site: str, by: Actor) -> Consigned:
    require(by, Action.PLAN_FIELD_ACTION)
    if one.status != IN_FORCE:
        raise Refused(f"{one.label} is '{one.status}': nobody is told of it.",
                      hint=f"Sign it: radvigil field-action approve {one.label}.")  # fmt: skip
    for here in ledger_of(tx, one):
        if here.site == site:
            return here
    raise InvalidInput(f"'{site}' is no consignee of {one.label}.",
                       hint=f"They are: {', '.join(one.sites)}.")  # fmt: skip


def _require_day(on: date, earliest: date, now: datetime) -> None:
    if not earliest <= on <= now.date():
        raise InvalidInput(f"{on} lies outside {earliest} to {now.date()}.",
                           hint="Give the day on which it happened.")  # fmt: skip


def _step(
    tx: Session, one: FieldAction, site: str, step: str, on: date, *, by: Actor, now: datetime,
    **said: Any,
) -> FieldNotice:
    made = FieldNotice(field_action_id=one.id or 0, site=site, step=step, happened_on=on,
                       recorded_by=by.name, recorded_at=now, **said)  # fmt: skip
    tx.add(made)
    tx.flush()
    return made


def check_effectiveness(
    tx: Session, one: FieldAction, *, effective: bool, words: str, by: Actor, password: str,
    now: datetime,
) -> FieldActionCheck:
    """A person signs what the check found; an action that worked and is complete is closed by it.

    Where it did not work the action stays in force, and the finding stays on record.

    Raises:
        NotAllowed: No role that may, who opened the action, or a wrong password.
        InvalidInput: The finding says nothing.
        Refused: It is not in force; or it worked, and a consignee, an installation or a site is
            open: they are named.
    """
    require(by, Action.DECIDE_FIELD_ACTION)
    check_transition("FieldAction", one.label, one.status, CLOSED)
    if by.name == one.opened_by:
        raise NotAllowed(f"'{by.name}' opened {one.label} and may not say that it worked.",
                         hint="Somebody who did not open it does.")  # fmt: skip
    if not says(words):
        raise InvalidInput("The finding says nothing.",
                           hint=f"Say what was found against: {one.criterion}")  # fmt: skip
    if effective:
        require_nothing_open(tx, one)
    total = reconciled(ledger_of(tx, one))
    made = FieldActionCheck(
        field_action_id=one.id or 0, result=EFFECTIVE if effective else NOT_EFFECTIVE,
        totals={name: getattr(total, name) for name in total.__slots__}, words=words.strip(),
        decided_by=by.name, decided_at=now,
    )  # fmt: skip
    tx.add(made)
    tx.flush()
    sign(tx, made, signer=by, password=password, meaning=Meaning.AUTHOR, reason=words.strip(),
         now=now)  # fmt: skip
    if effective:
        one.status, one.ended_at = CLOSED, now
        tx.add(one)
        tx.flush()
    return made


def checks_of(session: Session, one: FieldAction) -> list[FieldActionCheck]:
    """The checks of an action, the last one last."""
    query = select(FieldActionCheck).where(FieldActionCheck.field_action_id == one.id)
    return list(session.exec(query.order_by(col(FieldActionCheck.id))))


def require_nothing_open(session: Session, one: FieldAction) -> None:
    """Raise :class:`Refused` naming what is open: consignees, installations, sites not covered."""
    rows = ledger_of(session, one)
    total = reconciled(rows)
    open_ = [f"{each.site} is '{each.status}'" for each in rows if each.done_on is None]
    if total.open_installations and not open_:
        open_.append(
            f"{total.open_installations} of {total.installations} installations are not corrected"
        )
    open_ += [
        f"an affected version runs at {site} by the ledger, and no action covers it"
        for site in sites_not_covered(session, one)
    ]
    if open_:
        raise Refused(f"{one.label} is not closed: {'; '.join(open_)}.",
                      hint=f"See 'radvigil field-action show {one.label}'.")  # fmt: skip


def require_closable(session: Session, one: FieldAction) -> None:
    """Raise :class:`Refused` unless all is done and the last signed check found that it worked."""
    require_nothing_open(session, one)
    made = checks_of(session, one)
    if not made or made[-1].result != EFFECTIVE or not counting(
        signatures_on(session, made[-1]), made[-1]
    ):
        raise Refused(f"{one.label} is not closed without a signed check that it worked.",
                      hint="Use 'radvigil field-action close'.")  # fmt: skip


def remind_by(one: FieldAction, here: Consigned) -> date | None:
    """The day on which a silent consignee is reminded; None where no answer is awaited."""
    since = here.silent_since()
    return since + timedelta(days=one.remind_after) if since else None
