"""Signed anchors: where the audit trail stood, written down where its database cannot reach.

The hash chain shows an event that was changed, dropped or inserted; a trail whose tail was cut
off is a shorter chain, and whole. An anchor is a line outside the database that names the last
event of its moment, signed by the workspace's own Ed25519 key (RFC 8032): a trail that is shorter
than its anchors, or has another event there, is not the one that was anchored (21 CFR 11.10(a)).
The trail in turn tells of each anchor: so lines taken away show as well.

The event 'anchor' comes first and is itself what the line names: it cannot be cut off unseen. A
marker beside the file stands from before the event until the line is on the disk, so that what
broke off in between is finished by the next anchor and is no damage.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from filelock import FileLock
from sqlalchemy import select
from sqlalchemy.orm import Session

from records.anchor_keys import PublishedKeys, published_keys, signing_key
from records.audit import AuditEvent, head, note
from records.base import canonical_json, plain
from records.clock import is_demonstration
from records.disk import disk_refusals
from records.errors import IntegrityBroken, Refused
from records.private import write_private
from records.settings import Workspace
from records.store import Store

FILE = "anchors.jsonl"
PENDING = "anchor.pending"
"""The marker: an anchor is being written, its line may still be missing."""
ANCHORED = "anchor"
"""The action of the event that tells of an anchor, and that the anchor names."""

_AT_ONCE = 500  # sequence numbers a query asks for


@dataclass(frozen=True, slots=True)
class Anchor:
    """One line of the file: the last event of the moment, and who vouches for it.

    sequence, digest: of the event. at: when it was anchored (UTC). public_key, signature: Ed25519,
    in hex; signed is the canonical JSON of the other four.
    """

    sequence: int
    digest: str
    at: str
    public_key: str
    signature: str = ""

    def signed_text(self) -> bytes:
        """What the signature is over."""
        content = asdict(self)
        del content["signature"]
        return canonical_json(content).encode()


@dataclass(frozen=True, slots=True)
class AnchorVerdict:
    """What comparing a trail with its anchors found.

    anchors: how many there are; 0 means that a cut-off tail cannot be seen. first_bad_sequence:
    the first event that an anchor names and the trail does not hold so.
    """

    anchors: int
    first_bad_sequence: int | None
    findings: tuple[str, ...]


@disk_refusals("The anchor could not be written")
def write_anchor(store: Store, *, now: datetime, actor: str = "radvigil") -> Anchor | None:
    """Tell the trail of an anchor and anchor that event; None where nothing came since the last.

    Raises:
        Refused: A live workspace keeps its anchors inside itself, where one hand reaches both.
        IntegrityBroken: The trail is not the one that was anchored last.
        Unavailable: The disk takes no more.
    """
    workspace = store.workspace
    _require_outside(store, workspace)
    folder = workspace.anchors
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _writing(folder):
        key = signing_key(store, now=now)  # in here: no other key takes its place meanwhile
        known = read_anchors(folder)
        _require_anchored_trail(store, known)
        anchored = known[-1].sequence if known else 0
        with store.reader() as reader:
            last, told = head(reader)[0], _last_told(reader)
        if last == anchored:
            return None
        broken_off = told is not None and told[0] > anchored and (folder / PENDING).exists()
        if broken_off and told is not None:
            anchor = _write_line(folder, told, key, now)
            if told[0] == last:
                return anchor
        write_private(folder / PENDING, b"")
        with store.transaction(actor, "anchor the audit trail", now=now) as tx:
            note(tx, ANCHORED, "AuditTrail:all", new={"number": len(known) + 1 + broken_off})
        with store.reader() as reader:
            told = _last_told(reader)
        assert told is not None
        return _write_line(folder, told, key, now)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """One writer at a time; the marker goes when nothing broke off."""
    with FileLock(folder / ".lock"):
        yield
        (folder / PENDING).unlink(missing_ok=True)


def _require_anchored_trail(store: Store, known: list[Anchor]) -> None:
    if not known:
        return
    with store.reader() as reader:
        held, keys = _digests(reader, [known[-1].sequence]), published_keys(reader)
    if _finding(known[-1], held, keys):
        raise IntegrityBroken(
            f"The audit trail is not the one anchored at {known[-1].at}.",
            hint="See 'radvigil audit verify'. Nothing was anchored.",
        )


def _last_told(reader: Session) -> tuple[int, str] | None:
    """Sequence number and digest of the newest event that tells of an anchor."""
    event = reader.execute(
        select(AuditEvent.sequence, AuditEvent.digest)  # type: ignore[call-overload]
        .where(AuditEvent.action == ANCHORED)
        .order_by(AuditEvent.sequence.desc())  # type: ignore[attr-defined]
        .limit(1)
    ).first()
    return (event[0], event[1]) if event else None


def _write_line(
    folder: Path, event: tuple[int, str], key: Ed25519PrivateKey, now: datetime
) -> Anchor:
    bare = Anchor(*event, str(plain(now)), key.public_key().public_bytes_raw().hex())
    anchor = Anchor(**asdict(bare) | {"signature": key.sign(bare.signed_text()).hex()})
    _append(folder / FILE, canonical_json(asdict(anchor)) + "\n")
    return anchor


def read_anchors(folder: Path) -> list[Anchor]:
    """The anchors in a folder, oldest first; a last line that was never finished is left out.

    Raises:
        IntegrityBroken: A line in the middle is not an anchor.
    """
    path = folder / FILE
    if not path.is_file():
        return []
    lines = path.read_bytes().split(b"\n")[:-1]
    anchors = []
    for number, line in enumerate(lines, start=1):
        try:
            anchors.append(Anchor(**json.loads(line)))
        except (ValueError, TypeError):
            raise IntegrityBroken(f"Line {number} of {path} is not an anchor.") from None
    return anchors


def copy_anchors(source: Path, target: Path, *, upto: int) -> None:
    """Copy the anchors of events up to a sequence number into a new folder; none makes no file.

    An anchor that is just being written is waited for.

    Raises:
        IntegrityBroken: A line in the middle is not an anchor.
    """
    target.mkdir(mode=0o700)
    if not source.is_dir():
        return
    with FileLock(source / ".lock"):
        if (source / PENDING).exists():
            write_private(target / PENDING, b"")
        lines = read_anchors(source)
    kept = [one for one in lines if one.sequence <= upto]
    if kept:
        text = "".join(canonical_json(asdict(one)) + "\n" for one in kept)
        write_private(target / FILE, text.encode())


def verify_anchors(reader: Session, folder: Path) -> AnchorVerdict:
    """Is this the trail that was anchored? Checks each signature, and each event that is named."""
    try:
        anchors = read_anchors(folder)
    except IntegrityBroken as broken:
        return AnchorVerdict(0, None, (broken.message.rstrip("."),))
    keys = published_keys(reader)
    if not anchors:
        missing = f"the anchors of the trail are missing from {folder}"
        return AnchorVerdict(0, None, (missing,) if _missing_lines(reader, anchors, folder) else ())
    held = _digests(reader, [one.sequence for one in anchors])
    faults = [(one, _finding(one, held, keys)) for one in anchors]
    bad = [*keys.faults, *((one.sequence, fault) for one, fault in faults if fault)]
    findings = [fault for _, fault in bad[:100]]
    findings += _missing_lines(reader, anchors, folder)
    if not keys.keys:
        findings.append("the trail no longer tells the key of its anchors")
        bad.append((anchors[0].sequence, findings[-1]))
    first = min((sequence for sequence, _ in bad), default=None)
    if first is not None:
        last = head(reader)[0]
        if isinstance(last, int):  # else altered: SQLite keeps a blob where a number belongs
            first = min(first, last + 1)
    return AnchorVerdict(len(anchors), first, tuple(findings))


def _finding(anchor: Anchor, held: dict[int, str], keys: PublishedKeys) -> str:
    """What is wrong with an anchor, or with the trail by it; empty where nothing is."""
    known = not keys.keys or keys.may_sign(anchor.public_key, anchor.sequence)
    if not known or not _signed(anchor):
        return f"the anchor of {anchor.at} was altered, or made with another key"
    found = held.get(anchor.sequence)
    if found is None:
        return (
            f"the trail was cut off: the anchor of {anchor.at} names audit event "
            f"{anchor.sequence}, which is not there"
        )
    if found != anchor.digest:
        return f"audit event {anchor.sequence} is not the one that was anchored at {anchor.at}"
    return ""


def _missing_lines(reader: Session, anchors: list[Anchor], folder: Path) -> list[str]:
    """A sentence where the trail tells of anchors that are not in the file."""
    written = {one.sequence for one in anchors}
    told = list(
        reader.execute(
            select(AuditEvent.sequence)  # type: ignore[call-overload]
            .where(AuditEvent.action == ANCHORED)
            .order_by(AuditEvent.sequence)
        ).scalars()
    )
    missing = [sequence for sequence in told if sequence not in written]
    if missing and missing[-1] == told[-1] and (folder / PENDING).exists():
        missing.pop()  # its writing broke off: the next anchor finishes it
    if not missing:
        return []
    return [
        f"anchors are missing from their file: {len(missing)}; "
        f"audit event {missing[0]} tells of one"
    ]


def _signed(anchor: Anchor) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(anchor.public_key))
        key.verify(bytes.fromhex(anchor.signature), anchor.signed_text())
    except (InvalidSignature, ValueError):
        return False
    return True


def _digests(reader: Session, sequences: list[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for start in range(0, len(sequences), _AT_ONCE):
        query = select(AuditEvent.sequence, AuditEvent.digest).where(  # type: ignore[call-overload]
            AuditEvent.sequence.in_(sequences[start : start + _AT_ONCE])  # type: ignore[attr-defined]
        )
        found |= {row[0]: row[1] for row in reader.execute(query)}
    return found


@contextmanager
def no_anchor_meanwhile(store: Store) -> Iterator[None]:
    """Nothing is anchored in this block; where no anchors are kept yet, nothing is waited for."""
    folder = store.workspace.anchors
    if folder.is_dir():
        with FileLock(folder / ".lock"):
            yield
    else:
        yield


def _require_outside(store: Store, workspace: Workspace) -> None:
    with store.reader() as reader:
        if is_demonstration(reader):
            return
    if workspace.anchors.resolve().is_relative_to(workspace.home):
        raise Refused(
            "The anchors of a live workspace are kept outside it.",
            hint="Name a folder on other storage in RADVIGIL_ANCHORS.",
        )


def _append(path: Path, line: str) -> None:
    """Add a line, on the disk when this returns; what a crash left unfinished is taken off."""
    content = path.read_bytes() if path.is_file() else b""
    whole = content.rfind(b"\n") + 1
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        file.truncate(whole)
        file.seek(whole)
        file.write(line.encode())
        file.flush()
        os.fsync(file.fileno())
