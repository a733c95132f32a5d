"""Which characters the fonts that travel with the software can show."""

from __future__ import annotations

import unicodedata

# Blocks that the embedded Libertinus Serif covers in every style used, checked by a test.
_COVERED = (
    (0x20, 0x7E),  # Basic Latin
    (0xA0, 0x17F),  # Latin-1 Supplement, Latin Extended-A
    (0x391, 0x3A1),
    (0x3A3, 0x3C9),  # Greek
    (0x410, 0x44F),  # Cyrillic
    (0x401, 0x401),
    (0x451, 0x451),
)
_COVERED_SINGLES = frozenset("\n‐‑–—‘’‚“”„†‡•…‰′″€™−±×÷≤≥≠≈→←↑↓∞√µ·°§¶")


def printable(text: str) -> str:
    """Text with every character that no font can show written as its code point, such as [U+6F22].

    Nothing is dropped silently, and one odd character in a name never stops a whole report.

    >>> printable("naïve 漢")
    'naïve [U+6F22]'
    """
    composed = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\t", " ")
    if all(_covered(char) for char in composed):
        return composed
    return "".join(char if _covered(char) else f"[U+{ord(char):04X}]" for char in composed)


def _covered(char: str) -> bool:
    point = ord(char)
    return char in _COVERED_SINGLES or any(first <= point <= last for first, last in _COVERED)
