"""What a reader answered to a result, whatever brings it: the codes, and one answer taken apart."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from records.reader_answers import ACCEPTED, AFTER, BEFORE, CHANGED, REJECTED, WITH

SCHEME: Final = "99RADVIGIL"
"""DICOM and HL7 have no codes yet for what a reader makes of a device's output."""
RESPONSE, RESULT, FINDING, ORDER = "AI-RESPONSE", "AI-RESULT", "AI-FINDING", "AI-READING-ORDER"
"""What is said: the response, of which result, what is there, and in which order it was read."""
READER: Final = re.compile(r"[A-Za-z]{0,4}[-_]?\d{1,6}")
_RESPONSES: Final = {
    "ACCEPTED": ACCEPTED, "ACCEPT": ACCEPTED, "CHANGED": CHANGED, "CHANGE": CHANGED,
    "REJECTED": REJECTED, "REJECT": REJECTED,
}  # fmt: skip
_FINDINGS: Final = {
    "PRESENT": True, "52101004": True, "1": True, "ABSENT": False, "272519000": False, "0": False,
}
"""SNOMED CT's codes beside the words and the figures of a table."""
_ORDERS: Final = {
    "BEFORE": BEFORE, "WITH": WITH, "AFTER": AFTER, BEFORE.upper(): BEFORE, WITH.upper(): WITH,
    AFTER.upper(): AFTER,
}  # fmt: skip


class Unreadable(ValueError):
    """An answer that cannot be taken; its text quotes nothing of what came."""


@dataclass(frozen=True, slots=True)
class Response:
    """One answer. where: in what came, such as 'OBX group 1'. result: the names by which the
    result may be meant (SOP Instance UIDs, or a label). present: None where not said."""

    where: str
    results: tuple[str, ...]
    reader: str
    response: str
    present: bool | None
    reading_order: str
    read_on: date


def response_of(text: str) -> str:
    """The response that a word or code means; '' where nothing is said.

    >>> response_of("Reject"), response_of("")
    ('rejected', '')
    """
    wrong = "the response is none of ACCEPTED, CHANGED, REJECTED"
    return str(_looked_up(_RESPONSES, text, wrong) or "")


def finding_of(text: str) -> bool | None:
    """Whether the finding is there by a word, a SNOMED CT code or 0 and 1; None: not said."""
    found = _looked_up(_FINDINGS, text, "the finding is neither PRESENT nor ABSENT")
    return None if found is None else bool(found)


def order_of(text: str) -> str:
    """When the reader read, by a word; '' where not said.

    >>> order_of("after")
    'after the output'
    """
    wrong = "the reading order is none of BEFORE, WITH, AFTER"
    return str(_looked_up(_ORDERS, text, wrong) or "")


def reader_of(text: str) -> str:
    """The code of a reader; a name is refused, unquoted.

    Raises:
        Unreadable: It is no code.
    """
    if not READER.fullmatch(text.strip()):
        raise Unreadable("the reader is no code such as R07; a name is not taken in")
    return text.strip()


def _looked_up(table: dict[str, Any], text: str, wrong: str) -> Any:
    word = " ".join(text.split()).upper()
    if not word:
        return None
    if word not in table:
        raise Unreadable(wrong)
    return table[word]
