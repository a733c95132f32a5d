"""Revalidations, suspensions and CAPAs as pages and commands show them: each read by one query."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from records.quality import Signature
from records.surveillance import Revalidation


@dataclass(frozen=True, slots=True)
class RevalidationStanding:
    """A revalidation with its verdict, and who signed it."""

    label: str
    site: str
    trigger: str
    verdict: str
    conclusion: str
    period_from: date
    period_to: date
    revalidated_at: datetime
    signed_by: tuple[str, ...]
    judgement: dict[str, Any] = field(default_factory=dict, repr=False)

    def as_dict(self) -> dict[str, Any]:
        """The short facts, without the rows."""
        return {name: value for name, value in asdict(self).items() if name != "judgement"}


def revalidation_standings(session: Session) -> list[RevalidationStanding]:
    """Every revalidation, the newest first; of older plans the outcome stands as the verdict."""
    made = session.exec(select(Revalidation).order_by(col(Revalidation.id).desc())).all()
    signed = _signers(session, [one.subject for one in made])
    return [
        RevalidationStanding(
            one.label, one.site, one.trigger, one.verdict or one.outcome, one.conclusion,
            one.period_from, one.period_to, one.revalidated_at,
            tuple(signed.get(one.subject, ())), one.judgement,
        )
        for one in made
    ]


def _signers(session: Session, subjects: Sequence[str]) -> dict[str, list[str]]:
    query = select(Signature).where(col(Signature.subject_name).in_(subjects))
    found: dict[str, list[str]] = {}
    for one in session.exec(query.order_by(col(Signature.id))):
        found.setdefault(one.subject_name, []).append(f"{one.printed_name} ({one.meaning})")
    return found


def judged_rows_of(one: RevalidationStanding) -> list[dict[str, Any]]:
    """Each row of the judgement with the basis that it is of."""
    return [
        {"basis": basis["name"], **row}
        for basis in one.judgement.get("bases", ())
        for row in basis["rows"]
    ]
