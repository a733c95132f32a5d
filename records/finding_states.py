"""Which of several findings a study shows, where more than one may be present: words on record.

A truth names the findings that are present, separated by ``|``, and those that nobody knows with
``?`` after the name; what it does not name is absent. A study that shows none of them, and of which
all is known, has the name that the device gives to that.
"""

from collections.abc import Sequence

from records.errors import InvalidInput

PRESENT, ABSENT, UNKNOWN = 1, 0, -1
States = tuple[int, ...]
"""Of each finding, in the order of the device, whether it is present, absent, or nobody knows."""
_APART, _DOUBT = "|", "?"


def states_text(states: Sequence[int], findings: Sequence[str], none: str) -> str:
    """The words for these states.

    >>> states_text([1, 0, -1], ["pneumonia", "oedema", "effusion"], "no finding")
    'pneumonia|effusion?'
    >>> states_text([0, 0, 0], ["pneumonia", "oedema", "effusion"], "no finding")
    'no finding'
    """
    words = [
        name + (_DOUBT if state == UNKNOWN else "")
        for name, state in zip(findings, states, strict=True) if state != ABSENT
    ]
    return _APART.join(words) or none


def read_states(text: str, findings: Sequence[str], none: str) -> States:
    """The states in these words.

    Raises:
        InvalidInput: A name is no finding of the device, stands twice, or none stands beside one;
            or nothing is known of any finding.

    >>> read_states("pneumonia|effusion?", ["pneumonia", "oedema", "effusion"], "no finding")
    (1, 0, -1)
    """
    if text == none:
        return (ABSENT,) * len(findings)
    found: dict[str, int] = {}
    for part in text.split(_APART):
        name = part.strip().removesuffix(_DOUBT)
        if name not in findings or name in found:
            why = "stands twice" if name in found else "is no finding of the device"
            raise InvalidInput(
                f"Of the truth {text!r} {name!r} {why}.",
                hint=f"Name findings of {', '.join(findings)}, separated by |, with ? where nobody "
                f"knows, or {none!r} alone.",
            )
        found[name] = UNKNOWN if part.strip().endswith(_DOUBT) else PRESENT
    states = tuple(found.get(name, ABSENT) for name in findings)
    if set(states) == {UNKNOWN}:
        raise InvalidInput(
            f"The truth {text!r} says nothing of any finding.", hint="Leave the study out."
        )
    return states


def any_present(text: str, findings: Sequence[str], none: str) -> bool:
    """Whether these words name a finding that is present. Raises as :func:`read_states`."""
    return PRESENT in read_states(text, findings, none)


def any_is_known(text: str) -> bool:
    """Whether these words tell if the study shows any finding: one is present, or all are absent.

    Words of a device of one finding or of exclusive classes always do.

    >>> any_is_known("pneumonia|effusion?"), any_is_known("effusion?"), any_is_known("no finding")
    (True, False, True)
    """
    return any(not part.endswith(_DOUBT) for part in text.split(_APART))
