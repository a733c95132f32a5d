"""What is known of an installation: each check of it, and what a person vouches for.

What this system cannot see, such as a disk that a hypervisor encrypts, an administrator declares,
with evidence and a last day (21 CFR 11.30, 45 CFR 164.312(a)(2)(iv)).
"""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Column
from sqlmodel import Field, Session, col, select

from records.base import Record
from records.errors import InvalidInput
from records.lifecycle import check_transition
from records.people import Actor
from records.permissions import Action, require

PLACES = ("home", "database", "vault", "keys", "anchors")
"""What rests on a disk, by the name of the point that is checked."""

CLOCK = "clock"

DECLARABLE = (*PLACES, CLOCK)
"""The points for which a person may vouch where this system cannot tell."""


class InstallationCheck(Record, table=True):
    """What 'radvigil install verify' found, point by point."""

    __tablename__ = "installation_check"
    PREFIX: ClassVar[str] = "ICK"

    id: int | None = Field(default=None, primary_key=True)
    checked_at: datetime
    checked_by: str
    sound: bool
    points: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    """name, status and words of each point."""


class InstallationDeclaration(Record, table=True):
    """What an administrator vouches for: which point, why it is safe, what shows it, until when."""

    __tablename__ = "installation_declaration"
    PREFIX: ClassVar[str] = "DCL"

    id: int | None = Field(default=None, primary_key=True)
    point: str = Field(index=True)
    words: str
    evidence: str
    valid_until: date
    """The last day on which it counts."""
    declared_by: str
    declared_at: datetime
    status: str = "standing"
    withdrawn_by: str = ""
    withdrawn_at: datetime | None = None


def declare(
    tx: Session, points: list[str], words: str, *, evidence: str, until: date, by: Actor,
    now: datetime,
) -> list[InstallationDeclaration]:
    """Put on record what this system cannot see, a declaration for each point.

    Raises:
        NotAllowed: No role of the person may.
        InvalidInput: An unknown point, no words, no evidence, or a day that is past.
    """
    require(by, Action.DECLARE_INSTALLATION)
    for point in points:
        if point not in DECLARABLE:
            raise InvalidInput(
                f"'{point}' cannot be declared.", hint=f"Known: {', '.join(DECLARABLE)}."
            )
    if not points or len(words.strip()) < 3 or len(evidence.strip()) < 3:
        raise InvalidInput(
            "A declaration names a point, what protects it and the evidence.",
            hint="Name a document or ticket that somebody else can look up.",
        )
    if until < now.date():
        raise InvalidInput(f"{until} is past.", hint="Give the last day on which it counts.")
    made = [
        InstallationDeclaration(
            point=point, words=words.strip(), evidence=evidence.strip(), valid_until=until,
            declared_by=by.name, declared_at=now,
        )
        for point in dict.fromkeys(points)
    ]
    tx.add_all(made)
    tx.flush()
    return made


def withdraw_declaration(
    tx: Session, declaration: InstallationDeclaration, *, by: Actor, now: datetime
) -> InstallationDeclaration:
    """It counts no more, from now on.

    Raises:
        NotAllowed: No role of the person may.
        TransitionRefused: It was withdrawn before.
    """
    require(by, Action.DECLARE_INSTALLATION)
    check_transition(
        "InstallationDeclaration", declaration.subject, declaration.status, "withdrawn"
    )
    declaration.status = "withdrawn"
    declaration.withdrawn_by, declaration.withdrawn_at = by.name, now
    tx.add(declaration)
    tx.flush()
    return declaration


def declarations_on(session: Session, day: date) -> dict[str, InstallationDeclaration]:
    """The declaration that counts on a day, by its point; the newest where there are several."""
    query = (
        select(InstallationDeclaration)
        .where(
            InstallationDeclaration.status == "standing",
            col(InstallationDeclaration.valid_until) >= day,
        )
        .order_by(col(InstallationDeclaration.id))
    )
    return {one.point: one for one in session.exec(query)}
