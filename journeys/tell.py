"""Tell: measure the period, compile documents as of one freeze, complete and export them.

What becomes of a draft is told in `journeys.control_documents`.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path

from sqlmodel import Session

from journeys.measure_period import measure_period
from records.accounts import acting_on
from records.audit import note, read_events
from records.audit_grants import require_visible
from records.base import Record
from records.detached_signature import sign_files
from records.errors import NotFound, Refused
from records.people import find_actor
from records.permissions import Action, require
from records.quality import Document
from records.store import Store
from records.vault import Vault
from regulatory.checklist_readings import reading_file
from regulatory.compile import (
    ROUTINE_REASON,
    Compiled,
    Request,
    content_now,
    period_asked,
    record_draft,
    set_in_type,
)  # fmt: skip
from regulatory.document_states import STORED, copy_to_read
from regulatory.documents.appearance import read_stationery
from regulatory.documents.content import READING
from regulatory.documents.manifest import MANIFEST, write_manifest
from regulatory.documents.reading import read_content
from regulatory.documents.registry import (
    AUDIT_EXPORT,
    CHANGE_LOG,
    PERFORMANCE_MONITORING_REPORT,
    PMS_REPORT,
    PSUR,
    VALIDATION_REPORT,
)  # fmt: skip
from regulatory.documents.rendering import FORMATS, Rendered, render_further
from regulatory.gaps import Attempt, declare_unknown, record_attempt, with_declarations
from regulatory.gathering.audit import machine_copy

MEASURED = (PERFORMANCE_MONITORING_REPORT, PSUR, PMS_REPORT)
"""The kinds that quote how the device did in their period."""
KINDS = (VALIDATION_REPORT, PERFORMANCE_MONITORING_REPORT, CHANGE_LOG, AUDIT_EXPORT)


def watched_period(store: Store, device_name: str) -> tuple[date, date] | None:
    """First and last day that surveillance has watched."""
    from journeys.watch_day import watched_days

    days = sorted(watched_days(store, device_name))
    return (days[0], days[-1]) if days else None


def write_document(store: Store, request: Request, *, actor: str, now: datetime) -> Document:
    """Compile and record a draft; its bytes go to controlled storage first.

    A periodic document is preceded by measuring its period.

    Raises:
        NotFound: No such kind of document.
        Refused: The kind does not fit the device's class, or what it is about does not exist.
        InvalidInput: The workspace's documents/appearance.yaml is wrong.
    """
    (made,) = write_at_one_freeze(store, [request], actor=actor, now=now)
    if isinstance(made, Exception):
        raise made
    return made


def write_at_one_freeze(
    store: Store, requests: Sequence[Request], *, actor: str, now: datetime
) -> list[Document | Refused | NotFound | ValueError]:
    """Compile and record drafts of the same records: all of them have one data freeze.

    Their bytes go to controlled storage first. A periodic document is preceded by measuring its
    period. The requests give one reason.

    Returns:
        For each request its draft, or why there is none: a refusal, or a builder's ValueError
        where what is recorded contradicts itself.

    Raises:
        InvalidInput: The workspace's documents/appearance.yaml is wrong.
    """
    for one in requests:
        _measured(store, one, actor=actor, now=now)
    stationery, vault = read_stationery(store.workspace.appearance), Vault(store.workspace.vault)
    made: list[Compiled | Refused | NotFound | ValueError] = []
    # typst lets other threads run: one document is set in type while the next is gathered
    with store.reader() as reader, ThreadPoolExecutor(max_workers=1) as typesetter:
        waiting: Callable[[], Compiled | ValueError] | None = None
        for one in requests:
            said: Future[Compiled] | Refused | NotFound | ValueError
            try:
                wanted = replace(one, stationery=stationery)
                found = content_now(reader, wanted, now=now, vault=vault)
                said = typesetter.submit(set_in_type, one.kind, *found)
            except (Refused, NotFound, ValueError) as why:
                said = why
            if waiting is not None:
                made.append(waiting())
            waiting = None
            if isinstance(said, Future):
                waiting = partial(_kept, store, said)
            else:
                made.append(said)
        if waiting is not None:
            made.append(waiting())
    if not any(isinstance(one, Compiled) for one in made):
        return [one for one in made if not isinstance(one, Compiled)]
    with store.transaction(actor, requests[0].reason or ROUTINE_REASON, now=now) as tx:
        return [
            record_draft(tx, one, now=now) if isinstance(one, Compiled) else one for one in made
        ]


def _kept(store: Store, awaited: Future[Compiled]) -> Compiled | ValueError:
    """A document once it is set in type and its bytes are kept; or why it could not be set."""
    try:
        compiled = awaited.result()
    except ValueError as why:
        return why
    keep_rendered(store, compiled.rendered)
    return compiled.without_bytes()


def _measured(store: Store, request: Request, *, actor: str, now: datetime) -> None:
    if request.kind not in MEASURED:
        return
    with store.reader() as reader:
        period = period_asked(reader, request, now=now)
    # a period that still runs is not measured: it is measured once, and would miss its last days
    if period is not None and period[1] <= now.date():
        measure_period(store, request.device, period=period, actor=actor, now=now)


def keep_rendered(store: Store, rendered: Rendered) -> None:
    """Put a document's bytes into controlled storage, before a record names them."""
    vault = Vault(store.workspace.vault)
    for content in (rendered.pdf, rendered.json, *rendered.pictures):
        vault.put(content)


