"""A document in all its formats, each with the digest that people sign."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from records.errors import InvalidInput
from regulatory.documents.blocks import Figure
from regulatory.documents.content import Content
from regulatory.documents.identified import Identified, identify
from regulatory.documents.writers.docx import write_docx
from regulatory.documents.writers.html import write_html
from regulatory.documents.writers.json import write_json
from regulatory.documents.writers.pdf import write_pdf
from regulatory.documents.writers.sidecar import write_sidecar
from regulatory.documents.writers.xlsx import write_xlsx

TRACE = "trace.json"
"""The sidecar; it goes with every format."""

FURTHER: dict[str, Callable[[Content, Identified], bytes]] = {
    "html": write_html, "docx": write_docx, "xlsx": write_xlsx, TRACE: write_sidecar,
}  # fmt: skip
"""The formats that are set when a document is exported, from its stored content."""

FORMATS = ("pdf", "json", *FURTHER)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A document as files: PDF for people, JSON for machines, and the SHA-256 of each by format.

    pictures: the SVGs, the logo, the fonts and the attached files that the JSON names by their
    digest.
    """

    pdf: bytes
    json: bytes
    pictures: tuple[bytes, ...]
    digests: dict[str, str]


def render(content: Content) -> Rendered:
    """Set a document in every format; the same content gives the same bytes in any session.

    Raises ValueError when a number in it is not finite.
    """
    made = {"json": write_json(content), "pdf": write_pdf(content)}
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in made.items()}
    drawn = tuple(
        block.svg.encode()
        for section in content.sections
        for block in section.blocks
        if isinstance(block, Figure)
    )
    pictures = (*content.assets, *drawn, *(one.data for one in content.attachments))
    return Rendered(made["pdf"], made["json"], pictures, digests)


def render_further(content: Content, formats: tuple[str, ...] = FORMATS) -> dict[str, bytes]:
    """The document in those formats that are not kept, set from its content; same bytes always.

    Raises:
        InvalidInput: No such format.
    """
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown:
        raise InvalidInput(
            f"There is no format '{unknown[0]}'.", hint=f"Known: {', '.join(FORMATS)}."
        )
    identified = identify(content)
    return {
        name: write(content, identified) for name, write in FURTHER.items() if name in formats
    }
