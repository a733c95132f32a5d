"""The identity provider of an organisation: one private file says where it is (OpenID Connect).

The file is TOML in the form that Streamlit reads, with a section of our own for the provider's
name and issuer. It lies outside the repository and is open to its owner alone; its secrets stand on
no command line, in no log and in no record.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from records.errors import InvalidInput
from records.settings import REPOSITORY, current_settings

CALLBACK = "/oauth2callback"
SHORTEST_COOKIE_SECRET = 32
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
AUTH_KEYS = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")


@dataclass(frozen=True)
class IdentityProvider:
    """Who vouches for people: its name for them, its issuer, what we are called there, the file."""

    name: str
    issuer: str
    client_id: str
    file: Path


def identity_provider() -> IdentityProvider | None:
    """The provider of the file that RADVIGIL_OPENID names; None where none is set.

    Raises:
        InvalidInput: The file cannot be read, is open to others, or something in it is wrong; it
            names the key, never a value.
    """
    file = current_settings().openid
    return read_provider(file) if file is not None else None


def read_provider(file: Path) -> IdentityProvider:
    """The provider that a file describes.

    Raises:
        InvalidInput: As :func:`identity_provider`.
    """
    content = _private_toml(file)
    provider, auth = (_section(content, name, file) for name in ("provider", "auth"))
    for section, keys in ((provider, ("name", "issuer")), (auth, AUTH_KEYS)):
        for key in keys:
            if not isinstance(section.get(key), str) or not section[key].strip():
                raise _wrong(file, f"'{key}' is missing or no text")
    for key, address in (
        ("issuer", provider["issuer"]), ("redirect_uri", auth["redirect_uri"]),
        ("server_metadata_url", auth["server_metadata_url"]),
    ):
        _require_encrypted(file, key, address)
    if not auth["redirect_uri"].endswith(CALLBACK):
        raise _wrong(file, f"'redirect_uri' does not end with {CALLBACK}")
    if len(auth["cookie_secret"]) < SHORTEST_COOKIE_SECRET:
        raise _wrong(file, f"'cookie_secret' is shorter than {SHORTEST_COOKIE_SECRET} characters")
    asked = auth.get("client_kwargs")
    if not isinstance(asked, dict) or asked.get("prompt") != "login":
        raise _wrong(
            file, "'client_kwargs' does not say prompt = \"login\": an open session at the "
            "provider would sign in whoever sits there",
        )
    return IdentityProvider(
        provider["name"].strip(), provider["issuer"].rstrip("/"), auth["client_id"], file
    )


def _private_toml(file: Path) -> dict[str, Any]:
    if file.resolve().is_relative_to(REPOSITORY):
        raise _wrong(file, "it lies inside the repository, where secrets do not belong")
    try:
        mode = file.stat().st_mode
        text = file.read_text(encoding="utf-8")
    except OSError as failed:
        raise _wrong(file, f"it cannot be read: {failed.strerror}") from None
    except UnicodeDecodeError:
        raise _wrong(file, "it is no text in UTF-8") from None
    if mode & 0o077:
        raise _wrong(file, "others can read it: use 'chmod 600' on it")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:  # its words may quote a secret
        raise _wrong(file, "it is no TOML") from None


def _section(content: dict[str, Any], name: str, file: Path) -> dict[str, Any]:
    found = content.get(name)
    if not isinstance(found, dict):
        raise _wrong(file, f"it has no section [{name}]")
    return found


def _require_encrypted(file: Path, key: str, address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise _wrong(file, f"'{key}' is no https address")


def _wrong(file: Path, why: str) -> InvalidInput:
    return InvalidInput(
        f"The file of RADVIGIL_OPENID, {file}, is not usable: {why}.",
        hint="docs/openid-connect.md shows one that is whole.",
    )
