"""What a site may be called: its name is a folder, a column's value and a word on every page."""

import re

from records.errors import InvalidInput

SITE_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"
SITE_NAME_IN_WORDS = "letters a to z, digits, '-' and '_', a letter or digit first, at most 64"


def is_site_name(name: str) -> bool:
    """Whether a site may have the name.

    >>> is_site_name("north-2"), is_site_name("../north"), is_site_name("")
    (True, False, False)
    """
    return re.fullmatch(SITE_NAME, name) is not None


def check_site_name(name: str) -> str:
    """The name, where a site may have it.

    Raises:
        InvalidInput: It is empty, too long, or has other signs than it may.
    """
    if not is_site_name(name):
        raise InvalidInput(
            f"{name!r} is no name of a site.", hint=f"A name has {SITE_NAME_IN_WORDS}."
        )
    return name
