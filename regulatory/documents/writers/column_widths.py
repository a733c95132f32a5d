"""How wide each column of a table must be, so that no word is cut and no column wastes room."""

from __future__ import annotations

import re

from regulatory.documents.blocks import Cell, Table

PORTRAIT_POINTS = 470.0
LANDSCAPE_POINTS = 717.0
_PADDING = 12.0
_TITLE_POINTS = 5.2
_TEXT_POINTS = 4.4
_CODE_POINTS = 4.7
_UNBROKEN = 16
_WORD_ENDS = re.compile(r"[\s\N{SOFT HYPHEN}\-/_.,:;]+")


def column_widths(table: Table, *, available: float) -> tuple[list[float], bool]:
    """Widths in points that add up to `available`: the builder's shares, or shares by content,
    raised wherever the longest word would not fit.

    Also whether the table is tight: too many columns for all words, so words must be divided.
    """
    least = [_least(place, table) for place in range(len(table.columns))]
    if sum(least) >= available:
        return [round(available * one / sum(least), 2) for one in least], True
    shares = [
        column.width if column.width is not None else _share(place, table)
        for place, column in enumerate(table.columns)
    ]
    widths = [available * share / sum(shares) for share in shares]
    for _ in widths:
        short = sum(max(0.0, low - now) for low, now in zip(least, widths, strict=True))
        spare = sum(max(0.0, now - low) for low, now in zip(least, widths, strict=True))
        if short <= 0.01:
            break
        kept = 1.0 - short / spare
        widths = [
            low if now <= low else low + (now - low) * kept
            for low, now in zip(least, widths, strict=True)
        ]
    return [round(one, 2) for one in widths], False


def _least(place: int, table: Table) -> float:
    column = table.columns[place]
    title = f"{column.title} ({column.unit})" if column.unit else column.title
    needed = max(len(word) for word in _WORD_ENDS.split(title)) * _TITLE_POINTS
    for row in table.rows:
        needed = max(needed, _longest(row[place]))
    return needed + _PADDING


def _longest(cell: Cell) -> float:
    each = _CODE_POINTS if cell.code else _TEXT_POINTS
    longest = max((len(word) for word in _WORD_ENDS.split(cell.text)), default=0)
    return min(longest, _UNBROKEN) * each


def _share(place: int, table: Table) -> float:
    lengths = sorted(len(row[place].text) for row in table.rows) or [0]
    typical = lengths[int(0.9 * (len(lengths) - 1))]
    return float(max(5, min(typical, 40)) ** 0.75)
