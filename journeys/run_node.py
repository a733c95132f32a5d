"""Receive studies over the network until told to stop, into the day's arrivals of each site."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from threading import Lock
from time import monotonic

from imaging.node.querying import WorklistDesk
from imaging.node.storage import Caller, Desk, Node, NodeSettings, listening
from journeys.tell_worklist import WorklistTeller
from records.application_entities import Sender, senders
from records.audit import note
from records.clock import is_demonstration, now_in
from records.errors import Refused
from records.store import Store

REMEMBERED_SECONDS = 5.0
"""A system that was registered or retired counts after so long at most."""


@contextmanager
def run_node(
    store: Store, settings: NodeSettings, *, actor: str, worklist_of: str = ""
) -> Iterator[Node]:
    """A node over this workspace; what it refuses is an event, what it keeps lies in ``incoming``.

    worklist_of: the device in whose order it tells what waits to be read; without, it does not.

    Raises:
        Refused: A demonstration takes in nothing from outside.
        InvalidInput: The definition of that device declares no worklist.
        Unavailable: The address or port cannot be had.
    """
    with store.reader() as reader:
        if is_demonstration(reader):
            raise Refused(
                "A demonstration takes in no studies from outside.",
                hint="Name a live workspace with --home.",
            )
    register = SenderRegister(store)

    def tell(caller: Caller) -> None:
        with store.transaction(actor, caller.why, now=_now(store)) as tx:
            note(tx, f"{caller.what} refused", "ApplicationEntity:unknown",
                 new={"title": caller.title, "address": caller.address})  # fmt: skip

    desk = Desk(store.workspace.incoming, register.senders, register.today, tell)
    if worklist_of:
        teller = WorklistTeller(store, worklist_of, actor=actor)
        desk = replace(desk, worklist=WorklistDesk(teller.waiting))
    with listening(settings, desk) as node:
        yield node


class SenderRegister:
    """Who may send, asked of the records every few seconds and not at every object."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._known: dict[str, Sender] = {}
        self._today = date.min
        self._asked = float("-inf")

    def senders(self) -> Mapping[str, Sender]:
        with self._lock:
            self._ask()
            return self._known

    def today(self) -> date:
        with self._lock:
            self._ask()
            return self._today

    def _ask(self) -> None:
        if monotonic() - self._asked < REMEMBERED_SECONDS:
            return
        with self._store.reader() as reader:
            self._known, self._today = senders(reader), now_in(reader).date()
        self._asked = monotonic()


def _now(store: Store) -> datetime:
    with store.reader() as reader:
        return now_in(reader)
