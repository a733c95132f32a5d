"""Sessions at the command line: who is signed in, and when an unused session ends."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlmodel import Session, select

from records.clock import now_in
from records.errors import NotAllowed, NotFound
from records.own_passwords import require_own_password
from records.people import Actor, find_actor
from records.permissions import Action, may

IDLE_LIMIT = timedelta(minutes=30)
"""A session that nobody used for this long is over (21 CFR 11.10(d))."""


@dataclass(frozen=True)
class SessionFile:
    """Who is signed in at this workspace's command line: an account name and when it was last used.

    Holds no password and no key; readable by the owner only.
    """

    path: Path

    def begin(self, account: str, *, now: datetime) -> None:
        """Remember the account as signed in."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self.path.with_suffix(".part")
        part.touch(mode=0o600)
        part.write_text(json.dumps({"account": account, "last_used": now.isoformat()}))
        part.replace(self.path)

    def end(self) -> None:
        """Forget who was signed in."""
        self.path.unlink(missing_ok=True)

    def account(self, *, now: datetime) -> str:
        """The account that is signed in; using it keeps the session alive.

        Args:
            now: The wall clock, also in a demonstration, whose own clock stands still.

        Raises:
            NotAllowed: Nobody is, or the session was unused for longer than :data:`IDLE_LIMIT`.
        """
        try:
            content = json.loads(self.path.read_text())
            account = str(content["account"])
            last_used = datetime.fromisoformat(content["last_used"])
        except FileNotFoundError:
            raise NotAllowed("Nobody is signed in.", hint="Use 'radvigil user login'.") from None
        except (ValueError, KeyError, TypeError):
            self.end()
            raise NotAllowed("The session file is damaged.", hint="Sign in again.") from None
        if not timedelta(0) <= now - last_used <= IDLE_LIMIT:
            self.end()
            raise NotAllowed(
                f"The session of '{account}' was unused for more than "
                f"{IDLE_LIMIT.seconds // 60} minutes and is over.",
                hint="Use 'radvigil user login'.",
            )
        self.begin(account, now=now)
        return account


def signed_in(session: Session, file: SessionFile, *, now: datetime) -> Actor:
    """The active person who is signed in.

    Raises:
        NotAllowed: Nobody is, the account is not active any more, or its password was replaced
            or has become too old meanwhile.
    """
    if session.exec(select(Actor.id).where(Actor.kind == "person")).first() is None:
        raise NotAllowed(
            "Nobody has an account here yet.",
            hint="Add an administrator's with 'radvigil user add', then use 'radvigil user login'.",
        )
    try:
        actor = find_actor(session, file.account(now=now))
    except NotFound as gone:
        raise NotAllowed("The account signed in is not of this workspace.") from gone
    if not may(actor, Action.LOOK):
        raise NotAllowed(f"'{actor.name}' is not an active person.")
    require_own_password(session, actor, now=now_in(session))
    return actor
