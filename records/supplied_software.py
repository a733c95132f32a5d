"""Software of others inside the product: reviewed for each lock, its advisories decided on.

SOUP is IEC 62304:2006+A1, 5.3.3, 5.3.4, 7.1.2, 7.1.3 and 8.1.2; vulnerabilities are watched under
FD&C Act 524B(b)(1). A decision that a component is not affected is signed like one that it is.
"""

from datetime import date, datetime
from typing import Any, ClassVar, Final

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field, Session, col, select

from records.base import Record
from records.errors import InvalidInput
from records.lifecycle import check_transition
from records.people import Actor, Meaning
from records.permissions import Action, require
from records.reasons import says
from records.risk import own_or_approval
from records.signatures import sign

OPEN, NOT_AFFECTED, AFFECTED = "open", "not affected", "affected"
PATCH_PLANNED, RESOLVED = "patch planned", "resolved"

JUSTIFICATIONS: Final = (
    "code_not_present", "code_not_reachable", "requires_configuration", "requires_dependency",
    "requires_environment", "protected_by_compiler", "protected_at_runtime",
    "protected_at_perimeter", "protected_by_mitigating_control",
)
"""Why a component is not affected, in the words of CycloneDX 1.6 (impactAnalysisJustification)."""


class SoupReview(Record, table=True):
    """The list of software of others, judged for one lock of the product."""

    __tablename__ = "soup_review"
    PREFIX: ClassVar[str] = "SPR"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = (
        "lock_digest", "list_digest", "components", "gaps", "conclusion", "reviewed_by",
        "reviewed_at",
    )

    id: int | None = Field(default=None, primary_key=True)
    lock_digest: str = Field(index=True)
    """SHA-256 of requirements.txt."""
    list_digest: str
    """SHA-256 of regulatory/soup.yaml."""
    components: int
    gaps: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    conclusion: str
    reviewed_by: str
    reviewed_at: datetime


class VulnerabilityTriage(Record, table=True):
    """An advisory that names a component of the product in its version, and what was decided."""

    __tablename__ = "vulnerability_triage"
    __table_args__ = (UniqueConstraint("component", "version", "advisory"),)
    PREFIX: ClassVar[str] = "VLN"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = (
        "component", "version", "advisory", "affected_range", "severity", "decision",
        "justification", "words",
    )

    id: int | None = Field(default=None, primary_key=True)
    component: str = Field(index=True)
    version: str
    advisory: str
    affected_range: str
    severity: str
    """As the advisory gives it, such as a CVSS vector; '' where it gives none."""
    summary: str
    source_digest: str
    opened_by: str
    opened_at: datetime
    due_on: date
    status: str = Field(default=OPEN, index=True)
    decision: str = ""
    justification: str = ""
    words: str = ""
    """What was decided and why, and with a patch planned by when."""
    decided_by: str = ""
    decided_at: datetime | None = None


def record_soup_review(
    tx: Session, review: SoupReview, *, by: Actor, password: str, now: datetime
) -> SoupReview:
    """Keep a review of the list, also one that finds gaps, signed by who made it.

    Raises:
        NotAllowed: No role that may, or a wrong password.
        InvalidInput: The conclusion says nothing.
    """
    require(by, Action.ASSESS_SUPPLIED_SOFTWARE)
    if not says(review.conclusion):
        raise InvalidInput("The conclusion says nothing.", hint="Say what was looked at and found.")
    tx.add(review)
    tx.flush()
    sign(tx, review, signer=by, password=password, meaning=Meaning.AUTHOR,
         reason=review.conclusion, now=now)  # fmt: skip
    return review


def decide_triage(
    tx: Session, one: VulnerabilityTriage, to: str, *, words: str, justification: str = "",
    by: Actor, password: str, now: datetime,
) -> VulnerabilityTriage:
    """Take the next step of a triage, signed.

    Raises:
        NotAllowed: No role that may, or a wrong password.
        InvalidInput: Nothing is said, or no justification of why it is not affected.
        TransitionRefused: The step does not follow on the status.
    """
    require(by, Action.ASSESS_SUPPLIED_SOFTWARE)
    check_transition("VulnerabilityTriage", one.label, one.status, to)
    if not says(words):
        raise InvalidInput(f"Nothing is said of why {one.label} is '{to}'.", hint="Use --words.")
    if to == NOT_AFFECTED and justification not in JUSTIFICATIONS:
        raise InvalidInput(
            f"{one.label} is not 'not affected' without a justification.",
            hint=f"One of: {', '.join(JUSTIFICATIONS)}.",
        )
    if to != NOT_AFFECTED and justification:
        raise InvalidInput("A justification is given only where nothing is affected.")
    one.decision, one.words, one.justification = to, words.strip(), justification
    one.decided_by, one.decided_at = by.name, now
    sign(tx, one, signer=by, password=password, meaning=own_or_approval(tx, one, by),
         reason=one.words, now=now)  # fmt: skip
    one.status = to
    tx.add(one)
    tx.flush()
    return one


def list_triages(session: Session, *statuses: str) -> list[VulnerabilityTriage]:
    """The triages of these statuses, all where none is named, in order."""
    query = select(VulnerabilityTriage).order_by(col(VulnerabilityTriage.id))
    if statuses:
        query = query.where(col(VulnerabilityTriage.status).in_(statuses))
    return list(session.exec(query))


def newest_soup_review(session: Session, lock_digest: str) -> SoupReview | None:
    """The newest review of a lock; None where it was never reviewed."""
    query = select(SoupReview).where(SoupReview.lock_digest == lock_digest)
    return session.exec(query.order_by(col(SoupReview.id).desc())).first()
