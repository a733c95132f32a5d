"""Complaints that were received on an earlier day than anybody is on record as aware of them.

Who takes in a complaint is an employee, so its receipt may be day 0 (21 CFR 803.3(b), MDR
Art. 87). Nothing is taken from it unasked: a person records it, or signs which fact governs.
"""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from records.complaints import Complaint
from records.incidents import OPEN, AwarenessFact, GoverningFact, Incident


@dataclass(frozen=True, slots=True)
class EarlierReceipt:
    """An open incident, its complaint, and the first awareness fact, which is of a later day."""

    incident: Incident
    complaint: str
    received_at: datetime
    fact: AwarenessFact

    @property
    def words(self) -> str:
        """What is wrong and what to do, in one line; by the clock of the fact's zone."""
        place = ZoneInfo(self.fact.zone)
        return (
            f"{self.complaint} was received {self.received_at.astimezone(place):%Y-%m-%d %H:%M}, "
            f"before the first awareness fact ({self.fact.known_at.astimezone(place):%Y-%m-%d}): "
            "day 0 may be earlier; record the receipt as a fact, or sign which fact governs."
        )


def earlier_receipts(session: Session, incident: Incident | None = None) -> list[EarlierReceipt]:
    """Of all open incidents, or of one, those received on a day before the first awareness fact.

    The day is that of the fact's zone, since day 0 is a civil day. One with a signed governing
    fact is none, and one without any fact has no clock that could be late.
    """
    query = (
        select(Incident, Complaint, AwarenessFact)
        .join(Complaint, col(Complaint.id) == Incident.complaint_id)
        .join(AwarenessFact, col(AwarenessFact.incident_id) == Incident.id)
        .where(Incident.status == OPEN,
               col(Incident.id).not_in(select(GoverningFact.incident_id)))
        .order_by(col(Incident.id), col(AwarenessFact.known_at), col(AwarenessFact.id))
    )  # fmt: skip
    if incident is not None:
        query = query.where(Incident.id == incident.id)
    found, seen = [], set()
    for one, complaint, fact in session.exec(query):
        if one.id in seen:
            continue
        seen.add(one.id)
        place = ZoneInfo(fact.zone)
        received = complaint.received_at.astimezone(place).date()
        if received < fact.known_at.astimezone(place).date():
            found.append(EarlierReceipt(one, complaint.label, complaint.received_at, fact))
    return found
