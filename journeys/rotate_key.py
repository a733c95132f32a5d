"""A secret key is exchanged for a new one: on record, in steps that a kill can break off anywhere.

The new key lies in its file before it is on record; from the record on it counts. The identity
mapping is then sealed anew in one transaction, and the former key is taken away last: at each
moment in between, what was sealed with either key opens. Asked for again, a rotation that broke
off is brought to its end, and none is begun.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from imaging.identity import identity_store
from records.accounts import acting_on, require_on_record
from records.anchor_keys import KEY as ANCHOR
from records.anchor_keys import publish_successor
from records.anchors import no_anchor_meanwhile
from records.audit import note
from records.errors import InvalidInput, NotFound, Refused
from records.keys import (
    add_version,
    key_on_record,
    key_versions,
    keys_held_still,
    retired_files,
)  # fmt: skip
from records.people import find_actor
from records.permissions import Action, require
from records.product import WorkspaceKey
from records.sealed_remote import KEY as REMOTE
from records.store import Store

IDENTITY = "identity"

NEVER = {
    "pseudonym": "with another key every patient would become another person",
    "backup": "it lies outside the workspace; a backup is sealed with a new one by 'radvigil "
    "reseal'",
    "export": "it lies outside the workspace; an export is sealed with a new one by 'radvigil "
    "reseal'",
}
"""Keys that this does not exchange, and why not."""

FINISHED = "finish key rotation"


@dataclass(frozen=True, slots=True)
class Rotated:
    """The version that counts now, how many entries are sealed with it, and whether an earlier
    rotation was finished instead of a new one begun."""

    name: str
    version: int
    entries: int
    finished_earlier: bool


def rotate_key(store: Store, name: str, *, by: str, reason: str, now: datetime) -> Rotated:
    """Exchange a key of the workspace for a new one, or finish a rotation that broke off.

    Raises:
        Refused: This key is not exchanged here.
        InvalidInput: There is no such key, or no reason.
        NotFound: It was never made.
        NotAllowed: The person may not; the trail says so.
        IntegrityBroken: A key file is lost, or an entry of the mapping was altered.
    """
    if name in NEVER:
        raise Refused(f"The {name} key is not exchanged here: {NEVER[name]}.")
    if name not in (IDENTITY, ANCHOR, REMOTE):
        raise InvalidInput(
            f"There is no key '{name}'.", hint=f"Known: {IDENTITY}, {ANCHOR}, {REMOTE}."
        )
    with store.reader() as reader:
        newest = next(iter(key_versions(reader, name)), None)
        broke_off = _leftover(store, name)
    if newest is None:
        with store.reader() as reader:
            person = find_actor(reader, by)
        require_on_record(store, person, Action.ROTATE_KEY, now=now)
        raise NotFound(f"There is no key '{name}' yet.", hint="It is made when it is first needed.")
    with keys_held_still(store):
        with (
            no_anchor_meanwhile(store),
            acting_on(store, newest, "key rotation", actor=by, reason=reason, now=now) as tx,
        ):
            require(find_actor(tx, by), Action.ROTATE_KEY)
            current = newest if broke_off else _exchange(store, tx, newest, now)
        return Rotated(name, current.version, _finish(store, current, by, reason, now), broke_off)


def _exchange(store: Store, tx: Session, former: WorkspaceKey, now: datetime) -> WorkspaceKey:
    old = key_on_record(store, former)
    made = add_version(tx, store, former.name, now=now)
    if former.name == ANCHOR:
        publish_successor(tx, old, key_on_record(store, made))
    return made


def _leftover(store: Store, name: str) -> bool:
    with store.reader() as reader:
        return any(path.name.split(".")[0] == name for path in retired_files(store, reader))


def _finish(store: Store, current: WorkspaceKey, by: str, reason: str, now: datetime) -> int:
    """Seal with the newest key what the former one sealed, then take the former one away.

    The former key of a sealed remote stays: the next push seals anew what lies there.
    """
    entries = identity_store(store).seal_anew() if current.name == IDENTITY else 0
    with store.reader() as reader:
        files = [
            path for path in retired_files(store, reader)
            if path.name.split(".")[0] == current.name
        ]
    with store.transaction(by, reason, now=now) as tx:
        note(tx, FINISHED, current.subject, new={"version": current.version, "entries": entries})
    for path in files:
        path.unlink(missing_ok=True)
    return entries
