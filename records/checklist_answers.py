"""What people answer to the questions of the reviewer's checklist on a revision of a document.

An answer is never changed: the next one to the same question stands, and the one before stays.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Final

from sqlmodel import Field, Session, col, select

from records.base import Record
from records.batches import add_batch
from records.people import Actor
from records.permissions import Action, require
from records.product import Device
from records.quality import Document
from records.reasons import says
from records.recorded_facts import RowFault, refuse_rows

YES, PARTLY, NO, NOT_APPLICABLE = "yes", "partly", "no", "not_applicable"
ANSWERS: Final = (YES, PARTLY, NO, NOT_APPLICABLE)
COLUMNS: Final = ("question", "answer", "page", "remark")
"""The columns of a table of answers."""
_PAGES: Final = re.compile(r"\d+(?:\s*[-,;]\s*\d+)*")
_LONGEST_PAGES: Final = 60


class ChecklistAnswer(Record, table=True):
    """What one person answered to one question on one revision of a document."""

    __tablename__ = "checklist_answer"
    PREFIX: ClassVar[str] = "CKL"

    id: int | None = Field(default=None, primary_key=True)
    document_id: int = Field(foreign_key="document.id", index=True)
    contents_digest: str
    """Digest of what the document said when it was read, its declared gaps too."""
    checklist_version: int
    """The version of the questions; one answered in another version counts no more."""
    question: str
    answer: str
    page: str = ""
    """Where the evidence is: page numbers; '' where none is named."""
    remark: str = ""
    answered_by: str
    """The account; the printed name is its full name then."""
    printed_name: str
    role: str
    answered_at: datetime

    @property
    def told(self) -> tuple[str, str, str]:
        """What was answered: the answer, where, and the remark."""
        return self.answer, self.page, self.remark


def add_answers(
    tx: Session, document: Document, rows: Sequence[tuple[int, Mapping[str, str]]], *,
    asked: Iterable[str], read_as: tuple[str, int], by: Actor, now: datetime,
) -> list[ChecklistAnswer]:
    """Record answers in one event; one that stands already changes nothing. All rows or none.

    rows: the number of each row in its table (0: of a form) and its text by column.
    asked: the questions that this kind of document is asked. read_as: digest of the document's
    contents as they stand, and the version of the questions.

    Returns:
        What was recorded.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: A cell is wrong; each with row and column.
    """
    role = require(by, Action.READ_BY_CHECKLIST)
    read = answers_told(rows, asked)
    digest, version = read_as
    standing = newest_answers(
        one for one in answers_on(tx, [document.id or 0])
        if one.contents_digest == digest and one.checklist_version == version
    )
    made = [
        ChecklistAnswer(
            document_id=document.id or 0, contents_digest=digest, checklist_version=version,
            question=question, answer=told[0], page=told[1], remark=told[2], answered_by=by.name,
            printed_name=by.full_name, role=role.value, answered_at=now,
        )
        for question, told in read.items()
        if question not in standing or standing[question].told != told
    ]
    numbers = add_batch(tx, ChecklistAnswer, [one.model_dump(exclude={"id"}) for one in made])
    for one, number in zip(made, numbers, strict=True):
        one.id = number
    return made


def answers_told(
    rows: Sequence[tuple[int, Mapping[str, str]]], asked: Iterable[str]
) -> dict[str, tuple[str, str, str]]:
    """By question what the rows answer: the answer, where, and the remark.

    Raises:
        InvalidInput: A cell is wrong; each with row and column.
    """
    known, faults = tuple(asked), list[RowFault]()
    read: dict[str, tuple[str, str, str]] = {}
    for number, row in rows:
        cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
        found = _faults(number, cells, known)
        if not found and cells["question"] in read:
            found = [RowFault(number, "question", f"{cells['question']} is answered twice.")]
        faults += found
        read[cells["question"]] = cells["answer"], cells["page"], cells["remark"]
    if faults:
        refuse_rows(faults)
    return read


def _faults(number: int, cells: Mapping[str, str], known: Sequence[str]) -> list[RowFault]:
    question, answer, page, remark = (cells[name] for name in COLUMNS)
    faults = []
    if question not in known:
        faults.append(RowFault(number, "question", "this kind of document is not asked that; it "
                               f"is asked {_in_short(known)}."))  # fmt: skip
    if answer not in ANSWERS:
        faults.append(RowFault(number, "answer", f"one of {', '.join(ANSWERS)}."))
    if page and (len(page) > _LONGEST_PAGES or not _PAGES.fullmatch(page)):
        faults.append(RowFault(number, "page", "page numbers, such as 7 or 7, 12-14."))
    if answer in (PARTLY, NO, NOT_APPLICABLE) and not says(remark):
        faults.append(RowFault(number, "remark", f"'{answer}' needs one: what is missing, or why "
                               "it does not apply."))  # fmt: skip
    if answer == YES and not page and not says(remark):
        faults.append(RowFault(number, "page", "'yes' needs the page of the evidence, or a "
                               "remark that says where it is."))  # fmt: skip
    return faults


def _in_short(known: Sequence[str]) -> str:
    """The questions by section, such as 'A1 to A12, B1 to B16'."""
    ends: dict[str, list[str]] = {}
    for one in known:
        ends.setdefault(one[:1], []).append(one)
    return ", ".join(f"{one[0]} to {one[-1]}" for one in ends.values())


def answers_on(session: Session, documents: Sequence[int]) -> list[ChecklistAnswer]:
    """Every answer on these revisions of documents, the first one first."""
    query = select(ChecklistAnswer).where(col(ChecklistAnswer.document_id).in_(documents))
    return list(session.exec(query.order_by(col(ChecklistAnswer.id))))


def answers_on_device(session: Session, device: str) -> dict[int, list[ChecklistAnswer]]:
    """Every answer on documents of a device, by number of the document's revision."""
    query = (
        select(ChecklistAnswer)
        .join(Document, col(Document.id) == ChecklistAnswer.document_id)
        .join(Device, col(Device.id) == Document.device_id)
        .where(Device.name == device).order_by(col(ChecklistAnswer.id))
    )
    found: dict[int, list[ChecklistAnswer]] = {}
    for one in session.exec(query):
        found.setdefault(one.document_id, []).append(one)
    return found


def newest_answers(answers: Iterable[ChecklistAnswer]) -> dict[str, ChecklistAnswer]:
    """Of answers in their order, the newest to each question."""
    return {one.question: one for one in answers}
