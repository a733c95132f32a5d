"""People of tests who may sign: a test about something else starts from qualified people."""

from datetime import date, datetime

from sqlmodel import Session, select

from records.people import Actor, Meaning
from records.qualifications import Qualification

ALWAYS = date(2099, 12, 31)


def qualify_everybody(tx: Session, now: datetime) -> None:
    """Every person of the workspace is qualified for every meaning from ``now`` on."""
    for person in tx.exec(select(Actor).where(Actor.kind == "person")).all():
        for meaning in Meaning:
            tx.add(
                Qualification(
                    person_id=person.id or 0, meaning=meaning.value, valid_from=now.date(),
                    valid_until=ALWAYS, evidence="training record of a test", recorded_by="setup",
                    recorded_at=now,
                )
            )
    tx.flush()
