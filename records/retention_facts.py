"""What a person must say before a period can be computed: lives, the last day offered, legal bases.

No program knows them, and none is guessed: without the fact everything that needs it is kept.
"""

from dataclasses import replace
from datetime import date, datetime
from typing import ClassVar

from sqlmodel import Field, Session, col, select

from records.base import Record
from records.errors import InvalidInput
from records.people import Actor
from records.permissions import Action, require
from records.product import Deployment, Device, ModelVersion, Site
from records.quality import Release
from records.retention import Facts

OF_DEVICES = ("expected_life_years", "device_lifetime_years", "last_unit_placed")
"""Facts about a device; for software last_unit_placed is the last day on which it was offered."""

LEGAL_BASIS = "legal_basis_ends"
"""The last day on which images of a site, or of one patient, may be kept (contract, consent)."""

NAMES = (*OF_DEVICES, LEGAL_BASIS)


class RetentionFact(Record, table=True):
    """A fact that a period is counted from, about what, by whom, and what shows it."""

    __tablename__ = "retention_fact"
    PREFIX: ClassVar[str] = "RTF"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(index=True)
    about: str
    """The name of a device or site, or a pseudonym."""
    value: str
    evidence: str
    recorded_by: str
    recorded_at: datetime


def record_fact(
    tx: Session, name: str, about: str, value: str, *, evidence: str, by: Actor, now: datetime
) -> RetentionFact:
    """Put a fact on record; the newest about the same thing counts.

    Raises:
        NotAllowed: No role of the person may.
        InvalidInput: An unknown fact, a value that is none, no evidence, or nothing it is about.
    """
    require(by, Action.RECORD_RETENTION_FACT)
    if name not in NAMES:
        raise InvalidInput(f"'{name}' is no fact of retention.", hint=f"Known: {', '.join(NAMES)}.")
    _value_of(name, value)
    if len(evidence.strip()) < 3 or not about.strip():
        raise InvalidInput(
            "A fact names what it is about and the evidence.",
            hint="Name a document or ticket that somebody else can look up.",
        )
    table, what = (Device, "device") if name in OF_DEVICES else (Site, "site")
    known = tx.exec(select(table.name).where(table.name == about)).first()
    if known is None and not (name == LEGAL_BASIS and _is_patient(tx, about)):
        raise InvalidInput(f"There is no {what} '{about}'.")
    fact = RetentionFact(
        name=name, about=about, value=value, evidence=evidence.strip(), recorded_by=by.name,
        recorded_at=now,
    )
    tx.add(fact)
    tx.flush()
    return fact


def _is_patient(tx: Session, about: str) -> bool:
    from records.cases import Study

    return tx.exec(select(Study.id).where(Study.patient == about)).first() is not None


def _value_of(name: str, value: str) -> float | date:
    try:
        if name.endswith("_years"):
            years = float(value)
            if not 0 < years <= 100:
                raise ValueError
            return years
        return date.fromisoformat(value)
    except ValueError:
        wanted = "years, such as 5" if name.endswith("_years") else "a day, such as 2027-12-31"
        raise InvalidInput(f"'{value}' is no value of {name}.", hint=f"Write {wanted}.") from None


def facts_on_record(session: Session) -> dict[tuple[str, str], RetentionFact]:
    """The fact that counts, by its name and what it is about."""
    facts = session.exec(select(RetentionFact).order_by(col(RetentionFact.id)))
    return {(one.name, one.about): one for one in facts}


def facts_of_device(session: Session, device: str) -> Facts:
    """What is known of a device and its releases; a version that runs is still being offered."""
    known = facts_on_record(session)
    given = {
        name: _value_of(name, known[name, device].value)
        for name in OF_DEVICES if (name, device) in known
    }
    facts = Facts(**given)  # type: ignore[arg-type]
    versions = (
        select(ModelVersion.id)
        .join(Device, col(Device.id) == col(ModelVersion.device_id))
        .where(Device.name == device)
    )
    running = select(Deployment.id).where(
        col(Deployment.ended_at).is_(None), Deployment.mode == "live",
        col(Deployment.model_version_id).in_(versions),
    )
    if session.exec(running).first() is not None:
        facts = replace(facts, last_unit_placed=None, still_placed=True)
    decided = select(Release.decided_at).where(
        Release.outcome == "released", col(Release.model_version_id).in_(versions)
    )
    released = max((one.date() for one in session.exec(decided)), default=None)
    return replace(facts, release_date=released)


def legal_basis_of(
    known: dict[tuple[str, str], RetentionFact], *, site: str, patient: str
) -> date | None:
    """Until when images may be kept: what is said of the patient comes before what of the site."""
    for about in (patient, site):
        if fact := known.get((LEGAL_BASIS, about)):
            day = _value_of(LEGAL_BASIS, fact.value)
            assert isinstance(day, date)
            return day
    return None
