"""Sign-in by an identity provider: its answer opens one session of a linked account, once.

The pages' server has checked the answer already (signature, issuer, audience, nonce); here it is
asked whose it is, whether that account may come in, and whether the answer is fresh and was never
used. An answer that a browser still keeps therefore opens nothing a second time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from records.accounts import GATEKEEPER
from records.audit import AuditEvent, note
from records.base import digest_of
from records.errors import NotAllowed, PasswordToChange, Refused
from records.identity_links import IdentityLink, link_of
from records.identity_provider import IdentityProvider
from records.lockout import require_unlocked
from records.own_passwords import require_own_password, set_password
from records.people import Actor, find_actor
from records.permissions import Action, may
from records.services import ensure_service
from records.store import Store

SIGN_IN_BY_PROVIDER = "sign in by provider"
REFUSED_BY_PROVIDER = "sign-in by provider refused"
PASSWORD_WAITS = f"{REFUSED_BY_PROVIDER}: password to change"

FRESH = timedelta(minutes=10)
"""So old may an answer be: time enough to set an own password."""
CLOCKS_APART = timedelta(minutes=2)


@dataclass(frozen=True)
class ProviderAnswer:
    """What a provider said of a person who proved there who it is."""

    issuer: str
    identity: str
    audience: tuple[str, ...]
    issued_at: datetime
    digest: str
    """SHA-256 over what makes this answer the only one of its kind; the trail keeps it."""


@dataclass(frozen=True)
class Entrance:
    """Who came in, and by which link: the session ends with either."""

    person: Actor
    link_id: int


def read_answer(claims: Mapping[str, Any]) -> ProviderAnswer:
    """The answer from the claims of an ID token (OpenID Connect Core 1.0, section 2).

    Raises:
        NotAllowed: A claim that it needs is missing.
    """
    wanted = ("iss", "sub", "aud", "iat", "nonce")
    missing = [name for name in wanted if not claims.get(name)]
    if missing:
        raise NotAllowed(
            f"The identity provider's answer lacks: {', '.join(missing)}.",
            hint="Its administrator can say why; sign in with account and password meanwhile.",
        )
    audience = claims["aud"]
    return ProviderAnswer(
        issuer=str(claims["iss"]).rstrip("/"), identity=str(claims["sub"]),
        audience=(audience,) if isinstance(audience, str) else tuple(audience),
        issued_at=datetime.fromtimestamp(int(claims["iat"]), UTC),
        digest=digest_of({name: claims[name] for name in wanted}),
    )


def is_new(session: Session, answer: ProviderAnswer) -> bool:
    """Whether nothing was ever decided on this answer."""
    used = select(AuditEvent.sequence).where(
        col(AuditEvent.action).in_((SIGN_IN_BY_PROVIDER, REFUSED_BY_PROVIDER)),
        col(AuditEvent.new).contains(answer.digest),
    )
    return session.exec(used).first() is None


def sign_in_by_provider(
    store: Store, provider: IdentityProvider, answer: ProviderAnswer, *,
    now: datetime, wall_clock: datetime, new_password: str = "",
) -> Entrance:
    """The person linked to this answer comes in; both outcomes are written to the audit trail.

    Args:
        now: The instant by the workspace's clock.
        wall_clock: The system's, by which the answer must be fresh.
        new_password: The person's own password for signing, where it still has to be set: the
            provider has just proved who it is.

    Raises:
        PasswordToChange: The account has no password of the person's own yet, or one too old.
        NotAllowed: The answer is nobody's here, not for us, used or old; or the account is locked
            or not active.
    """
    try:
        with store.reader() as reader:
            _require_usable(reader, provider, answer, wall_clock)
            link = _link(reader, provider, answer)
            person = reader.get_one(Actor, link.person_id)
            _require_may_enter(reader, person, now)
            if not new_password:
                require_own_password(reader, person, now=now)
    except PasswordToChange as waits:
        with store.transaction(person.name, waits.message, now=now) as tx:
            note(tx, PASSWORD_WAITS, person.subject, new=_said(provider, answer))
        raise
    except Refused as why:
        _note_refusal(store, provider, answer, why, now)
        raise
    assert link.id is not None
    reason = "own new password" if new_password else ""
    with store.transaction(person.name, reason, now=now) as tx:
        if not is_new(tx, answer):
            raise NotAllowed("This answer of the provider was used just now.", hint="Sign in anew.")
        if new_password:
            set_password(tx, find_actor(tx, person.name), new_password, temporary=False, now=now)
        note(
            tx, SIGN_IN_BY_PROVIDER, person.subject,
            new=_said(provider, answer) | {"link": link.label},
        )
    return Entrance(person, link.id)


def _require_usable(
    session: Session, provider: IdentityProvider, answer: ProviderAnswer, wall_clock: datetime
) -> None:
    if answer.issuer != provider.issuer:
        raise NotAllowed("The answer is not of the identity provider that is set here.")
    if provider.client_id not in answer.audience:
        raise NotAllowed("The identity provider's answer is for another application.")
    age = wall_clock - answer.issued_at
    if not -CLOCKS_APART <= age <= FRESH:
        raise NotAllowed(
            f"The identity provider's answer is not of the last {FRESH.seconds // 60} minutes.",
            hint="Sign in anew; if it happens again, one of the two clocks is wrong.",
        )
    if not is_new(session, answer):
        raise NotAllowed("This answer of the provider was used before.", hint="Sign in anew.")


def _link(session: Session, provider: IdentityProvider, answer: ProviderAnswer) -> IdentityLink:
    link = link_of(session, answer.issuer, answer.identity)
    if link is None:
        raise NotAllowed(
            f"{provider.name} knows you as '{answer.identity}', and no account here is linked to "
            "that.",
            hint="An administrator links it: 'radvigil user link'.",
        )
    return link


def _require_may_enter(session: Session, person: Actor, now: datetime) -> None:
    if not may(person, Action.LOOK):
        raise NotAllowed("The account that you are linked to is not active any more.")
    require_unlocked(session, person, now=now)


def _note_refusal(
    store: Store, provider: IdentityProvider, answer: ProviderAnswer, why: Refused, now: datetime
) -> None:
    with store.transaction(GATEKEEPER, now=now) as tx:
        ensure_service(tx, GATEKEEPER, now=now)
        link = link_of(tx, answer.issuer, answer.identity)
        subject = f"Actor:{link.person_id}" if link is not None else "Actor:unknown"
        said = _said(provider, answer) | {"identity": answer.identity, "why": why.message}
        note(tx, REFUSED_BY_PROVIDER, subject, new=said)


def _said(provider: IdentityProvider, answer: ProviderAnswer) -> dict[str, str]:
    return {"provider": provider.name, "issuer": answer.issuer, "answer": answer.digest}
