"""A document in all its formats, each with the digest that people sign."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from regulatory.documents.blocks import Figure
from regulatory.documents.content import Content
from regulatory.documents.writers.json import write_json
from regulatory.documents.writers.pdf import write_pdf


@dataclass(frozen=True, slots=True)
class Rendered:
    """A document as files: PDF for people, JSON for machines, and the SHA-256 of each by format.

    pictures: the SVGs, the logo and the fonts that the JSON names by their digest.
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
    pictures = (*content.assets, *drawn)
    return Rendered(made["pdf"], made["json"], pictures, digests)
