"""Which program calls, by its token; asked of the records every few seconds, not at every call."""

import hashlib
from threading import Lock
from time import monotonic

from records.clock import now_in
from records.errors import NotAllowed
from records.permissions import Action
from records.service_tokens import admitted, service_acting
from records.store import Store

REMEMBERED_SECONDS = 5.0
"""A token that was made or revoked counts after so long at most."""
TOLD_AGAIN_SECONDS = 3600.0
TOLD_AT_MOST = 100
"""Refusals that are written down in that time: whoever tries tokens must not fill the trail."""


class Callers:
    """The services whose tokens let them have studies read; refusals are audit events."""

    def __init__(self, store: Store) -> None:
        self._store, self._lock = store, Lock()
        self._known: dict[str, tuple[str, float]] = {}
        self._told: dict[str, float] = {}

    def remembered(self, secret: str) -> str:
        """The service of a token that was let in a moment ago; empty where it is to be asked."""
        name, until = self._known.get(_digest(secret), ("", 0.0))
        return name if monotonic() < until else ""

    def admit(self, secret: str) -> str:
        """The service whose token this is; empty where it is refused.

        Raises:
            Unavailable: The records cannot be asked; nobody is let in then.
        """
        if name := self.remembered(secret):
            return name
        digest = _digest(secret)
        with self._store.reader() as reader:
            now = now_in(reader)
        with self._lock:
            if not self._to_be_told(digest):
                actor = admitted(self._store, secret, Action.PREDICT, now=now)
                name = actor.name if actor else ""
            else:
                try:
                    name = service_acting(self._store, secret, Action.PREDICT, now=now).name
                except NotAllowed:
                    self._told[digest] = monotonic()
            self._known.pop(digest, None)
            if name:
                if len(self._known) >= TOLD_AT_MOST:
                    self._known.clear()
                self._known[digest] = (name, monotonic() + REMEMBERED_SECONDS)
        return name

    def _to_be_told(self, digest: str) -> bool:
        """Whether a refusal of it would be written down."""
        for one, at in list(self._told.items()):
            if monotonic() - at > TOLD_AGAIN_SECONDS:
                del self._told[one]
        return digest not in self._told and len(self._told) < TOLD_AT_MOST


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
