"""Results go to another system by C-STORE, and it is asked what it holds by C-FIND."""

from collections.abc import Sequence
from typing import Any, Final

from pydicom.dataset import Dataset

from imaging.node.calling import Called, calling
from imaging.node.negotiation import FIND_STUDIES, RESULT_SYNTAXES, RESULTS
from records.errors import Unavailable

SUCCESS: Final = 0x0000
WARNINGS: Final = frozenset({0xB000, 0xB006, 0xB007})
"""Stored, and something was coerced or not understood (PS3.4 B.2.3)."""
_MATCH: Final = frozenset({0xFF00, 0xFF01})

_FAILURES: Final = (
    (range(0xA700, 0xA800), "it is out of resources"),
    (range(0xA900, 0xAA00), "the object does not match its SOP class, it says"),
    (range(0xC000, 0xD000), "it cannot understand the object, it says"),
    (range(0x0122, 0x0123), "it does not take this SOP class"),
    (range(0x0124, 0x0125), "it does not authorise us"),
)


def store_results(called: Called, results: Sequence[Any]) -> list[str]:
    """Send result objects over one association; for each the fault, empty where it is stored.

    results: data sets with their file meta information, of the SOP classes of RESULTS. A call
    that breaks off in the middle is the fault of those that were not answered.

    Raises:
        Unavailable: It is not reached, or rejects the call; nothing was sent.
    """
    faults: list[str] = []
    with calling(called, dict.fromkeys(RESULTS, RESULT_SYNTAXES)) as association:
        for one in results:
            faults.append(_store(association, one))
    return faults


def _store(association: Any, one: Any) -> str:
    if not association.is_established:
        return "the call broke off before it"
    try:
        answer = association.send_c_store(one)
    except ValueError:  # no context was accepted for it
        return "it does not take this kind of object"
    except RuntimeError:
        return "the call broke off before it"
    if "Status" not in answer:
        return "the call broke off, or it did not answer in time"
    status = int(answer.Status)
    if status == SUCCESS or status in WARNINGS:
        return ""
    why = next((words for codes, words in _FAILURES if status in codes), "it failed")
    return f"{why} (status 0x{status:04X})"


def find(called: Called, level: str, **wanted: str) -> list[Dataset]:
    """What the other system holds at a level that fits: C-FIND, Study Root (PS3.4 C).

    level: STUDY, SERIES or IMAGE; wanted: attribute by keyword; an empty one is only asked for.

    Raises:
        Unavailable: It is not reached, or does not answer the question.
    """
    query = Dataset()
    query.SpecificCharacterSet = "ISO_IR 192"
    query.QueryRetrieveLevel = level
    for keyword, value in wanted.items():
        setattr(query, keyword, value)
    found: list[Dataset] = []
    with calling(called, {FIND_STUDIES: RESULT_SYNTAXES}) as association:
        if not association.accepted_contexts:
            raise Unavailable(f"'{called.title}' does not answer C-FIND.")
        for status, one in association.send_c_find(query, FIND_STUDIES):
            code = int(status.Status) if "Status" in status else None
            if code in _MATCH and one is not None:
                found.append(one)
            elif code != SUCCESS:
                said = "no answer in time" if code is None else f"status 0x{code:04X}"
                raise Unavailable(f"'{called.title}' does not answer C-FIND: {said}.")
    return found
