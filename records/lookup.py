"""Find records by what people call them: a label such as ALT-0007, a name, the last so many."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any, Final, TypeVar

from sqlmodel import Session, col, func, select

from records.audit import CREATE_BATCH, AuditEvent
from records.base import Record
from records.batches import may_hold
from records.cases import Instance, Study
from records.errors import InvalidInput, NotFound
from records.product import Site

AnyRecord = TypeVar("AnyRecord", bound=Record)
LOOKED_BACK: Final = timedelta(days=90)
"""So far back the trail is searched for what no index finds, where no period is chosen."""


def find_record(session: Session, table: type[AnyRecord], label: str) -> AnyRecord:
    """The record that a label means, such as 'ALT-0007', 'alt-7' or '7'.

    Raises:
        InvalidInput: The text is no label of this kind of record.
        NotFound: There is no such record.
    """
    prefix, _, number = label.strip().upper().rpartition("-")
    if prefix not in ("", table.PREFIX) or not number.isascii() or not number.isdigit():
        raise InvalidInput(f"'{label}' is no label; one looks like {table.PREFIX}-0001.")
    record = session.get(table, int(number)) if len(number) < 12 else None
    if record is None:
        raise NotFound(f"There is no {words_for(table)} {table.PREFIX}-{number.zfill(4)}.")
    return record


def studies_labelled(session: Session, labels: Sequence[str]) -> list[Study]:
    """The studies of labels that records gave, in their order, by one query."""
    numbers = [int(label.rpartition("-")[2]) for label in labels]
    found = {one.id: one for one in session.exec(select(Study).where(col(Study.id).in_(numbers)))}
    return [found[number] for number in numbers]


def studies_of_images(session: Session, numbers: Collection[int]) -> dict[str, str]:
    """The label of the study of each image, by the image's label, for those that are on record."""
    query = select(Instance.id, Instance.study_id).where(col(Instance.id).in_(numbers))
    return {
        Instance.label_of(number or 0): Study.label_of(study)
        for number, study in session.exec(query.order_by(col(Instance.id)))
    }


