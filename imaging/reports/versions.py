"""Versions of reports: a correction, a cancellation and another reading come after the last."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlmodel import Session, col, select

from imaging.reports.reading import Reading
from records.batches import add_batch
from records.reports import CANCELLED, CORRECTED, FINAL, PRELIMINARY, RadiologyReport

_RANK: Final = {PRELIMINARY: 0, FINAL: 1, CORRECTED: 2, CANCELLED: 3}


@dataclass(frozen=True, slots=True)
class Proposed:
    """A version of a report that may be recorded.

    word: by what the sender's clock is remembered.
    """

    study_id: int
    report_key: str
    word: str
    origin: str
    status: str
    text_digest: str
    source_digest: str
    reading: Reading
    reader: str
    reported_on: date
    said_at: datetime | None


def newest_versions(
    session: Session, keys: Iterable[tuple[int, str]]
) -> dict[tuple[int, str], RadiologyReport]:
    """The last version of each of these reports that is on record."""
    wanted = set(keys)
    studies = {study for study, _ in wanted}
    if not studies:
        return {}
    query = (
        select(RadiologyReport)
        .where(col(RadiologyReport.study_id).in_(studies))
        .order_by(col(RadiologyReport.version))
    )
    found = {(one.study_id, one.report_key): one for one in session.exec(query)}
    return {key: one for key, one in found.items() if key in wanted}


def record_versions(
    tx: Session, proposed: Sequence[Proposed], words: Mapping[str, datetime], *, now: datetime
) -> tuple[list[RadiologyReport], dict[str, int]]:
    """Record what is new, in its order; the reports that stand now, and what became of how many.

    words: when by its sender's clock the last version of each report was said. Older versions,
    and the same again, add nothing.
    """
    newest = newest_versions(tx, {(one.study_id, one.report_key) for one in proposed})
    heard, last = _digests(tx, proposed), dict(words)
    counted: Counter[str] = Counter()
    recorded: dict[tuple[int, str], RadiologyReport] = {}
    waiting = list(proposed)
    while waiting:  # a round takes one version of each report: the next one names it
        rows, later, taken = [], list[Proposed](), set[tuple[int, str]]()
        for one in waiting:
            key = (one.study_id, one.report_key)
            if key in taken:
                later.append(one)
                continue
            before = newest.get(key)
            fate = _fate(one, before, one.source_digest in heard, last.get(one.word))
            if one.said_at is not None:
                last[one.word] = max(one.said_at, last.get(one.word, one.said_at))
            heard.add(one.source_digest)
            counted[fate] += 1
            if fate == "recorded":
                taken.add(key)
                rows.append(_row(one, before, now))
        numbers = add_batch(tx, RadiologyReport, rows)
        query = select(RadiologyReport).where(col(RadiologyReport.id).in_(numbers))
        for made in tx.exec(query) if numbers else ():
            newest[made.study_id, made.report_key] = made
            recorded[made.study_id, made.report_key] = made
        waiting = later
    return list(recorded.values()), dict(counted)


def _fate(
    one: Proposed, before: RadiologyReport | None, heard: bool, last: datetime | None
) -> str:
    if heard:
        return "known before"
    if one.said_at is not None and last is not None and one.said_at != last:
        if one.said_at < last:
            return "older than what is on record"
    elif before is not None and (
        _RANK[one.status] < _RANK[before.status] or one.reported_on < before.reported_on
    ):
        return "older than what is on record"
    if before is None:
        return "cancels what never came" if one.status == CANCELLED else "recorded"
    was = (before.text_digest, before.status, before.rules_digest)
    # a cancellation that came with what it cancels has no text of its own yet
    text = one.text_digest or before.text_digest
    same = was == (text, one.status, one.reading.rules_digest)
    return "known before" if same else "recorded"


def _row(one: Proposed, before: RadiologyReport | None, now: datetime) -> dict[str, Any]:
    return {
        "study_id": one.study_id, "report_key": one.report_key, "origin": one.origin,
        "status": one.status, "version": before.version + 1 if before else 1,
        "supersedes_id": before.id if before else None,
        "text_digest": one.text_digest or (before.text_digest if before else ""),
        "source_digest": one.source_digest, "findings": one.reading.findings,
        "rules": one.reading.rules, "rules_digest": one.reading.rules_digest,
        "reader": one.reader, "reported_on": one.reported_on, "received_at": now,
    }  # fmt: skip


def _digests(tx: Session, proposed: Sequence[Proposed]) -> set[str]:
    query = select(RadiologyReport.source_digest).where(
        col(RadiologyReport.source_digest).in_({one.source_digest for one in proposed})
    )
    return set(tx.exec(query))
