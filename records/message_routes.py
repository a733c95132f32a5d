"""Who is told of what, and over which channel; the channel's address is a secret beside the keys.

An address holds passwords and tokens, so no record, event or page has it: it lies in a file that
only the owner reads, and the record has its fingerprint. The file holds a salt too: the fingerprint
tells nothing of a short password.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Final

from sqlalchemy import JSON, Column
from sqlmodel import Field, Session, col, select

from records.alert_rules import ALERT_CLASSES
from records.base import Record
from records.errors import InvalidInput, NotFound, Refused
from records.lifecycle import check_transition
from records.people import ROLES_OF_PEOPLE, Actor, Role, find_actor
from records.permissions import Action, require
from records.private import write_private
from records.store import Store

ALERT, ESCALATION, WEEK, TEST = "alert", "escalation", "week", "test"
SUSPENSION, VERSION, WORK = "suspension", "version", "work"
ABOUT: Final = {
    ALERT: "alerts, when they are raised",
    ESCALATION: "alerts that nobody answered in time",
    WEEK: "the week's message",
    SUSPENSION: "use suspended or resumed at a site",
    WORK: "what is owed, before its day, on it, and when it is late",
    VERSION: "versions put into use or taken back at a site",
}
"""What a route can be about; a test goes over every route that it would reach."""

ACTIVE = "active"


class MessageRoute(Record, table=True):
    """Who is told of what over which kind of channel."""

    __tablename__ = "message_route"
    PREFIX: ClassVar[str] = "RTE"

    id: int | None = Field(default=None, primary_key=True)
    recipient: str
    """A role of people, or the name of an account."""
    scheme: str
    """The kind of channel, such as mailtos or slack."""
    about: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    classes: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    """Only alerts of these classes; none: of every class."""
    sites: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    """Only what is about these sites; none: about every site."""
    address_digest: str
    registered_by: str
    registered_at: datetime
    status: str = Field(default=ACTIVE, index=True)
    withdrawn_at: datetime | None = None

    @property
    def words(self) -> str:
        """As people read it: 'quality by mailtos'."""
        return f"{self.recipient} by {self.scheme}"

    def carries(self, kind: str, *, alert_class: str = "", site: str = "") -> bool:
        """Whether the route is about this kind of message, class of alert and site.

        A suspension and a version go over every route that carries alerts of their site, too.
        """
        return (
            (kind in self.about or kind == TEST or (
                kind in (SUSPENSION, VERSION) and ALERT in self.about
            ))
            and (not self.classes or not alert_class or alert_class in self.classes)
            and (not self.sites or not site or site in self.sites)
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """A route as a person asks for it; empty classes and sites do not restrict it."""

    recipient: str
    about: tuple[str, ...] = tuple(ABOUT)
    classes: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()


def add_route(
    store: Store, tx: Session, wanted: Wanted, *, scheme: str, address: str, by: Actor,
    now: datetime,
) -> MessageRoute:
    """Register who is told of what; the address is written beside the keys first.

    Raises:
        NotAllowed: The person has no role that may.
        InvalidInput: An unknown kind of message, class or recipient.
    """
    require(by, Action.SET_ROUTES)
    for named, known, what in (
        (wanted.about, tuple(ABOUT), "kind of message"),
        (wanted.classes, tuple(ALERT_CLASSES), "class of alerts"),
    ):
        for one in named:
            if one not in known:
                raise InvalidInput(f"'{one}' is no {what}.", hint=f"One of: {', '.join(known)}.")
    if not wanted.about:
        raise InvalidInput("The route is about nothing.", hint=f"One of: {', '.join(ABOUT)}.")
    _require_recipient(tx, wanted.recipient)
    content = f"{address}\n{secrets.token_hex(16)}\n".encode()
    digest = _fingerprint(content)
    route = MessageRoute(
        recipient=wanted.recipient, scheme=scheme, about=list(wanted.about),
        classes=list(wanted.classes), sites=list(wanted.sites), address_digest=digest,
        registered_by=by.name, registered_at=now,
    )
    write_private(address_file(store, route), content)
    tx.add(route)
    tx.flush()
    return route


def _require_recipient(tx: Session, recipient: str) -> None:
    if recipient in {role.value for role in ROLES_OF_PEOPLE}:
        return
    try:
        person = find_actor(tx, recipient)
    except NotFound:
        raise InvalidInput(
            f"'{recipient}' is neither a role nor an account.",
            hint=f"Roles: {', '.join(role.value for role in ROLES_OF_PEOPLE)}.",
        ) from None
    if person.kind != "person" or not person.active:
        raise InvalidInput(f"'{recipient}' is no active person.", hint="Name a person or a role.")


def withdraw_route(tx: Session, route: MessageRoute, *, by: Actor, now: datetime) -> MessageRoute:
    """Nobody is told over this route any more; messages that wait on it are given up.

    Raises:
        NotAllowed: The person has no role that may.
        TransitionRefused: It is withdrawn already.
    """
    require(by, Action.SET_ROUTES)
    check_transition("MessageRoute", route.subject, route.status, "withdrawn")
    route.status, route.withdrawn_at = "withdrawn", now
    tx.add(route)
    tx.flush()
    return route


def active_routes(session: Session) -> list[MessageRoute]:
    """The routes that stand, in order."""
    query = select(MessageRoute).where(MessageRoute.status == ACTIVE)
    return list(session.exec(query.order_by(col(MessageRoute.id))))


def routes_to(routes: Sequence[MessageRoute], role: Role, holders: Sequence[str]) -> list[
    MessageRoute
]:
    """Of these routes those that lead to a role, or to a person who has it."""
    wanted = {role.value, *holders}
    return [one for one in routes if one.recipient in wanted]


def address_file(store: Store, route: MessageRoute) -> Path:
    """Where the address of a route lies."""
    return store.workspace.keys / f"channel-{route.address_digest[:16]}.address"


def address_of(store: Store, route: MessageRoute) -> str:
    """The address of a route's channel, a secret.

    Raises:
        Refused: Its file is missing, or is not the one on record.
    """
    path = address_file(store, route)
    content = path.read_bytes() if path.is_file() else b""
    if _fingerprint(content) != route.address_digest:
        state = "is not the one on record" if content else "is missing"
        raise Refused(
            f"The address of {route.label} {state}: {path.name}.",
            hint="Withdraw the route and register it again.",
        )
    return content.decode().splitlines()[0]


def forget_address(store: Store, route: MessageRoute) -> None:
    """Remove the address of a route that is withdrawn."""
    address_file(store, route).unlink(missing_ok=True)


def _fingerprint(content: bytes) -> str:
    return hashlib.sha256(b"radvigil channel " + content).hexdigest()
