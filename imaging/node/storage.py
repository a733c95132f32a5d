"""The node as others see it: it answers C-ECHO and keeps what registered systems send by C-STORE.

Nothing is decoded here: the raw bytes are on the disk, then the sender is told so, and everything
else (de-identification, checks, the model) comes later. So a model that is slow or down
never holds a study up. It fails closed: who is not registered is rejected before sending anything.
"""

import logging
import ssl
import time
import warnings
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Any

from imaging.node.arrivals import keep_arrival
from imaging.node.negotiation import (
    MAXIMUM_PDU,
    NOTES,
    RESULT_SYNTAXES,
    STORAGE,
    TRANSFER_SYNTAXES,
    VERIFICATION,
    WORKLISTS,
)
from imaging.node.querying import NOT_AUTHORISED as MAY_NOT_ASK
from imaging.node.querying import Answer, WorklistDesk
from records.application_entities import Sender
from records.errors import RadvigilError, Unavailable

log = logging.getLogger(__name__)

STORED, NOT_AUTHORISED, FAILED, NO_ROOM = 0x0000, 0x0124, 0x0110, 0xA700
"""Answers to C-STORE (PS3.7 C, PS3.4 B.2.3)."""
PERMANENT, TRANSIENT = 0x01, 0x02
CALLING_UNKNOWN, NO_REASON = 0x03, 0x01
SECONDS_TO_ASK = 10.0
AGAIN_AFTER_SECONDS = 3600.0
"""A caller that is refused again and again is told of once in that time."""


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """Where the node listens, as what, and how many may call at once."""

    title: str
    host: str
    port: int
    tls: ssl.SSLContext | None = None
    associations: int = 10
    idle_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Caller:
    """Who called and was refused: the AE title as it gave it, its address, why, and what."""

    title: str
    address: str
    why: str
    what: str = "association"


@dataclass(frozen=True, slots=True)
class Desk:
    """What the node asks of the installation: who may send, which day it is, whom to tell.

    worklist: where it answers what waits to be read; else it has no such service.
    """

    incoming: Path
    senders: Callable[[], Mapping[str, Sender]]
    today: Callable[[], date]
    tell_refused: Callable[[Caller], None]
    worklist: WorklistDesk | None = None


class ToldOnce:
    """What was told in the last hour, so that nobody who calls again and again fills the trail."""

    def __init__(self) -> None:
        self._told: dict[Hashable, float] = {}
        self._lock = Lock()

    def newly(self, what: Hashable) -> bool:
        """Whether it is to be told; then it is remembered."""
        with self._lock:
            now = time.monotonic()
            for one, at in list(self._told.items()):
                if now - at > AGAIN_AFTER_SECONDS:
                    del self._told[one]
            known = what in self._told
            if len(self._told) < 1000:  # a scan with made-up titles must not fill the memory
                self._told.setdefault(what, now)
                return not known
            return False


@dataclass
class Node:
    """A running node: the port that it took, and what has arrived since it runs."""

    port: int
    stored: int = 0
    failed: int = 0
    refused: int = 0
    asked: int = 0
    _told: ToldOnce = field(default_factory=ToldOnce)
    _lock: Lock = field(default_factory=Lock)

    def count(self, what: str) -> None:
        """One more of these; calls come from several threads."""
        with self._lock:
            setattr(self, what, getattr(self, what) + 1)

    def newly_refused(self, caller: Caller) -> bool:
        """Count it; whether it is to be told."""
        self.count("refused")
        return self._told.newly(caller)


@contextmanager
def listening(settings: NodeSettings, desk: Desk) -> Iterator[Node]:
    """A node that answers until the block ends; calls under way are finished first.

    Raises:
        Unavailable: The address or port cannot be had.
    """
    from pynetdicom import AE, evt

    entity = AE(ae_title=settings.title)
    entity.maximum_pdu_size = MAXIMUM_PDU
    entity.maximum_associations = settings.associations
    entity.network_timeout = settings.idle_seconds
    entity.acse_timeout = SECONDS_TO_ASK  # a connection that asks for nothing takes a place
    entity.require_called_aet = True
    for sop_class in (*STORAGE, *NOTES):
        entity.add_supported_context(sop_class, list(TRANSFER_SYNTAXES))
    for sop_class in WORKLISTS if desk.worklist is not None else ():
        entity.add_supported_context(sop_class, list(RESULT_SYNTAXES))
    entity.add_supported_context(VERIFICATION)
    node = Node(settings.port)
    handlers: list[Any] = [
        (evt.EVT_REQUESTED, _admit, [desk, node]), (evt.EVT_C_STORE, _store, [desk, node]),
        (evt.EVT_C_FIND, _find, [desk, node]),
    ]  # fmt: skip
    _require_port(settings)
    server = entity.start_server(
        (settings.host, settings.port), block=False, ssl_context=settings.tls,
        evt_handlers=handlers,
    )
    assert server is not None
    node.port = int(server.server_address[1])
    try:
        with _unheard():
            yield node
    finally:
        _finish(entity)
        server.shutdown()
        entity.shutdown()


