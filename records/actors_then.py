"""Who acted, as the account stood when it did: full name, person or service, roles.

Roles and names change; what an event means is judged by those of its own moment (21 CFR 11.10(e)).
They are rebuilt from the audit trail itself, up to the event's sequence number.
"""

import json
from bisect import bisect_right
from dataclasses import dataclass

from sqlmodel import Session, and_, col, func, or_, select

from records.audit import CREATE, CREATE_BATCH, AuditEvent
from records.batches import batch_rows
from records.people import RESERVED_NAMES, Actor
from records.replay import CHANGES
from records.services import PREFIX


@dataclass(frozen=True, slots=True)
class ActorThen:
    """An account at the moment of an event. kind: 'person', 'service' or 'unknown'."""

    account: str
    full_name: str
    kind: str
    roles: tuple[str, ...]

    @property
    def words(self) -> str:
        """Name, account, kind and roles in one line.

        >>> ActorThen("ada", "Ada Quality", "person", ("quality",)).words
        'Ada Quality (ada, person; quality)'
        """
        roles = ", ".join(role for role in self.roles if role != self.kind)
        inner = f"{self.account}, {self.kind}{'; ' if roles else ''}{roles}"
        return f"{self.full_name} ({inner})" if self.full_name else inner


class ActorsThen:
    """Every account of a workspace at any moment of its trail."""

    def __init__(self, session: Session) -> None:
        self._told: dict[str, tuple[list[int], list[ActorThen]]] = {}
        names: dict[str, dict[str, object]] = {}
        # a trail of millions of events is entered by its subjects: most of them are creations
        action = func.coalesce(AuditEvent.action, "")
        subjects = [one.subject for one in session.exec(select(Actor))]
        events = select(AuditEvent).where(or_(
            and_(col(AuditEvent.subject).in_(subjects), action.in_((CREATE, *CHANGES))),
            and_(col(AuditEvent.action) == CREATE_BATCH,
                 col(AuditEvent.subject).startswith("Actor:")),
        ))  # fmt: skip
        for event in session.exec(events.order_by(col(AuditEvent.sequence))):
            if event.action in CHANGES:
                rows = [(event.subject, names.get(event.subject, {}) | json.loads(event.new))]
            elif event.action == CREATE:
                rows = [(event.subject, json.loads(event.new))]
            else:
                rows = list(batch_rows(event.model_dump()))
            for subject, row in rows:
                names[subject] = row
                self._remember(event.sequence, row)

    def _remember(self, sequence: int, row: dict[str, object]) -> None:
        roles = row.get("roles")
        then = ActorThen(
            str(row.get("name", "")), str(row.get("full_name", "")), str(row.get("kind", "")),
            tuple(map(str, roles)) if isinstance(roles, list) else (),
        )
        sequences, states = self._told.setdefault(then.account, ([], []))
        sequences.append(sequence)
        states.append(then)

    def at(self, account: str, sequence: int) -> ActorThen:
        """The account as of an event; without a registration, what its name alone says."""
        sequences, states = self._told.get(account, ([], []))
        place = bisect_right(sequences, sequence)
        if place:
            return states[place - 1]
        routine = account in RESERVED_NAMES or account.startswith(PREFIX)
        return ActorThen(account, "", "service" if routine else "unknown", ())
