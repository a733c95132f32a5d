"""The certificate of the pages: checked before anything listens, with words that say what is wrong.

TLS itself is the web server's and Python's; what a browser will not accept is better heard of from
the program than from the browser.
"""

import ipaddress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from records.errors import InvalidInput, NotFound, Refused

WEAKEST_RSA = 2048


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says: for which names, until when (UTC)."""

    names: tuple[str, ...]
    valid_until: datetime


def is_loopback(address: str) -> bool:
    """Whether only programs of this machine reach what listens there.

    Raises:
        InvalidInput: It is no address.

    >>> is_loopback("127.0.0.1"), is_loopback("0.0.0.0")
    (True, False)
    """
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        raise InvalidInput(
            f"'{address}' is no address of this machine.",
            hint="Write numbers, such as 127.0.0.1, or 0.0.0.0 for all of its networks.",
        ) from None


def require_encrypted(address: str, certificate: Path | None, key: Path | None) -> None:
    """Raise :class:`Refused` where pages would be read on their way over a network."""
    if (certificate is None) != (key is None):
        raise InvalidInput("A certificate needs its key.", hint="Name --certificate and --key.")
    if certificate is None and not is_loopback(address):
        raise Refused(
            f"What is served at {address} would leave this machine unencrypted.",
            hint="Name --certificate and --key, or leave --address out.",
        )


def read_certificate(certificate: Path, key: Path, *, now: datetime) -> Certificate:
    """A certificate that counts now, and whose key this is (both PEM, the key without a password).

    Raises:
        NotFound: A file is missing.
        InvalidInput: A file is no certificate or key, they do not belong together, the certificate
            is past or not yet valid or names nothing, or the key is too weak.
        Refused: Others can read the key.
    """
    for path in (certificate, key):
        if not path.is_file():
            raise NotFound(f"There is no file {path}.")
    if key.stat().st_mode & 0o077:
        raise Refused(f"Others can read the key {key}.", hint="Take that back with chmod go=.")
    try:
        read = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
        secret = load_pem_private_key(key.read_bytes(), password=None)
    except (ValueError, TypeError) as wrong:
        raise InvalidInput(
            f"{certificate} and {key} are no certificate with a key (PEM, without a password).",
        ) from wrong
    if read.public_key() != secret.public_key():
        raise InvalidInput(f"The key {key} is not that of the certificate {certificate}.")
    if getattr(secret, "key_size", WEAKEST_RSA) < WEAKEST_RSA and hasattr(secret, "decrypt"):
        raise InvalidInput(f"The key {key} is too weak: RSA needs {WEAKEST_RSA} bits or more.")
    if not read.not_valid_before_utc <= now <= read.not_valid_after_utc:
        raise InvalidInput(
            f"The certificate {certificate} counts from {read.not_valid_before_utc:%Y-%m-%d} to "
            f"{read.not_valid_after_utc:%Y-%m-%d}, not today.", hint="Renew it."
        )
    names = _names(read)
    if not names:
        raise InvalidInput(
            f"The certificate {certificate} names no host.",
            hint="Browsers ask for a subjectAltName.",
        )
    return Certificate(names, read.not_valid_after_utc)


def _names(read: x509.Certificate) -> tuple[str, ...]:
    try:
        found = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return (
        *found.get_values_for_type(x509.DNSName),
        *(str(one) for one in found.get_values_for_type(x509.IPAddress)),
    )
