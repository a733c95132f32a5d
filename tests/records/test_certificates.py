"""A certificate that a browser would not accept is refused before anything listens."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from records.certificates import is_loopback, read_certificate, require_encrypted
from records.errors import InvalidInput, NotFound, Refused

TODAY = datetime(2026, 6, 1, tzinfo=UTC)


def self_signed(
    folder: Path, *, begin: datetime = TODAY, days: int = 30, named: bool = True, rsa_bits: int = 0
) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key, as files."""
    key = (
        rsa.generate_private_key(65537, rsa_bits) if rsa_bits
        else ec.generate_private_key(ec.SECP256R1())
    )
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "radvigil of a test")])
    built = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name)
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(begin).not_valid_after(begin + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    if named:
        names = x509.SubjectAlternativeName([
            x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        ])
        built = built.add_extension(names, critical=False)
    certificate, secret = folder / "pages.pem", folder / "pages.key"
    certificate.write_bytes(built.sign(key, SHA256()).public_bytes(Encoding.PEM))
    secret.touch(mode=0o600)
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate, secret


@pytest.mark.requirement("R-P11-30")
def test_a_certificate_that_counts_says_for_whom_and_until_when(tmp_path: Path) -> None:
    read = read_certificate(*self_signed(tmp_path), now=TODAY)
    assert read.names == ("localhost", "127.0.0.1")
    assert read.valid_until.date().isoformat() == "2026-07-01"


@pytest.mark.requirement("R-P11-30")
def test_what_a_browser_would_not_accept_is_refused(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path, named=False)
    with pytest.raises(InvalidInput, match="names no host"):
        read_certificate(certificate, key, now=TODAY)
    certificate, key = self_signed(tmp_path, rsa_bits=1024)
    with pytest.raises(InvalidInput, match="too weak"):
        read_certificate(certificate, key, now=TODAY)
    certificate, key = self_signed(tmp_path)
    for when in (TODAY - timedelta(days=1), TODAY + timedelta(days=31)):
        with pytest.raises(InvalidInput, match="not today"):
            read_certificate(certificate, key, now=when)
    key.chmod(0o640)
    with pytest.raises(Refused, match="Others can read"):
        read_certificate(certificate, key, now=TODAY)
    key.chmod(0o600)
    (tmp_path / "other").mkdir()
    _, other = self_signed(tmp_path / "other")
    with pytest.raises(InvalidInput, match="is not that of"):
        read_certificate(certificate, other, now=TODAY)
    with pytest.raises(InvalidInput, match="no certificate with a key"):
        read_certificate(key, key, now=TODAY)
    with pytest.raises(NotFound, match="There is no file"):
        read_certificate(tmp_path / "none", key, now=TODAY)


@pytest.mark.requirement("R-P11-30")
@pytest.mark.parametrize("address", ["0.0.0.0", "192.0.2.7", "::"])  # noqa: S104
def test_beyond_this_machine_nothing_is_served_unencrypted(address: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="unencrypted"):
        require_encrypted(address, None, None)
    require_encrypted(address, *self_signed(tmp_path))
    with pytest.raises(InvalidInput, match="needs its key"):
        require_encrypted(address, tmp_path / "pages.pem", None)


def test_this_machine_is_told_by_its_address() -> None:
    assert is_loopback("127.0.0.9")
    assert is_loopback("::1")
    with pytest.raises(InvalidInput, match="no address"):
        is_loopback("localhost")
