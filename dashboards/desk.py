"""Where a signed-in person stands: the records to look at, who acts, and what time it is here."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from dashboards.selection import Selection
from records.accounts import acting_on
from records.base import Record
from records.clock import now_in
from records.people import Actor, find_actor
from records.permissions import Action, may
from records.store import Store
from records.visible_names import VisibleNames


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
    visible: VisibleNames = field(default_factory=VisibleNames)
    """The devices and sites that this person may choose."""
    selection: Selection = field(default_factory=Selection)
    """The device, site and period that are chosen, and the record that the link opens."""

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

    @property
    def device(self) -> str:
        """The device that is chosen, else the first by name: a chart is of one device."""
        return self.selection.device or next(iter(self.visible.devices), "")

    def device_of(self, record: Any) -> str:
        """The name of the device that a record is about; empty where it names none."""
        return self.visible.device_names.get(getattr(record, "device_id", None) or 0, "")

    def shows(
        self, record: Any, *, site: str | None = None, day: date | datetime | None = None
    ) -> bool:
        """Whether the selection holds a record, or the link opens it."""
        if record.label.casefold() == self.selection.open.casefold():
            return True
        return self.selection.holds(device=self.device_of(record) or None, site=site, day=day)

    def none_of(self, words: str, do: str = "") -> str:
        """The sentence of an empty list: nothing at all, or nothing of what is selected."""
        if self.selection.words:
            return f"{words} of {self.selection.words}. Choose more in the side bar."
        return f"{words}. {do}".strip()

    def may(self, action: Action) -> bool:
        """Whether this person may do this; where not, a page offers no form for it."""
        return may(self.person, action)
