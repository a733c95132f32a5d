"""Every HL7 message that was taken, on the disk before its sender hears so, until it is done with.

One SQLite file in the workspace, readable by its owner only. What names a patient is sealed with
AES-256-GCM and a key derived from the workspace's, and deleted when it has been applied; control
ids are kept as keyed digests. Orders, results of which not all is taken, and merges of patients of
whom nothing is here yet stay with their content for a time.
"""

import hashlib
import hmac
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from threading import RLock
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from filelock import FileLock

from records.errors import IntegrityBroken, Unavailable

REMEMBERED = timedelta(days=30)
"""A control id is the same message for so long; after that it may be used again."""
KEPT_FOR = timedelta(days=180)
"""Orders and results that nothing has taken are deleted after so long."""
_FORM = b"\1"
"""The first byte of a sealed content; one that begins with MSH is from before they were sealed."""
_TABLES = (
    "CREATE TABLE IF NOT EXISTS message (number INTEGER PRIMARY KEY AUTOINCREMENT, sender TEXT, "
    "site TEXT, control TEXT, digest TEXT, kind TEXT, state TEXT, fault TEXT, received_at TEXT, "
    "content BLOB)",
    "CREATE INDEX IF NOT EXISTS by_control ON message (sender, control)",
    "CREATE INDEX IF NOT EXISTS by_state ON message (state, number)",
    "CREATE TABLE IF NOT EXISTS waiting (number INTEGER, place INTEGER, prior TEXT, "
    "prior_other TEXT, prior_issuer TEXT, surviving TEXT, surviving_other TEXT, "
    "surviving_issuer TEXT, PRIMARY KEY (number, place))",
    "CREATE INDEX IF NOT EXISTS by_prior ON waiting (prior)",
    "CREATE INDEX IF NOT EXISTS by_prior_other ON waiting (prior_other)",
    "CREATE TABLE IF NOT EXISTS not_taken (sender TEXT, fault TEXT, messages INTEGER, "
    "first_at TEXT, last_at TEXT, PRIMARY KEY (sender, fault))",
    "CREATE TABLE IF NOT EXISTS last_word (sender TEXT, patient TEXT, said_at TEXT, "
    "PRIMARY KEY (sender, patient))",
)


