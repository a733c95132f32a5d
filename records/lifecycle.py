"""The allowed status changes of every record, as data: a reviewer reads the table."""

from records.errors import Refused, TransitionRefused

LIFECYCLES: dict[str, dict[str, frozenset[str]]] = {
    "Device": {"draft": frozenset({"accepted"}), "accepted": frozenset({"superseded"})},
    "Site": {"unconfirmed": frozenset({"confirmed"}), "confirmed": frozenset({"closed"})},
    "ModelVersion": {
        "candidate": frozenset({"released", "refused"}),
        "released": frozenset({"retired"}),
        "observed": frozenset({"retired"}),
    },
    "ChangeRequest": {
        "proposed": frozenset({"assessed"}),
        "assessed": frozenset({"approved", "refused"}),
        "approved": frozenset({"released"}),
    },
    "RegimeDecision": {
        "assessed": frozenset({"reviewed", "returned", "superseded"}),
        "reviewed": frozenset({"superseded"}), "returned": frozenset({"superseded"}),
    },
    "Alert": {
        "open": frozenset({"acknowledged"}),
        "acknowledged": frozenset({"closed"}),
    },
    "Suspension": {
        "proposed": frozenset({"in force", "declined", "overtaken"}),
        "in force": frozenset({"lifted"}),
    },
    "Resumption": {"proposed": frozenset({"carried out", "withdrawn"})},
    "CAPA": {
        "open": frozenset({"investigated"}),
        "investigated": frozenset({"planned"}),
        "planned": frozenset({"implemented"}),
        "implemented": frozenset({"closed", "investigated"}),
    },
    "CorrectionAssessment": {"open": frozenset({"assessed"})},
    "RiskFile": {"draft": frozenset({"in force"}), "in force": frozenset({"superseded"})},
    "VulnerabilityTriage": {
        "open": frozenset({"not affected", "affected"}),
        "not affected": frozenset({"affected"}),  # a later look found otherwise
        "affected": frozenset({"patch planned", "resolved"}),
        "patch planned": frozenset({"resolved"}),
    },
    "ProblemReport": {
        "open": frozenset({"known anomaly", "to fix"}),
        "known anomaly": frozenset({"to fix", "fixed"}),
        "to fix": frozenset({"known anomaly", "fixed"}),
    },
    "Complaint": {
        "open": frozenset({"screened", "no complaint"}),
        "screened": frozenset({"no complaint", "closed"}),
    },
    "Incident": {"open": frozenset({"closed"})},
    "Reportability": {
        "open": frozenset({"reportable", "not reportable", "not applicable"}),
        "reportable": frozenset({"open"}),
        "not reportable": frozenset({"open"}),
        "not applicable": frozenset({"open"}),
    },
    "Submission": {
        "prepared": frozenset({"sent", "failed"}), "failed": frozenset({"sent"}),
        "sent": frozenset({"acknowledged"}),
    },
    "InformationRequest": {"open": frozenset({"answered"})},
    "FieldAction": {"planned": frozenset({"in force", "withdrawn"}),
                    "in force": frozenset({"closed"})},
    "GoLive": {
        "planned": frozenset({"running", "declined"}),
        "running": frozenset({"judged", "declined"}),
        "judged": frozenset({"accepted", "declined"}),
    },
    "Rollout": {
        "planned": frozenset({"running", "withdrawn"}),
        "running": frozenset({"completed", "halted"}),
    },
    "ApplicationEntity": {"active": frozenset({"retired"})},
    "ResultDelivery": {
        "waiting": frozenset({"delivered", "undeliverable"}),
        "undeliverable": frozenset({"waiting", "delivered"}),  # given up while it was being sent
    },
    "ExternalResult": {"waiting": frozenset({"applied", "changed"})},
    "ServiceToken": {"active": frozenset({"revoked"})},
    "CalendarToken": {"active": frozenset({"revoked"})},
    "ReaderLink": {"open": frozenset({"used", "expired", "withdrawn"})},
    "AdjudicationCase": {"waiting": frozenset({"settled", "not estimable"})},
    "IdentityLink": {"active": frozenset({"revoked"})},
    "MessageRoute": {"active": frozenset({"withdrawn"})},
    "Message": {"waiting": frozenset({"delivered", "undeliverable"})},
    "Absence": {"recorded": frozenset({"ended"})},
    "AuditGrant": {"granted": frozenset({"withdrawn"})},
    "Notice": {"open": frozenset({"acknowledged"})},
    "InstallationDeclaration": {"standing": frozenset({"withdrawn"})},
    "LegalHold": {"standing": frozenset({"lifted"})},
    "IdentityGrant": {"granted": frozenset({"withdrawn"})},
    "Breach": {"open": frozenset({"closed"})},
    "Deletion": {
        "proposed": frozenset({"confirmed", "withdrawn"}), "confirmed": frozenset({"done"}),
    },
    "ReviewComment": {"open": frozenset({"answered"})},
    "Document": {
        "draft": frozenset({"in review", "withdrawn"}),
        "in review": frozenset({"draft", "approved", "withdrawn"}),
        "approved": frozenset({"effective", "superseded", "withdrawn"}),
        "effective": frozenset({"superseded", "obsolete", "withdrawn"}),
    },
}

