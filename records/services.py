"""Services: routine work that no person signs for, with the operating-system user on record."""

from datetime import datetime

from sqlmodel import Session, select

from records.audit import note
from records.errors import Refused
from records.people import Actor, Role
from records.permissions import require, routine_action

PREFIX = "service:"
"""Every service account is named so; no person's account may be."""


def ensure_service(tx: Session, name: str, *, now: datetime) -> Actor:
    """The account of a routine such as 'service:intake', registered on first use.

    Raises:
        Refused: The name is not one of a service, or belongs to a person.
    """
    if not name.startswith(PREFIX):
        raise Refused(f"'{name}' is not a service.", hint=f"Its name would begin with '{PREFIX}'.")
    actor = tx.exec(select(Actor).where(Actor.name == name)).first()
    if actor is None:
        actor = Actor(
            name=name, full_name=f"Routine {name.removeprefix(PREFIX)}", kind="service",
            roles=[Role.SERVICE.value], registered_at=now,
        )
        tx.add(actor)
        tx.flush()
    if actor.kind != "service":
        raise Refused(f"'{name}' is the account of a person and cannot run a routine.")
    return actor


def start_service(
    tx: Session, name: str, *, task: str, system_user: str, now: datetime,
    started_by: Actor | None = None,
) -> Actor:
    """Begin a routine: its account, and an event saying which system user started what.

    Args:
        tx: The transaction of the service.
        name: One of `records.permissions.ROUTINES`.
        task: What is begun, in words.
        system_user: The operating-system user.
        now: The instant by the workspace's clock.
        started_by: The person who is signed in where it is started, if anybody is.

    Raises:
        NotAllowed: The person who is signed in may not start this.
        InvalidInput: There is no such routine.
    """
    action = routine_action(name)
    if started_by is not None:
        require(started_by, action)
    actor = ensure_service(tx, name, now=now)
    require(actor, action)
    said = {"task": task, "operating_system_user": system_user}
    note(tx, "start", actor.subject,
         new=said | ({"started_by": started_by.name} if started_by else {}))  # fmt: skip
    return actor
