"""Whether stopping or correcting a device at a site must be reported: opened with the instant.

A correction or removal to reduce a risk to health is reported to FDA within 10 working days of
initiating it (21 CFR 806.10(b)), one that is not reported is justified on file (806.20); a field
safety corrective action is reported before it is taken but in an emergency (MDR Art. 87(1)(b),
87(8)). Here the question is opened with its clock; the rules that answer it stand elsewhere.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Final

from sqlalchemy import JSON, Column
from sqlmodel import Field, Session

from records.base import Record
from records.errors import Refused
from records.lifecycle import check_transition
from records.people import Actor
from records.permissions import Action, require
from records.reasons import says

QUESTIONS: Final[dict[str, str]] = {
    "21 CFR 806": "Was the device corrected or removed to reduce a risk to health, or to remedy a "
    "violation that may present one?",
    "MDR Art. 87(1)(b)": "Is it an action to prevent or reduce the risk of a serious incident with "
    "a device made available on the market?",
}
"""By regime what must be answered, yes or no, each with its reason."""


class CorrectionAssessment(Record, table=True):
    """A suspension or rollback that may be a reportable correction: known since when, decided how.
    """

    __tablename__ = "correction_assessment"
    PREFIX: ClassVar[str] = "COA"
    LATER_COLUMNS: ClassVar[dict[str, Any]] = {"source": ""}

    id: int | None = Field(default=None, primary_key=True)
    device_id: int = Field(foreign_key="device.id")
    suspension_id: int | None = Field(default=None, foreign_key="suspension.id", unique=True)
    source: str = ""
    """The record that opened it, such as RBK-0001; '' of a suspension, which has its own column."""
    site: str
    words: str
    aware_at: datetime
    """From when the maker knew: the failed revalidation, or the suspension without one."""
    initiated_at: datetime
    """When use was suspended, or the version taken back."""
    opened_at: datetime
    status: str = Field(default="open", index=True)
    answers: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """By regime: reportable, and why."""
    assessed_by: str = ""
    assessed_at: datetime | None = None


def assess_correction(
    tx: Session, one: CorrectionAssessment, answers: Mapping[str, tuple[bool, str]], *, by: Actor,
    now: datetime,
) -> CorrectionAssessment:
    """Answer for every regime whether it is reportable, each with a reason.

    Raises:
        NotAllowed: No role that may.
        Refused: A regime is not answered, or without a reason.
        TransitionRefused: It was assessed before.
    """
    require(by, Action.ASSESS_CORRECTION)
    check_transition("CorrectionAssessment", one.label, one.status, "assessed")
    one.answers = {
        regime: {"reportable": yes, "why": why.strip()} for regime, (yes, why) in answers.items()
    }
    require_every_regime(one)
    one.status, one.assessed_by, one.assessed_at = "assessed", by.name, now
    tx.add(one)
    tx.flush()
    return one


def require_every_regime(one: CorrectionAssessment) -> None:
    """Raise :class:`Refused` naming each regime without an answer and its reason."""
    lacking = [
        regime for regime in QUESTIONS
        if not says(str(one.answers.get(regime, {}).get("why", "")))
    ]
    if lacking:
        raise Refused(
            f"{one.label} is not assessed without an answer and a reason for "
            f"{', '.join(lacking)}.", hint=" ".join(QUESTIONS[regime] for regime in lacking),
        )
