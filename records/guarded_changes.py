"""What a change of status needs beside its place in the table of changes, as data."""

from dataclasses import dataclass

from records.lifecycle import LIFECYCLES
from records.permissions import Action


@dataclass(frozen=True, slots=True)
class Guard:
    """What a change of status needs beside its place in the table of changes."""

    act: Action
    """Who makes the change must have a role that may do this."""
    complete: bool = False
    """No gap of the document is open."""
    signed: bool = False
    """The signatures that the record needs stand, and what they cover was not changed."""
    rejected: bool = False
    """Who makes the change has signed its rejection."""
    replaced: bool = False
    """A later version for the same revision of the device is in force."""
    answered: bool = False
    """Root cause, disposition and what became of the plan's required action are written down, and
    the closing is signed where the plan wants it."""
    confirmed: bool = False
    """Who makes the change has signed the record: an approval, or as its author; of a trial at a
    site a review."""
    carried: bool = False
    """A passed and signed revalidation carries it, and of a suspension a resumption that was
    carried out."""
    reviewed: bool = False
    """Who assessed it has signed, and as its reviewer another person."""
    filled: bool = False
    """What the step asks for is written down."""
    overtaken: bool = False
    """Use of the device at the site is suspended by another record, which is in force."""
    undisputed: bool = False
    """Every comment of a reviewer is answered."""


GUARDS: dict[str, dict[tuple[str, str], Guard]] = {
    "Document": {
        ("draft", "in review"): Guard(Action.SUBMIT_DOCUMENT, complete=True),
        ("draft", "withdrawn"): Guard(Action.WITHDRAW_DOCUMENT),
        ("in review", "draft"): Guard(Action.SIGN_REJECTION, rejected=True),
        ("in review", "approved"): Guard(
            Action.APPROVE_DOCUMENT, complete=True, signed=True, undisputed=True
        ),
        ("in review", "withdrawn"): Guard(Action.WITHDRAW_DOCUMENT),
        ("approved", "effective"): Guard(Action.PUT_DOCUMENT_INTO_FORCE, signed=True),
        ("approved", "superseded"): Guard(Action.PUT_DOCUMENT_INTO_FORCE, replaced=True),
        ("approved", "withdrawn"): Guard(Action.WITHDRAW_DOCUMENT),
        ("effective", "superseded"): Guard(Action.PUT_DOCUMENT_INTO_FORCE, replaced=True),
        ("effective", "obsolete"): Guard(Action.WITHDRAW_DOCUMENT),
        ("effective", "withdrawn"): Guard(Action.WITHDRAW_DOCUMENT),
    },
    "ReviewComment": {("open", "answered"): Guard(Action.ANSWER_COMMENT)},
    "RegimeDecision": {
        ("assessed", "reviewed"): Guard(Action.SIGN_REVIEW, reviewed=True),
        ("assessed", "returned"): Guard(Action.SIGN_REJECTION, rejected=True),
        **{(one, "superseded"): Guard(Action.ASSESS_CHANGE)
           for one in ("assessed", "reviewed", "returned")},
    },
    "Alert": {("acknowledged", "closed"): Guard(Action.CLOSE_ALERT, answered=True)},
    "Suspension": {
        ("proposed", "in force"): Guard(Action.CONFIRM_SUSPENSION, confirmed=True),
        ("proposed", "declined"): Guard(Action.CONFIRM_SUSPENSION),
        ("proposed", "overtaken"): Guard(Action.WATCH, overtaken=True),
        ("in force", "lifted"): Guard(Action.RESUME_USE, carried=True),
    },
    "Resumption": {
        ("proposed", "carried out"): Guard(Action.RESUME_USE, signed=True, carried=True),
        ("proposed", "withdrawn"): Guard(Action.RESUME_USE),
    },
    "CAPA": {
        ("open", "investigated"): Guard(Action.ADVANCE_CAPA, filled=True),
        ("investigated", "planned"): Guard(Action.ADVANCE_CAPA, filled=True),
        ("planned", "implemented"): Guard(Action.ADVANCE_CAPA, filled=True),
        ("implemented", "investigated"): Guard(Action.ADVANCE_CAPA, filled=True),
        ("implemented", "closed"): Guard(Action.CLOSE_CAPA, filled=True, confirmed=True),
    },
    "GoLive": {
        ("judged", "accepted"): Guard(Action.DECIDE_GO_LIVE, confirmed=True),
        ("planned", "declined"): Guard(Action.DECIDE_GO_LIVE, confirmed=True),
        ("running", "declined"): Guard(Action.DECIDE_GO_LIVE, confirmed=True),
        ("judged", "declined"): Guard(Action.DECIDE_GO_LIVE, confirmed=True),
    },
    "Rollout": {("planned", "running"): Guard(Action.RELEASE_CHANGE, signed=True)},
    "CorrectionAssessment": {
        ("open", "assessed"): Guard(Action.ASSESS_CORRECTION, filled=True),
    },
    "RiskFile": {
        ("draft", "in force"): Guard(Action.ACCEPT_RISKS, signed=True),
        ("in force", "superseded"): Guard(Action.ACCEPT_RISKS),
    },
    "VulnerabilityTriage": {
        (current, wanted): Guard(Action.ASSESS_SUPPLIED_SOFTWARE, confirmed=True)
        for current, follow in LIFECYCLES["VulnerabilityTriage"].items() for wanted in follow
    },
    "ProblemReport": {
        (current, wanted): Guard(Action.DECIDE_PROBLEM, confirmed=True)
        for current, follow in LIFECYCLES["ProblemReport"].items() for wanted in follow
    },
    "Complaint": {
        ("open", "screened"): Guard(Action.SCREEN_EVENT),
        ("open", "no complaint"): Guard(Action.CLOSE_EVENT, confirmed=True),
        ("screened", "no complaint"): Guard(Action.CLOSE_EVENT, confirmed=True),
        ("screened", "closed"): Guard(Action.CLOSE_EVENT, filled=True, confirmed=True),
    },
    "Incident": {("open", "closed"): Guard(Action.CLOSE_EVENT, filled=True, confirmed=True)},
    "Submission": {(one, "sent"): Guard(Action.ASSESS_EVENT, filled=True)
                   for one in ("prepared", "failed")},
    "FieldAction": {
        ("planned", "in force"): Guard(Action.DECIDE_FIELD_ACTION, confirmed=True),
        ("planned", "withdrawn"): Guard(Action.DECIDE_FIELD_ACTION),
        ("in force", "closed"): Guard(Action.DECIDE_FIELD_ACTION, filled=True),
    },
    "Reportability": {
        ("open", decision): Guard(Action.DECIDE_REPORTABILITY, filled=True)
        for decision in ("reportable", "not reportable", "not applicable")
    },
}
"""What each change of status of a class needs; every write is held against it (guards.py)."""