@dataclass(frozen=True)
class Written:
    """The drafts that were made, and why each of the other kinds was not."""

    documents: list[Document]
    skipped: dict[str, str]


def write_documents(store: Store, device_name: str, *, actor: str, now: datetime) -> Written:
    """The documents of this version; one that cannot be made yet is skipped, with the reason."""
    period = watched_period(store, device_name)
    written = Written([], {})
    for kind in KINDS:
        request = Request(
            kind, device_name, period=period, requested_by=actor, reason="periodic documents"
        )
        try:
            written.documents.append(write_document(store, request, actor=actor, now=now))
        except Refused as why:
            written.skipped[kind] = why.message
    return written


def declare_gaps_unknown(
    store: Store, document_id: int, *, by: str, reason: str, now: datetime
) -> Document:
    """A person declares what nobody supplied to a draft unknown, before it is signed.

    Raises:
        NotAllowed: A service, or somebody without an account in use; the trail says so.
        InvalidInput: No reason.
        Refused: The document is no draft.
    """
    with store.reader() as reader:
        draft = reader.get_one(Document, document_id)
    with acting_on(store, draft, "declaration", actor=by, reason=reason, now=now) as tx:
        return declare_unknown(
            tx, tx.get_one(Document, document_id), by=find_actor(tx, by), reason=reason
        )


def record_gap_attempt(
    store: Store, document_id: int, number: int, attempt: Attempt, *, by: str, now: datetime
) -> Document:
    """A person writes down what was done to find a missing value out (REG-035).

    Raises:
        NotAllowed: A service, or somebody without an account in use; the trail says so.
        NotFound: No such gap.
        Refused: The document is no draft.
    """
    with store.reader() as reader:
        draft = reader.get_one(Document, document_id)
    why = f"asked for what is missing in gap {number}"
    with acting_on(store, draft, "attempt", actor=by, reason=why, now=now) as tx:
        return record_attempt(
            tx, tx.get_one(Document, document_id), number, attempt, by=find_actor(tx, by)
        )


def export_document(
    store: Store, document: Document, folder: Path, *, actor: str, now: datetime,
    formats: tuple[str, ...] = FORMATS,
) -> dict[str, str]:
    """Write a document in these formats with all that :func:`export_files` lays beside them.

    The export is an event with the digest of every file.

    Returns:
        The SHA-256 (hex) of each file by its name.

    Raises:
        NotAllowed: Who exports has no role that may.
        InvalidInput: No such format.
        Refused: It names somebody whose studies are here.
    """
    named = export_files(store, document, formats, now=now)
    files = {name: hashlib.sha256(content).hexdigest() for name, content in named.items()}
    record_export(store, document.subject, files, actor=actor, now=now)
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in named.items():
        _write(folder / name, data)
    return files


