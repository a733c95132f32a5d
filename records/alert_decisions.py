"""What people decide about an alert: acknowledge it, then close it with its cause and outcome.

A chart raises an alert, only a person answers it (ISO 13485:2016, 8.2.1 and 8.4). Each answer
needs words; the transaction's reason and the person stand in the audit trail. An alert is closed
with a root cause and a disposition, after what the plan demands was done or with the reason why
not, and with an electronic signature where the plan wants one (REG-063).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from records.alert_escalations import rules_of
from records.alert_rules import STOP_USE
from records.awareness import open_on_closed
from records.errors import InvalidInput, Refused
from records.lifecycle import check_signable, check_transition
from records.people import Actor, Meaning
from records.permissions import Action, require
from records.required_actions import action_done
from records.signatures import sign
from records.surveillance import Alert

DISPOSITIONS: dict[str, str] = {
    "true change at the site": "something at the site changed and was dealt with",
    "device performance affected": "the device itself is worse; a change or CAPA follows",
    "expected change": "the change was planned or explained, and does no harm",
    "false alarm": "no cause was found and the figures are as before",
    "complaint": "patients may have been affected; the complaint is taken up",
    "use stopped": "the device runs at the site no more",
}
"""What may have come of an alert, with what each means."""

OUTCOMES: dict[str, str] = {
    "false alarm": "noise",
    "expected change": "noise",
    "true change at the site": "investigate",
    "device performance affected": "CAPA",
    "complaint": "complaint",
    "use stopped": "stop use",
}
"""Each disposition in the words of the requirement (REG-063)."""

ROOT_CAUSES: dict[str, str] = {
    "acquisition change": "scanner, protocol, software or settings of the images",
    "patient mix": "other patients than before",
    "prevalence": "the finding is more or less frequent than before",
    "software": "software of the installation, of the site or of the network",
    "labels": "how the truth is found or coded",
    "device": "the device itself",
    "operations": "how studies are sent, read or reported",
    "chance": "a false alarm within the plan's budget",
    "no cause found": "it was looked for, and none was found",
}
"""Why an alert was raised, with what each means."""

CAUSELESS = frozenset({"chance", "no cause found"})
"""The root causes of a false alarm, and of nothing that says what changed."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What a person concluded of an alert: a root cause, a disposition, and why.

    not_done: why the plan's required action was not taken, where it was not.
    """

    disposition: str
    root_cause: str
    words: str
    not_done: str = ""


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
    _require_words(finding, "finding", "what you found or will do first")
    check_transition("Alert", alert.label, alert.status, "acknowledged")
    alert.status = "acknowledged"
    alert.acknowledged_by = by.name
    alert.acknowledged_at = now
    alert.disposition = finding.strip()
    tx.add(alert)
    tx.flush()
    return alert


def close_alert(
    tx: Session, alert: Alert, *, by: Actor, conclusion: Conclusion, now: datetime,
    password: str = "",
) -> Alert:
    """The alert is answered: a root cause, one of :data:`DISPOSITIONS`, and why.

    A disposition that tells of possible harm opens an awareness candidate. password: of the person,
    asked for where the plan wants the closing signed.

    Raises:
        NotAllowed: The person has no role that closes alerts, or may not sign; a wrong password.
        InvalidInput: An unknown disposition or root cause, ones that contradict each other, or no
            words.
        TransitionRefused: It was not acknowledged first.
        Refused: The plan's required action was not taken and no reason is given, or the
            disposition says that use was stopped and a deployment stands.
    """
    require(by, Action.CLOSE_ALERT)
    _require_known(conclusion)
    check_transition("Alert", alert.label, alert.status, "closed")
    rule = rules_of(tx, alert).rule_of(*alert.charts)
    if rule.signed:
        check_signable("Alert", alert.label, alert.status, Meaning.APPROVAL.value)
    alert.action = _action_taken(tx, alert, rule.action, conclusion)
    alert.root_cause = conclusion.root_cause
    alert.disposition = f"{conclusion.disposition}: {conclusion.words.strip()}"
    alert.closed_by = by.name
    alert.status = "closed"
    alert.closed_at = now
    tx.add(alert)
    tx.flush()
    if rule.signed:  # what it covers stands; the status is no part of it
        sign(tx, alert, signer=by, password=password, meaning=Meaning.APPROVAL,
             reason=conclusion.words.strip(), now=now)  # fmt: skip
    open_on_closed(tx, alert, conclusion.disposition, now=now)
    return alert


def _require_known(conclusion: Conclusion) -> None:
    if conclusion.disposition not in DISPOSITIONS:
        raise InvalidInput(
            f"'{conclusion.disposition}' is no disposition.",
            hint=f"One of: {', '.join(DISPOSITIONS)}.",
        )
    if conclusion.root_cause not in ROOT_CAUSES:
        raise InvalidInput(
            f"'{conclusion.root_cause}' is no root cause.",
            hint=f"One of: {', '.join(ROOT_CAUSES)}.",
        )
    if conclusion.disposition == "false alarm" and conclusion.root_cause not in CAUSELESS:
        raise InvalidInput(
            f"A false alarm has no root cause '{conclusion.root_cause}'.",
            hint="Say 'chance' or 'no cause found', or another disposition.",
        )
    _require_words(conclusion.words, "conclusion", "why you conclude so")


def _action_taken(tx: Session, alert: Alert, action: str, conclusion: Conclusion) -> str:
    """What became of the required action, in words."""
    if conclusion.disposition == "use stopped" and not action_done(tx, alert, STOP_USE):
        raise Refused(
            f"A deployment of the device stands at {alert.site}: its use was not stopped.",
            hint="End the deployment first, or choose another disposition.",
        )
    if done := action_done(tx, alert, action):
        return f"{action}: {done}"
    if len(conclusion.not_done.strip()) < 3:
        raise Refused(
            f"{alert.label} is not closed: the plan demands '{action}', and nothing on record "
            "shows that it was done.",
            hint="Do it, or say why it was not done.",
        )
    return f"{action}: not done: {conclusion.not_done.strip()}"


def _require_words(words: str, field: str, what: str) -> None:
    if len(words.strip()) < 3:
        raise InvalidInput(f"The {field} says nothing.", hint=f"Say {what} in a few words.")
