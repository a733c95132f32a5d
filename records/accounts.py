"""Accounts in use: sign-in, sign-out, own passwords, signatures, and who may add a person.

Sign-in, refused sign-in and sign-out are audit events (21 CFR 11.10(d), 11.300(d)); what repeated
failures lead to is told in `records.lockout`.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from records.absences import spoken_for
from records.audit import note, note_refusal
from records.base import Record
from records.clock import is_demonstration
from records.errors import (
    InvalidInput,
    NameUsed,
    NotAllowed,
    PasswordToChange,
    PasswordWrong,
    RadvigilError,
    Refused,
)  # fmt: skip
from records.lifecycle import check_signable
from records.lockout import (
    FAILURES,
    LOCKED_FOR,
    PASSWORD_REFUSED,
    SIGN_IN,
    SIGN_IN_REFUSED,
    note_failed_password,
    require_unlocked,
)  # fmt: skip
from records.own_passwords import require_own_password, set_password
from records.people import (
    Actor,
    Meaning,
    Role,
    find_actor,
    prove_identity,
    register_person,
)  # fmt: skip
from records.permissions import Action, may, may_add_others, require
from records.quality import Signature
from records.reasons import require_reason
from records.services import ensure_service
from records.signatures import sign
from records.store import Store

GATEKEEPER = "service:sign-in"
"""Writes the refused attempts: the person behind them is not known."""

FAILED = "The name or the password is not right, or the account is locked."
"""One sentence for all, so that an attempt does not tell which accounts exist."""

AFTER_FAILURE = (
    f"{FAILURES} failures in a row lock an account for {LOCKED_FOR.seconds // 60} minutes; an "
    "administrator can unlock it."
)


def sign_in(store: Store, name: str, password: str, *, now: datetime) -> Actor:
    """The person with this account and password; both outcomes are written to the audit trail.

    Raises:
        PasswordToChange: The password is right, but somebody else gave it, or it is too old.
        NotAllowed: Without saying whether the account exists or is locked.
    """
    try:
        with store.reader() as reader:
            actor = find_actor(reader, name)
            require_unlocked(reader, actor, now=now)
            prove_identity(actor, password)
            require_own_password(reader, actor, now=now)
    except PasswordToChange as waits:
        with store.transaction(name, waits.message, now=now) as tx:
            note(tx, f"{SIGN_IN_REFUSED}: password to change", actor.subject)
        raise
    except RadvigilError as refused:
        _note_refusal(store, name, refused, now)
        raise NotAllowed(FAILED, hint=AFTER_FAILURE) from refused
    with store.transaction(name, now=now) as tx:
        note(tx, SIGN_IN, actor.subject)
    return actor


def _note_refusal(store: Store, name: str, refused: RadvigilError, now: datetime) -> None:
    with store.transaction(GATEKEEPER, now=now) as tx:
        ensure_service(tx, GATEKEEPER, now=now)
        known = tx.exec(select(Actor).where(Actor.name == name)).first()
        if known is None:
            # The name is not written: it may be a password typed into the wrong field.
            note(tx, SIGN_IN_REFUSED, "Actor:unknown")
        elif isinstance(refused, PasswordWrong):
            note_failed_password(tx, known, SIGN_IN_REFUSED, now=now)
        else:
            note(tx, f"{SIGN_IN_REFUSED}: locked or not active", known.subject)


def sign_out(store: Store, name: str, *, now: datetime) -> None:
    """Write down that the person ended the session."""
    with store.transaction(name, now=now) as tx:
        note(tx, "sign out", find_actor(tx, name).subject)


def add_person(
    tx: Session,
    name: str,
    *,
    full_name: str,
    roles: list[Role],
    password: str,
    added_by: Actor | None,
    now: datetime,
) -> Actor:
    """A new person. The first is added by nobody and is an administrator; later ones by such.

    Whoever adds a person knows the password, which is therefore temporary; the first person types
    it for herself.

    Raises:
        NotAllowed: Nobody adds, or somebody without a role that may.
        InvalidInput: Not fit for an account, or a name that misleads about what is simulated.
    """
    persons = tx.exec(select(Actor).where(Actor.kind == "person")).all()
    if not persons and not may_add_others(roles):
        raise InvalidInput(
            "The first account must be an administrator's: it adds the others.",
            hint="Add --role administrator.",
        )
    if persons and added_by is None:
        raise NotAllowed("An administrator adds accounts.", hint="Use 'radvigil user login'.")
    if added_by is not None:
        require(added_by, Action.ADD_ACCOUNT)
    _require_honest_name(tx, name, full_name)
    return register_person(
        tx, name, full_name=full_name, roles=roles, password=password, now=now,
        temporary=added_by is not None and not is_demonstration(tx),
    )


def add_account(
    store: Store,
    name: str,
    *,
    full_name: str,
    roles: list[Role],
    password: str,
    added_by: Actor | None,
    now: datetime,
) -> Actor:
    """A new person, in a transaction of its own; a refused attempt is written to the trail too.

    Raises:
        NotAllowed, InvalidInput: As :func:`add_person`.
        NameUsed: The account name exists or existed (21 CFR 11.100(a)).
    """
    why = "add a person"
    with store.reader() as reader:
        first = reader.exec(select(Actor).where(Actor.kind == "person")).first() is None
    try:
        with (
            # the first account adds itself; who tries it later is nobody that is known
            store.transaction(name if first else GATEKEEPER, why, now=now)
            if added_by is None
            else acting_on(
                store, added_by, "adding an account", actor=added_by.name, reason=why, now=now
            )
        ) as tx:
            return add_person(
                tx, name, full_name=full_name, roles=roles, password=password, added_by=added_by,
                now=now,
            )
    except NameUsed:
        actor = added_by.name if added_by is not None else GATEKEEPER
        with store.transaction(actor, why, now=now) as tx:
            note(tx, "account refused: name used before", find_actor(tx, name).subject)
        raise


def change_password(store: Store, name: str, *, old: str, new: str, now: datetime) -> None:
    """A person's own new password, proved by the one that it replaces; on record without either.

    Raises:
        NotAllowed: The old password is wrong, or the account is locked or not active.
        InvalidInput: The new one is blank, too short or the old one.
    """
    try:
        with store.reader() as reader:
            actor = find_actor(reader, name)
            require_unlocked(reader, actor, now=now)
            prove_identity(actor, old)
    except RadvigilError as refused:
        _note_refusal(store, name, refused, now)
        raise
    with store.transaction(name, "own new password", now=now) as tx:
        set_password(tx, find_actor(tx, name), new, temporary=False, now=now)


def deactivate_account(tx: Session, actor: Actor, *, by: Actor) -> Actor:
    """The account acts no more; it stays on record, and nobody else ever gets its name.

    Raises:
        NotAllowed: The one who deactivates has no role that may.
        Refused: It is a service's, the own account, or that of the last active administrator.
    """
    require(by, Action.DEACTIVATE_ACCOUNT)
    if actor.kind == "service":
        raise Refused(
            f"'{actor.name}' is a service; only people's accounts are deactivated.",
            hint="Stop the schedule that starts it instead.",
        )
    if actor.name == by.name:
        raise Refused("Nobody deactivates the own account.", hint="Another administrator does.")
    _require_another_administrator(tx, actor)
    actor.active = False
    tx.add(actor)
    tx.flush()
    return actor


def _require_another_administrator(tx: Session, leaving: Actor) -> None:
    """Without one nobody could add, unlock or deactivate an account any more."""
    people = tx.exec(select(Actor).where(Actor.kind == "person", Actor.id != leaving.id))
    if may(leaving, Action.DEACTIVATE_ACCOUNT) and not any(
        may(one, Action.DEACTIVATE_ACCOUNT) for one in people
    ):
        raise Refused(
            f"'{leaving.name}' is the last active administrator.",
            hint="Add another with 'radvigil user add' first.",
        )


def _require_honest_name(tx: Session, name: str, full_name: str) -> None:
    """Simulated people are named 'Demo ...', and only they: a printed name tells which it was."""
    simulated = is_demonstration(tx)
    if simulated and not full_name.startswith("Demo "):
        raise InvalidInput(
            "People of a demonstration are named 'Demo ...'.", hint=f"Use 'Demo {full_name}'."
        )
    words = full_name.lower().split()
    if not simulated and (words[:1] == ["demo"] or re.split("[._-]", name)[0] == "demo"):
        raise InvalidInput(
            "Only the simulated people of a demonstration are named 'Demo'.",
            hint="Give the person's own name and account.",
        )


def sign_record(
    store: Store,
    record: Record,
    *,
    signer: Actor,
    password: str,
    meaning: Meaning,
    reason: str,
    now: datetime,
    comment: str = "",
) -> Signature:
    """Sign a record in a transaction of its own; a refused attempt is written to the trail too.

    comment: what the signer adds, such as 'under protest'.

    Raises:
        NotAllowed: The password is not right, or the person may not sign with this meaning.
        InvalidInput: No reason.
        Refused: The record cannot be signed, is decided already, was signed by this person, or
            has changed since it was read.
    """
    with acting_on(
        store, record, "signature", actor=signer.name, reason=reason, now=now,
        refused={"meaning": meaning.value},
    ) as tx:
        current = tx.get_one(type(record), getattr(record, "id", None))
        check_signable(
            type(current).__name__, current.label, getattr(current, "status", ""), meaning.value
        )
        if meaning is Meaning.REJECTION:
            raise Refused(
                f"{current.label} is not rejected by a signature alone.",
                hint="'radvigil document reject' signs the rejection and sends it back to draft.",
            )
        if current.signed_digest() != record.signed_digest():
            raise Refused(
                f"{record.label} was changed since it was read.", hint="Read it again, then sign."
            )
        return sign(
            tx, current, signer=signer, password=password, meaning=meaning,
            reason=reason.strip(), now=now, comment=comment,
        )


@contextmanager
def acting_on(
    store: Store,
    record: Record,
    deed: str,
    *,
    actor: str,
    reason: str,
    now: datetime,
    refused: Any = None,
) -> Iterator[Session]:
    """A transaction for a deed that needs a role or a password; nobody tries it unseen.

    Where the person or the rules do not allow it, nothing of the deed is written but an event
    '<deed> refused' on the record, with ``refused`` as what was wanted. Where the person stands in
    for somebody away, the reason of the events says for whom.

    Raises:
        InvalidInput: No reason.
    """
    reason = require_reason(reason)
    try:
        with store.transaction(actor, reason, now=now) as tx:
            tx.info["act"].notes_refusals = True
            person = find_actor(tx, actor)
            require_unlocked(tx, person, now=now)
            require_own_password(tx, person, now=now)
            meaning = str((refused or {}).get("meaning", "")) if deed == "signature" else ""
            if away := spoken_for(tx, person, record, deed, meaning=meaning, on=now.date()):
                tx.info["act"].reason = f"{reason} ({away})"
            yield tx
    except Refused as why:
        with store.transaction(actor, reason, now=now) as tx:
            if isinstance(why, PasswordWrong):
                note_failed_password(tx, find_actor(tx, actor), PASSWORD_REFUSED, now=now)
            note_refusal(tx, why, deed=deed, subject=record.subject, wanted=refused)
        raise


def require_on_record(store: Store, person: Actor, action: Action, *, now: datetime) -> None:
    """Raise :class:`NotAllowed` where the person may not do this; the trail says who tried what."""
    if may(person, action):
        return
    with store.transaction(person.name, now=now) as tx:
        note(tx, "act refused", person.subject, new={"act": action.value})
    require(person, action)
