"""The machine-readable form of a document: the tree of the PDF, every figure with its records."""

from __future__ import annotations

import hashlib
from itertools import count
from typing import Any

from regulatory.documents.annexes import works_cited
from regulatory.documents.blocks import Block, Figure, Section, Table
from regulatory.documents.canonical import canonical_json, plain
from regulatory.documents.content import Content, placed_gaps
from regulatory.documents.lists import terms_used

SCHEMA = "radvigil-document/1"
PICTURE = "sha256:"
"""In front of the digest that names a picture."""


def write_json(content: Content) -> bytes:
    """A document as canonical JSON: the same content gives the same bytes.

    Front matter and annexes are told by header, gaps, glossary, references and provenance. Tables
    and figures carry the numbers they have in the PDF. A picture is named by its SHA-256
    and accompanied by the numbers it plots; an attached file is named by its SHA-256 too.
    """
    tables, figures = count(1), count(1)
    document = {
        "schema": SCHEMA,
        "kind": content.kind,
        "demonstration": bool(content.marking),
        "marking": content.marking,
        "header": plain(content.header),
        "sections": [_section(one, tables, figures) for one in content.sections],
        "gaps": [{"section": where, **plain(gap)} for where, gap in placed_gaps(content)],
        "glossary": [{"term": term, "means": means} for term, means in terms_used(content)],
        "references": list(works_cited(content)),
        "provenance": plain(content.provenance),
    }
    if content.attachments:
        document["attachments"] = [
            {"ending": one.ending, "content": PICTURE + hashlib.sha256(one.data).hexdigest()}
            for one in content.attachments
        ]
    return canonical_json(document)


def _section(section: Section, tables: count[int], figures: count[int]) -> dict[str, Any]:
    blocks = [_block(one, tables, figures) for one in section.blocks]
    return {
        "number": section.number, "title": section.title, "wide": section.wide, "blocks": blocks
    }


def _block(block: Block, tables: count[int], figures: count[int]) -> dict[str, Any]:
    written: dict[str, Any] = {"block": type(block).__name__, **plain(block)}
    if isinstance(block, Table):
        written["number"] = next(tables)
    if isinstance(block, Figure):
        written["number"] = next(figures)
        written["svg"] = PICTURE + hashlib.sha256(block.svg.encode()).hexdigest()
    return written
