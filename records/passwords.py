"""The rules of passwords, all in one place: length, hash, and how long one counts."""

from datetime import timedelta

from records.errors import InvalidInput
from records.settings import Settings

SHORTEST_PASSWORD = 10


def check_password(password: str) -> None:
    """Raise :class:`InvalidInput` where a password is blank or too short."""
    if len(password.strip()) < SHORTEST_PASSWORD:
        raise InvalidInput(
            "The password is blank or too short.",
            hint=f"Use at least {SHORTEST_PASSWORD} characters, not counting blanks at its ends.",
        )


def hash_password(password: str) -> str:
    """An argon2id hash of a password."""
    from argon2 import PasswordHasher

    return PasswordHasher().hash(password)


def password_fits(hashed: str, password: str) -> bool:
    """Whether the hash was made of this password; one that is no hash fits none."""
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return PasswordHasher().verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def password_lifetime() -> timedelta | None:
    """How long a password counts, as RADVIGIL_PASSWORD_DAYS says; None: until it is changed.

    NIST SP 800-63B advises against a routine end; who is held to one (21 CFR 11.300(b)) sets it.
    """
    days = Settings().password_days
    return timedelta(days=days) if days else None
