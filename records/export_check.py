"""Are the files in the exports folder still what their export events say (21 CFR 11.10(b))?"""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import select
from sqlmodel import Session

from records.audit import AuditEvent
from records.vault import file_digest

EXPORT = "export"
"""The action of the event that tells of exported files, with the SHA-256 of each."""


def verify_exports(
    reader: Session, folder: Path, *, deleted: Collection[str] = ()
) -> tuple[int, list[str], list[str]]:
    """Read again every exported file that lies where exports are kept.

    A name may have been exported more than once, and elsewhere: any of its digests is right.
    deleted: digests whose files two people had deleted; their absence is no news.

    Returns:
        How many files were compared; a sentence for each that was changed, with the number of
        its last event; and one that says how many lie elsewhere, which is no damage.
    """
    told: dict[str, set[str]] = {}
    last: dict[str, int] = {}
    for sequence, name, digest in _told(reader):
        told.setdefault(name, set()).add(digest)
        last[name] = sequence
    here = {name: file_digest(folder / name) for name in told if (folder / name).is_file()}
    changed = [
        f"the exported file {name} is not the one of audit event {last[name]}: it was changed"
        for name, digest in sorted(here.items())
        if digest not in told[name]
    ]
    gone = {name for name, digests in told.items() if digests <= set(deleted)}
    elsewhere = sorted(told.keys() - here.keys() - gone)
    notices = [
        f"{len(elsewhere)} of {len(told)} exported files are not in the exports folder, such as "
        f"{elsewhere[0]}: moved away, or exported elsewhere"
    ] if elsewhere else []  # fmt: skip
    return len(here), changed, notices


@dataclass(frozen=True, slots=True)
class Exported:
    """A file that was exported, by its newest event: its name, digest, and the day."""

    name: str
    digest: str
    sequence: int
    day: date


def exported_files(reader: Session) -> list[Exported]:
    """Every exported file by its newest event, by name."""
    newest = {name: (sequence, digest) for sequence, name, digest in _told(reader)}
    found = []
    for name, (sequence, digest) in sorted(newest.items()):
        at = reader.execute(
            select(AuditEvent.at).where(AuditEvent.sequence == sequence)  # type: ignore[call-overload]
        ).scalar_one()
        found.append(Exported(name, digest, sequence, date.fromisoformat(str(at)[:10])))
    return found


def named_in(exports: Path, folder: Path, files: dict[str, str]) -> dict[str, str]:
    """SHA-256 of exported files: by their place below the exports folder, else by name."""
    folder = folder.resolve()
    inside = folder.is_relative_to(exports)
    place = folder.relative_to(exports) if inside else Path()
    return {(place / name).as_posix(): digest for name, digest in files.items()}


def _told(reader: Session) -> Iterator[tuple[int, str, str]]:
    """Number of the event, name and SHA-256 of each exported file, oldest first."""
    events = reader.execute(
        select(AuditEvent.sequence, AuditEvent.new)  # type: ignore[call-overload]
        .where(AuditEvent.action == EXPORT)
        .order_by(AuditEvent.sequence)
        .execution_options(yield_per=500)
    )
    for sequence, new in events:
        files = json.loads(new)
        files = files.get("files", files) if isinstance(files, dict) else {}
        for name, digest in files.items():
            if isinstance(digest, str) and "." in name and ".." not in Path(name).parts:
                yield sequence, name, digest
