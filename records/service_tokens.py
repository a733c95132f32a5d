"""Tokens by which a program outside acts as a service of its own name; it never decides anything.

A token names the acts that it may do and its last day. It is shown once; only its SHA-256 is kept,
which is enough: 256 random bits are not guessed. What it is refused is an audit event (21 CFR
11.10(d), 11.300).
"""

import hashlib
import re
import secrets
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Column
from sqlmodel import Field, Session, select

from records.audit import note
from records.base import Record
from records.errors import InvalidInput, NotAllowed
from records.lifecycle import check_transition
from records.people import Actor, find_actor
from records.permissions import BY_TOKEN, ROUTINES, Action, may, require
from records.services import PREFIX, ensure_service
from records.store import Store

MARK = "rvt_"
"""Every token begins so: what searches repositories for lost secrets finds it."""

GATEKEEPER = "service:tokens"
"""Writes the refused attempts with tokens that are nobody's."""

SERVICE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,40}")
REFUSED = "token refused"


class ServiceToken(Record, table=True):
    """What a program outside may do in the name of a service, until when."""

    __tablename__ = "service_token"
    PREFIX: ClassVar[str] = "TKN"

    id: int | None = Field(default=None, primary_key=True)
    service: str = Field(index=True)
    acts: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    """Names of acts, of `records.permissions.BY_TOKEN`."""
    secret_digest: str = Field(unique=True)
    """SHA-256 (hex) of the token."""
    made_by: str
    made_at: datetime
    valid_until: date
    """The last day on which it counts."""
    status: str = "active"
    revoked_by: str = ""
    revoked_at: datetime | None = None


def make_token(
    tx: Session, name: str, *, acts: list[Action], until: date, by: Actor, now: datetime
) -> tuple[ServiceToken, str]:
    """A new token of the service 'service:NAME' with its secret, which nobody can read again.

    Raises:
        NotAllowed: The one who makes it has no role that may, or an act is a person's alone.
        InvalidInput: No fit name, no act, a day that is past, or the name of a routine.
    """
    require(by, Action.MANAGE_TOKENS)
    service = f"{PREFIX}{name.removeprefix(PREFIX)}"
    if not SERVICE_NAME.fullmatch(service.removeprefix(PREFIX)):
        raise InvalidInput(
            f"'{name}' is no name of a service.",
            hint="Use 2 to 41 lower-case letters, digits, '.', '-' or '_'.",
        )
    _require_own_name(tx, service)
    if not acts:
        raise InvalidInput("No act was named.", hint=f"Known: {', '.join(sorted(BY_TOKEN))}.")
    for act in acts:
        if act not in BY_TOKEN.values():
            raise NotAllowed(f"No token may {act.value}: only a person decides and signs.")
    if until < now.date():
        raise InvalidInput(f"{until} is past.", hint="Give the last day on which it counts.")
    ensure_service(tx, service, now=now)
    secret = MARK + secrets.token_urlsafe(32)
    token = ServiceToken(
        service=service, acts=sorted({_word(act) for act in acts}), secret_digest=_digest(secret),
        made_by=by.name, made_at=now, valid_until=until,
    )
    tx.add(token)
    tx.flush()
    return token, secret


def _require_own_name(tx: Session, service: str) -> None:
    """A program outside never acts under the name of a routine of this program."""
    known = tx.exec(select(Actor.id).where(Actor.name == service)).first() is not None
    with_token = select(ServiceToken.id).where(ServiceToken.service == service)
    if service in ROUTINES or (known and tx.exec(with_token).first() is None):
        raise InvalidInput(
            f"'{service}' is a routine of Radvigil itself.", hint="Choose another name."
        )


def revoke_token(tx: Session, token: ServiceToken, *, by: Actor, now: datetime) -> ServiceToken:
    """The token counts no more, from now on.

    Raises:
        NotAllowed: The one who revokes has no role that may.
        TransitionRefused: It was revoked before.
    """
    require(by, Action.MANAGE_TOKENS)
    check_transition("ServiceToken", token.subject, token.status, "revoked")
    token.status = "revoked"
    token.revoked_by, token.revoked_at = by.name, now
    tx.add(token)
    tx.flush()
    return token


def service_acting(store: Store, secret: str, action: Action | None, *, now: datetime) -> Actor:
    """The service whose token this is, where it may do this; a refusal is an audit event.

    Args:
        action: What is to be done; None for what only a person does.

    Raises:
        NotAllowed: No such token, revoked, past its last day, or not for this act.
    """
    service, token, why = _judged(store, secret, action, now=now)
    if service is not None:
        return service
    actor = token.service if token is not None else GATEKEEPER
    with store.transaction(actor, now=now) as tx:
        if token is None:
            ensure_service(tx, GATEKEEPER, now=now)
        wanted = action.value if action is not None else "act as a person"
        note(tx, REFUSED, token.subject if token is not None else "ServiceToken:unknown",
             new={"act": wanted, "why": why})  # fmt: skip
    raise NotAllowed(
        f"The token in RADVIGIL_TOKEN is refused: {why}.",
        hint="An administrator makes and revokes tokens: 'radvigil token'.",
    )


def admitted(store: Store, secret: str, action: Action, *, now: datetime) -> Actor | None:
    """The service whose token this is, where it may do this; nothing is written of a refusal.

    For whoever has written down enough refusals: :func:`service_acting` writes each of them.
    """
    return _judged(store, secret, action, now=now)[0]


def _judged(
    store: Store, secret: str, action: Action | None, *, now: datetime
) -> tuple[Actor | None, ServiceToken | None, str]:
    """(the service that may, the token if there is one, why not)."""
    with store.reader() as reader:
        token = reader.exec(
            select(ServiceToken).where(ServiceToken.secret_digest == _digest(secret))
        ).first()
        why = "it is no token of this workspace" if token is None else _fault(token, action, now)
        service = find_actor(reader, token.service) if token is not None else None
    if service is not None and not why:
        if action is not None and may(service, action):
            return service, token, ""
        why = f"'{service.name}' may not do this"
    return None, token, why


def start_by_token(
    tx: Session, service: Actor, *, task: str, routine: str, system_user: str
) -> None:
    """Write down what the service of a token begins, like a routine's own start."""
    said = {"task": task, "operating_system_user": system_user, "routine": routine}
    note(tx, "start", service.subject, new=said | {"by": "token"})


def _fault(token: ServiceToken, action: Action | None, now: datetime) -> str:
    """Why this token does not count for this; empty where it does."""
    if token.status != "active":
        return f"{token.label} was revoked"
    if now.date() > token.valid_until:
        return f"{token.label} ended on {token.valid_until}"
    if action is None:
        return "this needs a person, who signs in; a service decides and signs nothing"
    if action not in {BY_TOKEN.get(one) for one in token.acts}:
        return f"{token.label} may not {action.value}"
    return ""


def acts_named(words: list[str]) -> list[Action]:
    """The acts of these names.

    Raises:
        InvalidInput: Naming the known ones.
    """
    for word in words:
        if word not in BY_TOKEN:
            raise InvalidInput(
                f"'{word}' is no act of a token.", hint=f"Known: {', '.join(sorted(BY_TOKEN))}."
            )
    return [BY_TOKEN[word] for word in words]


def _word(action: Action) -> str:
    return next(word for word, act in BY_TOKEN.items() if act is action)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
