"""The facts of every document whose outline is data: the lists that it names, and no others."""

from collections.abc import Callable
from typing import Final

from sqlmodel import Session, col, select

from records.product import Device
from records.quality import Document
from regulatory.documents.content import Trace
from regulatory.documents.file_builders import OUTLINES
from regulatory.documents.kinds import Kind
from regulatory.documents.listed import FileFacts, Listed, Row, Value
from regulatory.documents.outline import DOCUMENTS_LIST, NOT_COMPILED, Refers, Told, lists_in
from regulatory.documents.registry import DOCUMENTS
from regulatory.gathering.edition import Basis, edition_of, trace
from regulatory.gathering.listed_definition import DEFINITION_READINGS
from regulatory.gathering.listed_facts import FACT_READINGS, Read, Reading
from regulatory.gathering.listed_plans import PLAN_READINGS
from regulatory.gathering.listed_versions import VERSION_READINGS

READINGS: Final[dict[str, Reading]] = {
    **DEFINITION_READINGS, **FACT_READINGS, **PLAN_READINGS, **VERSION_READINGS,
}  # fmt: skip
_STANDING: Final = ("effective", "approved")


def gather_file(kind: str) -> Callable[[Session, Basis], FileFacts]:
    """What gathers the facts of a kind whose outline is data."""
    outline = OUTLINES[kind]

    def gather(session: Session, basis: Basis) -> FileFacts:
        """The lists that the outline names, each read once."""
        read: dict[str, Read] = {
            name: _references(session, basis, kind) if name == DOCUMENTS_LIST
            else READINGS[name](session, basis)
            for name in lists_in(outline)
        }  # fmt: skip
        return FileFacts(
            edition=edition_of(kind, basis),
            lists={name: one.listed for name, one in read.items()},
            traces=_traces(kind, read),
        )

    return gather


def _traces(kind: str, read: dict[str, Read]) -> tuple[Trace, ...]:
    found = []
    for section in OUTLINES[kind]:
        for part in section.parts:
            name = part.name if isinstance(part, Told) else (
                DOCUMENTS_LIST if isinstance(part, Refers) else "")  # fmt: skip
            if name and read[name].records:
                found.append(trace(section.number, read[name].words, read[name].records))
    return tuple(dict.fromkeys(found))


def _references(session: Session, basis: Basis, own: str) -> Read:
    """The documents that the outline refers to: what is in force, else the newest revision."""
    wanted = tuple(dict.fromkeys(
        code for section in OUTLINES[own] for part in section.parts if isinstance(part, Refers)
        for code in part.codes
    ))  # fmt: skip
    query = (
        select(Document).join(Device, col(Device.id) == Document.device_id)
        .where(Device.name == basis.device.name, Document.status != "withdrawn",
               Document.compiled_at <= basis.freeze_at)
        .order_by(col(Document.version), col(Document.id))
    )  # fmt: skip
    newest: dict[str, Document] = {}
    for one in session.exec(query):
        before = newest.get(one.kind)
        if before is None or one.status in _STANDING or before.status not in _STANDING:
            newest[one.kind] = one
    rows, records = [], []
    for code in wanted:
        for name, kind in _kinds(code).items():
            if not kind.applies(basis.definition.risk_class.eu, basis.definition.markets):
                continue
            document = newest.get(name)
            rows.append(_row(code, kind.code, kind.title, document))
            records += [document] if document else []
    return Read(Listed(tuple(rows)), "documents of the device", tuple(records))


def _kinds(code: str) -> dict[str, Kind]:
    """The kinds under a code, such as DOC-27U under DOC-27."""
    return {
        name: one for name, one in DOCUMENTS.items()
        if one.code.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == code or one.code == code
    }  # fmt: skip


def _row(of: str, code: str, title: str, document: Document | None) -> Row:
    values: dict[str, Value] = {
        "of": of, "code": code, "title": title,
        "number": document.number if document else None,
        "revision": document.version if document else None,
        "status": document.status if document else NOT_COMPILED,
        "record": document.label if document else None,
    }  # fmt: skip
    return Row(values, (document.label,) if document else ())
