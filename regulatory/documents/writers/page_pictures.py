"""The pages of a stored PDF as pictures, drawn by the engine that set them in type."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Final

from records.errors import NotFound

POINTS_WIDE: Final = 595
"""Width of a page as it is drawn; a wide one keeps its proportions."""
_PAGES: Final = re.compile(rb"/Type\s*/Pages\b[^>]*?/Count\s+(\d+)", re.DOTALL)
_ONE_PAGE: Final = f"""
#set page(width: auto, height: auto, margin: 0pt, fill: white)
#image(read("/document.pdf", encoding: none), format: "pdf", page: int(sys.inputs.page),
  width: {POINTS_WIDE}pt)
""".encode()


def count_pages(pdf: bytes) -> int:
    """How many pages a PDF written here has; 0 where its list of pages cannot be read.

    >>> count_pages(b"<< /Type /Pages /Count 47 /Kids [] >>"), count_pages(b"no PDF")
    (47, 0)
    """
    return max((int(found[1]) for found in _PAGES.finditer(pdf)), default=0)


def page_picture(pdf: bytes, page: int, *, per_inch: int = 110) -> bytes:
    """A page as PNG, from 1; nothing is read but the PDF, and the same bytes give the same picture.

    per_inch: pixels an inch.

    Raises:
        NotFound: There is no such page, or the file is no PDF that can be drawn.
    """
    import typst

    with tempfile.TemporaryDirectory() as room:
        Path(room, "document.pdf").write_bytes(pdf)
        Path(room, "page.typ").write_bytes(_ONE_PAGE)
        try:
            drawn = typst.compile(
                str(Path(room, "page.typ")), root=room, sys_inputs={"page": str(page)},
                font_paths=typst.Fonts(include_system_fonts=False), format="png", ppi=per_inch,
            )  # fmt: skip
        except typst.TypstError as failed:
            raise NotFound(f"Page {page} cannot be drawn: {failed}.",
                           hint="Download the PDF and open it.") from failed  # fmt: skip
    if not isinstance(drawn, bytes):
        raise TypeError("the layout engine returned no single picture")
    return drawn
