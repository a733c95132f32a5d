"""The node calls another one: does it answer (C-ECHO)?"""

import socket
import ssl
import time
from dataclasses import dataclass

from imaging.node.negotiation import MAXIMUM_PDU, VERIFICATION
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
    from pynetdicom import AE

    _require_reached(called)
    entity = AE(ae_title=called.calling_title)
    entity.maximum_pdu_size = MAXIMUM_PDU
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = called.seconds
    entity.connection_timeout = called.seconds
    entity.add_requested_context(VERIFICATION)
    began = time.perf_counter()
    secured = (called.tls, called.host) if called.tls is not None else None
    association = entity.associate(
        called.host, called.port, ae_title=called.title, tls_args=secured
    )
    if not association.is_established:
        rejected = association.is_rejected
        raise Unavailable(
            f"'{called.title}' at {called.host}:{called.port} "
            + ("rejects the call." if rejected else "does not speak DICOM in this way."),
            hint=f"Is '{called.calling_title}' known to it?" if rejected
            else "Does it want TLS, or none? Are the certificates right?",
        )
    try:
        status = association.send_c_echo()
    finally:
        association.release()
    if not status or status.Status != 0:
        raise Unavailable(f"'{called.title}' does not answer C-ECHO.")
    return time.perf_counter() - began


def _require_reached(called: Called) -> None:
    """Asked before the library, which does not say why it reached nobody and leaves a socket."""
    try:
        socket.create_connection((called.host, called.port), called.seconds).close()
    except OSError as failed:
        raise Unavailable(
            f"'{called.title}' at {called.host}:{called.port} is not reached: "
            f"{failed.strerror or 'no answer'}.", hint="Check address and port, and that it runs.",
        ) from None
