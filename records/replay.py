"""What the audit trail says every record holds, kept on disk: verification needs no memory for it.

The state that the events rebuild is one digest a record, in a temporary SQLite file, so that a
trail of a million events is compared with the same few megabytes as one of a thousand. Only
records that were changed after their creation are held whole, until the last event is read.
"""

import hashlib
import json
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from records.audit import CREATE, CREATE_BATCH
from records.base import plain, settled
from records.batches import batch_rows

_AT_ONCE = 5000
CHANGES = ("change", "change status")


def row_digest(row: Mapping[str, Any]) -> bytes:
    """SHA-256 of a row's canonical text."""
    return text_digest(
        json.dumps(
            row, default=plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False,
            allow_nan=False,
        )
    )


def text_digest(canonical: str) -> bytes:
    """SHA-256 of a text."""
    return hashlib.sha256(canonical.encode()).digest()


class Replay:
    """The records by the events, one after the other; ``with`` it, for its file is temporary.

    changed: subjects of which a later event tells a change; these are held whole meanwhile.
    """

    def __init__(self, changed: set[str]) -> None:
        self._changed = changed
        self._whole: dict[str, dict[str, Any]] = {}
        self._waiting: list[tuple[str, int, bytes]] = []
        self._folder = tempfile.TemporaryDirectory()
        self._file = sqlite3.connect(Path(self._folder.name) / "replay.sqlite")
        self._file.execute("PRAGMA journal_mode=OFF")
        self._file.execute("PRAGMA synchronous=OFF")
        self._file.execute(
            "CREATE TABLE state (kind TEXT, id INTEGER, digest BLOB, PRIMARY KEY (kind, id)) "
            "WITHOUT ROWID"
        )

    def __enter__(self) -> "Replay":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:  # fmt: skip
        self._file.close()
        self._folder.cleanup()

    def add(self, event: Mapping[str, Any]) -> None:
        """Take in the next event."""
        action = event["action"]
        if action == CREATE:
            subject = event["subject"]
            if subject in self._changed:
                self._whole[subject] = json.loads(event["new"])
            else:
                self._keep(subject, text_digest(event["new"]))
        elif action == CREATE_BATCH:
            for subject, row in batch_rows(event):
                if subject in self._changed:
                    self._whole[subject] = row
                else:
                    self._keep(subject, row_digest(row))
        elif action in CHANGES:
            self._whole[event["subject"]].update(json.loads(event["new"]))

    def finish(self) -> int:
        """After the last event; the number of records."""
        for subject, row in self._whole.items():
            self._keep(subject, row_digest(settled(subject.split(":")[0], row)))
        self._write()
        return int(self._file.execute("SELECT count(*) FROM state").fetchone()[0])

    def digests(self, kind: str) -> Iterator[tuple[int, bytes]]:
        """Id and digest of each record of a kind, in the order of the ids."""
        rows = self._file.execute(
            "SELECT id, digest FROM state WHERE kind = ? ORDER BY id", [kind]
        )
        while row := rows.fetchone():  # 'yield from' would close it, perhaps after the file
            yield row

    def kinds(self) -> set[str]:
        """The kinds of record that the events tell of."""
        return {row[0] for row in self._file.execute("SELECT DISTINCT kind FROM state")}

    def _keep(self, subject: str, digest: bytes) -> None:
        kind, _, number = subject.partition(":")
        self._waiting.append((kind, int(number), digest))
        if len(self._waiting) >= _AT_ONCE:
            self._write()

    def _write(self) -> None:
        self._file.executemany("INSERT OR REPLACE INTO state VALUES (?, ?, ?)", self._waiting)
        self._waiting.clear()


def rebuilt(events: Iterator[Mapping[str, Any]], subject: str) -> dict[str, Any]:
    """The columns of one record as the events tell them; empty where none does."""
    row: dict[str, Any] = {}
    for event in events:
        if event["action"] == CREATE_BATCH:
            row = dict(batch_rows(event)).get(subject, row)
        elif event["subject"] == subject and event["action"] == CREATE:
            row = json.loads(event["new"])
        elif event["subject"] == subject and event["action"] in CHANGES:
            row |= json.loads(event["new"])
    return settled(subject.split(":")[0], row)
