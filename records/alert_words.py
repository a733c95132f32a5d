"""An alert's stored explanation in words: the same for the command line and the pages.

Everything is quoted from the alert's evidence; nothing is computed here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from records.counting import counted

__all__ = ["alert_facts", "example_labels", "expected_words", "moved_words", "since_words"]

GUESS = "a guess"


def alert_facts(evidence: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(what, words) of an alert's explanation, in the order in which a person asks.

    One line where the alert was raised before explanations were kept.
    """
    told = evidence.get("explanation")
    if not told:
        return [("explanation", "none was kept with this alert")]
    found = [("moved", moved_words(told["moved"])), ("since", since_words(told["since"])),
             ("where", str(told["where"]["sentence"]))]  # fmt: skip
    if elsewhere := evidence.get("elsewhere"):
        found.append(("also at", f"{', '.join(elsewhere)}: the same moved there"))
    for number, cause in enumerate(told["causes"][:3], start=1):
        name = "likely cause" if number == 1 else f"else, {number}"
        found.append((name, _cause_words(cause)))
    if told["moved_too"]:
        found.append(("moved too", "; ".join(_too(one) for one in told["moved_too"][:5])))
    found += [(f"effect on {name}", expected_words(one)) for name, one in told["expected"].items()]
    for one in evidence.get("also", ()):
        found.append((f"with it: {one['chart']}", str(one["summary"])))
    found.append(("do next", " ".join(told["next_steps"])))
    return found


def moved_words(moved: Mapping[str, Any]) -> str:
    """'sharpness: -1.20 SD (-1.50 to -0.90), 41 studies against 190'; or why not estimable."""
    if moved.get("value") is None:
        return f"not estimable: {moved['reason']}"
    points = moved["unit"] == "points"
    scale, unit, digits = (100.0, "points", 1) if points else (1.0, str(moved["unit"]), 2)
    value, low, high = (scale * moved[name] for name in ("value", "low", "high"))
    return (
        f"{moved['what']}: {value:+.{digits}f} {unit} ({low:+.{digits}f} to {high:+.{digits}f}), "
        f"{counted(moved['n'], 'study', 'studies')} against {moved['n_before']}"
    )


def since_words(since: Mapping[str, Any]) -> str:
    """The likeliest day and the days that are not ruled out; or why not estimable."""
    if since["day"] is None:
        return f"not estimable: {since['reason']}"
    level = f"{100 * since['level']:g} %"
    if since["first"] == since["last"]:
        return f"{since['day']} (no other day fits, {level}, n = {since['n']})"
    older = ", or before the watch began" if since["open_start"] else ""
    return f"{since['day']} ({since['first']} to {since['last']}, {level}, n = {since['n']}){older}"


def _cause_words(cause: Mapping[str, Any]) -> str:
    words = f"{cause['cause']} ({GUESS}). For: {'; '.join(cause['for'])}."
    return f"{words} Against: {'; '.join(cause['against'])}." if cause["against"] else words


def _too(one: Mapping[str, Any]) -> str:
    points = one["unit"] == "points"
    size = f"{100 * one['value']:+.0f} points" if points else f"{one['value']:+.2f} SD"
    level = f" {one['level']}" if one["level"] else ""
    return f"{one['column']}{level} {size}"


def expected_words(one: Mapping[str, Any]) -> str:
    """Before and since with intervals and what they rest on; or why not estimable."""
    if "reason" in one:
        return f"not estimable: {one['reason']}"
    words = f"{_figure(one['before'])} before, {_figure(one['since'])} since ({one['basis']})"
    return f"{words}; {one['caveat']}" if one.get("caveat") else words


def _figure(one: Mapping[str, Any]) -> str:
    if one["value"] is None:
        return f"not estimable: {one['reason']}"
    return f"{one['value']:.2f} ({one['low']:.2f} to {one['high']:.2f}, n = {one['n']})"


def example_labels(evidence: Mapping[str, Any]) -> dict[str, Sequence[str]]:
    """Labels of the example studies before and since; empty without an explanation."""
    told = evidence.get("explanation") or {}
    return dict(told.get("examples", {"before": [], "since": []}))
