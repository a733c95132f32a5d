"""Blinded second readers of the simulated hospitals: experienced, with the image alone in view."""

from typing import Final

from imaging.sources.cases import Case, stream

SENSITIVITY: Final = 0.97
SPECIFICITY: Final = 0.98
UNDECIDED_SHARE: Final = 0.01
"""Of readings: 'cannot be told', whatever is true."""
PARTS: Final = ("first", "second", "arbiter")


def panel_answer(case: Case, part: str) -> int | None:
    """What one blinded reader says, 0 or 1; None: cannot be told. Readers err independently.

    part: first, second or arbiter; the same reader always says the same of the same case.
    """
    undecided, wrong = stream(case.plan, f"panel {part}").random(2)
    if undecided < UNDECIDED_SHARE:
        return None
    right = SENSITIVITY if case.finding else SPECIFICITY
    return case.finding if wrong < right else 1 - case.finding


def panel_finding(case: Case) -> int | None:
    """What two readers say together, or the arbiter where they disagree; None: cannot be told."""
    first, second = (panel_answer(case, part) for part in PARTS[:2])
    return first if first == second else panel_answer(case, PARTS[2])
