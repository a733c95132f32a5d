"""People and services: who may act, in which roles, and how they prove who they are."""

import hashlib
import re
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, Column
from sqlmodel import Field, Session, select

from records.base import Record
from records.errors import InvalidInput, NotAllowed, NotFound, PasswordWrong


class Role(StrEnum):
    """What a person is trusted with."""

    ENGINEER = "engineer"
    QUALITY = "quality"
    REGULATORY = "regulatory"
    CLINICIAN = "clinician"
    """Clinical reviewer."""
    RESPONSIBLE_PERSON = "responsible-person"
    """Person responsible for regulatory compliance (MDR Art. 15)."""
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    """Looks and takes copies; changes nothing."""
    SERVICE = "service"


ROLES_OF_PEOPLE = tuple(role for role in Role if role is not Role.SERVICE)


class Meaning(StrEnum):
    """What a signature says (21 CFR 11.50(a)(3))."""

    AUTHOR = "author"
    REVIEW = "review"
    APPROVAL = "approval"
    RELEASE = "release"
    RESPONSIBLE_PERSON = "responsible-person"


class Actor(Record, table=True):
    """A person or a service. Accounts are never deleted and never reused (21 CFR 11.100(a))."""

    __tablename__ = "actor"
    PREFIX: ClassVar[str] = "ACT"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    full_name: str
    kind: str
    """person or service."""
    roles: list[Any] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    password_hash: str = ""
    active: bool = True
    registered_at: datetime

    def as_recorded(self) -> dict[str, Any]:
        """All columns; the password hash only as a digest, so the trail never spreads it."""
        columns = super().as_recorded()
        secret = str(columns["password_hash"])
        columns["password_hash"] = hashlib.sha256(secret.encode()).hexdigest() if secret else ""
        return columns


ACCOUNT_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
RESERVED_NAMES = frozenset({"radvigil"})
"""The program acts under its own name where nobody has an account yet."""

SHORTEST_PASSWORD = 10


def check_account(name: str, *, full_name: str, roles: list[Role], password: str) -> None:
    """Raise :class:`InvalidInput` unless these make an account that a signature can be led to.

    Names have no capital letters, so that two accounts never differ by case only.
    """
    if not ACCOUNT_NAME.fullmatch(name):
        raise InvalidInput(
            f"{name!r} is no account name.",
            hint="Use 2 to 64 lower-case letters, digits, '.', '-' or '_'; no sign comes first.",
        )
    if name in RESERVED_NAMES:
        raise InvalidInput(f"The account name '{name}' is the program's own.", hint="Use another.")
    if len(full_name.strip()) < 2 or len(full_name) > 100 or not full_name.isprintable():
        raise InvalidInput(
            f"The full name of '{name}' is blank or cannot be printed beside a signature.",
            hint="Give the name as the person writes it, 2 to 100 characters.",
        )
    if not roles or Role.SERVICE in roles:
        known = ", ".join(role.value for role in ROLES_OF_PEOPLE)
        raise InvalidInput(f"'{name}' needs a role of a person.", hint=f"Known: {known}.")
    if len(set(roles)) < len(roles):
        raise InvalidInput(f"A role of '{name}' is named twice.", hint="Name each role once.")
    check_password(password)


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


def register_person(
    tx: Session, name: str, *, full_name: str, roles: list[Role], password: str, now: datetime
) -> Actor:
    """A new account for one person; a name used before is refused, also after deactivation.

    Raises:
        InvalidInput: Name, full name, roles or password are not fit for an account.
    """
    check_account(name, full_name=full_name, roles=roles, password=password)
    if tx.exec(select(Actor).where(Actor.name == name)).first() is not None:
        raise InvalidInput(
            f"The account '{name}' exists or existed.", hint="Account names are never reused."
        )
    person = Actor(
        name=name, full_name=full_name.strip(), kind="person", roles=[role.value for role in roles],
        password_hash=hash_password(password), registered_at=now,
    )
    tx.add(person)
    tx.flush()
    return person


def find_actor(tx: Session, name: str) -> Actor:
    """The account of that name, or :class:`NotFound`."""
    actor = tx.exec(select(Actor).where(Actor.name == name)).first()
    if actor is None:
        raise NotFound(f"There is no account '{name}'.", hint="See 'radvigil user list'.")
    return actor


def _require_active_person(actor: Actor) -> None:
    if actor.kind != "person" or not actor.active:
        raise NotAllowed(f"'{actor.name}' is not an active person and cannot sign in or sign.")


def prove_identity(actor: Actor, password: str) -> None:
    """Check the password of an active person.

    Raises:
        PasswordWrong: It is not this person's.
        NotAllowed: A service, or a deactivated account.
    """
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    _require_active_person(actor)
    try:
        PasswordHasher().verify(actor.password_hash, password)
    except (VerificationError, InvalidHashError) as wrong:
        raise PasswordWrong(f"The password of '{actor.name}' is not right.") from wrong
