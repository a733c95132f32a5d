"""Copies of the audit trail for people: everything about one record, or what fits a filter.

Every copy that leaves the system is an event, after the ones that it holds (REG-016, REG-018). What
people typed may name somebody whose studies are here: such a copy does not leave unless it is asked
for as it stands, and then how often is on record (REG-112). Nothing is ever taken out of the trail.
"""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlmodel import Session

from records.audit import SOFTWARE, head, note
from records.audit_export import (
    AuditExport,
    export_audit,
    export_extract,
    history_lines,
    history_table,
)
from records.audit_grants import require_visible
from records.clock import marking
from records.counting import counted
from records.detached_signature import sign_files
from records.errors import Refused
from records.export_check import EXPORT, named_in
from records.history import History, record_history, records_naming, tell_events
from records.lookup import EventFilter, count_events_that_fit
from records.people import find_actor
from records.permissions import Action, require
from records.store import Store
from regulatory.documents.content import Freeze
from regulatory.documents.trail_extract import MOST_PRINTED, Copied, build, of_record
from regulatory.documents.writers.pdf import write_pdf

if TYPE_CHECKING:
    from imaging.export_scan import Found

PAPER = "audit-extract.pdf"


def history_paper(reader: Session, history: History, *, asked_by: str, now: datetime) -> bytes:
    """Everything about one record as a tagged PDF/A, with the records that name it.

    Raises:
        Refused: It has more events than are printed.
    """
    _require_printable(len(history.events))
    freeze = Freeze(now, history.sequence, history.head)
    return write_pdf(
        build(
            of_record(
                history, asked_by=asked_by, software=SOFTWARE, freeze=freeze,
                naming=tuple(records_naming(reader, history.subject)), marking=marking(reader),
            )
        )
    )


def trail_paper(
    reader: Session, wanted: EventFilter, *, asked_by: str, now: datetime
) -> bytes:
    """The events that fit a filter as a tagged PDF/A.

    Raises:
        Refused: More events fit than are printed.
    """
    _require_printable(count_events_that_fit(reader, wanted))
    sequence, digest = head(reader)
    return write_pdf(
        build(
            Copied(
                number="AUDIT-EXTRACT", title="Extract of the audit trail",
                about=wanted.words or "all events", query=wanted.words or "all events",
                asked_by=asked_by, software=SOFTWARE, freeze=Freeze(now, sequence, digest),
                events=tuple(tell_events(reader, wanted)), marking=marking(reader),
            )
        )
    )


def _require_printable(events: int) -> None:
    if events > MOST_PRINTED:
        raise Refused(
            f"{counted(events, 'event')} would be printed; a PDF holds {MOST_PRINTED:,} at most.",
            hint="Narrow the period, the action or the actor; or take JSON Lines and CSV, which "
            "hold any number.",
        )


def history_file(
    reader: Session, history: History, name: str, *, asked_by: str, now: datetime
) -> bytes:
    """One file of a record's history, of the kind that its name ends in: pdf, jsonl or csv.

    Raises:
        Refused: It is a PDF, and there are more events than are printed.
    """
    if name.endswith(".pdf"):
        return history_paper(reader, history, asked_by=asked_by, now=now)
    return history_lines(history) if name.endswith(".jsonl") else history_table(history)


def require_none_named(store: Store, history: History) -> None:
    """Nobody whose studies are here is named in a record's history that is to leave (REG-112).

    Raises:
        Refused: Somebody is; the place is said, and never the value.
        IntegrityBroken: The identity mapping, which it is compared with, is damaged.
    """
    from imaging.export_scan import known_identities, scan_content

    _require_not_named(scan_content(history_lines(history), known_identities(store)), history.label)


def _named_in_trail(store: Store, folder: Path) -> Iterator["Found"]:
    from imaging.export_scan import known_identities, scan_lines

    known = known_identities(store)
    for path in sorted(folder.glob("*.jsonl")):
        yield from scan_lines(path, known)


def _require_not_named(named: Iterator["Found"], what: str) -> None:
    from imaging.export_scan import refuse_found

    refuse_found(
        named, f"The copy of {what}",
        hint="Narrow it by --since, --until, --actor or --subject; or ask with --identified "
        "for the trail as it stands, for somebody who may know.",
    )  # fmt: skip


