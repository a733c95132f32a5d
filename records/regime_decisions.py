"""What a change is under each regime: the answers, by whom given, by whom reviewed.

A regime is a body of rules that a change is held against (FDA labelling and software, the plan of
predetermined changes, the MDR, UDI, AI Act). One decision a regime and change: facts, the answer of
the rule whole, every question with rationale and evidence, signed by who assessed it and by an
independent reviewer. A new assessment supersedes the one before, which stays (ISO 13485 7.3.9).
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Final

from sqlalchemy import JSON, Column
from sqlmodel import Field, Session, col, select

from records.base import Record
from records.people import Meaning
from records.signatures import counting, signatures_on


class Regime(StrEnum):
    """A body of rules that a change is held against; in the order in which they are assessed."""

    PCCP = "pccp"
    FDA_LABELLING = "fda-labelling"
    FDA_SOFTWARE = "fda-software"
    EU_CHANGE = "eu-change"
    UDI = "udi"
    AI_ACT = "ai-act"


TITLES: Final[dict[Regime, str]] = {
    Regime.PCCP: "Predetermined change control plan",
    Regime.FDA_LABELLING: "FDA labelling",
    Regime.FDA_SOFTWARE: "FDA software change",
    Regime.EU_CHANGE: "EU MDR significant change",
    Regime.UDI: "Unique device identification",
    Regime.AI_ACT: "AI Act substantial modification",
}
NOT_APPLICABLE = "NOT_APPLICABLE"
ASSESSED, REVIEWED, RETURNED, SUPERSEDED = "assessed", "reviewed", "returned", "superseded"


class RegimeDecision(Record, table=True):
    """What a change is under one regime, with every question, its answer and its grounds."""

    __tablename__ = "regime_decision"
    PREFIX: ClassVar[str] = "RGD"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = (
        "change_request_id", "regime", "rule", "applies", "facts", "found", "questions", "said",
        "answer", "result", "override", "settled", "rationale", "compared_with", "rule_version",
        "rule_sets",
    )

    id: int | None = Field(default=None, primary_key=True)
    change_request_id: int = Field(foreign_key="change_request.id", index=True)
    regime: str
    rule: str
    """Such as R-CHG-FDA-SW; '' where the regime is declared not to apply."""
    applies: bool
    facts: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """The facts that the rule was applied to, found in records and stated by a person."""
    found: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """Of the facts those that records answer: value and because."""
    questions: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    """Every question: answer, whether it was reached, why not, who answered."""
    said: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """What a person typed: by question rationale and evidence, by fact why it differs."""
    answer: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """What the rule answered, whole."""
    result: str = Field(index=True)
    """The result that counts: of the rule, or of the override."""
    override: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """Field, computed and stated value, and why; empty without one."""
    settled: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """What was done about a result that asks for it: reference, day, evidence."""
    rationale: str
    compared_with: str
    """The version that the change is compared with: cleared last, not released last."""
    rule_version: str
    rule_sets: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    """The approvals of the rule sets: label, kind, version, by whom."""
    assessed_by: str
    assessed_at: datetime
    status: str = Field(default=ASSESSED, index=True)
    reviewed_by: str = ""
    reviewed_at: datetime | None = None


def decisions_on(session: Session, change_id: int) -> dict[Regime, RegimeDecision]:
    """The decision of each regime that counts for a change: the newest that is not superseded."""
    query = (
        select(RegimeDecision)
        .where(
            RegimeDecision.change_request_id == change_id,
            col(RegimeDecision.status) != SUPERSEDED,
        )
        .order_by(col(RegimeDecision.id))
    )
    return {Regime(one.regime): one for one in session.exec(query)}


def signed_by_both(session: Session, decision: RegimeDecision) -> bool:
    """Whether who assessed it and another person as reviewer have signed what it says now."""
    given = counting(signatures_on(session, decision), decision)
    authors = {one.signer_id for one in given if one.meaning == Meaning.AUTHOR.value}
    reviewers = {one.signer_id for one in given if one.meaning == Meaning.REVIEW.value}
    return bool(authors) and bool(reviewers - authors)


def words_of(decision: RegimeDecision) -> list[dict[str, Any]]:
    """Every question with what a person said to it, as pages and documents show it."""
    said: dict[str, Any] = decision.said
    return [
        one | {
            "rationale": said.get("rationale", {}).get(one["id"], one.get("because", "")),
            "evidence": said.get("evidence", {}).get(one["id"]),
            "differs_because": [
                said["overrides"][name] for name in one["facts"]
                if name in said.get("overrides", {})
            ],
        }
        for one in decision.questions
    ]  # fmt: skip


def result_of(decisions: dict[Regime, RegimeDecision], regime: Regime) -> str | None:
    """The result of a regime that was not sent back; None while there is none."""
    one = decisions.get(regime)
    return None if one is None or one.status == RETURNED else one.result


def open_decisions(session: Session, change_ids: Sequence[int]) -> list[RegimeDecision]:
    """The decisions of these changes that wait for review, or were sent back."""
    query = select(RegimeDecision).where(
        col(RegimeDecision.change_request_id).in_(change_ids),
        col(RegimeDecision.status).in_((ASSESSED, RETURNED)),
    )
    return list(session.exec(query.order_by(col(RegimeDecision.id))))
