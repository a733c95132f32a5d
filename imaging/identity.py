"""Who is behind a pseudonym: the one file that can tell, encrypted, and destroyable on its own.

Without this file and its key the records stay whole and nobody in them can be named.
"""

import base64
import hashlib
import hmac
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from cryptography.fernet import Fernet, InvalidToken

from records.errors import IntegrityBroken, NotFound
from records.identity_mapping import explaining_mapping


@dataclass(frozen=True, slots=True)
class Identity:
    """What stood in the original in place of one pseudonym; never shown in logs or in a repr."""

    pseudonym: str
    kind: str
    original: tuple[tuple[str, str], ...] = field(repr=False)


class IdentityStore:
    """The mapping from pseudonym to person, kept in one SQLite file with every original encrypted.

    Encryption is Fernet (AES-128-CBC with HMAC-SHA256), with a key derived from ``key``. Opening
    makes nothing; the file appears, readable by its owner only, when something is first remembered.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        self.path = path
        derived = hmac.digest(key, b"radvigil identity store", hashlib.sha256)
        self._cipher = Fernet(base64.urlsafe_b64encode(derived))

    def __repr__(self) -> str:
        return f"IdentityStore({str(self.path)!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left open between calls."""

    def remember(self, identities: Iterable[Identity]) -> int:
        """Remember these originals, all or none; those already known are left as they are.

        Returns how many were new.

        Raises:
            IntegrityBroken: The file is damaged.
            Unavailable: The file cannot be used, or others keep it locked.
        """
        wanted = {identity.pseudonym: identity for identity in identities}
        if not wanted:
            return 0
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            known = self._known(connection, list(wanted))
            rows = [
                (name, identity.kind, self._sealed(identity))
                for name, identity in wanted.items()
                if name not in known
            ]
            connection.executemany("INSERT INTO identity VALUES (?, ?, ?)", rows)
            connection.execute("COMMIT")
        return len(rows)

    def reveal(self, pseudonym: str) -> dict[str, str]:
        """The original identifiers behind a pseudonym, for those who may ask.

        Raises NotFound for an unknown pseudonym or a destroyed mapping, IntegrityBroken when the
        stored entry was altered or another key made it, or the file is damaged.
        """
        row = None
        if self.path.exists():
            with self._open() as connection:
                row = connection.execute(
                    "SELECT sealed FROM identity WHERE pseudonym = ?", (pseudonym,)
                ).fetchone()
        if row is None:
            raise NotFound("This pseudonym is not in the identity mapping.")
        try:
            opened = self._cipher.decrypt(row[0])
        except InvalidToken:
            raise IntegrityBroken(
                "The identity behind this pseudonym cannot be opened with this key."
            ) from None
        found: dict[str, str] = json.loads(opened)
        return found

    def destroy(self) -> None:
        """Forget everybody, for good. No record, image or document is touched."""
        for suffix in ("", "-journal", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    def _sealed(self, identity: Identity) -> bytes:
        return self._cipher.encrypt(json.dumps(dict(identity.original)).encode())

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not self.path.exists():
            self.path.touch(mode=0o600)
        with (
            explaining_mapping(self.path),
            closing(sqlite3.connect(self.path, isolation_level=None, timeout=10)) as connection,
        ):
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA secure_delete=ON")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS identity "
                "(pseudonym TEXT PRIMARY KEY, kind TEXT NOT NULL, sealed BLOB NOT NULL)"
            )
            yield connection

    @staticmethod
    def _known(connection: sqlite3.Connection, names: list[str]) -> set[str]:
        found: set[str] = set()
        for at in range(0, len(names), 500):
            part = names[at : at + 500]
            marks = ",".join("?" * len(part))
            query = f"SELECT pseudonym FROM identity WHERE pseudonym IN ({marks})"  # noqa: S608
            found.update(row[0] for row in connection.execute(query, part))
        return found
