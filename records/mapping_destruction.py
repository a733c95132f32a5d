"""The identity mapping goes by two people, for ever, and no record, image or document with it.

One proposes it, another in another role confirms with a signature; then the file goes (GDPR
Art. 4(5), 17; 45 CFR 164.514(c)). Backups hold copies with their keys, and are not reached from
here: who confirms it has seen to them. What is taken in afterwards begins a new mapping.
"""

from datetime import datetime

from sqlmodel import Session, select

from records.accounts import acting_on, require_on_record
from records.audit import note
from records.deletions import MAPPING, Deletion, confirm_deletion
from records.errors import Refused
from records.identity_mapping import DESTROYED, mapping_on_record
from records.legal_holds import standing_holds
from records.lifecycle import check_transition
from records.people import find_actor
from records.permissions import Action, require
from records.retention import read_periods
from records.store import Store

RULE = "GDPR Art. 4(5), 17; 45 CFR 164.514(c)"


def propose_destruction(store: Store, *, by: str, reason: str, now: datetime) -> Deletion:
    """Propose that nobody here can ever be named again; nothing is destroyed yet.

    Raises:
        NotAllowed: No role of the person may; the trail says so.
        Refused: There is no mapping, it is proposed already, or a legal hold covers it.
        InvalidInput: No reason.
    """
    with store.reader() as reader:
        person = find_actor(reader, by)
    with acting_on(
        store, person, "deletion", actor=by, reason=reason, now=now, refused={"kind": MAPPING}
    ) as tx:
        role = require(find_actor(tx, by), Action.PROPOSE_DELETION)
        require_destructible(tx)
        waiting = select(Deletion).where(Deletion.kind == MAPPING, Deletion.status == "proposed")
        if tx.exec(waiting).first() is not None:
            raise Refused("It is proposed already.", hint="See 'radvigil retention deletions'.")
        deletion = Deletion(
            kind=MAPPING, items=[], grounds=reason.strip(), rule=RULE,
            periods_version=read_periods().version, proposed_by=by, proposed_role=role.value,
            proposed_at=now,
        )
        tx.add(deletion)
        tx.flush()
        return deletion


def confirm_destruction(
    store: Store, deletion: Deletion, *, by: str, password: str, reason: str, now: datetime
) -> Deletion:
    """Confirm with a signature and destroy the mapping; it cannot be undone.

    Raises:
        NotAllowed: Who proposed it, the same role, no role that may, or a wrong password.
        Refused: It is no proposal to destroy the mapping, or a legal hold covers it.
        TransitionRefused: It was decided before.
    """
    with store.reader() as reader:
        require_on_record(store, find_actor(reader, by), Action.CONFIRM_DELETION, now=now)
    if deletion.kind != MAPPING:
        raise Refused(
            f"{deletion.label} deletes bytes of the kind '{deletion.kind}'.",
            hint="Confirm it with 'radvigil retention confirm'.",
        )
    return confirm_deletion(store, deletion, by=by, password=password, reason=reason, now=now)


def carry_out_destruction(
    store: Store, deletion: Deletion, *, actor: str, now: datetime
) -> Deletion:
    """Destroy the mapping of a confirmed proposal, or what is left of it; then say that it is done.

    Raises:
        TransitionRefused: It is not confirmed, or done.
        Refused: A legal hold was placed since; the mapping stays.
    """
    with store.reader() as reader:
        current = reader.get_one(Deletion, deletion.id)
        check_transition("Deletion", current.subject, current.status, "done")
        _require_not_held(reader)
    for suffix in ("", "-journal", "-wal", "-shm"):
        mapping = store.workspace.identity
        mapping.with_name(mapping.name + suffix).unlink(missing_ok=True)
    with store.transaction(actor, current.grounds, now=now) as tx:
        done = tx.get_one(Deletion, deletion.id)
        done.status, done.done_at = "done", now
        tx.add(done)
        note(tx, DESTROYED, "Workspace:all", new={"deletion": done.label})
        return done


def require_destructible(tx: Session) -> None:
    """There is a mapping, and nothing holds it.

    Raises Refused where not.
    """
    if not mapping_on_record(tx):
        raise Refused("There is no identity mapping.", hint="It was destroyed, or never made.")
    _require_not_held(tx)


def _require_not_held(tx: Session) -> None:
    held = [one.label for one in standing_holds(tx) if one.covers(MAPPING)]
    if held:
        raise Refused(f"The identity mapping is held by {', '.join(held)}.", hint="Lift it first.")
