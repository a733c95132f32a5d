"""A registered system asks what waits to be read (C-FIND), and gets its site's list in order."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

from pydicom.dataset import Dataset

from imaging.node.matching import answer, matches, misfit, unknown_keys
from imaging.node.worklist import WaitingItem, items_for
from records.application_entities import Sender
from records.errors import RadvigilError

log = logging.getLogger(__name__)

PENDING, PENDING_UNKNOWN_KEY, CANCELLED = 0xFF00, 0xFF01, 0xFE00
OUT_OF_RESOURCES, NOT_THIS_CLASS, UNABLE, NOT_AUTHORISED = 0xA700, 0xA900, 0xC001, 0x0124
"""Answers to C-FIND (PS3.4 CC.2.8.4, K.4.1.1.4; PS3.7 C)."""
MOST_ANSWERS: Final = 500
MOST_BYTES: Final = 65536
"""Of a query; what is larger is not parsed."""
Answer = tuple[int | Dataset, Dataset | None]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits at a site, in order; how many more wait whose patient cannot be told."""

    items: Sequence[WaitingItem]
    unnamed: int = 0


@dataclass
class WorklistDesk:
    """Whom the node asks for the list of a system's site; one query is answered at a time."""

    waiting: Callable[[Sender], Waiting]

    def __post_init__(self) -> None:
        self._lock = Lock()

    def answers(self, event: Any, sender: Sender) -> Iterator[Answer]:
        """The answers to a query, most urgent first, then the reason where it is not whole."""
        if len(event.request.Identifier.getvalue()) > MOST_BYTES:
            yield _failed(NOT_THIS_CLASS, "the query is too large")
            return
        try:
            identifier = event.identifier
            wrong = misfit(identifier)  # every value is parsed by it
        except Exception:  # whatever a caller sends; the text may quote it
            yield _failed(NOT_THIS_CLASS, "the query cannot be read")
            return
        if wrong:
            yield _failed(NOT_THIS_CLASS, wrong)
            return
        try:
            with self._lock:
                waiting = self.waiting(sender)
            yield from _told(event, identifier, waiting)
        except RadvigilError as failed:
            log.error("the worklist cannot be told: %s", failed.message)
            yield _failed(UNABLE, "the worklist cannot be told now")
        except Exception as failed:  # the text may quote the query or a patient
            log.error("the worklist cannot be told: %s", type(failed).__name__)
            yield _failed(UNABLE, "the worklist cannot be told now")


def _told(event: Any, identifier: Dataset, waiting: Waiting) -> Iterator[Answer]:
    items = items_for(str(event.request.AffectedSOPClassUID), waiting.items)
    found = [one for one in items if matches(one, identifier)]
    for one in found[:MOST_ANSWERS]:
        if event.is_cancelled:
            yield CANCELLED, None
            return
        status = PENDING_UNKNOWN_KEY if unknown_keys(one, identifier) else PENDING
        yield status, answer(one, identifier)
    if len(found) > MOST_ANSWERS:
        yield _failed(OUT_OF_RESOURCES, f"more than {MOST_ANSWERS} wait; ask more narrowly")
    elif waiting.unnamed:
        yield _failed(UNABLE, f"{waiting.unnamed} more wait whose patient is not known")


def _failed(status: int, why: str) -> Answer:
    """A failure with its reason (PS3.7 C.3.3: an error comment of 64 characters at most)."""
    found = Dataset()
    found.Status, found.ErrorComment = status, why[:64]
    return found, None
