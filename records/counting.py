"""A count with its noun, for sentences that people read."""


def counted(count: int, one: str, many: str = "") -> str:
    """The number and the noun in the right form.

    >>> counted(1, "gap"), counted(0, "gap"), counted(2, "study", "studies")
    ('1 gap', '0 gaps', '2 studies')
    """
    return f"{count} {one if count == 1 else many or one + 's'}"
