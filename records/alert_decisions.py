"""What people decide about an alert: acknowledge it, then close it with what came of it.

A chart raises an alert, only a person answers it (ISO 13485:2016, 8.2.1 and 8.4). Each answer
needs words; the transaction's reason and the person stand in the audit trail.
"""

from datetime import datetime

from sqlmodel import Session

from records.errors import InvalidInput
from records.lifecycle import check_transition
from records.people import Actor
from records.permissions import Action, require
from records.surveillance import Alert

DISPOSITIONS: dict[str, str] = {
    "true change at the site": "something at the site changed and was dealt with",
    "device performance affected": "the device itself is worse; a change or CAPA follows",
    "expected change": "the change was planned or explained, and does no harm",
    "false alarm": "no cause was found and the figures are as before",
}
"""What may have come of an alert, with what each means."""


def acknowledge_alert(
    tx: Session, alert: Alert, *, by: Actor, finding: str, now: datetime
) -> Alert:
    """Somebody has seen the alert and takes it on; what is thought or done first is written down.

    Raises:
        NotAllowed: The person has no role that answers alerts.
        InvalidInput: Without words.
        TransitionRefused: It was acknowledged before.
    """
    require(by, Action.ACKNOWLEDGE_ALERT)
    _require_words(finding, "what you found or will do first")
    check_transition("Alert", alert.subject, alert.status, "acknowledged")
    alert.status = "acknowledged"
    alert.acknowledged_by = by.name
    alert.acknowledged_at = now
    alert.disposition = finding.strip()
    tx.add(alert)
    tx.flush()
    return alert


def close_alert(
    tx: Session, alert: Alert, *, by: Actor, disposition: str, conclusion: str, now: datetime
) -> Alert:
    """The alert is answered: one of :data:`DISPOSITIONS`, and why.

    Raises:
        NotAllowed: The person has no role that closes alerts.
        InvalidInput: An unknown disposition, or no conclusion.
        TransitionRefused: It was not acknowledged first.
    """
    require(by, Action.CLOSE_ALERT)
    if disposition not in DISPOSITIONS:
        raise InvalidInput(
            f"'{disposition}' is no disposition.", hint=f"One of: {', '.join(DISPOSITIONS)}."
        )
    _require_words(conclusion, "why")
    check_transition("Alert", alert.subject, alert.status, "closed")
    alert.status = "closed"
    alert.disposition = f"{disposition}: {conclusion.strip()}"
    alert.closed_at = now
    tx.add(alert)
    tx.flush()
    return alert


def _require_words(words: str, what: str) -> None:
    if len(words.strip()) < 3:
        raise InvalidInput("Nothing was written.", hint=f"Say {what} in a few words.")
