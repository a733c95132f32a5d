"""An auditor's looks: what was granted is shown, what lies outside is refused and on record."""

from datetime import datetime

from sqlmodel import Session

from records.audit import note
from records.audit_grants import is_bound, require_visible
from records.errors import NotAllowed
from records.history import History, record_history, subject_named
from records.people import Actor
from records.store import Store

REFUSED = "audit access refused"


def look_at(store: Store, session: Session, person: Actor, name: str, *, now: datetime) -> History:
    """Everything about one record, for who may see it; a refused look is an event.

    Raises:
        NotAllowed: It lies outside what an auditor was granted.
        InvalidInput, NotFound: As :func:`records.history.record_history`.
    """
    try:
        require_visible(session, person, subject_named(name), on=now.date())
    except NotAllowed as why:
        note_outside(store, person, subject_named(name), why, now=now)
        raise
    return record_history(session, name)


def note_outside(
    store: Store, person: Actor, what: str, why: NotAllowed, *, now: datetime
) -> None:
    """Write down that an auditor tried to see what was not granted."""
    with store.transaction(person.name, now=now) as tx:
        note(tx, REFUSED, person.subject, new={"wanted": what, "why": why.message})


def require_unbound(store: Store, person: Actor, task: str, *, now: datetime) -> None:
    """Raise :class:`NotAllowed` where this person sees only what was granted; it is an event.

    For what takes everything along, such as a copy of the whole trail at the command line.
    """
    with store.reader() as reader:
        bound = is_bound(reader, person)
    if not bound:
        return
    why = NotAllowed(
        f"'{person.name}' may not start '{task}': an auditor sees what was granted, on the pages.",
        hint="Sign in there: what lies inside the grant can be read and taken along.",
    )
    note_outside(store, person, task, why, now=now)
    raise why
