"""A hospital in care with one link to a result, and the page of links on a socket of its own."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Thread
from typing import Any

import requests
from sqlmodel import col, select

from gateway.calling_rate import Allowed
from gateway.run import Listening
from gateway.serve_readers import reader_server
from journeys.answer_results import link_to_study
from records.cases import ReaderAssessment, Study
from records.reader_links import ReaderLink
from records.store import Store
from tests.gateway.operation import until

ACTOR = "service:readers"


def issue(
    store: Store, *, study: int = 1, reader: str = "R07", days: int = 14,
    now: datetime | None = None,
) -> str:
    """A link to what was said of the study; its token."""
    now = now or datetime.now(UTC)
    with store.transaction("service:results", "a link to a result", now=now) as tx:
        _, token = link_to_study(
            tx, tx.get_one(Study, study), reader, by="service:results", now=now, days=days
        )
    return token


def answers(store: Store, reader: str) -> list[ReaderAssessment]:
    """All readings of a reader on record."""
    with store.reader() as session:
        query = select(ReaderAssessment).where(ReaderAssessment.reader == reader)
        return list(session.exec(query.order_by(col(ReaderAssessment.id))))


def links(store: Store, reader: str) -> list[ReaderLink]:
    """All links to a reader on record."""
    with store.reader() as session:
        query = select(ReaderLink).where(ReaderLink.reader == reader)
        return list(session.exec(query.order_by(col(ReaderLink.id))))


class Visitor(requests.Session):
    """A program that opens links of one server."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address

    def request(self, method: Any, url: Any, *more: Any, **named: Any) -> requests.Response:
        named.setdefault("timeout", 60)
        return super().request(method, f"{self.address}{url}", *more, **named)


@contextmanager
def answering(store: Store, *, allowed: Allowed | None = None) -> Iterator[str]:
    """The page as it is served; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = reader_server(store, Listening(port=port), actor=ACTOR, allowed=allowed)
    thread = Thread(target=server.run)
    thread.start()
    try:
        until(lambda: server.started)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
