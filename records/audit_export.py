"""The audit trail as files that anybody can check without Radvigil (21 CFR 11.10(b))."""

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlmodel import Session

from records.audit import GENESIS, head, read_events
from records.base import canonical_json
from records.history import History
from records.lookup import EventFilter, each_event
from records.vault import file_digest

COLUMNS = (
    "sequence", "at", "actor", "action", "subject", "reason", "old", "new", "software",
    "previous", "digest",
)


@dataclass(frozen=True)
class AuditExport:
    """What was written: how many events, the digest of the last, where, and SHA-256 by name."""

    events: int
    head: str
    folder: Path
    files: dict[str, str]


def export_audit(reader: Session, folder: Path) -> AuditExport:
    """Write every event to ``audit.jsonl`` and ``audit.csv``, with a manifest of head and count.

    An event's digest is SHA-256 over the line of the other ten columns as canonical JSON; the
    JSON Lines file holds exactly these texts, so the chain is checked with a few lines of code.
    The same trail gives the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    count, last = _write_events(folder, "audit", read_events(reader))
    manifest = {"events": count, "head": last, "check": CHECK}
    return AuditExport(count, last, folder, _with_manifest(folder, "audit", manifest))


CHECK = (
    "digest = SHA-256 of the event without 'digest' as canonical JSON (keys sorted, no spaces, "
    "UTF-8); 'previous' is the digest before it"
)


def _write_events(
    folder: Path, stem: str, events: Iterable[dict[str, Any]]
) -> tuple[int, str]:
    """JSON Lines and CSV of these events; how many there were, and the digest of the last."""
    count, last = 0, GENESIS
    lines, table = folder / f"{stem}.jsonl", folder / f"{stem}.csv"
    with lines.open("w", encoding="utf-8") as json_file, table.open(
        "w", encoding="utf-8", newline=""
    ) as csv_file:
        writer = csv.DictWriter(csv_file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for event in events:
            json_file.write(canonical_json(event) + "\n")
            writer.writerow({name: _harmless(event[name]) for name in COLUMNS})
            count, last = count + 1, event["digest"]
    return count, last


def _with_manifest(folder: Path, stem: str, manifest: dict[str, Any]) -> dict[str, str]:
    """Write the manifest beside the files of that name, with their digests; SHA-256 of each."""
    said = folder / ("manifest.json" if stem == "audit" else f"{stem}-manifest.json")
    files = {
        path.name: file_digest(path)
        for path in (folder / f"{stem}.jsonl", folder / f"{stem}.csv")
    }
    said.write_text(json.dumps(manifest | {"sha256": files}, indent=2) + "\n")
    return files | {said.name: file_digest(said)}


EXTRACT = "audit-extract"


def export_extract(reader: Session, folder: Path, wanted: EventFilter) -> AuditExport:
    """Write the events that fit a filter to ``audit-extract.jsonl`` and ``audit-extract.csv``.

    The lines are those of the whole export, so each digest can be recomputed; the chain between
    them cannot, where events were left out, and the manifest says so.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sequence, digest = head(reader)
    events = (event.model_dump() for event in each_event(reader, wanted))
    count, last = _write_events(folder, EXTRACT, events)
    manifest = {
        "events": count, "head": last, "filter": wanted.words or "none",
        "trail": {"events": sequence, "head": digest},
        "check": f"{CHECK}; events that the filter left out are missing between them",
    }
    return AuditExport(count, last, folder, _with_manifest(folder, EXTRACT, manifest))


HISTORY_COLUMNS = (
    "sequence", "at", "actor", "actor_name", "actor_kind", "actor_roles", "action", "subject",
    "reason", "changes", "software", "digest",
)


def history_lines(history: History) -> bytes:
    """Everything about one record as JSON Lines, the same bytes for the same events.

    One event a line: ``event`` as the trail holds it, which its digest is checked by; ``actor`` as
    the account stood then; ``changes`` in words, field by field.
    """
    lines = (
        canonical_json(
            {"event": told.event, "actor": asdict(told.actor), "note": told.note,
             "changes": [asdict(change) for change in told.changes]}
        )
        for told in history.events
    )  # fmt: skip
    return "".join(f"{line}\n" for line in lines).encode()


def history_table(history: History) -> bytes:
    """Everything about one record as CSV, for a spreadsheet."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, HISTORY_COLUMNS, lineterminator="\n")
    writer.writeheader()
    for told in history.events:
        row = {name: told.event[name] for name in HISTORY_COLUMNS if name in told.event} | {
            "actor_name": told.actor.full_name, "actor_kind": told.actor.kind,
            "actor_roles": ", ".join(told.actor.roles), "changes": told.words,
        }
        writer.writerow({name: _harmless(row[name]) for name in HISTORY_COLUMNS})
    return file.getvalue().encode()


def _harmless(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula is shown as text."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@"):
        return "'" + value
    return value
