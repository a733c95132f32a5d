"""A password is its owner's alone: who else knew it opens nothing with it.

The first password of an account is given by the administrator who adds it, and one in place of a
forgotten one too. Both are temporary: before anything else their owner sets an own one (21 CFR
11.200(a)(2), 11.300(b)).
"""

from datetime import datetime

from sqlmodel import Session

from records.clock import is_demonstration
from records.errors import InvalidInput, NotAllowed, PasswordToChange
from records.passwords import check_password, hash_password, password_fits, password_lifetime
from records.people import Actor
from records.permissions import Action, require


def require_own_password(session: Session, actor: Actor, *, now: datetime) -> None:
    """Raise :class:`PasswordToChange` while the person must set an own new password.

    The simulated people of a demonstration are exempt: their password is printed and guards
    nothing.
    """
    if actor.kind != "person" or is_demonstration(session):
        return
    if actor.password_temporary:
        raise PasswordToChange(
            f"Somebody else gave '{actor.name}' this password: an own one must be set first.",
            hint="Use 'radvigil user login' or the sign-in page: both ask for it.",
        )
    lifetime, since = password_lifetime(), actor.password_set_at or actor.registered_at
    if lifetime is not None and now > since + lifetime:
        raise PasswordToChange(
            f"The password of '{actor.name}' is older than {lifetime.days} days: a new one must "
            "be set first.",
            hint="Use 'radvigil user login' or the sign-in page: both ask for it.",
        )


def set_password(
    tx: Session, actor: Actor, password: str, *, temporary: bool, now: datetime
) -> None:
    """Give an account its password from now on.

    Raises:
        InvalidInput: It is blank, too short, or the one that the account has.
    """
    check_password(password)
    if password_fits(actor.password_hash, password):
        raise InvalidInput("The new password is the old one.", hint="Choose another.")
    actor.password_hash = hash_password(password)
    actor.password_temporary = temporary
    actor.password_set_at = now
    tx.add(actor)
    tx.flush()


def replace_password(tx: Session, actor: Actor, password: str, *, by: Actor, now: datetime) -> None:
    """An administrator gives a temporary password in place of a forgotten one.

    Raises:
        NotAllowed: Somebody without a role that may, the own account, or one that is no active
            person's.
        InvalidInput: The password is blank, too short, or the one that the account has.
    """
    require(by, Action.REPLACE_PASSWORD)
    if actor.name == by.name:
        raise NotAllowed(
            "Nobody replaces the own password so.",
            hint="Change it: 'radvigil user password NAME' asks for the one until now.",
        )
    if actor.kind != "person" or not actor.active:
        raise NotAllowed(f"'{actor.name}' is not an active person and has no password.")
    set_password(tx, actor, password, temporary=True, now=now)