DECIDED: dict[str, frozenset[str]] = {
    "Device": frozenset({"accepted", "superseded"}),
    "Site": frozenset({"confirmed", "closed"}),
    "ModelVersion": frozenset({"released", "refused", "retired", "observed"}),
    "ExternalResult": frozenset({"applied", "changed"}),
    "ChangeRequest": frozenset({"approved", "released", "refused"}),
    "RegimeDecision": frozenset({"reviewed", "returned", "superseded"}),
    "Alert": frozenset({"acknowledged", "closed"}),
    "Suspension": frozenset({"in force", "declined", "lifted", "overtaken"}),
    "Resumption": frozenset({"carried out", "withdrawn"}),
    "CAPA": frozenset({"open", "investigated", "planned", "implemented", "closed"}),
    "CorrectionAssessment": frozenset({"assessed"}),
    "RiskFile": frozenset({"in force", "superseded"}),
    "VulnerabilityTriage": frozenset({"not affected", "affected", "patch planned", "resolved"}),
    "ProblemReport": frozenset({"known anomaly", "to fix", "fixed"}),
    "Complaint": frozenset({"open", "screened", "no complaint", "closed"}),
    "Incident": frozenset({"open", "closed"}),
    "Reportability": frozenset({"open", "reportable", "not reportable", "not applicable"}),
    "Submission": frozenset({"prepared", "sent", "failed", "acknowledged"}),
    "InformationRequest": frozenset({"open", "answered"}),
    "FieldAction": frozenset({"in force", "closed", "withdrawn"}),
    "GoLive": frozenset({"running", "judged", "accepted", "declined"}),
    "Rollout": frozenset({"running", "completed", "halted", "withdrawn"}),
    "ServiceToken": frozenset({"active", "revoked"}),
    "CalendarToken": frozenset({"active", "revoked"}),
    "ReaderLink": frozenset({"used", "expired", "withdrawn"}),
    "AdjudicationCase": frozenset({"settled", "not estimable"}),
    "ResultDelivery": frozenset({"delivered", "undeliverable"}),
    "ApplicationEntity": frozenset({"active", "retired"}),
    "IdentityLink": frozenset({"active", "revoked"}),
    "MessageRoute": frozenset({"active", "withdrawn"}),
    "Message": frozenset({"delivered", "undeliverable"}),
    "Absence": frozenset({"recorded", "ended"}),
    "AuditGrant": frozenset({"granted", "withdrawn"}),
    "Notice": frozenset({"acknowledged"}),
    "InstallationDeclaration": frozenset({"standing", "withdrawn"}),
    "LegalHold": frozenset({"standing", "lifted"}),
    "IdentityGrant": frozenset({"granted", "withdrawn"}),
    "Breach": frozenset({"open", "closed"}),
    "Deletion": frozenset({"confirmed", "done", "withdrawn"}),
    "ReviewComment": frozenset({"answered"}),
    "Document": frozenset({"approved", "effective", "superseded", "obsolete", "withdrawn"}),
}
"""The statuses that a first approval or answer leads to: no change into or behind them is written
without a reason. A record of a class without statuses is changed with a reason only."""

CHANGED_BY_ACTS: dict[str, str] = {
    "WorkspaceMark": "the clock of a demonstration moves on",
    "Actor": "roles, password, and whether the account is in use",
    "Qualification": "recorded anew; kept open for what ends one early",
    "Study": "whose it is, where it is corrected; what retention has to remove after its period",
    "Instance": "what retention has to remove after its period",
    "Quarantine": "what retention has to remove after its period",
    "Deployment": "when it ended",
    "FormDraft": "what its writer has typed since; emptied when the form is sent",
}
"""The classes that have neither statuses nor rows for ever (records/append_only.py), with what
changes in them: never without a reason."""

