"""The allowed status changes of every record, as data: a reviewer reads the table."""

from records.errors import Refused, TransitionRefused

LIFECYCLES: dict[str, dict[str, frozenset[str]]] = {
    "Device": {"draft": frozenset({"accepted"}), "accepted": frozenset({"superseded"})},
    "Site": {"unconfirmed": frozenset({"confirmed"}), "confirmed": frozenset({"closed"})},
    "ModelVersion": {
        "candidate": frozenset({"released", "refused"}),
        "released": frozenset({"retired"}),
    },
    "ChangeRequest": {
        "proposed": frozenset({"assessed"}),
        "assessed": frozenset({"approved", "refused"}),
        "approved": frozenset({"released"}),
    },
    "Alert": {
        "open": frozenset({"acknowledged"}),
        "acknowledged": frozenset({"closed"}),
    },
    "ApplicationEntity": {"active": frozenset({"retired"})},
    "ServiceToken": {"active": frozenset({"revoked"})},
    "Notice": {"open": frozenset({"acknowledged"})},
    "Document": {
        "draft": frozenset({"approved"}),
        "approved": frozenset({"superseded"}),
    },
}

FIRST_STATUS: dict[str, frozenset[str]] = {
    "Device": frozenset({"draft"}),
    "Site": frozenset({"unconfirmed", "confirmed"}),
    "ModelVersion": frozenset({"candidate"}),
    "ChangeRequest": frozenset({"proposed"}),
    "Alert": frozenset({"open"}),
    "ApplicationEntity": frozenset({"active"}),
    "ServiceToken": frozenset({"active"}),
    "Notice": frozenset({"open"}),
    "Document": frozenset({"draft"}),
}
"""The status that a record of the class is created with."""


SIGNED_WHILE: dict[str, frozenset[str]] = {
    "Device": frozenset({"draft"}),
    "ChangeRequest": frozenset({"proposed", "assessed", "approved"}),
    "Document": frozenset({"draft"}),
}
"""The statuses in which a record of the class is signed: before it is decided, never after."""


def check_signable(class_name: str, label: str, status: str) -> None:
    """Raise :class:`Refused` where a signature would come after the decision that it is for."""
    if status not in SIGNED_WHILE.get(class_name, frozenset()):
        raise Refused(
            f"{label} is '{status}' and is not signed any more.",
            hint="A new version or revision can be signed.",
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
