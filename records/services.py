"""Services: routine work that no person signs for, with the operating-system user on record."""

from datetime import datetime

from sqlmodel import Session, select

from records.audit import note
from records.errors import Refused
from records.people import Actor, Role

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
    tx: Session, name: str, *, task: str, system_user: str, now: datetime
) -> Actor:
    """Begin a routine: its account, and an event saying which system user started what."""
    actor = ensure_service(tx, name, now=now)
    note(tx, "start", actor.subject, new={"task": task, "operating_system_user": system_user})
    return actor
