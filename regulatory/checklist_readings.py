"""Readings of documents by the reviewer's checklist: what was answered, the score, whether it is of
what the document says now.

A reading is of the revision that was read, as it stood then. It never counts for another one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session

from records.checklist_answers import (
    ChecklistAnswer,
    add_answers,
    answers_on,
    newest_answers,
)  # fmt: skip
from records.people import Actor
from records.quality import DECLARED_BY, Document
from regulatory.checklist_tables import read_answer_rows
from regulatory.documents.canonical import canonical_json, digest_of
from regulatory.documents.checklist import (
    MOST_POINTS,
    POINTS,
    QuestionSection,
    Score,
    reviewers_checklist,
    score,
)  # fmt: skip
from regulatory.documents.difference import in_short
from regulatory.gaps import DECLARED_REASON, attempts_said
from regulatory.revisions import revisions_of
from regulatory.table_files import Rows

NOT_READ: Final = "not read"
SCHEMA: Final = "radvigil-checklist/1"


@dataclass(frozen=True, slots=True)
class Reading:
    """A revision of a document as it was read, with the newest answer to each question.

    replaced: answers that a later one to the same question took the place of. not_current: why it
    is no reading of what the document says now; '' where it is one.
    """

    document: Document
    sections: tuple[QuestionSection, ...]
    answers: Mapping[str, ChecklistAnswer]
    replaced: tuple[ChecklistAnswer, ...]
    score: Score
    not_current: str = ""

    @property
    def readers(self) -> tuple[str, ...]:
        """The printed names of who answered, each once."""
        return tuple(dict.fromkeys(one.printed_name for one in self.answers.values()))

    @property
    def words(self) -> str:
        """In one line: the score and who read which revision; 'not read'; or why it is outdated."""
        if not self.answers:
            return f"{NOT_READ} ({self.not_current})" if self.not_current else NOT_READ
        if self.not_current:
            return f"{self.not_current}; what was read then: {self.score.words}"
        return (f"{self.score.words}, read at revision {self.document.version} by "
                f"{', '.join(self.readers)}")  # fmt: skip

    def score_of(self, section: QuestionSection) -> Score:
        """The score of one section."""
        return _scored((section,), self.answers)

    def as_told(self) -> dict[str, Any]:
        """As JSON knows it: the score, and each question with its answer and points."""
        return {
            "document": self.document.number, "version": self.document.version,
            "record": self.document.label, "standing": self.words, "current": not self.not_current,
            **_told(self.score), "passes_from_percent": reviewers_checklist().passes_from_percent,
            "readers": list(self.readers),
            "sections": [
                {"section": one.id, "title": one.title, **_told(self.score_of(one)),
                 "questions": [
                     {"question": each.id, "weight": each.weight, "asks": each.words,
                      "evidence": each.evidence, **_answer(self.answers.get(each.id))}
                     for each in one.questions
                 ]}
                for one in self.sections
            ],
            "replaced": [{"question": one.question, **_answer(one)} for one in self.replaced],
        }  # fmt: skip


def contents_digest(document: Document) -> str:
    """Digest of what a revision says: the draft as it was set, and what was declared of its gaps.

    Who supplies a gap and until when is printed nowhere, and changes nothing of what is read.
    """
    declared = [
        [gap["section"], gap["missing"], gap[DECLARED_BY], gap.get(DECLARED_REASON, ""),
         attempts_said(gap)]
        for gap in document.gaps if gap.get(DECLARED_BY)
    ]  # fmt: skip
    return digest_of({"draft": document.draft_json_digest, "declared": declared})


def answer_checklist(
    tx: Session, document: Document, rows: Rows, *, by: Actor, now: datetime
) -> list[ChecklistAnswer]:
    """Record what a person answers on a revision, as it stands; all rows or none.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: A cell is wrong; each with row and column.
    """
    checklist = reviewers_checklist()
    return add_answers(
        tx, document, rows, asked=checklist.questions_of(document.kind),
        read_as=(contents_digest(document), checklist.version), by=by, now=now,
    )


def import_answers(
    tx: Session, document: Document, content: bytes, *, by: Actor, now: datetime
) -> list[ChecklistAnswer]:
    """Record the answers of a table, CSV or XLSX; all rows or none.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: No such table, or a cell is wrong; each with row and column.
    """
    return answer_checklist(tx, document, read_answer_rows(content), by=by, now=now)


def reading_on(session: Session, document: Document) -> Reading:
    """How a revision was read; where nobody read this one, it has no answers."""
    revisions = revisions_of(session, document.number)
    found = answers_on(session, [document.id or 0])
    return _reading(document, found, [one for one in revisions if one.version > document.version])


def standing_reading(
    revisions: Sequence[Document], answers: Mapping[int, list[ChecklistAnswer]]
) -> Reading | None:
    """Of a document's revisions, in order, the newest that was read; None where none was.

    answers: by number of the revision.
    """
    for at in range(len(revisions) - 1, -1, -1):
        if found := answers.get(revisions[at].id or 0):
            return _reading(revisions[at], found, revisions[at + 1:])
    return None


def newest_reading(session: Session, document: Document) -> Reading | None:
    """The reading of the newest revision of a document's number that was read, if any was."""
    revisions = revisions_of(session, document.number)
    answers: dict[int, list[ChecklistAnswer]] = {}
    for one in answers_on(session, [each.id or 0 for each in revisions]):
        answers.setdefault(one.document_id, []).append(one)
    return standing_reading(revisions, answers)


