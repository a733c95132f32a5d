"""The whole file of a device as of a day, as one archive that is verified without Radvigil.

The records are rebuilt from the audit trail as they stood at the end of that day; the bytes of the
documents come from controlled storage, by the digests that stood then. The same day of the same
records gives the same bytes.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlmodel import Session, col, func, select

from journeys.tell import by_kind, edition_files, record_exports, require_none_named
from records.anchors import read_anchors
from records.as_of import as_of
from records.audit import AuditEvent
from records.base import canonical_json
from records.clock import marking, require_reached
from records.detached_signature import sign_files
from records.errors import IntegrityBroken, NotFound
from records.held_definition import definition_of
from records.people import find_actor
from records.permissions import Action, require
from records.product import Device
from records.quality import Document
from records.store import Store
from records.verify import verify_chain
from regulatory.device_file import (
    ANCHORS,
    EVENTS,
    DeviceFile,
    FiledDocument,
    archive,
    submission_order,
)
from regulatory.documents.registry import DOCUMENTS
from regulatory.gathering.audit import machine_copy

FORMATS: Final = ("pdf", "json", "html", "trace.json")
ENDED: Final = ("superseded", "obsolete", "withdrawn")


@dataclass(frozen=True, slots=True)
class DeviceFileWritten:
    """What was written: SHA-256 by name, documents, events, and the digest of the last event."""

    files: dict[str, str]
    documents: int
    events: int
    head: str


def export_device_file(
    store: Store, device_name: str, folder: Path, *, day: date, authority: str = "", actor: str,
    now: datetime,
) -> DeviceFileWritten:
    """Write the file of a device as of the end of a day (UTC), with its signature beside it.

    Of each document the version in force then, and the newest one where that is another. authority:
    eu or us, whose order a folder for a submission is laid out in. The export is an event.

    Raises:
        NotAllowed: Who exports has no role that may.
        NotFound: The device was not defined by then.
        InvalidInput: The day has not come, or no order of that authority is known.
        IntegrityBroken: The trail up to then is broken, or bytes of a document are not what stood.
        Refused: It names somebody whose studies are here.
    """
    if authority:
        submission_order(authority)
    with store.reader() as reader:
        require(find_actor(reader, actor), Action.EXPORT_DOCUMENT)
        require_reached(reader, day)
        sequence = _last_of(reader, day)
        _require_whole(reader, sequence)
        events = machine_copy(reader, upto=sequence)
        head = _digest_of(reader, sequence)
        about, documents, contents, left = _documents(store, reader, device_name, sequence)
    anchors = [one for one in read_anchors(store.workspace.anchors) if one.sequence <= sequence]
    contents[EVENTS] = events
    contents[ANCHORS] = "".join(f"{canonical_json(asdict(one))}\n" for one in anchors).encode()
    filed = {one.code for one in documents}
    risk_class = str(about.definition["risk_class"]["eu"])
    data = archive(
        DeviceFile(device_name, about.trade_name, about.label, day.isoformat(), sequence, head,
                   _marking(store), authority),
        documents, contents, _not_there(filed, risk_class, definition_of(about).markets),
    )  # fmt: skip
    name = f"{device_name}-{day.isoformat()}{f'-{authority}' if authority else ''}.zip"
    named = {name: data}
    require_none_named(store, about, {"jsonl": events})
    named |= sign_files(store, named, now=now)
    files = {each: hashlib.sha256(content).hexdigest() for each, content in named.items()}
    record_exports(store, left | {about.subject: files}, "export the file of a device",
                   actor=actor, now=now)  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    for each, content in named.items():
        part = folder / f"{each}.part"
        part.write_bytes(content)
        part.replace(folder / each)
    return DeviceFileWritten(files, len(documents), sequence, head)


def _last_of(reader: Session, day: date) -> int:
    """The last event of the day or an earlier one. Events stand in the order in which they came:
    where the clock was set back, those before it that say a later instant are in the file too."""
    later = (day + timedelta(days=1)).isoformat()
    found = select(func.max(AuditEvent.sequence)).where(col(AuditEvent.at) < later)
    return int(reader.exec(found).one() or 0)


def _require_whole(reader: Session, sequence: int) -> None:
    chain = verify_chain(reader)
    if chain.first_bad_sequence and chain.first_bad_sequence <= sequence:
        raise IntegrityBroken(
            f"The audit trail is broken at event {chain.first_bad_sequence}: no file of a device "
            "is made of it.", hint="See 'radvigil audit verify'.",
        )


def _digest_of(reader: Session, sequence: int) -> str:
    return reader.exec(
        select(AuditEvent.digest).where(AuditEvent.sequence == sequence)
    ).first() or "0" * 64


def _marking(store: Store) -> str:
    with store.reader() as reader:
        return marking(reader)


def _documents(
    store: Store, reader: Session, device_name: str, sequence: int
) -> tuple[Device, list[FiledDocument], dict[str, bytes], dict[str, dict[str, str]]]:
    """The device's revision that counted then, its documents, the bytes of each by place in the
    archive, and by document the SHA-256 of its files by name."""
    contents: dict[str, bytes] = {}
    left: dict[str, dict[str, str]] = {}
    filed = []
    with as_of(reader, sequence) as then:
        revisions = list(then.exec(
            select(Device).where(Device.name == device_name).order_by(col(Device.revision))
        ))  # fmt: skip
        if not revisions:
            raise NotFound(f"The device '{device_name}' was not defined by then.",
                           hint="Name a later day with --as-of, or another --device.")  # fmt: skip
        about = next((one for one in reversed(revisions) if one.status == "accepted"),
                     revisions[-1])  # fmt: skip
        query = (
            select(Document).where(col(Document.device_id).in_([one.id for one in revisions]))
            .order_by(col(Document.number), col(Document.version))
        )
        for one in _counting(list(then.exec(query))):
            kind, files = DOCUMENTS[one.kind], edition_files(
                store, reader, one, FORMATS, then=then
            )
            require_none_named(store, one, by_kind(one, files))
            place = f"documents/{one.number}-v{one.version}"
            names = tuple(f"{place}/{name}" for name in files)
            contents |= {f"{place}/{name}": data for name, data in files.items()}
            left[one.subject] = {
                name: hashlib.sha256(data).hexdigest() for name, data in files.items()
            }
            filed.append(FiledDocument(
                kind.code, one.number, one.version, one.title, one.status,
                one.freeze_at.isoformat(), len(one.gaps), names,
            ))  # fmt: skip
    return about, filed, contents, left


def _counting(documents: Sequence[Document]) -> list[Document]:
    """Of each number the version in force and the newest one; none that has ended beside it."""
    chosen: dict[str, list[Document]] = {}
    for one in documents:
        chosen.setdefault(one.number, []).append(one)
    found = []
    for versions in chosen.values():
        standing = [one for one in versions if one.status not in ENDED] or versions[-1:]
        force = [one for one in standing if one.status == "effective"]
        found += [*force[-1:], *(one for one in standing[-1:] if one not in force)]
    return found


def _not_there(
    filed: set[str], risk_class: str, markets: tuple[str, ...] | None
) -> dict[str, str]:
    """By title each kind of document of which the file holds none, and why."""
    told: dict[str, Any] = {}
    for kind in DOCUMENTS.values():
        if kind.code in filed:
            continue
        if risk_class not in kind.risk_classes:
            why = f"does not apply to class {risk_class}"
        elif not kind.placed(markets):
            why = f"is asked for in {', '.join(kind.jurisdictions)} only"
        else:
            why = "none was compiled by that day"
        told[f"{kind.code} {kind.title}"] = why
    return told
