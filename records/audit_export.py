"""The audit trail as files that anybody can check without Radvigil (21 CFR 11.10(b))."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlmodel import Session

from records.audit import GENESIS, read_events
from records.base import canonical_json

COLUMNS = (
    "sequence", "at", "actor", "action", "subject", "reason", "old", "new", "software",
    "previous", "digest",
)


@dataclass(frozen=True)
class AuditExport:
    """What was written: how many events, the digest of the last, and where."""

    events: int
    head: str
    folder: Path


def export_audit(reader: Session, folder: Path) -> AuditExport:
    """Write every event to ``audit.jsonl`` and ``audit.csv``, with a manifest of head and count.

    An event's digest is SHA-256 over the line of the other ten columns as canonical JSON; the
    JSON Lines file holds exactly these texts, so the chain is checked with a few lines of code.
    The same trail gives the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    count, head = 0, GENESIS
    lines, table = folder / "audit.jsonl", folder / "audit.csv"
    with lines.open("w", encoding="utf-8") as json_file, table.open(
        "w", encoding="utf-8", newline=""
    ) as csv_file:
        writer = csv.DictWriter(csv_file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for event in read_events(reader):
            json_file.write(canonical_json(event) + "\n")
            writer.writerow({name: _harmless(event[name]) for name in COLUMNS})
            count, head = count + 1, event["digest"]
    manifest = {
        "events": count, "head": head,
        "check": "digest = SHA-256 of the event without 'digest' as canonical JSON "
        "(keys sorted, no spaces, UTF-8); 'previous' is the digest before it",
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    return AuditExport(count, head, folder)


def _harmless(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula is shown as text."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@"):
        return "'" + value
    return value
