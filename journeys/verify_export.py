"""Verify an export: recompute every figure of exported files from the records, or on their own.

With the database, the records are rebuilt from the audit trail as they stood at the document's
freeze and the document is compiled from them again; nothing is taken from the file itself or from
controlled storage but what it says.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from records.as_of import rebuilding
from records.audit import CREATIONS, SOFTWARE, AuditEvent, head
from records.cited import digests_cited, placed
from records.errors import IntegrityBroken, NotFound
from records.quality import Document
from records.replay import CHANGES
from records.signatures import counting, signatures_on
from records.store import Store
from records.vault import Vault
from records.verify import verify_chain
from regulatory.compile import ROUTINE_REASON, compile_again
from regulatory.documents.assembly import with_signatures
from regulatory.documents.content import Content
from regulatory.documents.exported import Exported, bundles, read_export
from regulatory.documents.identified import Identified, identify
from regulatory.gaps import with_declarations
from regulatory.gathering.edition import signed_line
from regulatory.held_figures import (
    FILE,
    SUPERSEDED,
    TRAIL,
    Difference,
    alternatives,
    as_exported,
    by_software,
    compare_texts,
    moved_on,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found: the files, how many figures were compared, and what does not hold."""

    files: tuple[str, ...]
    figures: int
    differences: tuple[Difference, ...]
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 all holds; 1 records or the document moved on in order since; 3 damage."""
        if any(one.broken for one in self.differences):
            return IntegrityBroken.exit_code
        return 1 if self.differences else 0


def verify_export(store: Store, path: Path) -> Verdict:
    """Recompute the figures of an exported file, folder or archive from the records.

    Raises:
        NotFound: No such file, or these records know no such document.
        InvalidInput: It is no export, or cannot be read.
    """
    exported = [one for part in bundles(path) for one in read_export(part)]
    with store.reader() as reader:
        grouped = _by_document(reader, exported)
        chain = verify_chain(reader)
        bad = chain.first_bad_sequence or 0
        found = _verify_all(
            store, reader, [one for one in grouped if not 0 < bad <= one[0].freeze_sequence]
        )
        found += [
            Verdict((), 0, (), (f"{document.label} was not recomputed: the trail is broken.",))
            for document, _ in grouped if 0 < bad <= document.freeze_sequence
        ]
    trail = tuple(Difference(TRAIL, "", expected=one) for one in chain.findings)
    whole = _together(found, exported)
    return replace(whole, differences=(*trail, *whole.differences))


def _by_document(
    reader: Session, exported: list[Exported]
) -> list[tuple[Document, list[Exported]]]:
    """The files of each document; one that does not say which is found by its digest."""
    grouped: dict[str, tuple[Document, list[Exported]]] = {}
    names = {one.name.removesuffix(f".{one.format}"): one for one in exported if one.number}
    for one in exported:
        said = one if one.number else names.get(one.name.removesuffix(f".{one.format}"), one)
        document = _document_of(reader, said, one)
        grouped.setdefault(document.label, (document, []))[1].append(one)
    return list(grouped.values())


def _document_of(reader: Session, said: Exported, one: Exported) -> Document:
    if said.number:
        version = int(said.version) if said.version.isdigit() else 0
        query = select(Document).where(
            Document.number == said.number, Document.version == version
        )
        if (found := reader.exec(query).first()) is not None:
            return found
        raise NotFound(
            f"{one.name} says that it is {said.number}, version {said.version}; these records "
            "know no such document.", hint="Is --home the workspace that it comes from?",
        )  # fmt: skip
    columns = (Document.pdf_digest, Document.approved_pdf_digest)
    query = select(Document).where(
        (col(columns[0]) == one.digest) | (col(columns[1]) == one.digest)
    )
    if (found := reader.exec(query).first()) is not None:
        return found
    exports = select(AuditEvent).where(
        AuditEvent.action == "export", col(AuditEvent.new).contains(one.digest)
    )
    told = reader.exec(exports).first() or _by_name(reader, one.name)
    if told is None or placed(told.subject) is None:
        raise NotFound(
            f"{one.name} is no file that these records exported, as it lies here.",
            hint="Its figures can be compared by its sidecar (.trace.json), HTML, DOCX or XLSX.",
        )
    return reader.get_one(Document, int(told.subject.partition(":")[2]))


def _by_name(reader: Session, name: str) -> AuditEvent | None:
    wanted = json.dumps(name, ensure_ascii=False)
    return reader.exec(
        select(AuditEvent).where(
            AuditEvent.action == "export", col(AuditEvent.new).contains(f"{wanted}:")
        )
    ).first()


@dataclass(frozen=True, slots=True)
class _Again:
    """A document compiled again: what it should state, and the digests of its records then.

    also: further words that a statement may have.
    """

    document: Document
    files: list[Exported]
    events: list[AuditEvent]
    expected: Identified
    also: dict[str, frozenset[str]]
    were: dict[str, str]
    notes: tuple[str, ...]


def _verify_all(
    store: Store, reader: Session, documents: Iterable[tuple[Document, list[Exported]]]
) -> list[Verdict]:
    """The verdict on each; the records are rebuilt once, from freeze to freeze, for all of them."""
    vault = Vault(store.workspace.vault)
    ordered = sorted(documents, key=lambda one: one[0].freeze_sequence)
    with rebuilding(reader) as records:
        again: list[_Again] = []
        for sequence, of_one in groupby(ordered, key=lambda one: one[0].freeze_sequence):
            with records.at(sequence) as then:
                again += [_again(then, reader, vault, *one) for one in of_one]
        now = digests_cited(reader, {label for one in again for label in one.were})
        told = {one.document.label: _told(reader, one, now) for one in again}
        wanted = set().union(*told.values())
        by_events: dict[str, str] = {}
        if wanted:
            with records.at(head(reader)[0]) as today:
                by_events = digests_cited(today, wanted)
    orderly = {label for label in wanted if by_events.get(label) == now[label]}
    return [_verdict(one, now, orderly & told[one.document.label]) for one in again]


def _again(
    then: Session, reader: Session, vault: Vault, document: Document, files: list[Exported]
) -> _Again:
    events = _events_on(reader, document)
    made = next(one for one in events if one.action in CREATIONS)
    software = made.software.partition(";")[0]  # what follows is the door
    reason = "" if made.reason == ROUTINE_REASON else made.reason
    again = compile_again(then, document, asked=(made.actor, reason), vault=vault)
    expected, also = _editions(reader, again, document, software, _statuses_of(events))
    labels = {label for one in expected.items.values() for label in one.records
              if _is_quoted(label)}  # fmt: skip
    notes = []
    if software != SOFTWARE:
        notes.append(f"{document.label} was made by {software}, and compared by {SOFTWARE}.")
    if again.provenance.template_digest != document.template_digest:
        notes.append(f"The template of {document.label} is another one in this version.")
    were = digests_cited(then, labels)
    return _Again(document, files, events, expected, also, were, tuple(notes))


def _verdict(one: _Again, now: Mapping[str, str], orderly: set[str]) -> Verdict:
    items, differences = one.expected.items, []
    for file in one.files:
        differences += (of_file := list(_file_differences(file, one.document, one.events)))
        if file.texts:
            of_texts = compare_texts(items, one.also, file)
            differences += of_texts if of_file else by_software(of_texts)
    there = {label: now[label] for label in one.were if label in now}
    differences += moved_on(items, one.were, there, orderly)
    differences += _status(one.files, one.document)
    return Verdict((), len(items), tuple(differences), one.notes)


def _is_quoted(label: str) -> bool:
    """Whether a record is quoted; 'Alert:7' names what an event is about, which moves on."""
    return ":" not in label


def _events_on(reader: Session, document: Document) -> list[AuditEvent]:
    query = select(AuditEvent).where(AuditEvent.subject == document.subject)
    return list(reader.exec(query.order_by(col(AuditEvent.sequence))))


def _statuses_of(events: Iterable[AuditEvent]) -> frozenset[str]:
    """Each status that the document has had, by its events: one that it never had is a forgery."""
    told = (json.loads(one.new) for one in events if one.action in (*CREATIONS, *CHANGES))
    return frozenset(str(one["status"]) for one in told if "status" in one)


def _editions(
    reader: Session, again: Content, document: Document, software: str,
    statuses: frozenset[str],
) -> tuple[Identified, dict[str, frozenset[str]]]:
    """The newest edition of the document, and what its earlier ones said otherwise."""
    held = as_exported(again, document.facts_digest, document.template_digest)
    held = _by(held, software)
    declared = with_declarations(held, document)
    given = counting(signatures_on(reader, document), document)
    lines = tuple(signed_line(one) for one in given)
    editions = [identify(with_signatures(declared, status=document.status, signed=lines))]
    editions += [
        identify(with_signatures(declared, status=document.status, signed=lines[:count]))
        for count in range(len(lines))
    ]
    editions += [  # a status that it never had is a forgery
        identify(with_signatures(declared, status=one, signed=lines))
        for one in sorted(statuses - {document.status})
    ]
    editions += [identify(held)]
    return editions[0], alternatives(*editions)


def _by(content: Content, software: str) -> Content:
    """The same document as the version said it that made it."""
    header, source = content.header, content.provenance
    return replace(
        content,
        header=replace(header, prepared_by=header.prepared_by.replace(SOFTWARE, software)),
        provenance=replace(source, generator=source.generator.replace(SOFTWARE, software)),
    )


def _file_differences(
    one: Exported, document: Document, events: Iterable[AuditEvent]
) -> Iterator[Difference]:
    """Whether the file is, byte for byte, one that was exported or is kept."""
    kept = {
        document.pdf_digest, document.approved_pdf_digest, document.json_digest,
        document.draft_json_digest, document.approved_json_digest,
    }  # fmt: skip
    told = {
        digest for event in events if event.action == "export"
        for digest in json.loads(event.new).values()
    }  # fmt: skip
    if one.digest not in kept | told:
        yield Difference(
            FILE, "", one.name, one.digest,
            "a digest of an export of this document", "the whole file",
        )
    if one.freeze and one.freeze != document.freeze_sequence:
        yield Difference(
            FILE, "H/data-freeze", one.name, str(one.freeze), str(document.freeze_sequence),
            "title page, Data freeze",
        )


def _told(reader: Session, one: _Again, now: Mapping[str, str]) -> set[str]:
    """Of the records that are not as they were, those of whose change an event tells."""
    other = [label for label, was in one.were.items() if now.get(label, was) != was]
    if not other:
        return set()
    subjects = {
        f"{at[0].__name__}:{at[1]}": label for label in other if (at := placed(label)) is not None
    }
    chosen = select(AuditEvent.subject).where(
        col(AuditEvent.subject).in_(subjects),
        AuditEvent.sequence > one.document.freeze_sequence,
    )
    return {subjects[subject] for subject in reader.exec(chosen)}


def _status(files: list[Exported], document: Document) -> Iterator[Difference]:
    for one in files:
        said = one.texts.get(one.key("H/status"), document.status)
        if said != document.status:
            yield Difference(
                SUPERSEDED, "H/status", one.name, said, document.status, "title page, Status"
            )


def _together(found: list[Verdict], exported: Iterable[Exported]) -> Verdict:
    return Verdict(
        tuple(one.name for one in exported), sum(one.figures for one in found),
        tuple(difference for one in found for difference in one.differences),
        tuple(note for one in found for note in one.notes),
    )


def said_plainly(one: Difference) -> dict[str, Any]:
    """A difference as JSON knows it."""
    return {
        "what": one.what, "cell": one.cell, "file": one.file, "says": one.said,
        "expected": one.expected, "place": one.place, "records": list(one.records),
        "damage": one.broken,
    }  # fmt: skip
