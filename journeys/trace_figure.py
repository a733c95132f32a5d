"""Trace a figure: from a cell of a document to the question, the records and their digests."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlmodel import Session, col, select

from records.base import Record, digest_of
from records.cited import placed, records_cited
from records.errors import NotFound
from records.lookup import find_record, words_for
from records.quality import Document
from records.store import Store
from records.vault import Vault
from regulatory.documents.content import Content
from regulatory.documents.identified import Item
from regulatory.documents.reading import read_content
from regulatory.held_figures import find_item

MOST_WORDS = 160


@dataclass(frozen=True, slots=True)
class Source:
    """A record behind a figure: what it is and says now, and its digest at the freeze and now.

    status: 'as at the freeze', 'changed since', 'missing', or 'no digest kept'.
    """

    label: str
    kind: str
    says: str
    digest: str
    now: str
    status: str


@dataclass(frozen=True, slots=True)
class Traced:
    """A figure with the question of its section and the records behind it."""

    document: str
    item: Item
    questions: tuple[str, ...]
    sources: tuple[Source, ...]


def find_document(reader: Session, name: str) -> Document:
    """The document of a label (DOC-0004) or of a number, of which the newest version is meant.

    Raises:
        NotFound: There is none.
    """
    if placed(name.upper()) is not None or name.isdigit():
        return find_record(reader, Document, name)
    found = reader.exec(
        select(Document).where(Document.number == name).order_by(col(Document.version).desc())
    ).first()
    if found is None:
        raise NotFound(
            f"There is no document '{name}'.", hint="'radvigil document list' names them."
        )
    return found


def stored_content(store: Store, document: Document) -> Content:
    """The stored edition of a document, as the tree that it was written from."""
    fetch = partial(Vault(store.workspace.vault).fetch, of=document.label)
    stored = fetch(document.json_digest or document.draft_json_digest)
    return read_content(stored, pictures=fetch)


def trace_figure(store: Store, document: Document, cell: str) -> Traced:
    """What is behind a cell of a document.

    Raises:
        NotFound: No such cell; the nearest are named.
    """
    content = stored_content(store, document)
    with store.reader() as reader:
        return behind(reader, document, content, find_item(content, cell))


def behind(reader: Session, document: Document, content: Content, item: Item) -> Traced:
    """The question and the records behind a statement of a stored document."""
    source = content.provenance
    then = {one.id: one.digest for trace in source.traces for one in trace.records}
    then |= {one.id: one.digest for one in source.cited}
    found = dict(records_cited(reader, item.records))
    sources = tuple(_source(label, found.get(label), then) for label in item.records)
    questions = tuple(one.query for one in source.traces if one.section == item.section)
    return Traced(document.label, item, questions, sources)


def _source(label: str, row: Record | None, then: Mapping[str, str]) -> Source:
    was, at = then.get(label, ""), placed(label)
    kind = words_for(at[0]) if at else "records"
    if row is None:
        status = "missing" if at else "several, under one digest"
        return Source(label, kind, "", was, "", status)
    now = digest_of(row.as_recorded())
    status = "no digest kept" if not was else "as at the freeze" if was == now else "changed since"
    return Source(label, kind, _says(row.as_recorded()), was, now, status)


def _says(columns: Mapping[str, Any]) -> str:
    """What a record says in short: its plain columns that hold something."""
    told = [
        f"{name.replace('_', ' ')} {value}"
        for name, value in columns.items()
        if name != "id" and isinstance(value, str | int | float) and value != ""
    ]
    said = "; ".join(told)
    return said if len(said) <= MOST_WORDS else f"{said[:MOST_WORDS].rsplit(' ', 1)[0]}…"
