"""Problem reports and known anomalies of a version (IEC 62304:2006+A1, 5.8.2, 5.8.3 and 9)."""

from datetime import datetime
from typing import ClassVar, Final

from sqlmodel import Field, Session, col, select

from records.base import Record
from records.errors import InvalidInput
from records.lifecycle import check_transition
from records.people import Actor
from records.permissions import Action, require
from records.product import ModelVersion
from records.reasons import says
from records.risk import own_or_approval
from records.signatures import sign

OPEN, KNOWN_ANOMALY, TO_FIX, FIXED = "open", "known anomaly", "to fix", "fixed"
SEVERITIES: Final = ("unknown", "none", "minor", "serious", "critical")


class ProblemReport(Record, table=True):
    """A problem of a version in the reporter's words, its risk, and whether it is fixed."""

    __tablename__ = "problem_report"
    PREFIX: ClassVar[str] = "PRB"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = (
        "model_version_id", "words", "severity", "risk_evaluation", "decision", "rationale",
        "fixed_in",
    )

    id: int | None = Field(default=None, primary_key=True)
    model_version_id: int = Field(foreign_key="model_version.id", index=True)
    words: str
    """What was reported, verbatim."""
    severity: str
    reported_by: str
    reported_at: datetime
    risk_evaluation: str = ""
    decision: str = ""
    rationale: str = ""
    fixed_in: str = ""
    """The version in which it is gone; '' before."""
    status: str = Field(default=OPEN, index=True)
    decided_by: str = ""
    decided_at: datetime | None = None


def report_problem(
    tx: Session, version: ModelVersion, *, words: str, severity: str, by: Actor, now: datetime
) -> ProblemReport:
    """Record a problem of a version.

    Raises:
        NotAllowed: No role that may.
        InvalidInput: Nothing is said, or the severity is none of the known ones.
    """
    require(by, Action.REPORT_PROBLEM)
    if not says(words):
        raise InvalidInput("The problem says nothing.", hint="Give the reporter's own words.")
    if severity not in SEVERITIES:
        raise InvalidInput(
            f"'{severity}' is no severity.", hint=f"Known: {', '.join(SEVERITIES)}."
        )
    made = ProblemReport(
        model_version_id=version.id or 0, words=words.strip(), severity=severity,
        reported_by=by.name, reported_at=now,
    )
    tx.add(made)
    tx.flush()
    return made


def decide_problem(
    tx: Session, one: ProblemReport, to: str, *, risk_evaluation: str = "", rationale: str,
    fixed_in: str = "", by: Actor, password: str, now: datetime,
) -> ProblemReport:
    """Decide that it is fixed or stays as a known anomaly, with its risk; or say in which version
    it is gone. Signed, as not fixing is a decision too.

    Raises:
        NotAllowed: No role that may, or a wrong password.
        InvalidInput: The evaluation of the risk, the rationale or the version is missing.
        TransitionRefused: The step does not follow on the status.
    """
    require(by, Action.DECIDE_PROBLEM)
    check_transition("ProblemReport", one.label, one.status, to)
    one.risk_evaluation = risk_evaluation.strip() or one.risk_evaluation
    one.rationale, one.decision = rationale.strip(), to
    one.fixed_in = fixed_in.strip()
    missing = [
        name for name, said in (
            ("evaluation of the risk", one.risk_evaluation), ("rationale", one.rationale),
            *([("version in which it is gone", one.fixed_in)] if to == FIXED else []),
        ) if not says(said)
    ]  # fmt: skip
    if missing:
        raise InvalidInput(
            f"{one.label} is not '{to}' without: {', '.join(missing)}.",
            hint="Say it with --risk, --rationale and --fixed-in.",
        )
    one.decided_by, one.decided_at = by.name, now
    sign(tx, one, signer=by, password=password, meaning=own_or_approval(tx, one, by),
         reason=one.rationale, now=now)  # fmt: skip
    one.status = to
    tx.add(one)
    tx.flush()
    return one


def open_anomalies(session: Session, version: ModelVersion) -> list[ProblemReport]:
    """The problems of a version that nobody has evaluated: a release with one is refused."""
    query = select(ProblemReport).where(
        ProblemReport.model_version_id == version.id, ProblemReport.status == OPEN
    )
    return list(session.exec(query.order_by(col(ProblemReport.id))))


def known_anomalies(session: Session, version: ModelVersion) -> list[ProblemReport]:
    """The problems of a version that are not gone from it: what its users must be told of."""
    query = select(ProblemReport).where(
        ProblemReport.model_version_id == version.id, ProblemReport.status != FIXED
    )
    return list(session.exec(query.order_by(col(ProblemReport.id))))
