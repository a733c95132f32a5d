"""Reports of studies that have not come yet: sealed on the disk until they do, or their time is up.

They lie in the same file as the HL7 messages, each sealed with AES-256-GCM and a key derived from
the workspace's, under the pseudonym of its study or a keyed digest of its accession number.
"""

import hashlib
import hmac
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from imaging.reports.arrived import ArrivedReport
from records.errors import IntegrityBroken, Unavailable
from records.keys import workspace_key
from records.store import Store

KEPT_FOR = timedelta(days=180)
"""How long a report waits for its study; then its content is deleted, and how many is said."""
_TABLES = (
    "CREATE TABLE IF NOT EXISTS waiting_report (number INTEGER PRIMARY KEY AUTOINCREMENT, "
    "site TEXT, study TEXT, accession TEXT, source TEXT UNIQUE, received_at TEXT, sealed BLOB)",
    "CREATE INDEX IF NOT EXISTS report_of_study ON waiting_report (study)",
    "CREATE TABLE IF NOT EXISTS report_word (name TEXT PRIMARY KEY, said_at TEXT)",
)


@dataclass(frozen=True, slots=True)
class WaitingReport:
    """A report on the disk; site: whose it is by its sender."""

    number: int
    site: str
    received_at: datetime
    report: ArrivedReport = field(repr=False)


class WaitingReports:
    """The waiting reports of a workspace. Opening makes nothing; the file is its owner's only."""

    def __init__(self, path: Path, key: bytes) -> None:
        self.path = path
        self._key = key
        self._cipher = AESGCM(hmac.digest(key, b"radvigil waiting reports", hashlib.sha256))

    def keep(self, site: str, study: str, report: ArrivedReport, *, now: datetime) -> bool:
        """Keep a report; whether it was new. study: its pseudonym, where its sender named it."""
        nonce = secrets.token_bytes(12)
        sealed = nonce + self._cipher.encrypt(nonce, report.to_json(), site.encode())
        with self._open() as connection:
            made = connection.execute(
                "INSERT OR IGNORE INTO waiting_report (site, study, accession, source, "
                "received_at, sealed) VALUES (?, ?, ?, ?, ?, ?)",
                (site, study, self.accession_name(report.accession), report.source_digest,
                 now.isoformat(), sealed),
            )
            return made.rowcount > 0

    def awaited(self) -> list[tuple[int, str, str]]:
        """Number, study pseudonym and accession name of each waiting report; nothing is opened."""
        if not self.path.is_file():
            return []
        with self._open() as connection:
            return list(connection.execute(
                "SELECT number, study, accession FROM waiting_report ORDER BY number"
            ))  # fmt: skip

    def opened(self, numbers: Iterable[int]) -> Iterator[WaitingReport]:
        """These reports, in the order in which they came.

        Raises:
            IntegrityBroken: One was altered, or sealed with another key.
        """
        for number in sorted(numbers):
            with self._open() as connection:
                row = connection.execute(
                    "SELECT number, site, received_at, sealed FROM waiting_report WHERE number = ?",
                    (number,),
                ).fetchone()
            if row is None:
                continue
            try:
                content = self._cipher.decrypt(row[3][:12], row[3][12:], row[1].encode())
            except InvalidTag:
                raise IntegrityBroken(
                    "A waiting report cannot be opened with this workspace's key.",
                    hint="Restore the file of the HL7 messages from a backup.",
                ) from None
            yield WaitingReport(row[0], row[1], datetime.fromisoformat(row[2]),
                                ArrivedReport.from_json(content))  # fmt: skip

    def done(self, numbers: Iterable[int]) -> None:
        """These are applied, or held back: nothing of them stays here."""
        with self._open() as connection:
            connection.executemany(
                "DELETE FROM waiting_report WHERE number = ?", [(one,) for one in numbers]
            )

    def forget_old(self, *, now: datetime) -> int:
        """Delete what has waited for too long; how many."""
        if not self.path.is_file():
            return 0
        with self._open() as connection:
            return connection.execute(
                "DELETE FROM waiting_report WHERE received_at < ?", ((now - KEPT_FOR).isoformat(),)
            ).rowcount

    def counts(self) -> dict[str, int]:
        """How many wait, by site."""
        if not self.path.is_file():
            return {}
        with self._open() as connection:
            return dict(connection.execute(
                "SELECT site, count(*) FROM waiting_report GROUP BY 1 ORDER BY 1"
            ).fetchall())  # fmt: skip

    def accession_name(self, accession: str) -> str:
        """What stands for an accession number; nobody without the key can test a guess."""
        if not accession.strip():
            return ""
        word = b"accession\x1f" + accession.strip().encode()
        return hmac.new(self._key, word, hashlib.sha256).hexdigest()

    def last_words(self, names: Iterable[str]) -> dict[str, datetime]:
        """When by its sender's clock the last version of each of these reports was said."""
        wanted = list(names)
        if not wanted or not self.path.is_file():
            return {}
        with self._open() as connection:
            rows = [
                row for at in range(0, len(wanted), 500) for row in connection.execute(
                    "SELECT name, said_at FROM report_word WHERE name IN "  # noqa: S608
                    f"({','.join('?' * len(wanted[at : at + 500]))})", wanted[at : at + 500],
                )
            ]  # fmt: skip
        return {name: datetime.fromisoformat(said) for name, said in rows}

    def remember_words(self, said: Iterable[tuple[str, datetime]]) -> None:
        """The last word of these reports; an older one changes nothing."""
        rows = [(name, at.isoformat()) for name, at in said]
        if rows:
            with self._open() as connection:
                connection.executemany(
                    "INSERT INTO report_word VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET "
                    "said_at = max(said_at, excluded.said_at)", rows,
                )  # fmt: skip

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.touch(mode=0o600)
            with closing(sqlite3.connect(self.path, timeout=10)) as connection, connection:
                connection.execute("PRAGMA synchronous=FULL")
                connection.execute("PRAGMA journal_mode=TRUNCATE")
                connection.execute("PRAGMA secure_delete=ON")
                for statement in _TABLES:
                    connection.execute(statement)
                yield connection
        except sqlite3.OperationalError as busy:
            raise Unavailable(
                f"Reports cannot be kept: {busy}.", hint="Make room, and run it again."
            ) from None
        except sqlite3.DatabaseError:
            raise IntegrityBroken(
                "The file of the HL7 messages and waiting reports is damaged.",
                hint="Restore it from a backup.",
            ) from None


def waiting_reports(store: Store) -> WaitingReports:
    """The waiting reports of a workspace, with its key."""
    return WaitingReports(store.workspace.messages, workspace_key(store, "pseudonym"))