class State(StrEnum):
    """What has become of a message."""

    RECEIVED = "received"
    """On the disk, and not applied yet."""
    APPLIED = "applied"
    WAITING = "waiting"
    """A merge of a patient of whom nothing is here yet."""
    NOTHING = "nothing here"
    """An update of a patient of whom nothing is here, or older than what was said before."""
    KEPT = "kept"
    """An order, or a result of which nothing or not all is taken."""
    FORGOTTEN = "deleted after its time"
    REFUSED = "refused"
    """Understood, and it cannot be applied; its sender was told why."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A message on the disk. sender: the label of the registered system, site: the system's."""

    number: int
    sender: str
    site: str
    kind: str
    state: State
    fault: str
    received_at: datetime
    digest: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many messages a system sent that are alike, and when: the first and the last of them.

    sender: the label of the registered system, '' of one that is not. kind, state: '' of messages
    that were not taken, of which nothing is kept.
    """

    sender: str
    kind: str
    state: str
    fault: str
    messages: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """A patient number's two possible pseudonyms: of the site, and of the site and its issuer.

    Which one counts depends on whose the number was first (:func:`imaging.ingest.told_apart`).
    """

    own: str
    other: str
    issuer: str


def body_digest(content: bytes) -> str:
    """SHA-256 of a message without MSH-7: the same one sent again may bear another time.

    >>> one, two = (b"MSH|^~x&|A|B|C|D|%d||ADT^A08|7|P|2.5" % at for at in (1, 2))
    >>> body_digest(one) == body_digest(two), body_digest(one) == body_digest(one + b"|")
    (True, False)
    """
    fields = content.split(content[3:4], 7)
    fields[6:7] = [b""]
    return hashlib.sha256(content[3:4].join(fields)).hexdigest()


class Journal:
    """The messages of a workspace; one program at a time applies them (:meth:`alone`)."""

    def __init__(self, path: Path, key: bytes) -> None:
        self.path = path
        self._key = hmac.digest(key, b"radvigil HL7 control ids", hashlib.sha256)
        self._cipher = AESGCM(hmac.digest(key, b"radvigil HL7 messages", hashlib.sha256))
        self._lock = RLock()
        self._alone = FileLock(path.with_name(f".{path.name}.lock"), timeout=30)
        self._connection: sqlite3.Connection | None = None

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else applies messages meanwhile.

        Raises:
            Unavailable: Another program does, for half a minute.
        """
        from filelock import Timeout

        try:
            with self._alone:
                yield
        except Timeout:
            raise Unavailable("Others apply HL7 messages.", hint="Run it again.") from None

    def find(self, sender: str, control_id: str, *, now: datetime) -> Kept | None:
        """The message of this control id that a system sent in the last 30 days."""
        found = self._kept(
            "sender = ? AND control = ? AND received_at > ? ORDER BY number DESC LIMIT 1",
            (sender, self._name(control_id), _plain(now - REMEMBERED)),
        )
        return found[0] if found else None

    def keep(
        self, content: bytes, *, sender: str, site: str, control_id: str, kind: str, now: datetime
    ) -> Kept:
        """A message on the disk: when this returns it outlives a crash of the machine."""
        values = (sender, site, self._name(control_id), body_digest(content), kind,
                  State.RECEIVED, "", _plain(now), self._sealed(content))  # fmt: skip
        with self._writing() as connection:
            number = connection.execute(
                "INSERT INTO message (sender, site, control, digest, kind, state, fault, "
                "received_at, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values,
            ).lastrowid
        return self._kept("number = ?", (number,))[0]

    def done(
        self, one: Kept, state: State, *, fault: str = "",
        waiting: Sequence[tuple[int, Pseudonyms, Pseudonyms]] = (),
        said: Sequence[tuple[str, datetime]] = (),
    ) -> Kept:
        """What became of it; its content stays only where somebody will still need it.

        waiting: the merges in it that wait, by their place. said: of which patients it is the
        last word, by pseudonym.
        """
        accepted = one.state is State.WAITING and state is State.REFUSED
        keeps = state in (State.WAITING, State.KEPT) or accepted
        with self._writing() as connection:
            connection.execute(
                "UPDATE message SET state = ?, fault = ?, content = CASE ? WHEN 1 THEN content "
                "ELSE NULL END WHERE number = ?", (state, fault, int(keeps), one.number),
            )
            connection.execute("DELETE FROM waiting WHERE number = ?", (one.number,))
            connection.executemany(
                "INSERT INTO waiting VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (one.number, place, prior.own, prior.other, prior.issuer,
                     into.own, into.other, into.issuer)
                    for place, prior, into in waiting
                ],
            )
            connection.executemany(
                "INSERT OR REPLACE INTO last_word VALUES (?, ?, ?)",
                [(one.sender, patient, _plain(at)) for patient, at in said],
            )
        return self._kept("number = ?", (one.number,))[0]

    def unapplied(self) -> list[Kept]:
        """What a crash or a busy database left, in the order of its arrival."""
        return self._kept("state = ? ORDER BY number", (State.RECEIVED,))

    def results(self, *, after: int) -> list[Kept]:
        """The results (ORU) that are kept, of a later number than this one, in their order."""
        return self._kept(
            "state = ? AND kind LIKE 'ORU^%' AND number > ? ORDER BY number", (State.KEPT, after)
        )

    def forget_kept(self, *, now: datetime) -> int:
        """Delete the content of what was kept and taken by nothing in its time; how many."""
        with self._writing() as connection:
            return connection.execute(
                "UPDATE message SET state = ?, content = NULL WHERE state = ? AND received_at < ?",
                (State.FORGOTTEN, State.KEPT, _plain(now - KEPT_FOR)),
            ).rowcount

    def message(self, number: int) -> Kept:
        """The message of this number."""
        return self._kept("number = ?", (number,))[0]

    def waiting_of(self, patient: str) -> list[tuple[int, Pseudonyms, Pseudonyms]]:
        """The waiting merges that may give this patient up: number, prior and surviving one."""
        rows = self._rows(
            "SELECT number, prior, prior_other, prior_issuer, surviving, surviving_other, "
            "surviving_issuer FROM waiting WHERE prior = ? OR prior_other = ? ORDER BY number, "
            "place", (patient, patient),
        )
        return [(row[0], Pseudonyms(*row[1:4]), Pseudonyms(*row[4:7])) for row in rows]

    def priors(self) -> set[str]:
        """The pseudonyms that waiting merges may give up."""
        return {one for row in self._rows("SELECT prior, prior_other FROM waiting") for one in row}

    def last_word(self, sender: str, patient: str) -> datetime | None:
        """When by the sender's clock that happened which it said last of a patient."""
        rows = self._rows(
            "SELECT said_at FROM last_word WHERE sender = ? AND patient = ?", (sender, patient)
        )
        return datetime.fromisoformat(rows[0][0]) if rows else None

    def not_taken(self, sender: str, fault: str, *, now: datetime) -> None:
        """Count a message that is refused and not kept; nothing that it says is."""
        at = _plain(now)
        with self._writing() as connection:
            connection.execute(
                "INSERT INTO not_taken VALUES (?, ?, 1, ?, ?) ON CONFLICT (sender, fault) "
                "DO UPDATE SET messages = messages + 1, last_at = excluded.last_at",
                (sender, fault, at, at),
            )

    def tallies(self) -> list[Tally]:
        """How many messages came, those that were not taken last."""
        rows = self._rows(
            "SELECT sender, kind, state, fault, count(*), min(received_at), max(received_at) "
            "FROM message GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
        )
        rows += self._rows(
            "SELECT sender, '', '', fault, messages, first_at, last_at FROM not_taken "
            "ORDER BY sender, fault"
        )
        return [
            Tally(sender, kind, state, fault, messages, datetime.fromisoformat(first),
                  datetime.fromisoformat(last))
            for sender, kind, state, fault, messages, first, last in rows
        ]  # fmt: skip

    def _sealed(self, content: bytes) -> bytes:
        nonce = secrets.token_bytes(12)
        return _FORM + nonce + self._cipher.encrypt(nonce, content, None)

    def _content(self, held: bytes) -> bytes:
        if held[:1] != _FORM:
            return held
        try:
            return self._cipher.decrypt(held[1:13], held[13:], None)
        except InvalidTag:
            raise IntegrityBroken(
                "An HL7 message cannot be opened with this workspace's key.",
                hint="Restore the file from a backup, with the keys of that backup.",
            ) from None

    def _name(self, control_id: str) -> str:
        return hmac.new(self._key, control_id.encode(), hashlib.sha256).hexdigest()

    def _kept(self, where: str, values: Sequence[object]) -> list[Kept]:
        query = (
            "SELECT number, sender, site, kind, state, fault, received_at, digest, content "  # noqa: S608
            f"FROM message WHERE {where}"
        )
        return [
            Kept(row[0], row[1], row[2], row[3], State(row[4]), row[5],
                 datetime.fromisoformat(row[6]), row[7], self._content(row[8] or b""))
            for row in self._rows(query, values)
        ]  # fmt: skip

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[Any]:
        with self._lock, _explained():
            return self._opened().execute(query, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _explained():
            connection = self._opened()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self.path.touch(mode=0o600)
            self._connection = sqlite3.connect(
                self.path, isolation_level=None, timeout=10, check_same_thread=False
            )
            self._connection.execute("PRAGMA synchronous=FULL")
            # the same safety as the default with fewer changes of the folder; nothing stays in it
            self._connection.execute("PRAGMA journal_mode=TRUNCATE")
            self._connection.execute("PRAGMA secure_delete=ON")
            for statement in _TABLES:
                self._connection.execute(statement)
        return self._connection


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as busy:
        raise Unavailable(
            f"The HL7 messages cannot be kept: {busy}.", hint="Make room, and run it again."
        ) from None
    except sqlite3.DatabaseError:
        raise IntegrityBroken(
            "The file of the HL7 messages is damaged.", hint="Restore it from a backup."
        ) from None


def _plain(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")
