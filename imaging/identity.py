"""Who is behind a pseudonym: the one file that can tell, encrypted, and destroyable on its own.

Without this file and its key the records stay whole and nobody in them can be named.
"""

import base64
import hashlib
import hmac
import json
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from records.errors import IntegrityBroken, NotFound
from records.identity_mapping import (
    explaining_mapping,
    note_mapping,
    require_mapping,
    sealed_with,
)
from records.keys import fingerprint, key_file, key_versions, workspace_key
from records.known_people import forget_digests, keep_digests, make_digest_tables
from records.store import Store

_FORM, _NONCE = b"\1", 12
ISSUER = "IssuerOfPatientID"
_EVERYTHING = (
    "SELECT pseudonym, kind, sealed FROM (SELECT pseudonym, kind, sealed FROM identity "
    "UNION ALL SELECT pseudonym, kind, sealed FROM former)"
)
"""What is remembered now and what was before a correction."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What stood in the original in place of one pseudonym; never shown in logs or in a repr."""

    pseudonym: str
    kind: str
    original: tuple[tuple[str, str], ...] = field(repr=False)


class IdentityStore:
    """The mapping from pseudonym to person, kept in one SQLite file with every original encrypted.

    Each entry is sealed with AES-256-GCM and a key derived from ``key``; its pseudonym is bound to
    it, so that entries cannot be exchanged. The file names the key that it is sealed with by its
    fingerprint: one that was rotated is sealed anew in one transaction, by the first that writes,
    and until then it opens with the ``former`` key. Entries of the first version (Fernet) are read.

    Opening makes nothing; the file appears, readable by its owner only, when something is first
    remembered.
    """

    def __init__(self, path: Path, key: bytes, *, former: Sequence[bytes] = ()) -> None:
        self.path = path
        self._key, self._former = key, tuple(former)

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
            self._seal_anew(connection)
            known = self._known(connection, list(wanted))
            cipher = _cipher(self._key)
            rows = [
                (name, identity.kind, _sealed(cipher, identity))
                for name, identity in wanted.items()
                if name not in known
            ]
            connection.executemany("INSERT INTO identity VALUES (?, ?, ?)", rows)
            new = [dict(one.original) for name, one in wanted.items() if name not in known]
            keep_digests(connection, self._key, new, lambda: self._everybody(connection))
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
                    "SELECT kind, sealed FROM identity WHERE pseudonym = ?", (pseudonym,)
                ).fetchone()
                key = self._key_of(connection)
        if row is None:
            raise NotFound("This pseudonym is not in the identity mapping.")
        found: dict[str, str] = json.loads(_opened(key, pseudonym, *row))
        return found

    def known(self, pseudonyms: Iterable[str]) -> dict[str, dict[str, str]]:
        """The originals of those of these pseudonyms that are remembered, for a comparison.

        Raises:
            IntegrityBroken: An entry was altered, or is sealed with another key.
        """
        names = list(pseudonyms)
        if not names or not self.path.exists():
            return {}
        with self._open() as connection:
            key = self._key_of(connection)
            cipher = _cipher(key)
            return {
                row[0]: json.loads(_opened(key, *row, cipher=cipher))
                for at in range(0, len(names), 500)
                for row in connection.execute(
                    "SELECT pseudonym, kind, sealed FROM identity WHERE pseudonym IN "  # noqa: S608
                    f"({','.join('?' * len(names[at : at + 500]))})", names[at : at + 500],
                )
            }

    def revise(self, identities: Iterable[Identity]) -> None:
        """Let the mapping say what is corrected; what it said before is kept beside it.

        Values that are empty leave what is known. All or none.

        Raises:
            IntegrityBroken: An entry was altered, or is sealed with another key.
            Unavailable: The file cannot be used, or others keep it locked.
        """
        wanted = list(identities)
        if not wanted:
            return
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            self._seal_anew(connection)
            revised: list[dict[str, str]] = []
            for one in wanted:
                query = "SELECT kind, sealed FROM identity WHERE pseudonym = ?"
                row = connection.execute(query, (one.pseudonym,)).fetchone()
                if row is None:
                    continue
                before = json.loads(_opened(self._key, one.pseudonym, *row))
                after = before | {name: value for name, value in one.original if value}
                if after == before:
                    continue
                connection.execute(
                    "INSERT INTO former SELECT * FROM identity WHERE pseudonym = ?",
                    (one.pseudonym,),
                )
                revised.append(after)
                again = Identity(one.pseudonym, row[0], tuple(after.items()))
                sealed = _sealed(_cipher(self._key), again)
                connection.execute(
                    "UPDATE identity SET sealed = ? WHERE pseudonym = ?", (sealed, one.pseudonym)
                )
            keep_digests(connection, self._key, revised, lambda: self._everybody(connection))
            connection.execute("COMMIT")

    def studies_of(self, accession: str) -> list[str]:
        """The pseudonyms of the studies of this accession number, now or before a correction.

        Each entry is opened.

        Raises:
            IntegrityBroken: An entry was altered, or is sealed with another key.
        """
        if not self.path.exists():
            return []
        with self._open() as connection:
            key = self._key_of(connection)
            rows = connection.execute(
                f"{_EVERYTHING} WHERE kind = 'study'"
            )
            return list(dict.fromkeys(
                name for name, kind, sealed in rows
                if json.loads(_opened(key, name, kind, sealed)).get("AccessionNumber") == accession
            ))  # fmt: skip

    def accessions(
        self, after: tuple[int, int] = (0, 0)
    ) -> tuple[list[tuple[str, str]], tuple[int, int]]:
        """Study pseudonym and accession number of each study that was remembered or corrected
        since a mark, and the mark of now; also what the number was before a correction.

        Raises:
            IntegrityBroken: An entry was altered, or is sealed with another key.
        """
        if not self.path.exists():
            return [], after
        with self._open() as connection:
            key = self._key_of(connection)
            cipher = _cipher(key)
            (first,) = connection.execute("SELECT max(rowid) FROM identity").fetchone()
            (second,) = connection.execute("SELECT max(rowid) FROM former").fetchone()
            rows = connection.execute(
                "SELECT pseudonym, kind, sealed FROM identity WHERE kind = 'study' AND (rowid > ? "
                "OR pseudonym IN (SELECT pseudonym FROM former WHERE rowid > ?)) UNION ALL "
                "SELECT pseudonym, kind, sealed FROM former WHERE kind = 'study' AND rowid > ?",
                (after[0], after[1], after[1]),
            )
            found = [
                (row[0], json.loads(_opened(key, *row, cipher=cipher)).get("AccessionNumber", ""))
                for row in rows
            ]
        return [one for one in found if one[1].strip()], (first or 0, second or 0)

    def originals(self) -> Iterator[dict[str, str]]:
        """Everything that is and was remembered, one at a time, for a comparison and no display.

        Raises IntegrityBroken when an entry was altered or another key made it, or the file is
        damaged.
        """
        if not self.path.exists():
            return
        with self._open() as connection:
            yield from self._everybody(connection)

    def _everybody(self, connection: sqlite3.Connection) -> Iterator[dict[str, str]]:
        key = self._key_of(connection)
        cipher = _cipher(key)
        for row in connection.execute(_EVERYTHING):
            yield json.loads(_opened(key, *row, cipher=cipher))

    def seal_anew(self) -> int:
        """Seal every entry with the newest key, all in one transaction; how many there are.

        A kill in the middle leaves the mapping as it was, and usable.

        Raises:
            IntegrityBroken: An entry was altered, or the key that it is sealed with is lost.
            Unavailable: The file cannot be used, or others keep it locked.
        """
        if not self.path.exists():
            return 0
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            self._seal_anew(connection)
            keep_digests(connection, self._key, (), lambda: self._everybody(connection))
            (count,) = connection.execute("SELECT count(*) FROM identity").fetchone()
            connection.execute("COMMIT")
        return int(count)

    def _seal_anew(self, connection: sqlite3.Connection) -> None:
        """Where the mapping is sealed with a former key, or in the first form: seal it anew."""
        if sealed_with(connection) == fingerprint(self._key):
            return
        key, after, cipher = self._key_of(connection), "", _cipher(self._key)
        while rows := connection.execute(
            "SELECT pseudonym, kind, sealed FROM identity WHERE pseudonym > ? "
            "ORDER BY pseudonym LIMIT 1000",
            (after,),
        ).fetchall():
            connection.executemany(
                "UPDATE identity SET sealed = ? WHERE pseudonym = ?",
                [
                    (_closed(cipher, name, kind, _opened(key, name, kind, sealed)), name)
                    for name, kind, sealed in rows
                ],
            )
            after = rows[-1][0]
        for number, name, kind, sealed in connection.execute(
            "SELECT rowid, pseudonym, kind, sealed FROM former"
        ).fetchall():
            anew = _closed(cipher, name, kind, _opened(key, name, kind, sealed))
            connection.execute("UPDATE former SET sealed = ? WHERE rowid = ?", (anew, number))
        connection.execute("CREATE TABLE IF NOT EXISTS sealed_with (fingerprint TEXT NOT NULL)")
        connection.execute("DELETE FROM sealed_with")
        connection.execute("INSERT INTO sealed_with VALUES (?)", (fingerprint(self._key),))
        forget_digests(connection)

    def _key_of(self, connection: sqlite3.Connection) -> bytes:
        """The key that the mapping is sealed with; before it said so there was only the first."""
        named = sealed_with(connection)
        if not named:
            return self._former[0] if self._former else self._key
        for key in (self._key, *self._former):
            if fingerprint(key) == named:
                return key
        raise IntegrityBroken(
            "The identity mapping is sealed with another key than this.",
            hint="Where the key was exchanged just now, run it again; else restore the keys.",
        )

    def destroy(self) -> None:
        """Forget everybody, for good. No record, image or document is touched."""
        for suffix in ("", "-journal", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

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
            connection.execute(
                "CREATE TABLE IF NOT EXISTS former "
                "(pseudonym TEXT NOT NULL, kind TEXT NOT NULL, sealed BLOB NOT NULL)"
            )
            make_digest_tables(connection)
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


def identity_store(store: Store) -> IdentityStore:
    """The mapping of a workspace with its key, and with the former ones whose files are there."""
    key = workspace_key(store, "identity")
    with store.reader() as reader:
        older = [one.version for one in key_versions(reader, "identity")][1:]
    files = [key_file(store, "identity", version) for version in reversed(older)]
    former = [file.read_bytes() for file in files if file.is_file()]
    return IdentityStore(store.workspace.identity, key, former=former)


def keep_identities(
    store: Store, mapping: IdentityStore, identities: Sequence[Identity]
) -> None:
    """Remember who is behind each pseudonym, encrypted, apart from everything else.

    Raises:
        IntegrityBroken: The mapping, or its key, is lost or damaged.
    """
    if identities:
        require_mapping(store)
        mapping.remember(identities)
        note_mapping(store)  # the file first: a record without it would say that it was lost


def _sealed(cipher: AESGCM, identity: Identity) -> bytes:
    original = json.dumps(dict(identity.original)).encode()
    return _closed(cipher, identity.pseudonym, identity.kind, original)


def _closed(cipher: AESGCM, pseudonym: str, kind: str, original: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    bound = f"{pseudonym}\0{kind}".encode()
    return _FORM + nonce + cipher.encrypt(nonce, original, bound)


def _opened(
    key: bytes, pseudonym: str, kind: str, sealed: bytes, *, cipher: AESGCM | None = None
) -> bytes:
    try:
        if sealed[:1] != _FORM:
            return _first_form(key).decrypt(sealed)
        nonce, content = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        bound = f"{pseudonym}\0{kind}".encode()
        return (cipher or _cipher(key)).decrypt(nonce, content, bound)
    except (InvalidTag, InvalidToken, ValueError):
        raise IntegrityBroken(
            "The identity behind this pseudonym cannot be opened with this key."
        ) from None


def _cipher(key: bytes) -> AESGCM:
    return AESGCM(hmac.digest(key, b"radvigil identity store, AES-256-GCM", hashlib.sha256))


def _first_form(key: bytes) -> Fernet:
    derived = hmac.digest(key, b"radvigil identity store", hashlib.sha256)
    return Fernet(base64.urlsafe_b64encode(derived))
