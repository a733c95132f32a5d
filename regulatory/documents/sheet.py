"""A sheet: what is read at once and passed on, set on a page; no controlled document.

It has a title, a verdict, lists and tables, and neither number nor signature: it quotes what others
have judged, and nothing is computed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from regulatory.documents.blocks import Cell, Tone, require_utc, require_words


@dataclass(frozen=True, slots=True)
class SheetList:
    """A heading with its sentences."""

    heading: str
    words: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class SheetTable:
    """A heading with a table; widths: shares of the page, one a column."""

    heading: str
    titles: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    widths: tuple[float, ...]
    note: str = ""

    def __post_init__(self) -> None:
        if any(len(row) != len(self.titles) for row in self.rows) or len(self.widths) != len(
            self.titles
        ):
            raise ValueError(f"sheet table {self.heading!r}: a row or a width too many or too few")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a page says: ``above`` and ``below`` the title, the verdict with its tone, the parts.

    at: as of when (UTC). marking: what every page says where not everything is real.
    """

    title: str
    above: str
    below: str
    verdict: str
    tone: Tone
    parts: tuple[SheetList | SheetTable, ...]
    at: datetime
    marking: str = ""

    def __post_init__(self) -> None:
        for name in ("title", "below", "verdict"):
            require_words(getattr(self, name), f"the sheet's {name}")
        require_utc(self.at, "the sheet's instant")
