"""Bytes go by two people: one proposes what is due, another in another role confirms and signs.

The record of it is the tombstone: which digests, of what, by which rule, by whom, when. Rows and
events stay, so that counts and the trail are what they were (GDPR Art. 17(3); MDR Art. 10(8)). The
record comes before the deed: what a kill breaks off is gone on with, and what is gone without a
record is found by 'audit verify'.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import JSON, Column
from sqlmodel import Field, Session, col, select

from records.accounts import acting_on, require_on_record
from records.audit import note
from records.base import Record
from records.counting import counted
from records.erasable import Erasable, Selection, erasable
from records.errors import IntegrityBroken, NotAllowed, Refused
from records.legal_holds import HELD_KINDS
from records.lifecycle import check_signable, check_transition
from records.people import Actor, Meaning, find_actor
from records.permissions import Action, require
from records.retention import Periods, cited, read_periods
from records.signatures import sign
from records.store import Store
from records.vault import Vault, file_digest

MOST_ITEMS = 10_000
"""How many files one deletion names; more are proposed after it."""

MAPPING = "mapping"
"""The kind of a deletion of the identity mapping (`records.mapping_destruction`)."""

DELETED = "delete bytes"
"""The action of the event that says that the bytes of a deletion are gone."""


class Deletion(Record, table=True):
    """Which bytes go or went, by which rule, why, and by which two people: the tombstone."""

    __tablename__ = "deletion"
    PREFIX: ClassVar[str] = "DEL"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = (
        "kind", "items", "grounds", "rule", "periods_version", "proposed_by", "proposed_role",
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    items: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    """subject, name, digest, size and retain_until of each file."""
    grounds: str
    rule: str
    periods_version: int
    proposed_by: str
    proposed_role: str
    proposed_at: datetime
    status: str = "proposed"
    decided_by: str = ""
    decided_at: datetime | None = None
    done_at: datetime | None = None

    @property
    def words(self) -> str:
        """What it is about, in a line: how many files of which kind, and why."""
        files = counted(len(self.items), "file")
        return f"{files} ({HELD_KINDS[self.kind]}): {self.grounds}"


def propose_deletion(
    store: Store, wanted: Selection, *, by: str, reason: str, now: datetime
) -> Deletion:
    """Propose that what is due of a selection is deleted; nothing is yet.

    Raises:
        NotAllowed: No role of the person may.
        Refused: Nothing of it is due; what keeps the first of it is said. The trail says so too.
        InvalidInput: No reason.
    """
    periods = read_periods()
    with store.reader() as reader:  # every file is looked at: nobody waits for that to write
        person = find_actor(reader, by)
        due, why_not = _search(store, reader, wanted, periods, now)
    with acting_on(
        store, person, "deletion", actor=by, reason=reason, now=now,
        refused={"kind": wanted.kind, "site": wanted.site, "patient": wanted.patient},
    ) as tx:
        role = require(find_actor(tx, by), Action.PROPOSE_DELETION)
        if not due:
            raise Refused(why_not, hint="See 'radvigil retention due'.")
        deletion = Deletion(
            kind=wanted.kind, items=[_item(one) for one in due], grounds=reason.strip(),
            rule=cited(due[0].retention.citations), periods_version=periods.version,
            proposed_by=by, proposed_role=role.value, proposed_at=now,
        )
        if _named_already(tx) & {one.digest for one in due}:
            raise Refused("Some of it was proposed meanwhile.", hint="Propose it again.")
        _require_due(store, tx, deletion, now)
        tx.add(deletion)
        tx.flush()
        return deletion


def withdraw_deletion(tx: Session, deletion: Deletion, *, by: Actor, now: datetime) -> Deletion:
    """Nothing of a proposal is deleted.

    Raises:
        NotAllowed: No role of the person may.
        TransitionRefused: It was decided before.
    """
    require(by, Action.PROPOSE_DELETION)
    check_transition("Deletion", deletion.subject, deletion.status, "withdrawn")
    deletion.status, deletion.decided_by, deletion.decided_at = "withdrawn", by.name, now
    tx.add(deletion)
    tx.flush()
    return deletion


def confirm_deletion(
    store: Store, deletion: Deletion, *, by: str, password: str, reason: str, now: datetime
) -> Deletion:
    """Confirm a proposal with a signature, then delete; each file must still be due and not held.

    Raises:
        NotAllowed: Who proposed it, the same role, no role that may, or a wrong password.
        Refused: Something of it is not due any more, or the mapping is held; nothing was deleted.
        TransitionRefused: It was decided before.
    """
    with acting_on(
        store, deletion, "deletion", actor=by, reason=reason, now=now,
        refused={"status": "confirmed"},
    ) as tx:
        current, person = tx.get_one(Deletion, deletion.id), find_actor(tx, by)
        require(person, Action.CONFIRM_DELETION)
        check_transition("Deletion", current.subject, current.status, "confirmed")
        check_signable("Deletion", current.label, current.status, Meaning.APPROVAL.value)
        _require_confirmable(store, tx, current, now)
        signature = sign(
            tx, current, signer=person, password=password, meaning=Meaning.APPROVAL,
            reason=reason.strip(), now=now,
        )
        if signature.role == current.proposed_role:
            raise NotAllowed(
                f"{current.label} was proposed in the role '{current.proposed_role}' and is "
                "confirmed in another one.", hint="Somebody with another role confirms it.",
            )
        current.status, current.decided_by, current.decided_at = "confirmed", by, now
        tx.add(current)
    return carry_out(store, deletion, actor=by, now=now)


def carry_out(store: Store, deletion: Deletion, *, actor: str, now: datetime) -> Deletion:
    """Delete the bytes of a confirmed deletion, or what is left of them; then say that it is done.

    Raises:
        Refused: A legal hold was placed since; what it covers stays.
        IntegrityBroken: A file is another one than the one that was confirmed; it stays.
    """
    if deletion.kind == MAPPING:
        from records.mapping_destruction import carry_out_destruction

        return carry_out_destruction(store, deletion, actor=actor, now=now)
    with store.reader() as reader:
        current = reader.get_one(Deletion, deletion.id)
        check_transition("Deletion", current.subject, current.status, "done")
        left = _left(store, reader, current)
    for one in left:
        if one.holds:
            raise Refused(
                f"{current.label} stops at {one.name}: it is {one.why_not(now.date())}.",
                hint="Go on with 'radvigil retention resume' when the hold is lifted.",
            )
    for one in left:
        if file_digest(one.path) != one.digest:
            raise IntegrityBroken(
                f"{one.name} is not the file that {current.label} names; it was left.",
                hint="See 'radvigil audit verify'.",
            )
        one.path.unlink(missing_ok=True)
    for folder in sorted({one.path.parent for one in left}):
        _settle(folder)
    with store.transaction(actor, current.grounds, now=now) as tx:
        done = tx.get_one(Deletion, deletion.id)
        done.status, done.done_at = "done", now
        tx.add(done)
        note(tx, DELETED, done.subject, new={"files": len(done.items), "rule": done.rule})
    return done


def resume_deletions(store: Store, *, by: str, now: datetime) -> Iterator[Deletion]:
    """Go on with every confirmed deletion that broke off, one after the other.

    Raises:
        NotAllowed: No role of the person may; the trail says so.
        Refused, IntegrityBroken: As :func:`carry_out`; those before it are done.
    """
    with store.reader() as reader:
        require_on_record(store, find_actor(reader, by), Action.CONFIRM_DELETION, now=now)
        waiting = unfinished_deletions(reader)
    for one in waiting:
        yield carry_out(store, one, actor=by, now=now)


def unfinished_deletions(session: Session) -> list[Deletion]:
    """Deletions that are confirmed and whose bytes may still lie here: broken off, or held."""
    return [one for one in waiting_deletions(session) if one.status == "confirmed"]


def waiting_deletions(session: Session) -> list[Deletion]:
    """Deletions that wait for somebody: proposed, or confirmed and not done; the oldest first."""
    query = select(Deletion).where(col(Deletion.status).in_(("proposed", "confirmed")))
    return list(session.exec(query.order_by(col(Deletion.id))))


GONE, GOING = ("done",), ("confirmed", "done")


def deleted_digests(
    session: Session, *kinds: str, statuses: tuple[str, ...] = GOING
) -> frozenset[str]:
    """SHA-256 of the bytes of these kinds that two people let go; by default the going too."""
    query = select(Deletion.items).where(
        col(Deletion.status).in_(statuses), col(Deletion.kind).in_(kinds)
    )
    return frozenset(str(item["digest"]) for items in session.exec(query) for item in items)


def deletion_notices(store: Store, reader: Session) -> list[str]:
    """What a person should know of deletions: broken off, or bytes that are there again."""
    notices = [
        f"{one.label} is confirmed and not done: 'radvigil retention resume' goes on with it"
        for one in unfinished_deletions(reader)
    ]
    query = select(Deletion).where(Deletion.status == "done").order_by(col(Deletion.id))
    for one in reader.exec(query):
        again = sum(_lies_here(store, one.kind, str(item["digest"])) for item in one.items)
        if again:
            notices.append(f"{again} of {len(one.items)} files that {one.label} deleted are there "
                           "again")  # fmt: skip
    return notices


def _lies_here(store: Store, kind: str, digest: str) -> bool:
    """Whether bytes are kept under this digest; exports are kept by name, and may be made again."""
    if kind == "image":
        return Vault(store.workspace.vault).path_of(digest).is_file()
    return kind == "quarantine" and (store.workspace.quarantine / digest).is_file()


def _named_already(tx: Session) -> set[str]:
    query = select(Deletion.items).where(col(Deletion.status).in_(("proposed", "confirmed")))
    return {str(item["digest"]) for items in tx.exec(query) for item in items}


def _item(one: Erasable) -> dict[str, Any]:
    return {
        "subject": one.subject, "name": one.name, "digest": one.digest,
        "size": one.path.stat().st_size, "retain_until": str(one.retention.retain_until),
    }


def _search(
    store: Store, reader: Session, wanted: Selection, periods: Periods, now: datetime
) -> tuple[list[Erasable], str]:
    """What is due and nobody has proposed, up to the most; where nothing is, why the first is not.

    Memory does not grow with what lies here.
    """
    waiting, due, why = _named_already(reader), list[Erasable](), ""
    for one in erasable(store, reader, wanted, periods):
        if one.digest in waiting:
            continue
        if one.is_due(now.date()):
            due.append(one)
            if len(due) == MOST_ITEMS:
                break
        elif not why:
            kept = one.why_not(now.date())
            why = f"Nothing is due: {one.name} is not to be deleted: {kept}."
    nothing = f"No {wanted.kind} of this selection lies here, or all of it is proposed already."
    return due, why or nothing


def _left(store: Store, session: Session, deletion: Deletion) -> list[Erasable]:
    named = {str(item["digest"]) for item in deletion.items}
    names = {str(item["name"]) for item in deletion.items}
    wanted = Selection(deletion.kind, subjects=frozenset(one["subject"] for one in deletion.items))
    found = erasable(store, session, wanted, read_periods())
    return [
        one for one in found
        if one.digest in named and (deletion.kind != "export" or one.name in names)
    ]


def _require_due(store: Store, tx: Session, deletion: Deletion, now: datetime) -> None:
    """Each file that still lies here is due today, by today's periods, facts and holds."""
    for one in _left(store, tx, deletion):
        if not one.is_due(now.date()):
            raise Refused(
                f"{deletion.label} names {one.name}, which is {one.why_not(now.date())}.",
                hint="Withdraw it and propose what is due.",
            )


def _require_confirmable(store: Store, tx: Session, deletion: Deletion, now: datetime) -> None:
    if deletion.kind == MAPPING:
        from records.mapping_destruction import require_destructible

        require_destructible(tx)
    else:
        _require_due(store, tx, deletion, now)


def _settle(folder: Path) -> None:
    """The folder is on the disk as it is now: what was deleted does not come back after a crash."""
    with suppress(FileNotFoundError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


