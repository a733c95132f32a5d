"""A reason is asked for wherever a person acts; a blank one says nothing to who reads the trail."""

from records.errors import InvalidInput


def says(reason: str) -> bool:
    """Whether a reason says anything: it holds a letter or a digit.

    >>> says("scanner replaced"), says(" -- ")
    (True, False)
    """
    return any(character.isalnum() for character in reason)


def require_reason(reason: str) -> str:
    """The reason without blanks around it.

    Raises:
        InvalidInput: It holds no letter and no digit.

    >>> require_reason(" scanner replaced ")
    'scanner replaced'
    """
    if not says(reason):
        raise InvalidInput(
            "No reason was given.", hint="Say why in a few words: the audit trail keeps it."
        )
    return reason.strip()