FIRST_STATUS: dict[str, frozenset[str]] = {
    "Device": frozenset({"draft"}),
    "Site": frozenset({"unconfirmed", "confirmed"}),
    "ModelVersion": frozenset({"candidate", "observed"}),
    "ExternalResult": frozenset({"waiting", "applied", "changed"}),
    "ChangeRequest": frozenset({"proposed"}),
    "RegimeDecision": frozenset({"assessed"}),
    "Alert": frozenset({"open"}),
    "Suspension": frozenset({"proposed", "in force"}),
    "Resumption": frozenset({"proposed"}),
    "CAPA": frozenset({"open"}),
    "CorrectionAssessment": frozenset({"open"}),
    "RiskFile": frozenset({"draft"}),
    "VulnerabilityTriage": frozenset({"open"}),
    "ProblemReport": frozenset({"open"}),
    "Complaint": frozenset({"open"}),
    "Incident": frozenset({"open"}),
    "Reportability": frozenset({"open"}),
    "Submission": frozenset({"prepared"}),
    "InformationRequest": frozenset({"open"}),
    "FieldAction": frozenset({"planned"}),
    "ApplicationEntity": frozenset({"active"}),
    "GoLive": frozenset({"planned"}),
    "Rollout": frozenset({"planned"}),
    "ServiceToken": frozenset({"active"}),
    "CalendarToken": frozenset({"active"}),
    "ReaderLink": frozenset({"open"}),
    "AdjudicationCase": frozenset({"waiting"}),
    "ResultDelivery": frozenset({"waiting"}),
    "IdentityLink": frozenset({"active"}),
    "MessageRoute": frozenset({"active"}),
    "Message": frozenset({"waiting"}),
    "Absence": frozenset({"recorded"}),
    "AuditGrant": frozenset({"granted"}),
    "Notice": frozenset({"open"}),
    "InstallationDeclaration": frozenset({"standing"}),
    "LegalHold": frozenset({"standing"}),
    "IdentityGrant": frozenset({"granted"}),
    "Breach": frozenset({"open"}),
    "Deletion": frozenset({"proposed"}),
    "ReviewComment": frozenset({"open"}),
    "Document": frozenset({"draft"}),
}
"""The status that a record of the class is created with."""

TAKEN_OVER: dict[str, str] = {"CAPA": "external_number"}
"""Classes of which a record taken over from another system begins as it stood there; the field says
its number there."""


SIGNED_WHILE: dict[str, frozenset[str]] = {
    "Device": frozenset({"draft"}),
    "ChangeRequest": frozenset({"proposed", "assessed", "approved"}),
    "RegimeDecision": frozenset({"assessed"}),
    "Document": frozenset({"draft", "in review"}),
    "Deletion": frozenset({"proposed"}),
    "Alert": frozenset({"acknowledged"}),
    "Revalidation": frozenset({""}),
    "Suspension": frozenset({"proposed"}),
    "Resumption": frozenset({"proposed"}),
    "CAPA": frozenset({"implemented"}),
    "NoCAPA": frozenset({""}),
    "RuleSetApproval": frozenset({""}),
    "RiskFile": frozenset({"draft"}),
    "RiskReview": frozenset({""}),
    "SoupReview": frozenset({""}),
    "VulnerabilityTriage": frozenset({"open", "not affected", "affected", "patch planned"}),
    "ProblemReport": frozenset({"open", "known anomaly", "to fix"}),
    "Complaint": frozenset({"open", "screened"}),
    "Incident": frozenset({"open"}),
    "GoverningFact": frozenset({""}),
    "CandidateScreening": frozenset({""}),
    "ReportabilityDecision": frozenset({""}),
    "FormVersion": frozenset({""}), "FieldAction": frozenset({"planned"}),
    "FieldActionCheck": frozenset({""}),
    "DayOverride": frozenset({""}),
    "SecurityScreening": frozenset({""}),
    "GoLive": frozenset({"planned", "running", "judged"}),
    "Rollout": frozenset({"planned"}),
    "Rollback": frozenset({""}),
    "Clearance": frozenset({""}),
    "TrendDecision": frozenset({""}),
}
"""The statuses in which a record of the class is signed: before it is decided, never after."""

JUDGED_WHILE: dict[str, frozenset[str]] = {"Document": frozenset({"in review"})}
"""The statuses in which others than the author sign, where that is not the same."""


def needs_reason(class_name: str, *statuses: str) -> bool:
    """Whether a change of a record that has, or had, one of these statuses needs a reason.

    >>> needs_reason("Document", "draft"), needs_reason("Document", "in review", "approved")
    (False, True)
    >>> needs_reason("Deployment")
    True
    """
    decided = DECIDED.get(class_name)
    return decided is None or not decided.isdisjoint(statuses)


def check_signable(class_name: str, label: str, status: str, meaning: str) -> None:
    """Raise :class:`Refused` where a signature would come before or after what it is for."""
    if status not in SIGNED_WHILE.get(class_name, frozenset()):
        raise Refused(
            f"{label} is '{status}' and is not signed any more.",
            hint="A new version or revision can be signed.",
        )
    judged = JUDGED_WHILE.get(class_name, SIGNED_WHILE[class_name])
    if meaning != "author" and status not in judged:
        raise Refused(
            f"{label} is '{status}': only its author signs it yet.",
            hint="It is submitted to review first.",
        )


def check_transition(class_name: str, subject: str, current: str, wanted: str) -> None:
    """Raise :class:`TransitionRefused` unless the table allows the change.

    >>> check_transition("Alert", "Alert:1", "open", "acknowledged")
    >>> check_transition("Alert", "Alert:1", "open", "closed")
    Traceback (most recent call last):
    records.errors.TransitionRefused: Alert:1 is 'open' and may not become 'closed'. \
Allowed: acknowledged.
    """
    allowed = LIFECYCLES.get(class_name, {}).get(current, frozenset())
    if wanted not in allowed:
        raise TransitionRefused(subject, current, wanted, allowed=sorted(allowed))
