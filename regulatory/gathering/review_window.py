"""What a review covers: everything since the freeze of its last approved version."""

from collections.abc import Iterable
from typing import Any, Final

from sqlmodel import Session

from records.audit import read_events
from regulatory.documents.review_facts import Window
from regulatory.gathering.edition import Basis
from regulatory.revisions import revisions_of

APPROVED: Final = ("approved", "effective", "superseded", "obsolete")


def window_of(session: Session, basis: Basis) -> tuple[Window, list[dict[str, Any]]]:
    """The window of a review, and the events in it, in order."""
    before = [one for one in revisions_of(session, basis.number)
              if one.version < basis.version and one.status in APPROVED]  # fmt: skip
    last = before[-1] if before else None
    first = last.freeze_sequence + 1 if last else 1
    events = list(read_events(session, since=first, upto=basis.freeze_sequence))
    there = {int(one["sequence"]) for one in events}
    return Window(
        first, basis.freeze_sequence, len(events), absent(there, first, basis.freeze_sequence),
        f"{last.label}, version {last.version}" if last else "",
        last.freeze_at if last else None,
    ), events  # fmt: skip


def absent(there: Iterable[int], first: int, last: int) -> tuple[int, ...]:
    """The numbers from first to last that are not there; at most a hundred are named."""
    found = set(there)
    return tuple(number for number in range(first, last + 1) if number not in found)[:100]