def copy_history(
    store: Store, name: str, folder: Path, *, asked_by: str, actor: str, now: datetime
) -> dict[str, str]:
    """Write everything about one record into a folder; the copy is an event on the record.

    Returns:
        The SHA-256 (hex) of each file by its name.

    Raises:
        InvalidInput, NotFound: The name is none of a record, or there is none.
        Refused: It has more events than are printed, or names somebody whose studies are here.
        NotAllowed: Who copies has no role that may.
    """
    with store.reader() as reader:
        history = record_history(reader, name)
        require_none_named(store, history)
        files = {
            file: history_file(reader, history, file, asked_by=asked_by, now=now)
            for file in (f"history-{history.label}.{kind}" for kind in ("pdf", "jsonl", "csv"))
        }
    files |= sign_files(store, files, now=now)
    written = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    record_copy(
        store, history.subject, named_in(store.workspace.exports, folder, written), actor=actor,
        now=now,
    )
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in files.items():
        (folder / file).write_bytes(content)
    return written


def record_copy(
    store: Store, subject: str, files: dict[str, str], *, actor: str, now: datetime
) -> None:
    """Record that a copy of the trail left the system: SHA-256 (hex) by name.

    Raises:
        NotAllowed: Who copies has no role that may.
    """
    with store.transaction(actor, "copy of the audit trail", now=now) as tx:
        person = find_actor(tx, actor)
        require(person, Action.EXPORT_TRAIL)
        require_visible(tx, person, subject, on=now.date())
        note(tx, EXPORT, subject, new=files)


def _sign(store: Store, written: AuditExport, *, now: datetime) -> dict[str, str]:
    """Lay a signature beside the manifest, which names the digests of the rest, and the paper.

    Returns:
        The SHA-256 (hex) of each file that came to be, by its name.
    """
    small = {
        name: (written.folder / name).read_bytes()
        for name in written.files if name.endswith(("manifest.json", ".pdf"))
    }
    signed = sign_files(store, small, now=now)
    for name, content in signed.items():
        (written.folder / name).write_bytes(content)
    return {name: hashlib.sha256(content).hexdigest() for name, content in signed.items()}


@dataclass(frozen=True)
class TrailOrder:
    """What of the trail is copied, and whether on paper as well.

    identified: as it stands, names and numbers of patients that people typed included.
    """

    wanted: EventFilter
    on_paper: bool = False
    asked_by: str = ""
    identified: bool = False


def copy_trail(
    store: Store, order: TrailOrder, folder: Path, *, actor: str, now: datetime
) -> AuditExport:
    """Write the trail, or what fits the filter, as JSON Lines and CSV; on paper where wanted.

    The files take their places together, when all of them are written and the copy is on record.

    Raises:
        Refused: More events fit than are printed, or somebody whose studies are here is named and
            that was not asked for; nothing was written then.
        NotAllowed: Who copies has no role that may; nothing was written.
    """
    if order.identified:  # who may let others know whom a pseudonym stands for may take the names
        with store.reader() as reader:
            require(find_actor(reader, actor), Action.GRANT_IDENTITY)
    new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".copy-") as place:
            room = Path(place)
            written = replace(_write(store, order, room, now=now), folder=folder)
            named = _named_in_trail(store, room)
            if not order.identified:
                _require_not_named(named, "the audit trail")
            _put_on_record(
                store, order, written, named=sum(1 for _ in named), actor=actor, now=now
            )
            for name in written.files:
                (room / name).replace(folder / name)
    except BaseException:
        if new:
            with suppress(OSError):
                folder.rmdir()
        raise
    return written


def _write(store: Store, order: TrailOrder, room: Path, *, now: datetime) -> AuditExport:
    with store.reader() as reader:
        paper = (
            trail_paper(reader, order.wanted, asked_by=order.asked_by, now=now)
            if order.on_paper else b""
        )  # fmt: skip
        if order.wanted == EventFilter():
            written = export_audit(reader, room)
        else:
            written = export_extract(reader, room, order.wanted)
    if paper:
        (room / PAPER).write_bytes(paper)
        digest = hashlib.sha256(paper).hexdigest()
        written = replace(written, files=written.files | {PAPER: digest})
    return replace(written, files=written.files | _sign(store, written, now=now))


def _put_on_record(
    store: Store, order: TrailOrder, written: AuditExport, *, named: int, actor: str, now: datetime
) -> None:
    said: dict[str, object] = {
        "events": written.events, "head": written.head, "filter": order.wanted.words or "none",
        "files": named_in(store.workspace.exports, written.folder, written.files),
    }
    if order.identified:
        said["identified"] = f"asked for as it stands; somebody is named in {named} places"
    with store.transaction(actor, now=now) as tx:
        person = find_actor(tx, actor)
        require(person, Action.EXPORT_TRAIL)
        require_visible(tx, person, "AuditTrail:all", on=now.date())
        note(tx, EXPORT, "AuditTrail:all", new=said)
