"""A reader opens the link in a result and answers it: what is shown, and what is recorded."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from imaging.results.statement import Statement, statement_of
from records.cases import Prediction, ReaderAssessment, Study
from records.clock import now_in
from records.errors import NotFound
from records.held_results import held_by
from records.reader_answers import Task, newest_output, task_of
from records.reader_link_acts import (
    DAYS,
    LinkAnswer,
    Standing,
    answer_link,
    any_expired,
    expire_links,
    find_link,
    issue_link,
    standing_of,
)
from records.reader_links import ReaderLink
from records.store import Store

ANSWERS = "/answer/"
"""Where the page of a link lies, below the address by which readers reach it."""


@dataclass(frozen=True, slots=True)
class ResultShown:
    """What the page of an open link shows; nothing of it names a patient.

    study: the pseudonymous label. reader: who is addressed. suspended: why the result is not to be
    relied on, where use of the device was suspended at the site since; else empty.
    """

    study: str
    reader: str
    statement: Statement
    task: Task
    expires_at: datetime
    suspended: str = ""


def result_of(store: Store, token: str) -> ResultShown | Standing:
    """What a link shows; of one that does not count any more, why. Nothing is recorded."""
    with store.reader() as reader:
        link = find_link(reader, token)
        stands = standing_of(link, now_in(reader))
        if link is None or stands is not Standing.OPEN:
            return stands
        prediction = reader.get_one(Prediction, link.prediction_id)
        return ResultShown(
            Study.label_of(prediction.study_id), link.reader, statement_of(reader, prediction),
            task_of(reader, prediction), link.expires_at,
            held_by(reader, [link.prediction_id]).get(link.prediction_id, ""),
        )


def answer_result(
    store: Store, token: str, given: LinkAnswer, *, actor: str
) -> ReaderAssessment:
    """Record what the reader answered by the link; it counts once.

    Raises:
        Refused: The link is unknown, used, expired or withdrawn.
        InvalidInput: The answer lacks something, or contradicts itself.
    """
    with store.reader() as reader:
        now = now_in(reader)
    with store.transaction(actor, "answer by a link in a result", now=now) as tx:
        return answer_link(tx, token, given, now=now)


def link_to_study(
    tx: Session, study: Study, reader: str, *, by: str, now: datetime, days: int = DAYS
) -> tuple[ReaderLink, str]:
    """A link for one reader to what was returned to care of a study last, and its token.

    Raises:
        NotFound: Nothing was returned to care of it.
        InvalidInput: The reader is no code, or the days are not allowed.
    """
    prediction = newest_output(tx, study)
    if prediction is None:
        raise NotFound(
            f"Nothing was returned to care of {study.label}.",
            hint="A link is to what a live deployment said of a study.",
        )
    return issue_link(tx, prediction, reader, by=by, now=now, days=days)


def address_of_answer(base: str, token: str) -> str:
    """The address of a link's page, below the address by which readers reach it."""
    return f"{base.rstrip('/')}{ANSWERS}{token}"


def end_expired_links(store: Store, *, actor: str, now: datetime) -> int:
    """Mark the links whose days are over; how many. Without one nothing is written."""
    with store.reader() as reader:
        if not any_expired(reader, now=now):
            return 0
    with store.transaction(actor, "links whose days are over", now=now) as tx:
        return expire_links(tx, now=now)