def export_files(
    store: Store, document: Document, formats: tuple[str, ...] = FORMATS, *, now: datetime
) -> dict[str, bytes]:
    """A document as :func:`edition_files` gives it, in these formats, signed.

    PDF and JSON are the stored bytes, or a copy marked with what the document is by now; the other
    formats are set from that JSON. Beside each file lies its signature, with the public key
    (records/detached_signature.py). Who hands them out records it first.

    Raises:
        InvalidInput: No such format.
        Refused: It names somebody whose studies are here.
    """
    with store.reader() as reader:
        named = edition_files(store, reader, document, formats)
    require_none_named(store, document, by_kind(document, named))
    return named | sign_files(store, named, now=now)


def edition_files(
    store: Store, reader: Session, document: Document, formats: tuple[str, ...], *,
    then: Session | None = None,
) -> dict[str, bytes]:
    """The files of a document in these formats by name, with what is attached to it (an audit
    trail's machine copy, a bill of materials), how it was read by the reviewer's checklist, and a
    manifest of all; the same records give the same bytes.

    then: the records of an earlier moment, where the file is of that (records.as_of).

    Raises:
        InvalidInput: No such format.
    """
    stored = edition_to_read(store, document)
    content = read_content(
        stored["json"], pictures=partial(Vault(store.workspace.vault).fetch, of=document.label)
    )
    further = render_further(content, formats)
    contents = {name: data for name, data in stored.items() if name in formats} | further
    contents |= {one.ending: one.data for one in content.attachments}
    if document.kind == AUDIT_EXPORT:
        contents["jsonl"] = machine_copy(reader, upto=document.freeze_sequence)
    if (read := reading_file(then or reader, document)) is not None:
        contents[READING] = read
    frozen = next(
        read_events(reader, since=document.freeze_sequence, upto=document.freeze_sequence), {}
    )
    stem = f"{document.number}-v{document.version}"
    named = {f"{stem}.{kind}": data for kind, data in contents.items()}
    named[f"{stem}.{MANIFEST}"] = write_manifest(content, named, frozen)
    return named


def by_kind(document: Document, named: dict[str, bytes]) -> dict[str, bytes]:
    """The files of a document by what kind they are, such as json."""
    stem = f"{document.number}-v{document.version}."
    return {name.removeprefix(stem): data for name, data in named.items()}


def edition_to_read(store: Store, document: Document) -> dict[str, bytes]:
    """PDF and JSON of a document as it is handed out.

    A draft, an approved version and the one in force lie in controlled storage as such. One that
    is in review, superseded, obsolete or withdrawn is handed out as a copy whose every page says
    so; the stored bytes stay what was signed.
    """
    fetch = partial(Vault(store.workspace.vault).fetch, of=document.label)
    stored = fetch(document.json_digest or document.draft_json_digest)
    if document.status in STORED:
        return {"pdf": fetch(document.pdf_digest), "json": stored}
    content = read_content(stored, pictures=fetch)
    marked = copy_to_read(with_declarations(content, document), document.status)
    return {"pdf": marked.pdf, "json": marked.json}


def require_none_named(store: Store, document: Record, contents: dict[str, bytes]) -> None:
    """Nobody whose studies are here is named in what is to leave (REG-112).

    Raises:
        Refused: Somebody is; the place is said, and never the value.
        IntegrityBroken: The identity mapping, which it is compared with, is damaged.
    """
    from imaging.export_scan import known_identities, require_no_identifier

    require_no_identifier(contents, known_identities(store), document.label)


def record_export(
    store: Store, subject: str, files: dict[str, str], *, actor: str, now: datetime
) -> None:
    """Record that files of a document left the system: SHA-256 (hex) by name (REG-018).

    Raises:
        NotAllowed: Who exports has no role that may.
    """
    record_exports(store, {subject: files}, "export a document", actor=actor, now=now)


def record_exports(
    store: Store, left: Mapping[str, Mapping[str, str]], reason: str, *, actor: str, now: datetime
) -> None:
    """Record what left together, by what it is about: all of it or none.

    Raises:
        NotAllowed: Who exports has no role that may.
    """
    with store.transaction(actor, reason, now=now) as tx:
        person = find_actor(tx, actor)
        require(person, Action.EXPORT_DOCUMENT)
        for subject, files in left.items():
            require_visible(tx, person, subject, on=now.date())
            note(tx, "export", subject, new=dict(files))


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)
