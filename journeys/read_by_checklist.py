"""Read a document by the reviewer's checklist: a person answers its questions, one or a table."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlmodel import Session, col, select

from records.accounts import acting_on
from records.checklist_answers import ChecklistAnswer
from records.errors import InvalidInput, NotFound
from records.people import Actor, find_actor
from records.product import Device
from records.quality import Document
from records.store import Store
from regulatory.checklist_readings import Reading, answer_checklist, import_answers, reading_on
from regulatory.documents.registry import require_known
from regulatory.table_files import Rows

DEED = "reading by the checklist"
READINGS = "checklist"
"""The folder of a scenario's readings."""


def answer_questions(
    store: Store, document_id: int, rows: Rows, *, by: str, now: datetime
) -> list[ChecklistAnswer]:
    """A person answers questions on a revision of a document; what stands already changes nothing.

    rows: the number of each row in its table (0: of a form) and its text by column.

    Raises:
        NotAllowed: No role that may; the trail says so.
        InvalidInput: A cell is wrong; each with row and column.
        Refused: It names somebody whose studies are here.
    """
    return _read(store, document_id, lambda tx, document, person: answer_checklist(
        tx, document, rows, by=person, now=now), by=by, now=now)  # fmt: skip


def answer_from_table(
    store: Store, document_id: int, content: bytes, *, by: str, now: datetime
) -> list[ChecklistAnswer]:
    """The same from a table, CSV in UTF-8 or XLSX: all rows or none.

    Raises:
        NotAllowed: No role that may; the trail says so.
        InvalidInput: No such table, or a cell is wrong; each with row and column.
        Refused: It names somebody whose studies are here.
    """
    return _read(store, document_id, lambda tx, document, person: import_answers(
        tx, document, content, by=person, now=now), by=by, now=now)  # fmt: skip


def _read(
    store: Store, document_id: int,
    answer: Callable[[Session, Document, Actor], list[ChecklistAnswer]], *, by: str, now: datetime,
) -> list[ChecklistAnswer]:
    with store.reader() as reader:
        document = reader.get_one(Document, document_id)
    why = f"{document.label} read by the reviewer's checklist"
    with acting_on(store, document, DEED, actor=by, reason=why, now=now) as tx:
        return answer(tx, tx.get_one(Document, document_id), find_actor(tx, by))


def read_documents_of_folder(
    store: Store, folder: Path, devices: list[str], *, by: str, now: datetime
) -> dict[str, Reading]:
    """The readings of a folder are recorded, each of the newest revision of its kind of document.

    folder: of tables KIND.csv or KIND@DEVICE.csv. devices: the scenario's devices in order; a file
    that names none is of the first of them that has such a document. What was recorded before is
    not recorded again.

    Returns:
        By name of each file what was read; none where there is no such folder.

    Raises:
        InvalidInput: A file is of no kind of document or of no device, a cell of it is wrong, or
            no such document was compiled.
    """
    done = {}
    for path in sorted(folder.glob("*.csv")):
        kind, _, device = path.stem.partition("@")
        _require_named(path, kind, device, devices)
        document = _document_of(store, path, kind, [device] if device else devices)
        try:
            answer_from_table(store, document, path.read_bytes(), by=by, now=now)
        except InvalidInput as wrong:
            raise InvalidInput(f"{path.name}: {wrong.message}", hint=wrong.hint) from wrong
        with store.reader() as reader:
            done[path.stem] = reading_on(reader, reader.get_one(Document, document))
    return done


def _require_named(path: Path, kind: str, device: str, devices: list[str]) -> None:
    try:
        require_known(kind)
    except NotFound as unknown:
        raise InvalidInput(f"{path.name}: {unknown.message}", hint=unknown.hint) from unknown
    if device and device not in devices:
        raise InvalidInput(f"{path.name}: the scenario has no device '{device}'.",
                           hint=f"Its devices: {', '.join(devices)}.")  # fmt: skip


def _document_of(store: Store, path: Path, kind: str, devices: list[str]) -> int:
    """Of the first device that has one, the newest revision of the first such document."""
    query = (
        select(Document, Device.name).join(Device, col(Device.id) == Document.device_id)
        .where(Document.kind == kind, col(Device.name).in_(devices)).order_by(col(Document.id))
    )
    with store.reader() as reader:
        found = list(reader.exec(query))
    for name in devices:
        own = [one for one, device in found if device == name]
        if own:
            return max(one.id or 0 for one in own if one.number == own[0].number)
    raise InvalidInput(f"{path.name}: no {kind} of {' or '.join(devices)} was compiled.",
                       hint="Name the device that has one: KIND@DEVICE.csv.")  # fmt: skip
