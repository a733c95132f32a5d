"""The keys that sign anchors and exports, as the trail tells them: each signed by the one before.

The first public key is told before it signs anything. A key that follows is told with a signature
of its predecessor, so that whoever trusts the first trusts the newest; what the older ones signed
before stays verifiable, and what they would sign after is refused.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from records.audit import AuditEvent, note
from records.base import canonical_json
from records.keys import workspace_key
from records.store import Store

KEY = "anchor"
PUBLISH = "publish key"
"""The action of the audit event that tells a public key, before it signs anything."""


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """A public key (hex), the event that tells it, and the event from which on another counts."""

    public: str
    sequence: int
    retired_at: int | None = None

    def may_sign(self, sequence: int) -> bool:
        """Whether it vouches for that event: it, or a key before it, counted then."""
        return self.retired_at is None or sequence < self.retired_at


@dataclass(frozen=True, slots=True)
class PublishedKeys:
    """All keys in order; a sentence for each event of them that was altered or is not signed."""

    keys: tuple[PublishedKey, ...]
    faults: tuple[tuple[int, str], ...] = ()

    def may_sign(self, public: str, sequence: int) -> bool:
        """Whether the key of this public half vouches for that event."""
        return any(one.public == public and one.may_sign(sequence) for one in self.keys)


def published_keys(reader: Session) -> PublishedKeys:
    """The keys that the trail tells, the oldest first."""
    events = reader.execute(
        select(AuditEvent.sequence, AuditEvent.new)  # type: ignore[call-overload]
        .where(AuditEvent.action == PUBLISH)
        .order_by(AuditEvent.sequence)
    ).all()
    keys: list[PublishedKey] = []
    faults: list[tuple[int, str]] = []
    for sequence, new in events:
        public = _told(str(new), keys[-1].public if keys else "")
        if not public:
            faults.append((sequence, f"audit event {sequence} tells of a key that nothing vouches"
                           " for"))  # fmt: skip
            continue
        if keys:
            keys[-1] = PublishedKey(keys[-1].public, keys[-1].sequence, sequence)
        keys.append(PublishedKey(public, sequence))
    return PublishedKeys(tuple(keys), tuple(faults))


def published_key(reader: Session) -> str | None:
    """The public key (hex) that counts today; None before there is one, empty where altered."""
    found = published_keys(reader)
    if found.keys:
        return found.keys[-1].public
    return "" if found.faults else None


def signing_key(store: Store, *, now: datetime) -> Ed25519PrivateKey:
    """The key that signs anchors and exports, once the trail has told its public half."""
    key = Ed25519PrivateKey.from_private_bytes(workspace_key(store, KEY))
    with store.reader() as reader:
        known = published_key(reader) is not None
    if not known:
        with store.transaction("radvigil", "begin to anchor the audit trail", now=now) as tx:
            if published_key(tx) is None:  # another process may have been faster
                note(tx, PUBLISH, "AuditTrail:all", new={"ed25519": _hex(key)})
    return key


def publish_successor(tx: Session, former: bytes, new: bytes) -> None:
    """Tell the trail of the key that follows, signed by the one that it replaces."""
    old, key = (Ed25519PrivateKey.from_private_bytes(one) for one in (former, new))
    told = {"ed25519": _hex(key), "previous": _hex(old)}
    signature = old.sign(canonical_json(told).encode()).hex()
    note(tx, PUBLISH, "AuditTrail:all", new=told | {"signature": signature})


def _told(new: str, previous: str) -> str:
    """The public key in an event; empty where its predecessor did not sign it."""
    try:
        told = json.loads(new)
        public = str(told["ed25519"])
        if previous:
            signed = {"ed25519": public, "previous": previous}
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(previous)).verify(
                bytes.fromhex(told["signature"]), canonical_json(signed).encode()
            )
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
    except (ValueError, KeyError, TypeError, InvalidSignature):
        return ""
    return public


def _hex(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes_raw().hex()
