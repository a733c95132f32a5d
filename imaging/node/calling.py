"""The node calls another one: does it answer (C-ECHO)? A call is made here for every service."""

import logging
import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from imaging.node.negotiation import MAXIMUM_PDU, RESULT_SYNTAXES, VERIFICATION
from records.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Called:
    """Whom to call, and as whom."""

    title: str
    host: str
    port: int
    calling_title: str
    tls: ssl.SSLContext | None = None
    seconds: float = 10.0


def echo(called: Called) -> float:
    """Seconds until the other node answered C-ECHO.

    Raises:
        Unavailable: It is not reached, rejects the call, or does not answer.
    """
    began = time.perf_counter()
    with calling(called, {VERIFICATION: RESULT_SYNTAXES}) as association:
        status = association.send_c_echo()
    if not status or status.Status != 0:
        raise Unavailable(f"'{called.title}' does not answer C-ECHO.")
    return time.perf_counter() - began


@contextmanager
def calling(called: Called, contexts: Mapping[str, Sequence[str]]) -> Iterator[Any]:
    """An association with the other node for these services, released in the end.

    contexts: transfer syntaxes by SOP class.

    Raises:
        Unavailable: It is not reached, rejects the call, or does not speak DICOM in this way.
    """
    from pynetdicom import AE

    # the library logs AE titles, UIDs and identifiers of queries
    logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)
    _require_reached(called)
    entity = AE(ae_title=called.calling_title)
    entity.maximum_pdu_size = MAXIMUM_PDU
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = called.seconds
    entity.connection_timeout = called.seconds
    for sop_class, syntaxes in contexts.items():
        entity.add_requested_context(sop_class, list(syntaxes))
    secured = (called.tls, called.host) if called.tls is not None else None
    association = entity.associate(
        called.host, called.port, ae_title=called.title, tls_args=secured
    )
    if not association.is_established:
        rejected = association.is_rejected
        _close(association)
        raise Unavailable(
            f"'{called.title}' at {called.host}:{called.port} "
            + ("rejects the call." if rejected else "does not speak DICOM in this way."),
            hint=f"Is '{called.calling_title}' known to it?" if rejected
            else "Does it want TLS, or none? Are the certificates right?",
        )
    try:
        yield association
    finally:
        association.release()


def _close(association: Any) -> None:
    """The library leaves the socket of a call that came to nothing open."""
    line = association.dul.socket
    if line is not None and line.socket is not None:
        line.socket.close()


def _require_reached(called: Called) -> None:
    """Asked before the library, which does not say why it reached nobody and leaves a socket."""
    try:
        socket.create_connection((called.host, called.port), called.seconds).close()
    except OSError as failed:
        raise Unavailable(
            f"'{called.title}' at {called.host}:{called.port} is not reached: "
            f"{failed.strerror or 'no answer'}.", hint="Check address and port, and that it runs.",
        ) from None