def reading_file(session: Session, document: Document) -> bytes | None:
    """How a revision was read, as the file that lies beside it; None where nobody read it.

    The same records give the same bytes.
    """
    reading = reading_on(session, document)
    if not reading.answers:
        return None
    return canonical_json({"schema": SCHEMA, "checklist": reviewers_checklist().version,
                           **reading.as_told()})  # fmt: skip


def _reading(
    document: Document, found: Sequence[ChecklistAnswer], later: Sequence[Document]
) -> Reading:
    """The answers that were given to one state of a revision, the newest state that was read."""
    checklist = reviewers_checklist()
    sections = checklist.asked_of(document.kind)
    asked = {each.id for one in sections for each in one.questions}
    valid = [one for one in found
             if one.checklist_version == checklist.version and one.question in asked]  # fmt: skip
    now = contents_digest(document)
    of_now = [one for one in valid if one.contents_digest == now]
    read = of_now or [one for one in valid if one.contents_digest == valid[-1].contents_digest]
    answers = newest_answers(read)
    standing = {one.id for one in answers.values()}
    why = ""
    if found and not valid:
        why = (f"read at revision {document.version} by version {found[-1].checklist_version} of "
               f"the questions, which are version {checklist.version} now")  # fmt: skip
    elif read and later:
        why = _outdated(document, later)
    elif read and not of_now:
        why = f"read at revision {document.version}, its contents have changed since"
    return Reading(
        document, sections, answers,
        tuple(one for one in read if one.id not in standing), _scored(sections, answers), why,
    )


def _outdated(document: Document, later: Sequence[Document]) -> str:
    newest = later[-1].version
    if all(one.changed.endswith(in_short(())) for one in later):
        return (f"read at revision {document.version}, and revision {newest} was compiled since; "
                f"{in_short(())}")  # fmt: skip
    return (f"read at revision {document.version}, contents have changed since (the newest is "
            f"revision {newest})")  # fmt: skip


def _scored(
    sections: Sequence[QuestionSection], answers: Mapping[str, ChecklistAnswer]
) -> Score:
    said = {question: one.answer for question, one in answers.items()}
    return score(sections, said, reviewers_checklist().passes_from_percent)


def _told(found: Score) -> dict[str, Any]:
    return {
        "verdict": found.verdict, "points": found.points, "possible": found.possible,
        "percent": None if found.percent is None else round(found.percent, 2),
        "blockers_at_no": list(found.blockers), "unanswered": list(found.unanswered),
    }


def _answer(one: ChecklistAnswer | None) -> dict[str, Any]:
    if one is None:
        return {"answer": None, "points": None}
    points = POINTS.get(one.answer)
    return {
        "answer": one.answer, "points": points,
        "possible": None if points is None else MOST_POINTS, "page": one.page,
        "remark": one.remark, "answered_by": one.printed_name, "role": one.role,
        "answered_at": one.answered_at, "record": one.label,
        "contents_digest": one.contents_digest,
    }  # fmt: skip
