"""Answers to the reviewer's checklist as tables, CSV in UTF-8 or XLSX: an empty sheet, and read."""

from typing import Final

from records.checklist_answers import COLUMNS
from records.errors import InvalidInput
from regulatory.documents.checklist import reviewers_checklist
from regulatory.table_files import Rows, read_rows, write_rows

EXPLAINED: Final = ("weight", "asks", "evidence")
"""Columns of the empty sheet beside the answers: they are for who fills it, and are not read."""
_WHAT: Final = "answers to the reviewer's checklist"


def blank_sheet(kind: str, form: str) -> bytes:
    """The questions that a kind of document is asked, with empty columns for the answers.

    Raises:
        NotFound: No such kind of document.
        InvalidInput: The form is neither csv nor xlsx.
    """
    rows = [
        [one.id, "", "", "", one.weight, one.words, one.evidence]
        for section in reviewers_checklist().asked_of(kind) for one in section.questions
    ]  # fmt: skip
    return write_rows("checklist", [[*COLUMNS, *EXPLAINED], *rows], form, what=_WHAT)


def read_answer_rows(content: bytes) -> Rows:
    """The rows of a table of answers, each with its number; what is not answered is left out.

    Raises:
        InvalidInput: No such table, other columns, or no answer in it.
    """
    rows = read_rows(
        content, (*COLUMNS, *EXPLAINED), COLUMNS, what=_WHAT,
        hint="'radvigil document checklist DOC --blank FILE' writes them.",
    )
    answered = [
        (number, cells) for number, cells in rows
        if any(cells.get(name) for name in COLUMNS if name != "question")
    ]  # fmt: skip
    if not answered:
        raise InvalidInput("The table answers no question.", hint="Fill the column answer.")
    return answered
