"""Whether a qualified person excluded that a device caused an event (21 CFR 803.20(c)(2))."""

from collections.abc import Mapping
from typing import Any, Final

from records.errors import InvalidInput
from regulatory.rules.facts import FactsMissing
from regulatory.rules.reading import all_hold, words_of

QUALIFIED: Final = (
    "PHYSICIAN", "NURSE", "RISK_MANAGER", "BIOMEDICAL_ENGINEER", "RADIOLOGIST", "MEDICAL_PHYSICIST",
    "DOCTOR", "MD",
)  # fmt: skip
UNQUALIFIED: Final = (
    "ALGORITHM", "LANGUAGE_MODEL", "LLM", "AI", "MODEL", "SERVICE_ACCOUNT", "SOFTWARE", "OTHER",
)  # fmt: skip
"""No program is a qualified person."""

_NAME: Final = "qualified_person_exclusion"
_PERSON: Final = ("qualif", "profession", "role", "person", "decider", "type")


def is_complete(said: Mapping[str, Any]) -> bool:
    """All four: a qualified person, a signature, a rationale, and the information kept.

    Raises:
        FactsMissing: One of the four is not told.
        InvalidInput: A profession that is not known.
    """
    return all([
        _is_qualified(said),
        all_hold(_NAME, said, ("sign",), role="signature"),
        all_hold(_NAME, said, ("rational", "reason", "conclusion"), role="rationale"),
        all_hold(_NAME, said, ("information", "kept", "retain", "file"), role="information kept"),
    ])  # fmt: skip


def _is_qualified(said: Mapping[str, Any]) -> bool:
    """Whether the person is; whoever is told to be a program is not, whatever else is said."""
    told = [value for key, value in said.items()
            if key.lower() == "by" or any(word in key.lower() for word in _PERSON)]  # fmt: skip
    if not told:
        raise FactsMissing(
            f"Missing facts: {_NAME} does not tell the person.",
            hint="Name a field with 'qualif' in it.",
        )
    named = [one for one in told if isinstance(one, str)]
    if False in told or None in told or any(_is_one_of(UNQUALIFIED, one) for one in named):
        return False
    if True in told or any(_is_one_of(QUALIFIED, one) for one in named):
        return True
    known = ", ".join((*QUALIFIED, *UNQUALIFIED))
    raise InvalidInput(f"{_NAME}: {named or told} is no known profession.", hint=f"Known: {known}.")


def _is_one_of(professions: tuple[str, ...], named: str) -> bool:
    return any(f"_{one}_" in f"_{words_of(named)}_" for one in professions)
