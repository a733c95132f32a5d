"""Where a signed-in person stands: the records to look at, who acts, and what time it is here."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from records.accounts import acting_on
from records.base import Record
from records.clock import now_in
from records.people import Actor, find_actor
from records.permissions import Action, may
from records.store import Store


@dataclass(frozen=True, slots=True)
class Desk:
    """What every page is given, read anew from the database on every run."""

    store: Store
    reader: Session
    person: Actor
    now: datetime
    demonstration: bool
    pages: Mapping[str, Any] = field(default_factory=dict)
    """The pages by address, for links from one to another."""

    @contextmanager
    def act_on(
        self, record: Record, deed: str, reason: str
    ) -> Iterator[tuple[Session, Actor, datetime]]:
        """One deed of this person on a record with its reason: session, the person, the instant.

        Roles are read again inside the transaction: somebody deactivated a second ago cannot act.
        """
        now = now_in(self.reader)
        with acting_on(
            self.store, record, deed, actor=self.person.name, reason=reason, now=now
        ) as tx:
            yield tx, find_actor(tx, self.person.name), now

    def may(self, action: Action) -> bool:
        """Whether this person may do this; where not, a page offers no form for it."""
        return may(self.person, action)
