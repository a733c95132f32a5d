"""What is done next with a record that waits for a person, by its kind and status."""

from typing import Final

from records.permissions import MAY, Action

NEXT_STEPS: Final[dict[tuple[str, str], tuple[str, tuple[Action, ...]]]] = {
    ("alert", "open"): (
        "Look at the chart, then acknowledge the alert", (Action.ACKNOWLEDGE_ALERT,)
    ),
    ("alert", "acknowledged"): (
        "Finish the investigation and close the alert", (Action.CLOSE_ALERT,)
    ),
    ("suspension", "proposed"): ("Suspend use, or decline to", (Action.CONFIRM_SUSPENSION,)),
    ("suspension", "in force"): (
        "Correct the cause, revalidate, then resume on a passed and signed revalidation",
        (Action.RESUME_USE,),
    ),
    ("correction", "open"): (
        "Say whether it must be reported", (Action.ASSESS_CORRECTION,)
    ),
    ("change request", "proposed"): ("Waits for its assessment", ()),
    ("change request", "assessed"): (
        "Read the criteria, sign, then release or refuse",
        (Action.SIGN_AUTHOR, Action.SIGN_APPROVAL, Action.RELEASE_CHANGE),
    ),
    ("change request", "approved"): ("Release it, or refuse it", (Action.RELEASE_CHANGE,)),
    ("deletion", "proposed"): (
        "Confirm it by signature in another role, or withdraw it",
        (Action.CONFIRM_DELETION, Action.PROPOSE_DELETION),
    ),
    ("deletion", "confirmed"): ("It broke off: go on with it", (Action.CONFIRM_DELETION,)),
    ("document", "draft"): ("Complete it and submit it to review", (Action.SUBMIT_DOCUMENT,)),
    ("document", "in review"): (
        "Read and sign, or reject",
        (Action.SIGN_AUTHOR, Action.SIGN_REVIEW, Action.SIGN_APPROVAL),
    ),
    ("document", "approved"): ("Put it into force", (Action.PUT_DOCUMENT_INTO_FORCE,)),
}
"""What is done next, and the acts of which one must be allowed; none: it waits for no person."""


def roles_of(*actions: Action) -> tuple[str, ...]:
    """The roles of people that may do one of these, in order."""
    return tuple(sorted({role.value for act in actions for role in MAY[act]} - {"service"}))
