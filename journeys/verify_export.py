"""Verify an export: recompute every figure of exported files from the records, or on their own.

With the database, the records are rebuilt from the audit trail as they stood at the document's
freeze and the document is compiled from them again; nothing is taken from the file itself or from
controlled storage but what it says.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from records.as_of import as_of
from records.audit import CREATIONS, SOFTWARE, AuditEvent, event_digest
from records.cited import digests_cited, placed
from records.detached_signature import SUFFIX, signature_holds
from records.errors import IntegrityBroken, InvalidInput, NotFound
from records.quality import Document
from records.replay import CHANGES
from records.signatures import counting, signatures_on
from records.store import Store
from records.vault import Vault
from records.verify import verify_chain
from regulatory.compile import compile_again
from regulatory.documents.assembly import with_signatures
from regulatory.documents.content import Content
from regulatory.documents.exported import Exported, loose_files, read_export
from regulatory.documents.identified import Identified, identify
from regulatory.documents.manifest import MANIFEST, manifest_faults
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
    exported = read_export(path)
    with store.reader() as reader:
        grouped = _by_document(reader, exported)
        chain = verify_chain(reader)
        bad = chain.first_bad_sequence or 0
        found = [
            _verify_one(store, reader, document, files)
            for document, files in grouped if not 0 < bad <= document.freeze_sequence
        ]
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


def _verify_one(
    store: Store, reader: Session, document: Document, files: list[Exported]
) -> Verdict:
    events = _events_on(reader, document)
    made = next(one for one in events if one.action in CREATIONS)
    software = made.software.partition(";")[0]  # what follows is the door
    with as_of(reader, document.freeze_sequence) as then:
        vault = Vault(store.workspace.vault)
        reason = "" if made.reason == "compile a document" else made.reason
        again = compile_again(then, document, asked=(made.actor, reason), vault=vault)
        expected, also = _editions(reader, again, document, software, _statuses_of(events))
        labels = {label for one in expected.items.values() for label in one.records
                  if _is_quoted(label)}  # fmt: skip
        were = digests_cited(then, labels)
    differences: list[Difference] = []
    for one in files:
        differences += (of_file := list(_file_differences(one, document, events)))
        if one.texts:
            of_texts = compare_texts(expected.items, also, one)
            differences += of_texts if of_file else by_software(of_texts)
    now = digests_cited(reader, labels)
    differences += moved_on(
        expected.items, were, now, _told_changed(reader, were, now, document.freeze_sequence)
    )
    differences += _status(files, document)
    notes = []
    if software != SOFTWARE:
        notes.append(f"{document.label} was made by {software}, and compared by {SOFTWARE}.")
    if again.provenance.template_digest != document.template_digest:
        notes.append(f"The template of {document.label} is another one in this version.")
    return Verdict((), len(expected.items), tuple(differences), tuple(notes))


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


def _told_changed(
    reader: Session, were: Mapping[str, str], now: Mapping[str, str], since: int
) -> set[str]:
    """Of the records that are not as they were, those of whose change an event tells, and that are
    what their events say."""
    other = [label for label, digest in now.items() if were.get(label, digest) != digest]
    if not other:
        return set()
    subjects = {
        f"{at[0].__name__}:{at[1]}": label for label in other if (at := placed(label)) is not None
    }
    chosen = select(AuditEvent.subject).where(
        col(AuditEvent.subject).in_(subjects), AuditEvent.sequence > since
    )
    told = {subjects[one] for one in reader.exec(chosen)}
    if not told:
        return set()
    from records.audit import head

    with as_of(reader, head(reader)[0]) as today:
        by_events = digests_cited(today, told)
    return {label for label in told if by_events.get(label) == now[label]}


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


def verify_offline(path: Path) -> Verdict:
    """Verify an export by itself: its files against its facts, manifest, signatures and freeze.

    The figures are those of the file of facts (JSON) or else of the sidecar; whether the records
    give them, only a verification with the database tells.

    Raises:
        NotFound: No such file.
        InvalidInput: It is no export, or holds nothing that it could be held against.
    """
    exported, loose = read_export(path), loose_files(path)
    if path.is_file() and path.suffix != ".zip":
        exported = _with_those_beside(path, exported)
    differences: list[Difference] = []
    notes: list[str] = []
    figures = 0
    stems = {one.name.removesuffix(f".{one.format}") for one in exported}
    for stem in sorted(stems):
        of_one = [one for one in exported if one.name.removesuffix(f".{one.format}") == stem]
        truth, count = _own_truth(stem, of_one, loose)
        figures += count
        differences += truth
        manifest = loose.get(f"{stem}.{MANIFEST}")
        if manifest is None:
            notes.append(f"{stem} has no manifest: a file that is missing is not noticed.")
        else:
            differences += [
                Difference(FILE, "", name, place=fault)
                for name, fault in manifest_faults(manifest, loose, event_digest)
            ]
    differences += _signature_faults(loose, notes)
    return Verdict(
        tuple(sorted({one.name for one in exported})), figures, tuple(differences), tuple(notes)
    )


def _with_those_beside(path: Path, exported: list[Exported]) -> list[Exported]:
    stem = path.name.removesuffix(f".{exported[0].format}")
    beside = [
        path.with_name(f"{stem}.{one}") for one in ("json", "trace.json")
        if path.name != f"{stem}.{one}"
    ]  # fmt: skip
    return exported + [one for found in beside if found.is_file() for one in read_export(found)]


def _own_truth(
    stem: str, files: list[Exported], loose: Mapping[str, bytes]
) -> tuple[list[Difference], int]:
    """Every other file of a document against its facts, else its sidecar."""
    by_format = {one.format: one for one in files}
    if "json" in by_format:
        from regulatory.documents.exported import content_of

        items = identify(content_of(f"{stem}.json", loose[f"{stem}.json"])).items
    elif "trace.json" in by_format:
        from regulatory.documents.exported import items_of

        items = items_of(loose[f"{stem}.trace.json"])
    else:
        raise InvalidInput(
            f"{stem} has neither its facts (.json) nor its sidecar (.trace.json) beside it.",
            hint="Verify it with the database, or lay them beside it.",
        )
    found = [
        difference
        for one in files
        if one.texts
        for difference in compare_texts(items, {}, one)
    ]
    return found, len(items)


def _signature_faults(loose: Mapping[str, bytes], notes: list[str]) -> Iterator[Difference]:
    keys = [data for name, data in loose.items() if name.endswith(".pem")]
    signed = {name: data for name, data in loose.items() if f"{name}{SUFFIX}" in loose}
    if not keys or not signed:
        notes.append("No signature was checked: the .sig files or the public key are not here.")
        return
    for name, data in signed.items():
        if not any(signature_holds(data, loose[f"{name}{SUFFIX}"], key) for key in keys):
            yield Difference(FILE, "", name, place="its signature does not fit the public key")


def said_plainly(one: Difference) -> dict[str, Any]:
    """A difference as JSON knows it."""
    return {
        "what": one.what, "cell": one.cell, "file": one.file, "says": one.said,
        "expected": one.expected, "place": one.place, "records": list(one.records),
        "damage": one.broken,
    }  # fmt: skip
