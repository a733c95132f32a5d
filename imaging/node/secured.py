"""TLS of the node, on both sides (PS3.15 B.12: the BCP 195 profile, TLS 1.2 and newer)."""

import ssl
from pathlib import Path

from records.errors import InvalidInput


def server_context(
    certificate: Path, key: Path, authorities: Path | None = None
) -> ssl.SSLContext:
    """How the node proves who it is; with authorities, callers must prove who they are too.

    Raises:
        InvalidInput: A file is missing or holds nothing of its kind.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
        if authorities is not None:
            context.load_verify_locations(authorities)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as wrong:
        raise _unusable(wrong) from None
    return context


def client_context(
    authorities: Path, certificate: Path | None = None, key: Path | None = None
) -> ssl.SSLContext:
    """How the node calls another one: that one's certificate is checked, ours is shown if given.

    Raises:
        InvalidInput: A file is missing or holds nothing of its kind.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False  # nodes are known by certificate; many have no host name
    try:
        context.load_verify_locations(authorities)
        if certificate is not None:
            context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as wrong:
        raise _unusable(wrong) from None
    return context


def _unusable(wrong: Exception) -> InvalidInput:
    return InvalidInput(
        f"The certificate, key or authorities cannot be used: {type(wrong).__name__}.",
        hint="Give PEM files that belong together and that this user may read.",
    )
