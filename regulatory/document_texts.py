"""Texts and comments for documents: which places there are, and what people wrote for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session, col, select

from records.document_texts import (
    DocumentText,
    add_text,
    add_texts,
    newest_texts,
    next_text,
)  # fmt: skip
from records.errors import InvalidInput, NotAllowed, NotFound, RadvigilError, Refused
from records.people import Actor
from records.permissions import Action, require
from records.product import Device
from records.quality import Document
from regulatory.documents.facts import Note, Notes
from regulatory.documents.places import PLACES, Place, place_of
from regulatory.documents.registry import require_known
from regulatory.gathering.subjects import subjects_of
from regulatory.old_tables import Rows, read_table

COLUMNS: Final = ("kind", "place", "text")
"""The columns of a table of texts."""


def places_of(session: Session, device: Device, kind: str) -> dict[str, Place]:
    """The places of a kind of document by key: those declared, and those its drafts ask for.

    Of a kind that is about one record each record has its own places, such as INC-0001.narrative.

    Raises:
        NotFound: No such kind of document.
    """
    known = require_known(kind)
    found = dict(PLACES.get(kind, {}))
    if known.subjects:
        about = subjects_of(session, kind, device)
        found = {one.key: one for label in about
                 for one in (place_of(label, each) for each in found.values())}  # fmt: skip
    query = (
        select(Document).join(Device, col(Device.id) == Document.device_id)
        .where(Device.name == device.name, Document.kind == kind)
        .order_by(col(Document.id).desc())
    )
    newest = session.exec(query).first()
    for gap in newest.gaps if newest else []:
        if (key := gap.get("place", "")) and key not in found:
            found[key] = Place(key, gap.get("section", ""), gap["missing"], gap["who"],
                               gap.get("clause", ""))  # fmt: skip
    return found


def require_place(session: Session, device: Device, kind: str, place: str) -> Place:
    """The place of that key.

    Raises:
        NotFound: The kind or its place is not known; the known ones are named.
    """
    return _placed(places_of(session, device, kind), kind, place)


def _placed(known: Mapping[str, Place], kind: str, place: str) -> Place:
    if place not in known:
        raise NotFound(
            f"The document '{kind}' has no place '{place}' for a person's text.",
            hint=f"Known: {', '.join(known)}." if known
            else "What people write of it stands in the records that it quotes.",
        )  # fmt: skip
    return known[place]


def write_text(
    tx: Session, device: Device, kind: str, place: str, text: str, *, by: Actor, now: datetime
) -> DocumentText:
    """Record what a person wrote for a place; the next version of the document prints it.

    Raises:
        NotAllowed: No role that may.
        NotFound: No such kind or place.
        InvalidInput: The text says nothing.
        Refused: It says the same as the newest one.
    """
    who = require_place(tx, device, kind, place).who
    return add_text(tx, device, kind, place, text, who=who, by=by, now=now)


def notes_of(session: Session, device: Device, kind: str) -> Notes:
    """The newest text of each place, as a builder takes it."""
    return {
        place: Note(one.text, one.printed_name, one.role, one.written_at, one.label)
        for place, one in newest_texts(session, device, kind).items()
    }


def standing_texts(session: Session, device: Device, kind: str) -> list[dict[str, Any]]:
    """Each place of a kind with its newest text: by whom, in which version; empty where none."""
    written = newest_texts(session, device, kind)
    return [
        {
            "kind": kind, "place": key, "section": place.section, "missing": place.missing,
            "who": place.who, "clause": place.clause,
            "text": written[key].text if key in written else "",
            "record": written[key].label if key in written else "",
            "version": written[key].version if key in written else 0,
            "written_by": written[key].printed_name if key in written else "",
        }
        for key, place in places_of(session, device, kind).items()
    ]  # fmt: skip


@dataclass(slots=True)
class TextsRead:
    """What was taken in of a table, and the fault of each row that was not, by its line."""

    made: list[DocumentText] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def read_text_rows(content: bytes) -> Rows:
    """The rows of a CSV file in UTF-8 with the columns kind, place, text; each with its line.

    Raises:
        InvalidInput: No UTF-8, other columns, or no row.
    """
    return read_table(content, needed=COLUMNS, others=())


def import_texts(
    tx: Session, device: Device, rows: Sequence[tuple[int, Mapping[str, Any]]], *, by: Actor,
    now: datetime, accept_good: bool = False,
) -> TextsRead:
    """Take the texts of a table in; nothing where a row is wrong, unless the good are wanted.

    The database is asked once a kind, and all texts are one event.

    Raises:
        NotAllowed: No role that may.
        Refused: A row is wrong and the good ones alone are not wanted; all faults are named.
    """
    require(by, Action.WRITE_TEXT)
    done = TextsRead()
    known: dict[str, tuple[dict[str, Place], dict[str, DocumentText]]] = {}
    for line, row in rows:
        try:
            if None in row or any(row.get(name) is None for name in COLUMNS):
                raise InvalidInput("the row has more or fewer cells than the table has columns.")
            kind, place = row["kind"].strip(), row["place"].strip()
            if kind not in known:
                known[kind] = places_of(tx, device, kind), newest_texts(tx, device, kind)
            places, newest = known[kind]
            who = _placed(places, kind, place).who
            newest[place] = next_text(newest.get(place), device, kind, place, row["text"], who=who,
                                      by=by, now=now)  # fmt: skip
            done.made.append(newest[place])
        except (InvalidInput, NotAllowed, NotFound, Refused) as wrong:
            done.faults.append(f"line {line}: {_said(wrong)}")
    if done.faults and not accept_good:
        raise Refused(
            f"Nothing was imported. {' '.join(done.faults)}",
            hint="Correct these rows, or take the others with --accept-good.",
        )
    add_texts(tx, done.made)
    return done


def _said(wrong: RadvigilError) -> str:
    return f"{wrong.message} {wrong.hint}".strip()


