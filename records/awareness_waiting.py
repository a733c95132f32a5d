"""Which awareness candidates there are, how old each is, and what became of its alert (REG-064)."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from records.awareness import AwarenessCandidate
from records.surveillance import Alert


@dataclass(frozen=True, slots=True)
class CandidateStanding:
    """A moment from which the maker may have known of possible harm.

    days: whole days since then, the first of which a reporting clock would count as day 0.
    """

    label: str
    alert: str
    alert_status: str
    site: str
    occasion: str
    grounds: str
    words: str
    known_at: datetime
    days: int


def candidates_by_age(session: Session, *, now: datetime) -> list[CandidateStanding]:
    """Every candidate, the oldest first: each stays until complaints are screened for it."""
    query = (
        select(AwarenessCandidate, Alert)
        .join(Alert, col(Alert.id) == AwarenessCandidate.alert_id)
        .order_by(col(AwarenessCandidate.known_at), col(AwarenessCandidate.id))
    )
    return [
        CandidateStanding(
            one.label, alert.label, alert.status, one.site, one.occasion, one.grounds, one.words,
            one.known_at, (now - one.known_at).days,
        )
        for one, alert in session.exec(query)
    ]
