"""What a rule says of a change, in words: the codes of its results are for programs."""

from __future__ import annotations

from typing import Final

from regulatory.documents.wording import spaced

RESULTS: Final = {
    "LETTER_TO_FILE": "letter to file: no new 510(k)",
    "NEW_510K": "a new 510(k) is needed",
    "PCCP_IN_BOUNDS": "within the authorised plan: no new 510(k)",
    "IN_BOUNDS": "within the bounds of the plan",
    "OUT_OF_BOUNDS": "outside of the plan",
    "PROTOCOL_DEVIATION": "the protocol of the plan was not followed",
    "DO_NOT_IMPLEMENT": "not to be implemented: acceptance criteria are not met",
    "HOLD": "held: the procedure of the update is not ready",
    "NO_PCCP": "no plan is authorised",
    "NB_PRIOR_APPROVAL": "the notified body approves it before it is made",
    "NB_NOTIFY_BEFORE_IMPLEMENTATION": "the notified body is told before it is made",
    "AS_THE_CONTRACT_SAYS": "as the contract with the notified body says",
    "DOCUMENT_ONLY": "it is documented; nobody is told before",
    "SIGNIFICANT": "a significant change",
    "NON_SIGNIFICANT": "no significant change",
    "NEW_UDI_DI": "a new UDI-DI is needed",
    "NEW_UDI_PI": "a new UDI-PI is needed",
    "NO_NEW_UDI": "no new UDI is needed",
    "NO_NEW_ASSESSMENT": "no new conformity assessment",
    "NEW_CONFORMITY_ASSESSMENT": "a new conformity assessment is needed",
    "NOT_APPLICABLE": "does not apply",
    "BLOCKED": "open: what it depends on is not known",
}


def result_words(code: str) -> str:
    """The result of a rule of change in words; a code that has none loses its underscores.

    >>> result_words("NEW_510K"), result_words("SOME_OTHER")
    ('a new 510(k) is needed', 'some other')
    """
    return RESULTS.get(code, spaced(code).lower() if code.isupper() else code)
