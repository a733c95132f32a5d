"""People and services: who may act, in which roles, and how they prove who they are."""

import hashlib
import re
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, Column
from sqlmodel import Field, Session, select

from records.base import Record
from records.errors import InvalidInput, NameUsed, NotAllowed, NotFound, PasswordWrong
from records.passwords import check_password, hash_password, password_fits


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
    REJECTION = "rejection"
    """The record goes back to who made it; whoever may review or approve may reject."""


class Actor(Record, table=True):
    """A person or a service. Accounts are never deleted and never reused (21 CFR 11.100(a))."""

    __tablename__ = "actor"
    PREFIX: ClassVar[str] = "ACT"
    LATER_COLUMNS: ClassVar[dict[str, Any]] = {"password_temporary": False, "password_set_at": None}

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    full_name: str
    kind: str
    """person or service."""
    roles: list[Any] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    password_hash: str = ""
    active: bool = True
    registered_at: datetime
    password_temporary: bool = False
    """Somebody else gave it: its owner must set an own one first of all."""
    password_set_at: datetime | None = None
    """When it was given; none: when the account was made."""

    def as_recorded(self) -> dict[str, Any]:
        """All columns; the password hash only as a digest, so the trail never spreads it."""
        columns = super().as_recorded()
        secret = str(columns["password_hash"])
        columns["password_hash"] = hashlib.sha256(secret.encode()).hexdigest() if secret else ""
        return columns


ACCOUNT_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
RESERVED_NAMES = frozenset({"radvigil"})
"""The program acts under its own name where nobody has an account yet."""

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
    if not 2 <= len(full_name.strip()) <= 100 or not full_name.isprintable():
        raise InvalidInput(
            f"The full name of '{name}' has fewer than 2 or more than 100 characters, or some that "
            "cannot be printed beside a signature.",
            hint="Give the name as the person writes it.",
        )
    if not roles or Role.SERVICE in roles:
        known = ", ".join(role.value for role in ROLES_OF_PEOPLE)
        raise InvalidInput(f"'{name}' needs a role of a person.", hint=f"Known: {known}.")
    if len(set(roles)) < len(roles):
        raise InvalidInput(f"A role of '{name}' is named twice.", hint="Name each role once.")
    check_password(password)


def register_person(
    tx: Session, name: str, *, full_name: str, roles: list[Role], password: str, now: datetime,
    temporary: bool = False,
) -> Actor:
    """A new account for one person; a name used before is refused, also after deactivation.

    Args:
        temporary: Somebody else gave the password: its owner must set an own one first of all.

    Raises:
        NameUsed: The account name exists or existed.
        InvalidInput: Name, full name, roles or password are not fit for an account.
    """
    check_account(name, full_name=full_name, roles=roles, password=password)
    if tx.exec(select(Actor).where(Actor.name == name)).first() is not None:
        raise NameUsed(
            f"The account '{name}' exists or existed.", hint="Account names are never reused."
        )
    person = Actor(
        name=name, full_name=full_name.strip(), kind="person", roles=[role.value for role in roles],
        password_hash=hash_password(password), registered_at=now,
        password_temporary=temporary,
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
    _require_active_person(actor)
    if not password_fits(actor.password_hash, password):
        raise PasswordWrong(f"The password of '{actor.name}' is not right.")
