"""Whether a qualified person excluded that a device caused an event (21 CFR 803.20(c)(2))."""

from collections.abc import Mapping
from typing import Any, Final

from records.errors import InvalidInput
from regulatory.rules.reading import field_of

QUALIFIED: Final = (
    "PHYSICIAN", "NURSE", "RISK_MANAGER", "BIOMEDICAL_ENGINEER", "RADIOLOGIST", "MEDICAL_PHYSICIST",
)  # fmt: skip
UNQUALIFIED: Final = ("ALGORITHM", "LANGUAGE_MODEL", "SERVICE_ACCOUNT", "SOFTWARE", "OTHER")
"""No program is a qualified person."""

_NAME: Final = "qualified_person_exclusion"


def is_complete(said: Mapping[str, Any]) -> bool:
    """All four: a qualified person, a signature, a rationale, and the information kept.

    Raises:
        FactsMissing: One of the four is not told.
        InvalidInput: A profession that is not known.
    """
    person = field_of(_NAME, said, ("qualif", "profession", "role", "person", "by"), role="person")
    signed = field_of(_NAME, said, ("sign",), role="signature")
    reason = field_of(_NAME, said, ("rational", "reason", "conclusion"), role="rationale")
    kept = field_of(_NAME, said, ("information", "kept", "retain", "file"), role="information kept")
    return _is_qualified(person) and all(_holds(one) for one in (signed, reason, kept))


def _is_qualified(person: Any) -> bool:
    if not isinstance(person, str):
        return person is True
    words = person.upper().replace(" ", "_")
    if any(one in words for one in UNQUALIFIED):
        return False
    if not any(one in words for one in QUALIFIED):
        known = ", ".join((*QUALIFIED, *UNQUALIFIED))
        raise InvalidInput(f"{_NAME}: '{person}' is no known profession.", hint=f"Known: {known}.")
    return True


def _holds(value: Any) -> bool:
    return value is True or (isinstance(value, str) and bool(value.strip()))
