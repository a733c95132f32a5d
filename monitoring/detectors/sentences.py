"""What a chart says when it signals, in a sentence that a person can act on.

Each detector brings its own sentence (``Detector.sentence``); those that several share stand here.
A sentence holds figures of the result and never a value of a study.
"""

from __future__ import annotations

from monitoring.detectors.base import ChartResult
from records.counting import counted

__all__ = ["performance_sentence", "rate_sentence", "shift_sentence", "window_sentence"]


def shift_sentence(result: ChartResult) -> str:
    """Which column moved, how far in SD of the reference, over how many studies."""
    column, direction = result.details["column"], result.details["direction"]
    shift, n = result.details["shift_sd"], result.details["studies_since_onset"]
    if direction in ("wider", "narrower") or shift is None:
        return f"{column} spreads {direction} than in the reference"
    others = [name for name in result.details.get("beyond", []) if name != column]
    also = f", also {', '.join(others)}" if others else ""
    word = "higher" if direction == "up" else "lower"
    return f"{column} is {abs(shift):.1f} SD {word} over {counted(n, 'study', 'studies')}{also}"


def performance_sentence(result: ChartResult) -> str:
    """Which measure lies below its bound, and what was seen since the onset."""
    share, n = result.details["share_since_onset"], result.details["studies_since_onset"]
    measure, bound = result.details["column"], result.details["bound"]
    seen = f": {share:.3f} over {counted(n, 'case')}" if share is not None else ""
    return f"{measure} is below its bound of {bound:.3f}{seen}"


def window_sentence(result: ChartResult) -> str:
    """How a column's distribution or mix in the window differs from the reference."""
    found, seen = result.details, f"over {counted(result.n, 'study', 'studies')}"
    if found.get("windows", 1) > 1:
        seen += f" of {found['windows']} windows together"
    word = "higher" if found.get("direction") == "up" else "lower"
    if found["changed"] == "distribution":
        return f"{found['column']} lies {word}: {result.value:.2f} of the studies moved, {seen}"
    if found["changed"] == "ranks":
        return (
            f"{found['column']} lies {word}: a study exceeds one of the reference with "
            f"probability {found['probability_above']:.3f}, {seen}"
        )
    new = ", ".join(found.get("unseen", []))
    level = f"{found['level']} ({new})" if new and "never" in found["level"] else found["level"]
    return (
        f"{found['column']}: share of '{level}' is {found['share']:.3f} and was "
        f"{found['reference_share']:.3f}, {seen}"
    )


def rate_sentence(result: ChartResult) -> str:
    """What a share or figure is in the window, and what it was."""
    found = result.details
    word = "share of positive decisions" if found["column"] == "decision" else found["column"]
    return (
        f"{word} is {result.value:.3f} over {counted(result.n, 'case')} and was "
        f"{found['reference']:.3f}"
    )
