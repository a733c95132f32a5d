"""Electronic signatures by 21 CFR 11.70 and 11.200, as the program's own signatures follow them."""

from typing import Any, Final

from regulatory.rules.facts import Facts

Answer = dict[str, Any]

ALL: Final = "ALL_COMPONENTS"
ONE: Final = "AT_LEAST_ONE_PRIVATE_COMPONENT"
FINISHED: Final = ("APPROVED", "EFFECTIVE", "SUPERSEDED", "OBSOLETE")


def signature_linked(facts: Facts) -> Answer:
    """R-P11-70: a signature is valid only over the content that was signed.

    A document that was approved is changed by a new revision alone.
    """
    valid = facts.text("signed_hash") == facts.text("current_hash")
    if valid:
        return {"signature_valid": True, "action": None}
    finished = facts.text("document_state") in FINISHED
    return {"signature_valid": False,
            "action": "NEW_REVISION_REQUIRED" if finished else "SIGN_AGAIN"}  # fmt: skip


def components_required(facts: Facts) -> Answer:
    """R-P11-200: all components at the first signing, later in one continuous session at least one.

    Radvigil asks for the password at every signing (records/signatures.py), which is more.
    """
    from records.errors import InvalidInput

    index = facts.whole("signing_index")
    if index < 1:
        raise InvalidInput("signing_index: the first signing is 1.")
    later = facts.text("session") == "CONTINUOUS" and index > 1
    return {"components_required": ONE if later else ALL, "first_signing_required": ALL}