def words_for(table: type[Record]) -> str:
    """What people call a kind of record.

    >>> from records.quality import ChangeRequest
    >>> words_for(ChangeRequest)
    'change request'
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", table.__name__).lower()


def list_records(
    session: Session, table: type[AnyRecord], *, last: int | None = None, **wanted: Any
) -> list[AnyRecord]:
    """Records of one kind in the order of their numbers; with ``last``, only the newest so many.

    Args:
        wanted: Column and value; a value of None does not restrict.
    """
    query = select(table)
    for column, value in wanted.items():
        if value is not None:
            query = query.where(getattr(table, column) == value)
    key = col(table.id)  # type: ignore[attr-defined]
    if last is None:
        return list(session.exec(query.order_by(key)))
    return list(reversed(session.exec(query.order_by(key.desc()).limit(last)).all()))


@dataclass(frozen=True)
class EventFilter:
    """Which events are wanted; None does not restrict. since, until: days (UTC), both included.

    reason: a piece of the reason, in any case; it needs a first day, since no index finds it.
    """

    subject: str | None = None
    actor: str | None = None
    action: str | None = None
    since: date | None = None
    until: date | None = None
    reason: str | None = None

    @property
    def words(self) -> str:
        """The filter as people read it; empty where it lets everything through."""
        given = [(name, value) for name, value in asdict(self).items() if value is not None]
        return "; ".join(f"{name} {value}" for name, value in given)


def find_events(
    session: Session,
    *,
    subject: str | None = None,
    actor: str | None = None,
    action: str | None = None,
    since: date | None = None,
    until: date | None = None,
    reason: str | None = None,
    last: int | None = None,
) -> Sequence[AuditEvent]:
    """Events of the audit trail in order; a subject is exact ('Alert:7') or a kind ('Alert').

    The batch in which an exact subject was created is found with it. since, until: days (UTC),
    both included. reason: a piece of it; needs since.

    Raises:
        InvalidInput: A piece of a reason without a first day.
    """
    query = _events_that_fit(
        session, EventFilter(subject, actor, action, since, until, reason)
    )
    newest = session.exec(query.order_by(col(AuditEvent.sequence).desc()).limit(last)).all()
    return list(reversed(newest))


def count_events_that_fit(session: Session, wanted: EventFilter) -> int:
    """How many events a filter lets through."""
    if wanted == EventFilter():  # numbered without a gap: the last number is how many there are
        return int(session.exec(select(func.max(AuditEvent.sequence))).one() or 0)
    found = _events_that_fit(session, wanted).subquery()
    return int(session.execute(select(func.count()).select_from(found)).scalar_one())


def bounded(wanted: EventFilter, on: date) -> EventFilter:
    """The filter, with a first day where what is asked for is found by no index.

    A piece of a reason and a whole kind of record ('Alert') are looked for in the events of
    :data:`LOOKED_BACK` before the last day, where no first day is given.
    """
    kind = wanted.subject and ":" not in wanted.subject
    if wanted.since or not (wanted.reason or kind):
        return wanted
    return replace(wanted, since=(wanted.until or on) - LOOKED_BACK)


def page_of_events(
    session: Session, wanted: EventFilter, *, first: int = 0, rows: int = 100
) -> list[AuditEvent]:
    """One page of the events that a filter lets through, the newest first.

    Raises:
        InvalidInput: A piece of a reason without a first day.
    """
    query = _events_that_fit(session, wanted).order_by(col(AuditEvent.sequence).desc())
    return list(session.exec(query.offset(first).limit(rows)))


def each_event(session: Session, wanted: EventFilter) -> Iterator[AuditEvent]:
    """The events that a filter lets through, in order, a few thousand in memory at a time."""
    query = _events_that_fit(session, wanted).order_by(col(AuditEvent.sequence))
    yield from session.exec(query.execution_options(yield_per=5000))


def _events_that_fit(session: Session, wanted: EventFilter) -> Any:
    query = select(AuditEvent)
    subject = wanted.subject
    if subject and ":" in subject:
        subjects = [subject, *_batches_with(session, subject)]
        query = query.where(col(AuditEvent.subject).in_(subjects))
    elif subject:
        query = query.where(col(AuditEvent.subject).startswith(f"{subject}:", autoescape=True))
    if wanted.actor:
        query = query.where(AuditEvent.actor == wanted.actor)
    if wanted.action:
        query = query.where(AuditEvent.action == wanted.action)
    if wanted.since:
        query = query.where(AuditEvent.at >= wanted.since.isoformat())
    if wanted.until:
        query = query.where(AuditEvent.at < (wanted.until + timedelta(days=1)).isoformat())
    if wanted.reason:
        if wanted.since is None:
            raise InvalidInput("A piece of a reason is looked for in a period.",
                               hint="Give its first day: --since.")  # fmt: skip
        query = query.where(col(AuditEvent.reason).icontains(wanted.reason, autoescape=True))
    return query


def _batches_with(session: Session, subject: str) -> list[str]:
    kind = subject.partition(":")[0]
    batches = session.exec(
        select(AuditEvent.subject).where(
            AuditEvent.action == CREATE_BATCH,
            col(AuditEvent.subject).startswith(f"{kind}:", autoescape=True),
        )
    )
    return [one for one in batches if may_hold(one, subject)]


def sites_named(session: Session, names: Sequence[str]) -> list[Site]:
    """The registered sites of these names.

    Raises:
        NotFound: Naming the first that is not registered.
    """
    known = {site.name: site for site in session.exec(select(Site))}
    for name in names:
        if name not in known:
            raise NotFound(f"There is no site '{name}'.", hint="See 'radvigil site list'.")
    return [known[name] for name in names]