@contextmanager
def _unheard() -> Iterator[None]:
    """The libraries log and warn of AE titles, UIDs and what queries ask for."""
    for name in ("pynetdicom", "pydicom"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


def _require_port(settings: NodeSettings) -> None:
    """Asked before the library, which leaves its socket open where it cannot have the port."""
    import socket

    try:
        socket.create_server((settings.host, settings.port)).close()
    except OSError as busy:
        raise Unavailable(
            f"The node cannot listen on {settings.host}:{settings.port}: {busy.strerror}.",
            hint="Name another --port or --host, or end what listens there.",
        ) from None


def _finish(entity: Any, *, seconds: float = 10.0) -> None:
    """Let calls under way come to their end, for a while."""
    until = time.monotonic() + seconds
    while any(one.is_established for one in entity.active_associations):
        if time.monotonic() > until:
            return
        time.sleep(0.05)


def _admit(event: Any, desk: Desk, node: Node) -> None:
    """Reject whoever is not registered, before anything is negotiated; also when in doubt."""
    association = event.assoc
    title = _printable(association.requestor.primitive.calling_ae_title)
    address = str(association.requestor.address or "")
    try:
        why = _fault(desk.senders(), title, address)
        result, diagnostic = PERMANENT, CALLING_UNKNOWN
    except RadvigilError as unknown:  # who is registered cannot be asked: nobody is let in
        why, result, diagnostic = unknown.message, TRANSIENT, NO_REASON
    except Exception as unknown:
        why, result, diagnostic = type(unknown).__name__, TRANSIENT, NO_REASON
    if not why:
        return
    association.acse.send_reject(result, 0x01, diagnostic)
    association.kill()
    _tell(Caller(title, address, why), desk, node)


def _tell(caller: Caller, desk: Desk, node: Node) -> None:
    if node.newly_refused(caller):
        try:
            desk.tell_refused(caller)
        except Exception as failed:
            log.error("a refused caller was not recorded: %s", type(failed).__name__)


def _fault(senders: Mapping[str, Sender], title: str, address: str) -> str:
    sender = senders.get(title)
    if sender is None:
        return "no system of that AE title is registered"
    if sender.host and address not in addresses_of(sender.host):
        return f"{sender.label} is registered for another address"
    return ""


def addresses_of(host: str) -> set[str]:
    """The host's addresses by name resolution now, and what it was registered as."""
    import socket

    try:
        return {str(one[4][0]) for one in socket.getaddrinfo(host, None)} | {host}
    except OSError:
        return {host}


def _store(event: Any, desk: Desk, node: Node) -> int:
    """Keep one object; the sender hears 'stored' only when it is."""
    try:
        sender = desk.senders()[_printable(event.assoc.requestor.ae_title)]
        keep_arrival(desk.incoming, sender.site, desk.today(), event.encoded_dataset())
    except KeyError:  # retired while the call went on
        node.count("failed")
        return NOT_AUTHORISED
    except Exception as failed:
        log.error("an arrival was not kept: %s", type(failed).__name__)
        node.count("failed")
        return NO_ROOM if isinstance(failed, OSError) else FAILED
    node.count("stored")
    return STORED


def _find(event: Any, desk: Desk, node: Node) -> Iterator[Answer]:
    """Tell a system that may ask what waits to be read at its site; fails closed."""
    requestor = event.assoc.requestor
    title = _printable(requestor.ae_title)
    try:
        sender = desk.senders().get(title)
    except Exception as unknown:  # who may ask cannot be asked
        log.error("a query was not answered: %s", type(unknown).__name__)
        sender = None
    if desk.worklist is None or sender is None or not sender.asks:
        caller = Caller(title, str(requestor.address or ""), "it may not ask for the worklist",
                        "worklist")  # fmt: skip
        _tell(caller, desk, node)
        yield MAY_NOT_ASK, None
        return
    node.count("asked")
    yield from desk.worklist.answers(event, sender)


def _printable(title: Any) -> str:
    """The title as it may be compared and written down: 16 printable ASCII signs at most."""
    return "".join(sign for sign in str(title) if " " <= sign <= "~").strip()[:16]
