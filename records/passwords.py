"""The rules of passwords, all in one place: length, hash, and how long one counts."""

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from records.errors import InvalidInput
from records.settings import current_settings

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST_PASSWORD = 10


def check_password(password: str) -> None:
    """Raise :class:`InvalidInput` where a password is blank or too short."""
    if len(password.strip()) < SHORTEST_PASSWORD:
        raise InvalidInput(
            "The password is blank or too short.",
            hint=f"Use at least {SHORTEST_PASSWORD} characters, not counting blanks at its ends.",
        )


@cache
def hasher() -> "PasswordHasher":
    """Argon2id in the library's own profile (RFC 9106, low memory); a hash keeps its parameters."""
    from argon2 import PasswordHasher

    return PasswordHasher()


def hash_password(password: str) -> str:
    """An argon2id hash of a password."""
    return hasher().hash(password)


def password_fits(hashed: str, password: str) -> bool:
    """Whether the hash was made of this password; one that is no hash fits none."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return hasher().verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def password_lifetime() -> timedelta | None:
    """How long a password counts, as RADVIGIL_PASSWORD_DAYS says; None: until it is changed.

    NIST SP 800-63B advises against a routine end; who is held to one (21 CFR 11.300(b)) sets it.
    """
    days = current_settings().password_days
    return timedelta(days=days) if days else None
