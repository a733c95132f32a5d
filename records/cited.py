"""Records by the labels that documents quote, many at once: their digests, and what they are."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache

from sqlmodel import Session, col, select

from records.asked_once import record_digest
from records.base import Record

_LABEL = re.compile(r"([A-Z]{2,4})-(\d{1,12})|([A-Z][A-Za-z]+):(\d{1,12})")
_AT_ONCE = 500


@cache
def _kinds() -> dict[str, type[Record]]:
    from records.tables import RECORDS

    return {one.PREFIX: one for one in RECORDS} | {one.__name__: one for one in RECORDS}


def placed(label: str) -> tuple[type[Record], int] | None:
    """The kind and number that a label ('EVR-0012') or a subject ('Alert:7') names; None if none.
    """
    found = _LABEL.fullmatch(label)
    if found is None:
        return None
    kind = _kinds().get(found[1] or found[3])
    return None if kind is None else (kind, int(found[2] or found[4]))


def records_cited(reader: Session, labels: Iterable[str]) -> Iterator[tuple[str, Record]]:
    """Each record that is there with the label that named it; a few queries a kind, none a row."""
    wanted: dict[type[Record], dict[int, list[str]]] = defaultdict(dict)
    for label in dict.fromkeys(labels):
        if at := placed(label):
            wanted[at[0]].setdefault(at[1], []).append(label)
    for kind, numbers in wanted.items():
        key, ids = col(kind.id), sorted(numbers)  # type: ignore[attr-defined]
        for start in range(0, len(ids), _AT_ONCE):
            chosen = select(kind).where(key.in_(ids[start : start + _AT_ONCE]))
            for row in reader.exec(chosen.order_by(key)):
                for label in numbers[row.id]:  # type: ignore[attr-defined]
                    yield label, row


def digests_cited(reader: Session, labels: Iterable[str]) -> dict[str, str]:
    """SHA-256 (hex) of the content of each record by its label; one that is not there is left out.
    """
    return {label: record_digest(row) for label, row in records_cited(reader, labels)}
